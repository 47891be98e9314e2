"""The figures of indicators: shares and intervals, levels, and what goes with the score, by hand-made answers."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from itertools import count

import pytest
from bs4 import BeautifulSoup
from tests.reports.desk import NOW, opened

from nps_plugin.model import SCALES
from nps_plugin.statistics import newcombe, wilson
from nps_plugin.store import tables
from nps_plugin.store.ids import new_id
from nps_plugin.store.scales import scale_row

AGREED = {"use": ["no_errors", "fixed_quickly", "courteous"]}
BEFORE = NOW - timedelta(days=3)


class Heard:
    """Answers written at once: ``add(n, score, no_errors="yes", ...)``."""

    def __init__(self, ratings):
        self.ratings, self.numbers = ratings, count(1)

    def add(self, n, score, *, client=None, level="", channel="email", procedure="b" * 16, days=3, **said):
        """``client``: one person said it n times; None: n people said it once."""
        rows = {name: [] for name in ("closures", "surveys", "answers", "indicator_answers")}
        scale, at = SCALES["faces-3"], NOW - timedelta(days=days)
        for number in (next(self.numbers) for _ in range(n)):
            key = {"tenant_id": "acme", "host": "", "ticket": str(number), "closure": 1}
            person = client or f"{number:032x}"
            rows["closures"].append(
                key | {"client": person, "closed_at": at, "recorded_at": at, "path": [], "paused": [], "tags": [],
                       "facts": {}, "queue": "mail", "level": level}
            )  # fmt: skip
            survey, answer = new_id(at), new_id(at)
            rows["surveys"].append(
                key | {"survey": survey, "respondent": 0, "client": person, "level": level, "procedure": procedure,
                       "state": "answered", "scale": scale_row(scale), "channels": [channel], "channel": channel}
            )  # fmt: skip
            rows["answers"].append(
                {"tenant_id": "acme", "answer": answer, "survey": survey, "score": score, "at": at, "source": "client",
                 "band": scale.band(score).value, "state": "counted", "channel": channel}
            )  # fmt: skip
            rows["indicator_answers"] += [
                {"tenant_id": "acme", "answer": answer, "indicator": code, "revision": 1, "value": value, "at": at,
                 "source": "client"}
                for code, value in said.items()
            ]  # fmt: skip
        with self.ratings._parts.store.write() as connection:
            for name, written in rows.items():
                if written:
                    connection.execute(getattr(tables, name).insert(), written)


@pytest.fixture
def heard(database, engine_name):
    ratings = opened(database(), indicators=AGREED)
    yield Heard(ratings)
    ratings.close()


def figures(heard, **where):
    return {one.indicator: one for one in heard.ratings.indicators("acme", **where).whole}


@pytest.mark.both_engines
def test_each_has_its_own_share_with_an_interval_and_few_are_told_as_k_of_n(heard):
    heard.add(30, 3, no_errors="yes", fixed_quickly="no")
    heard.add(10, 3, no_errors="partly")
    found = figures(heard)
    errors, quickly, courteous = (found[code] for code in AGREED["use"])
    assert (errors.n, errors.yes, errors.partly, errors.no) == (40, 30, 10, 0)
    assert errors.share.interval == pytest.approx(tuple(wilson(30, 40)))
    assert (quickly.share.value, quickly.shown) == (0.0, True)
    assert (courteous.n, courteous.shown, courteous.share.value, courteous.impact) == (0, False, None, None)


def test_one_person_who_answers_often_makes_the_interval_wider(heard):
    for number in range(10):
        heard.add(10, 3, client=f"{number:032x}", no_errors="yes" if number < 7 else "no")
    share = figures(heard)["no_errors"].share
    assert (share.value, share.clients) == (0.7, 10)
    low, high = wilson(70, 100)
    assert share.interval[0] < low - 0.1
    assert share.interval[1] > high + 0.1


def test_what_goes_with_the_score_is_the_difference_of_the_satisfied_shares(heard):
    heard.add(45, 3, no_errors="yes", fixed_quickly="yes")
    heard.add(5, 1, no_errors="yes", fixed_quickly="no")
    heard.add(10, 3, no_errors="no", fixed_quickly="yes")
    heard.add(15, 1, no_errors="partly", fixed_quickly="yes")
    errors = figures(heard)["no_errors"].impact
    assert errors.difference == pytest.approx(45 / 50 - 10 / 25)
    assert errors.interval == pytest.approx(tuple(newcombe(45, 50, 10, 25).interval))
    assert (errors.fulfilled.n, errors.unfulfilled.n, errors.tentative) == (50, 25, False)
    assert errors.sentence.startswith("90% satisfied where it is fulfilled, 40% where it is not: +50 percentage points")
    quickly = figures(heard)["fixed_quickly"].impact
    assert quickly.tentative, "five answers on one side"
    report = heard.ratings.indicators("acme")
    assert [one.indicator for one in report.whole] == ["no_errors", "fixed_quickly", "courteous"]


def test_a_difference_that_chance_may_have_made_is_tentative(heard):
    heard.add(16, 3, no_errors="yes")
    heard.add(4, 1, no_errors="yes")
    heard.add(13, 3, no_errors="no")
    heard.add(7, 1, no_errors="no")
    impact = figures(heard)["no_errors"].impact
    assert impact.tentative
    assert impact.sentence.endswith("Chance may be the whole of it.")


def test_what_is_asked_after_some_scores_only_is_not_held_against_them(database, engine_name):
    ratings = opened(database(), indicators={"no_errors": {"bands": ["dissatisfied"]}})
    heard = Heard(ratings)
    heard.add(20, 1, no_errors="yes")
    heard.add(20, 1, no_errors="no")
    impact = figures(heard)["no_errors"].impact
    assert (impact.difference, impact.tentative) == (None, True)
    assert impact.sentence == "Asked after some scores only, so it is not held against them."
    ratings.close()


def test_one_client_who_is_always_unhappy_makes_no_impact(heard):
    heard.add(60, 3, no_errors="yes")
    heard.add(40, 1, client="f" * 32, no_errors="no")
    impact = figures(heard)["no_errors"].impact
    assert (impact.difference, impact.tentative) == (1.0, True)


def test_what_few_clients_say_again_and_again_is_no_evidence_for_an_impact(heard):
    for number in range(20):
        said, content = ("yes", number < 7) if number < 10 else ("no", number < 14)
        heard.add(10, 3 if content else 1, client=f"{number:032x}", no_errors=said)
    impact = figures(heard)["no_errors"].impact
    assert newcombe(70, 100, 40, 100).interval.low > 0.1, "as if each answer were another client's"
    assert (impact.difference, impact.tentative) == (pytest.approx(0.3), True)
    assert impact.interval[0] < -0.05


def test_levels_are_compared_within_themselves(heard):
    """Heads are content and find no errors, users are not and do: within either, errors go with nothing."""
    for level, content, fine in (("head", 0.9, 0.8), ("user", 0.4, 0.2)):
        for said, n in (("yes", round(100 * fine)), ("no", round(100 * (1 - fine)))):
            heard.add(round(n * content), 3, level=level, no_errors=said)
            heard.add(n - round(n * content), 1, level=level, no_errors=said)
    impact = figures(heard)["no_errors"].impact
    assert impact.difference == pytest.approx(0, abs=0.02)
    assert impact.fulfilled.value - impact.unfulfilled.value > 0.25, "thrown together it looks like a difference"
    assert impact.tentative


@pytest.mark.both_engines
@pytest.mark.both_engines
def test_the_whole_and_each_level_are_told_and_one_level_can_be_asked_for(heard):
    heard.add(20, 3, level="head", no_errors="yes")
    heard.add(4, 1, level="user", no_errors="no")
    report = heard.ratings.indicators("acme")
    assert [(one.value, [(each.n, each.yes, each.shown) for each in one.figures]) for one in report.slices] == [
        ("head", [(20, 20, True)]),
        ("user", [(4, 0, False)]),
    ]
    assert figures(heard, level="user")["no_errors"].n == 4
    assert [one.value for one in heard.ratings.indicators("acme", by="queue").slices] == ["mail"]
    assert heard.ratings.indicators("acme", by="").slices == ()
    told = {
        by: heard.ratings.report("acme", last=2, by=by).details().indicators.by for by in ("queue", "agent", "client")
    }
    assert told == {"queue": "queue", "agent": "level", "client": "level"}
    with pytest.raises(ValueError, match="by client"):
        heard.ratings.indicators("acme", by="client")


@pytest.mark.both_engines
def test_an_older_way_of_asking_stands_apart_and_a_window_is_held(heard):
    heard.add(7, 3, procedure="a" * 16, days=40, no_errors="no")
    heard.add(9, 3, no_errors="yes")
    report = heard.ratings.indicators("acme")
    assert (report.procedure, report.apart, report.whole[0].n) == ("b" * 16, 7, 9)
    assert heard.ratings.indicators("acme", until=NOW - timedelta(days=30)).procedure == "a" * 16
    assert heard.ratings.indicators("acme", since=NOW - timedelta(days=1)).whole[0].n == 0


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_the_page_shows_them_beside_the_score_and_voices_apart(heard, locale):
    heard.add(20, 3, level="head", no_errors="yes")
    heard.add(12, 1, level="head", no_errors="no")
    heard.add(3, 1, level="user", fixed_quickly="no")
    voice = heard.ratings.record_voice(
        "acme", "focus_group", by="olga", level="head", participants=6, at=NOW - timedelta(days=1),
        text="they should call Ivan Petrov before it breaks again", indicators={"no_errors": {"yes": 4, "no": 2}},
    )  # fmt: skip
    report = heard.ratings.report("acme", last=2)
    soup = BeautifulSoup(report.html(locale, pictures=False), "html.parser")
    shown, heads = soup.select_one("[aria-labelledby=h-indicators]"), soup.select_one("[aria-labelledby=h-voices]")
    first, *_ = shown.select("tbody tr")
    words = {
        "en": ("The service works without errors", "62% (45–77%)", "Focus group", "6 participants", "yes 4, no 2"),
        "ru": ("Сервис работает без ошибок", "62\xa0% (45–77\xa0%)", "Фокус-группа", "6 участников", "да 4, нет 2"),
    }[locale]
    assert all(text in first.get_text() for text in words[:2])
    assert [row.get_text(" ", strip=True) for row in shown.select("tr.few th")] == [
        {"en": "Errors are fixed quickly Speed", "ru": "Ошибки исправляют быстро Скорость"}[locale]
    ]
    assert all(text in heads.get_text() for text in words[2:])
    assert "before it breaks again" in heads.get_text()
    assert "Petrov" not in heads.get_text(), "names are taken out"
    assert not {"because", "cause", "causes", "leads"} & set(first.get_text().lower().split())
    everyone = heard.ratings.report("acme", last=2, audience="everyone")
    assert voice.text[:10] not in everyone.html(locale, pictures=False)


def test_the_workbook_has_a_sheet_of_them(heard):
    openpyxl = pytest.importorskip("openpyxl")
    heard.add(12, 3, level="head", no_errors="yes")
    book = openpyxl.load_workbook(BytesIO(heard.ratings.report("acme", last=2).xlsx("en")))
    head, *rows = book["What was agreed on"].iter_rows(values_only=True)
    whole, *_, of_heads = [dict(zip(head, row, strict=True)) for row in rows]
    assert (whole["indicator"], whole["answers"], whole["fulfilled_share"]) == (
        "The service works without errors",
        12,
        1,
    )
    assert (of_heads["level"], of_heads["answers"], of_heads["difference"]) == ("head", 12, None)


def test_a_report_without_any_says_nothing_of_them(heard):
    assert heard.ratings.report("acme", last=1).details().indicators is None
    assert "h-indicators" not in heard.ratings.report("acme", last=1).html(pictures=False)
