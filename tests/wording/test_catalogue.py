"""The Russian catalogue is complete, and both languages count right."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

import nps_plugin
from nps_plugin.wording.catalogue import accepted, locale_for, locales, translations
from nps_plugin.wording.durations import human_duration

PACKAGE = Path(nps_plugin.__path__[0])
PLACE = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")


def extracted() -> set[str]:
    from babel.messages.extract import extract_from_dir

    keywords = {"gettext": None, "ngettext": (1, 2), "counted": (1, 2), "msgid": None}
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    found = extract_from_dir(str(PACKAGE), methods, keywords=keywords)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def russian():
    from babel.messages.pofile import read_po

    path = PACKAGE / "wording" / "locales" / "ru" / "LC_MESSAGES" / "nps_plugin.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale="ru")
    texts = {}
    for message in catalogue:
        if message.id:
            texts[message.id if isinstance(message.id, str) else message.id[0]] = message
    return texts


def test_every_text_of_code_and_templates_is_in_russian_and_no_other():
    found = extracted()
    assert {"Send", "It took too long", "%(n)d day", "How was your request resolved?"} <= found
    assert found == set(russian())


def test_no_russian_text_is_empty_or_fuzzy_or_loses_a_place():
    for name, message in russian().items():
        strings = (message.string,) if isinstance(message.string, str) else message.string
        assert all(strings), name
        assert not message.fuzzy, name
        assert len(strings) == (1 if isinstance(message.id, str) else 3), name
        for string in strings:
            assert sorted(PLACE.findall(string)) == sorted(PLACE.findall(name)), name
        assert re.search("[а-яё]", strings[0]), name


@pytest.mark.parametrize(
    ("days", "ru", "en"),
    [
        (1, "1 день", "1 day"),
        (2, "2 дня", "2 days"),
        (5, "5 дней", "5 days"),
        (11, "11 дней", "11 days"),
        (21, "21 день", "21 days"),
        (112, "112 дней", "112 days"),
    ],
)
def test_plural_forms(days, ru, en):
    assert human_duration(timedelta(days=days), "ru") == ru
    assert human_duration(timedelta(days=days), "en") == en


@pytest.mark.parametrize(
    ("duration", "more", "ru", "en"),
    [
        (timedelta(hours=2, minutes=10), {}, "2 ч 10 мин", "2 h 10 min"),
        (timedelta(days=3, hours=4, seconds=59), {}, "3 дня 4 ч", "3 days 4 h"),
        (timedelta(days=3, hours=4), {"days": False}, "76 ч", "76 h"),
        (timedelta(seconds=40), {}, "40 с", "40 s"),
        (timedelta(0), {}, "0 с", "0 s"),
        (timedelta(hours=4, seconds=20), {"exact": True}, "4 ч 20 с", "4 h 20 s"),
    ],
)
def test_durations(duration, more, ru, en):
    assert human_duration(duration, "ru", **more) == ru
    assert human_duration(duration, "en", **more) == en


def test_a_negative_duration_is_refused():
    with pytest.raises(ValueError, match="negative"):
        human_duration(timedelta(seconds=-1), "en")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("ru-RU",), "ru"),
        (("ru_RU.UTF-8",), "ru"),
        (("RU",), "ru"),
        (("en_GB", "ru"), "en"),
        (("", "ru"), "ru"),
        (("de", "ru"), "ru"),
        (("de",), "en"),
        (("rue",), "en"),
        ((), "en"),
    ],
)
def test_the_first_wanted_language_that_ships_is_taken(wanted, found):
    assert locale_for(*wanted) == found


def test_accept_language_is_read_by_weight():
    assert accepted("de;q=0.5, ru-RU;q=0.9, en, *;q=0.1, xx;q=0, yy;q=abc") == ("en", "ru-RU", "de")
    assert accepted("") == ()


def test_a_catalogue_is_read_once_and_only_where_it_ships():
    assert locales() == ("en", "ru")
    assert translations("ru") is translations("ru")
    assert translations("ru").gettext("Send") == "Отправить"
    with pytest.raises(ValueError, match="no catalogue for locale 'de'; there are en, ru"):
        translations("de")
