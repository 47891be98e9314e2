"""The workbook: the same numbers, and text that stays text."""

from __future__ import annotations

import sys
from io import BytesIO

import pytest
from tests.reports.desk import Desk

from nps_plugin import ReportRefused

openpyxl = pytest.importorskip("openpyxl")
RISKY = ('=HYPERLINK("http://example.org")', "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1")


def opened_book(report, locale=None):
    return openpyxl.load_workbook(BytesIO(report.xlsx(locale)))


def lines(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_workbook_holds_the_numbers_of_the_rows(year):
    report = year().report("acme", by=("queue", "service"))
    found = lines(opened_book(report)["Rows"])
    assert len(found) == len(report.rows()) == 16
    for line, row in zip(found, report.rows(), strict=True):
        for name, value in row.items():
            assert line[name] == (pytest.approx(value) if isinstance(value, float) else value or line[name])


def test_figures_about_people_say_how_they_are_to_be_taken(year):
    def notes(**asked):
        return [row[0].value for row in opened_book(year().report("acme", **asked))["Notes"].iter_rows()]

    assert [note for note in notes(by="agent") if "never a measure for pay" in note]
    assert not [note for note in notes(by="queue") if "never a measure for pay" in note]


def test_headers_are_frozen_and_shares_are_per_cent(year):
    book = opened_book(year().report("acme"))
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    sheet = book["Periods"]
    column = next(cell.column for cell in sheet[1] if cell.value == "satisfied_share")
    assert sheet.cell(2, column).number_format == "0.0%"


def test_text_never_becomes_a_formula(desk):
    ratings = desk(Desk(months=2, a_month=80, queues=dict.fromkeys(RISKY, 0.0), agents=RISKY))
    for by in ("queue", "agent"):
        book = opened_book(ratings.report("acme", last=3, by=by))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f"]
        named = {
            cell.value: cell for cell in cells if isinstance(cell.value, str) and cell.value[:1] in ("=", "+", "-", "@")
        }
        assert len(named) >= 3
        assert all(cell.quotePrefix for cell in named.values())


def test_sheets_have_names_in_the_readers_language(year):
    assert opened_book(year().report("acme"), "ru").sheetnames[:2] == ["Сводка", "Периоды"]


def test_without_the_extra_it_says_what_to_install(year, monkeypatch):
    report = year().report("acme")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ReportRefused, match=r"nps-plugin\[excel\]"):
        report.xlsx()
