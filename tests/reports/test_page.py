"""The page of a report: one file, safe, in both languages, with and without pictures."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from tests.reports.desk import Desk

from nps_plugin import ReportRefused
from nps_plugin.reports.axes import PeriodPoint, Size, Words
from nps_plugin.reports.charts import distribution, kpi_and_score
from nps_plugin.reports.theme import drawn

NASTY = "<script>alert(1)</script>"


def page_of(report, locale=None, **more):
    return BeautifulSoup(report.html(locale, **more), "html.parser")


def text_of(soup) -> str:
    return " ".join(soup.get_text(" ").split())


def test_nothing_is_loaded_and_nothing_runs(year):
    html = year().report("acme", by="agent").html()
    soup = BeautifulSoup(html, "html.parser")
    assert not soup.find_all(["script", "link", "iframe", "object", "img", "form", "base"])
    assert not re.search(r"@import|url\((?!#)", html)
    assert not [tag for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert set(re.findall(r"https?://[^\s\"'<)]+", html)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
    }  # fmt: skip


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_a_manager_finds_headline_numbers_and_where_to_look(year, locale):
    report = year().report("acme")
    soup = page_of(report, locale)
    details = report.details(locale)
    assert soup.html["lang"] == locale
    assert soup.h1.get_text() == details.verdict.headline
    assert len(soup.select(".cards li")) == 4
    headings = [one.get_text() for one in soup.find_all("h2")]
    order = ["KPI against clients", "Where to look first", "What changed", "Over time", "Notes on method"]
    if locale == "ru":
        order = ["Сроки и клиенты", "Куда смотреть сначала", "Что изменилось", "Во времени", "О методе"]
    assert [one for one in headings if one in order] == order
    assert len(soup.select("figure svg")) == 2 * len(report.pictures(locale))


def test_the_page_shows_the_numbers_of_the_rows(year):
    report = year().report("acme", by="queue")
    shown = text_of(page_of(report))
    for row in report.rows():
        low, high = (round(row[f"satisfied_{end}"] * 100) for end in ("low", "high"))
        assert f"{row['queue']} {row['tickets']}" in shown
        assert f"{round(row['satisfied_share'] * 100)}% ({low}–{high}%)" in shown


def test_russian_pages_hold_no_english_sentences(year):
    soup = page_of(year().report("acme", by="agent"), "ru")
    for foreign in soup.select("blockquote, header.top strong, footer"):
        foreign.decompose()
    for attribute in soup.select("svg title"):
        assert re.search("[а-я]", attribute.get_text())
    words = re.findall(r"\b[a-z]{4,}\b", text_of(soup))
    assert set(words) <= {*(agent for agent in Desk().agents), *Desk().queues, "email", "rows", "north", "south"}


def test_names_are_shown_as_text_and_never_as_markup(desk):
    ratings = desk(
        Desk(months=2, a_month=60, queues={NASTY: 0.0, "b\u202e{{ 7 * 7 }}": 0.0}, agents=(NASTY, "b", "c", "d", "e")),
        brand={"name": NASTY, "sender": "Acme <help@acme.example>"},
    )
    for report in (ratings.report("acme", last=3, by="agent"), ratings.report("acme", last=3, by=("queue", "service"))):
        for html in (report.html(), report._repr_html_()):
            assert NASTY not in html
            assert "&lt;script&gt;alert(1)" in html
            assert "49" not in re.findall(r"b\D{0,4}(\d+) \}\}", html)
            assert "\u202e" not in html
        for svg in report.pictures().values():
            ET.fromstring(svg)


def test_without_the_extra_the_page_stands_and_says_how_to_get_pictures(year, monkeypatch):
    report = year().report("acme")
    monkeypatch.setitem(sys.modules, "altair", None)
    soup = page_of(report)
    assert not soup.select("figure svg")
    assert len(soup.select(".fields div")) == 4
    assert "pip install 'nps-plugin[charts]'" in text_of(soup)
    for ask in (lambda: report.html(pictures=True), report.pictures):
        with pytest.raises(ReportRefused, match=r"nps-plugin\[charts\]"):
            ask()


def test_pictures_are_files_of_their_own_that_follow_light_and_dark(year):
    found = year().report("acme", by="agent").pictures()
    assert set(found) == {"quadrants", "trend", "together", "distribution", "funnel", "curve"}
    for svg in found.values():
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        assert root.find("{http://www.w3.org/2000/svg}title").text
        assert "prefers-color-scheme:dark" in svg
        assert "var(--nps-" in svg
        assert root.findall(".//{http://www.w3.org/2000/svg}text"), "text stays text"


def test_the_curve_is_of_the_reports_window(year):
    whole, three = (year().report("acme", last=last).details() for last in (12, 3))
    for details in (whole, three):
        newest = [row for row in details.periods if row.procedure == details.verdict.procedure]
        assert details.advice.answers == sum(row.answered for row in newest)
        assert details.advice.closings == details.denominators.closings
    assert three.advice.answers < whole.advice.answers


def test_a_trend_line_ends_where_the_way_of_asking_changed(desk):
    report = desk(Desk(months=6, a_month=80, changed_at=3, seed=3)).report("acme", last=7)
    svg = report.pictures()["trend"]
    assert "asked differently" in svg
    assert "asked differently" not in desk(Desk(months=6, a_month=80)).report("acme", last=7).pictures()["trend"]
    assert "A" in {row.get_text() for row in page_of(report, pictures=False).select("td")}, "rows name their procedure"


def test_praise_names_nobody(year):
    for audience in ("everyone", "manager"):
        report = year().report("acme", audience=audience)
        praise = report.details().praise
        assert len(praise) >= 3
        told = " ".join(praise)
        assert not re.search(r"Смирнов|Пётр|916", told)
        assert not any(agent in told.casefold() for agent in Desk().agents)


def test_everyones_page_holds_no_agent(year):
    html = year().report("acme", audience="everyone").html().casefold()
    assert not [agent for agent in Desk().agents if agent in html]


def test_the_first_month_says_that_there_is_nothing_to_compare_with_yet(desk):
    changed = (
        page_of(desk(Desk(months=1, a_month=20)).report("acme", last=1), pictures=False).find(id="h-changed").parent
    )
    assert "There are no two periods yet" in text_of(changed)


def test_a_running_period_is_labelled(year):
    soup = page_of(year().report("acme"), pictures=False)
    assert "November 2026 not over yet" in text_of(soup)
    assert "October 2026 preliminary" in text_of(soup)


def test_a_notebook_shows_the_rows_without_asking_the_database_again(year):
    ratings = year()
    report = ratings.report("acme", by="queue")
    ratings.close()
    shown = text_of(BeautifulSoup(report._repr_html_(), "html.parser"))
    assert "billing" in shown
    assert "Satisfied (interval)" in shown


def test_reasons_are_counted_from_dissatisfied_answers(year):
    ratings = year()
    details = ratings.report("acme", last=20).details()
    given = [
        reason
        for row in ratings.export("acme")
        for survey in row["surveys"]
        for answer in survey["answers"]
        if answer["band"] == "dissatisfied"
        for reason in answer["reasons"]
    ]
    assert {one.code: one.share.count for one in details.reasons} == {code: given.count(code) for code in set(given)}
    assert details.reasons[0].share.n == len(given), "each answer here gives one"


def test_denominators_go_from_closings_to_answers(year):
    found = year().report("acme").details().denominators
    assert found.closings > found.eligible >= found.sent > found.answered > 0
    assert found.closings - found.eligible == found.not_asked["quarantine"]
    answered = year().report("acme", basis="answered").details().denominators
    assert answered.sent is None


def test_what_a_picture_says_is_escaped():
    words = Words(satisfied=NASTY)
    points = [PeriodPoint(at=at, tick=NASTY, part=0, share=0.5, low=0.4, high=0.6, kpi=0.9) for at in range(3)]
    for chart in (
        distribution([NASTY, "'\"\\"], [1, 2], ["bad", "good"], words, Size()),
        kpi_and_score(points, (0.9, 0.8), words, Size()),
    ):
        svg = drawn(chart, "it", NASTY)
        assert "<script" not in svg
        assert NASTY in "".join(ET.fromstring(svg).itertext())
