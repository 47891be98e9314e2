"""The numbers of a report as a workbook (the extra ``excel``). Text stays text, whatever it begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ..errors import ReportRefused
from ..model import IndicatorReport
from ..wording.catalogue import translations
from ..wording.clean import clean_text
from ..wording.report_sentences import audience_name, kind_name, people_sentence, period_name

if TYPE_CHECKING:
    from .report import Report

MISSING = "a workbook needs openpyxl: pip install 'nps-plugin[excel]'"
#: what a spreadsheet would take for a formula, or what could hide one
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
_SHARES = ("_share", "_low", "_high", "_target", "net")
_LONGEST = 32_000


def workbook(report: Report, locale: str) -> bytes:
    """An .xlsx file: a summary, the rows, the periods, each table of slices, reasons, notes; headers frozen."""
    if find_spec("openpyxl") is None:
        raise ReportRefused(MISSING)
    openpyxl: Any = import_module("openpyxl")
    gettext = translations(locale).gettext
    details = report.details(locale)
    book = openpyxl.Workbook()
    book.remove(book.active)
    _sheet(book, gettext("Summary"), [gettext("What"), gettext("Value")], _summary(report, locale), wide=True)
    if report.by:
        _rows(book, gettext("Rows"), report.rows(), report.by)
    _rows(book, gettext("Periods"), [{"period": row.label, **row.flat()} for row in details.periods], ())
    for table in details.tables if not report.by else ():
        title = " × ".join(kind_name(name, locale) for name in table.by)
        _rows(book, title, [row.flat() for row in table.rows], table.by)
    if details.peers is not None:
        _rows(book, gettext("Agents"), [one.to_dict() | {"interval": None} for one in details.peers.agents], ())
    reasons = [
        [one.text, one.share.count, one.share.n, one.share.value, *(one.share.interval or (None, None))]
        for one in details.reasons
    ]
    _sheet(book, gettext("Reasons"), ["reason", "answers", "of", "named_share", "named_low", "named_high"], reasons)
    if details.indicators is not None:
        _indicators(book, details.indicators, gettext)
    told = [*details.verdict.notes, *(one.sentence for one in details.changes)]
    told += [one.sentence for one in details.trends]
    if report.about_people or details.peers is not None:
        told.insert(0, people_sentence(locale))
    notes = [[text] for text in told]
    _sheet(book, gettext("Notes"), [gettext("Notes")], notes, wide=True)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _indicators(book: Any, found: IndicatorReport, gettext: Callable[[str], str]) -> None:
    names = ["indicator", "criterion", found.by or "slice", "answers", "yes", "partly", "no", "fulfilled_share"]
    names += ["fulfilled_low", "fulfilled_high", "difference", "difference_low", "difference_high", "tentative"]
    rows = []
    for value, figures in [("", found.whole), *((one.value, one.figures) for one in found.slices)]:
        for one in figures:
            share, impact = one.share, one.impact
            compared = (
                [impact.difference, *(impact.interval or (None, None)), impact.tentative] if impact else [None] * 4
            )
            line = [one.text, one.criterion_text, value, one.n, one.yes, one.partly, one.no, share.value]
            rows.append([*line, *(share.interval or (None, None)), *compared])
    _sheet(book, gettext("What was agreed on"), names, rows)


def _summary(report: Report, locale: str) -> Iterable[Sequence[Any]]:
    gettext = translations(locale).gettext
    details = report.details(locale)
    verdict, found = details.verdict, details.denominators
    yield gettext("Tenant"), report.tenant
    yield (
        gettext("Period"),
        f"{report.since.isoformat()} - {report.until.isoformat()} ({period_name(report.period, locale)})",
    )
    yield gettext("Audience"), audience_name(report.audience, locale)
    yield gettext("Basis"), report.basis
    for name, value in report.where.items():
        yield kind_name(name, locale), value
    yield gettext("Headline"), verdict.headline
    yield gettext("Verdict"), verdict.sentence
    yield gettext("Closings"), found.closings
    yield gettext("To be asked"), found.eligible
    yield gettext("Question sent"), found.sent
    yield gettext("Answers"), found.answered
    yield gettext("Made"), report.made_at.isoformat()


def _rows(book: Any, title: str, rows: Sequence[dict[str, Any]], by: Sequence[str]) -> None:
    names = list(rows[0]) if rows else [*by]
    _sheet(book, title, names, ([row.get(name) for name in names] for row in rows))


def _sheet(book: Any, title: str, names: Sequence[str], rows: Iterable[Sequence[Any]], *, wide: bool = False) -> None:
    from_styles = import_module("openpyxl.styles")
    sheet = book.create_sheet(_title(title, book.sheetnames))
    for place, name in enumerate(names, start=1):
        cell = _put(sheet, 1, place, name)
        cell.font = from_styles.Font(bold=True)
        cell.alignment = from_styles.Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[cell.column_letter].width = 90 if wide and place == len(names) else 18
    for number, row in enumerate(rows, start=2):
        for place, value in enumerate(row, start=1):
            cell = _put(sheet, number, place, value)
            if isinstance(value, float):
                cell.number_format = "0.0%" if str(names[place - 1]).endswith(_SHARES) else "0.000"
            if wide:
                cell.alignment = from_styles.Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"


def _put(sheet: Any, row: int, column: int, value: Any) -> Any:
    """A cell; text is written as text, and marked so that editing it does not make a formula of it either."""
    if not isinstance(value, str):
        return sheet.cell(row, column, value if isinstance(value, (int, float)) or value is None else str(value))
    cell = sheet.cell(row, column)
    cell.value = clean_text(value, _LONGEST)
    cell.data_type = "s"
    if value.startswith(_RISKY):
        cell.quotePrefix = True
    return cell


def _title(title: str, taken: Sequence[str]) -> str:
    """A sheet's name: at most 31 characters, none of those that Excel forbids, unlike the others."""
    name = "".join("·" if one in "[]:*?/\\" else one for one in clean_text(title)).strip("'")[:28] or "·"
    number = 2
    found = name
    while found in taken:
        found, number = f"{name} {number}", number + 1
    return found
