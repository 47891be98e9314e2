"""`nps-plugin wording preview`: every text of a tenant in files, without a database, and nothing is sent."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.wording.test_catalogue import PACKAGE, PLACE, russian

from nps_plugin.cli import main
from nps_plugin.wording import indicator_texts, texts

#: The modules and templates that speak to clients.
TO_CLIENTS = ("wording/mail.py", "wording/replies.py", "wording/call_texts.py", "web/handle.py", "templates/mail/",
              "templates/page/")  # fmt: skip
CONFIG = """
[database]
url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
[page]
base_url = "https://help.example.org/rate"
secrets = ["env:NPS_SECRET"]
[tenants.acme]
brand = { name = "Acme & Co", sender = "Acme <help@acme.example>" }
scale = "faces-3"
[tenants.acme.ask]
channels = ["telegram", "sms", "email", "phone", "desk", "second"]
remind_after = "3d"
ask_why = ["dissatisfied", "neutral", "satisfied"]
why_call = { bands = ["dissatisfied"] }
[tenants.acme.channels.email]
host = "127.0.0.1"
port = 1
[tenants.acme.channels.telegram]
token = "env:NPS_BOT"
scale = "thumbs-2"
[tenants.acme.channels.sms]
adapter = "sms-http"
url = "https://sms.example.org/send"
fields = { to = "{phone}", text = "{text}" }
success = { status = [200] }
scale = "stars-5"
[tenants.acme.channels.phone]
adapter = "pbx-http"
url = "https://pbx.example.org/call"
secret = "env:NPS_SECRET"
scale = "keypad-10"
after_low = "link"
[tenants.acme.channels.desk]
adapter = "operator"
scale = "nps-11"
[tenants.acme.channels.second]
adapter = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = "env:NPS_SECRET"
from = "+15005550006"
scale = "thumbs-2"
question = { en = "Was {ticket} done?", ru = "Обращение {ticket} выполнено?" }
[tenants.acme.services.loan]
question = { en = "How was the loan with {brand}?", ru = "Как прошла выдача займа в {brand}?" }
recording = { ru = "loan.wav" }
[tenants.acme.levels.head]
question = { en = "How do you find our work?", ru = "Как вы оцениваете нашу работу?" }
[tenants.acme.indicators]
use = """ + json.dumps(list(indicator_texts._INDICATORS))


@pytest.fixture(scope="module")
def previewed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("preview")
    (folder / "nps.toml").write_text(CONFIG)
    (folder / "loan.wav").write_bytes(b"RIFF")
    environment = {"NPS_SECRET": "a secret of the tests, long enough", "NPS_BOT": f"123456789:{'A' * 35}"}
    words = ["--config", str(folder / "nps.toml"), "wording", "preview", "--tenant", "acme", "--out"]
    result = CliRunner().invoke(main, [*words, str(folder / "out")], env=environment)
    assert result.exit_code == 0, result.output
    assert f"{len([path for path in (folder / 'out').rglob('*') if path.is_file()])} files" in result.output
    return folder / "out"


def read(folder: Path, locale: str) -> list[str]:
    """What the files of a language say, the table of all texts left out."""
    found = [path for path in folder.rglob(f"*.{locale}.*") if path.parent != folder]
    assert len(found) > 60
    return [" ".join(html.unescape(path.read_text()).split()) for path in found]


def to_clients() -> set[str]:
    from babel.messages.extract import extract_from_dir

    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    keywords = {"gettext": None, "ngettext": (1, 2), "msgid": None}
    found = extract_from_dir(str(PACKAGE), methods, keywords=keywords)
    said = {message for name, _, message, _, _ in found if any(part in name for part in TO_CLIENTS)}
    tables = texts._QUESTIONS, texts._REASONS, indicator_texts._INDICATORS, indicator_texts._FULFILLED
    return said | {text for table in tables for text in table.values()}


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_every_text_that_a_client_may_get_stands_in_a_file(previewed, locale):
    files, translated = read(previewed, locale), russian()
    wanted = to_clients()
    assert {"Send", "Hello! This is %(brand)s.", "Reminder: %(subject)s"} <= wanted
    # said where a name, a subject or a score is not known; the preview knows them
    wanted -= {
        "Hello! This is %(brand)s.", "I am calling about your request %(ticket)s.", "score %(score)d",
        "Reply with a number from %(low)d to %(high)d.",
        # where there is room for it
        "Reply with a number from %(low)d (%(worst)s) to %(high)d (%(best)s).",
    }  # fmt: skip
    missing = []
    for text in wanted:
        said = text if locale == "en" else translated[text].string
        pieces = [" ".join(piece.replace("%%", "%").split()) for piece in PLACE.split(said)]
        if not any(all(piece in file for piece in pieces) for file in files):
            missing.append(text)
    assert missing == []


def test_every_text_of_the_library_stands_beside_its_translation(previewed):
    table = " ".join(html.unescape((previewed / "catalogue.ru.html").read_text()).split())
    for text, message in russian().items():
        strings = (message.string,) if isinstance(message.string, str) else message.string
        for said in (text, *strings):
            assert " ".join(said.split()) in table, said


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("second/question.ru.txt", "Обращение A-1042 выполнено?"),
        ("telegram/loan-question.en.txt", "How was the loan with Acme & Co?"),
        ("sms/loan-question.ru.txt", "Как прошла выдача займа в Acme & Co?"),
        ("email/head-question.ru.html", "Как вы оцениваете нашу работу?"),
        ("email/loan-question-plain.en.txt", "How was the loan with Acme & Co?"),
        ("desk/head-question.en.txt", "How do you find our work?"),
        ("phone/loan-question.ru.txt", "loan.wav"),
        ("phone/loan-question.en.txt", "nothing is recorded (service loan, en)"),
        ("email/why.ru.html", "Рассказать, что было не так"),
        ("sms/why.en.txt", "You rated us 1 - Bad."),
        ("page/stars-5-1-question.ru.html", "Как вы оцениваете решение вашего вопроса?"),
    ],
)
def test_the_tenants_own_texts_work_for_service_level_channel_and_language(previewed, file, said):
    assert said in html.unescape((previewed / file).read_text())


def test_the_index_shows_each_file_and_loads_nothing(previewed):
    index = (previewed / "index.html").read_text()
    for path in previewed.rglob("*.*"):
        assert path.name == "index.html" or f'href="{path.relative_to(previewed)}"' in index, path
    assert not re.search(r'<(script|link)\b|\bsrc="(?!data:)|url\(', html.unescape(index).replace('src="preview/', ""))


def test_an_unknown_tenant_is_named(previewed):
    words = ["--config", str(previewed.parent / "nps.toml"), "wording", "preview", "--tenant", "other"]
    environment = {"NPS_SECRET": "a secret of the tests, long enough", "NPS_BOT": f"123456789:{'A' * 35}"}
    result = CliRunner().invoke(main, words, env=environment)
    assert (result.exit_code, "'other'" in result.output) == (1, True)


@pytest.mark.parametrize("place", ["services.loan", "levels.head", "channels.second"])
def test_a_place_that_there_is_not_is_refused_with_its_key_and_the_known_ones(previewed, place):
    section = f"[tenants.acme.{place}]\n"
    before, after = CONFIG.split(section)
    after = re.sub(r'question = \{ en = "[^"]*"', 'question = { en = "How was {sevice}?"', after, count=1)
    (previewed.parent / "bad.toml").write_text(before + section + after)
    environment = {"NPS_SECRET": "a secret of the tests, long enough", "NPS_BOT": f"123456789:{'A' * 35}"}
    words = ["--config", str(previewed.parent / "bad.toml"), "wording", "preview", "--tenant", "acme"]
    result = CliRunner().invoke(main, words, env=environment)
    assert result.exit_code == 1
    said = f"{place}.question.en: '{{sevice}}' is not a placeholder; allowed are {{ticket}}, {{subject}}, {{brand}}"
    assert said in result.output
