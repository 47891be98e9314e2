"""Whatever program wrote the export, the same tickets give the same verdict."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.imports.conftest import HEADER, PLAIN, Desk, but, row

from nps_plugin import judge

ROWS = [row(n, took=2 if n % 3 else 6, score=n % 3 + 1, queue=("почта", "сеть")[n % 2]) for n in range(30)]


@pytest.fixture
def plain(desk):
    return desk.judge(ROWS).to_dict()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_encodings_delimiters_and_line_ends_are_found_out(desk, plain, encoding, delimiter, end):
    assert desk.judge(ROWS, encoding=encoding, delimiter=delimiter, end=end).to_dict() == plain


def test_an_encoding_and_a_delimiter_can_be_told(desk, plain):
    told = but(encoding="koi8-r", delimiter="#")
    assert desk.judge(ROWS, told, encoding="koi8-r", delimiter="#").to_dict() == plain


def test_cp1251_is_found_out_behind_a_long_stretch_of_ascii(desk):
    rows = [row(n, queue="mail") for n in range(60_000)] + [row("x", queue="почта")]
    found = desk.judge(rows, encoding="cp1251")
    assert [one.value for one in found.slices if one.by == "queue"] == ["mail", "почта"]


def test_a_damaged_byte_in_utf_8_damages_its_own_row_alone(desk):
    desk.write(ROWS)
    desk.path.write_bytes(desk.path.read_bytes().replace("сеть".encode(), "сет".encode() + b"\xff", 1))
    found = judge(desk.path, PLAIN)
    assert found.tickets == 30
    assert {one.value for one in found.slices if one.by == "queue"} == {"почта", "сеть", "сет\ufffd"}


def test_a_line_that_names_the_separator_is_no_header(desk, plain):
    desk.write(ROWS, delimiter=";")
    desk.path.write_bytes(b"sep=;\r\n" + desk.path.read_bytes())
    assert judge(desk.path, PLAIN).to_dict() == plain
    desk.path.write_bytes(desk.path.read_bytes() + b"x;y;z;9;a;b;c\r\n")
    assert [one.row for one in judge(desk.path, PLAIN).refused_rows] == [33]


def test_lines_are_counted_through_quoted_line_ends_and_blank_lines(desk):
    rows = [row(1, queue="a\nb\r\nc"), row(2, score="x"), row(3, queue='say "hi", please'), row(4, score="y")]
    desk.write(rows)
    text = desk.path.read_bytes().decode().replace("\r\n3,", "\r\n\r\n,,,,,,\r\n3,")
    desk.path.write_bytes(text.encode())
    found = judge(desk.path, PLAIN)
    # the header, the first ticket on lines 2 to 4, two blank lines behind the second
    assert [(one.row, one.value) for one in found.refused_rows] == [(5, "x"), (9, "y")]
    assert found.tickets == 2


def test_a_big_file_is_read_the_same_with_and_without_quotes(desk):
    rows = [row(n, took=2 + n % 4, score=n % 4, day=n % 28 + 1) for n in range(40_000)]
    plain = desk.judge(rows)
    rows[20_000] = row(20_000, took=2, score=0, day=20_000 % 28 + 1, queue="mail\n")
    quoted = desk.judge(rows)
    assert len(plain.refused_rows) == len(quoted.refused_rows) == 10_000
    assert plain.refused_rows[-1].row + 1 == quoted.refused_rows[-1].row
    assert plain.score == quoted.score


def test_a_quote_that_is_never_closed_costs_its_own_line(desk):
    desk.write([row(n) for n in range(1, 6)])
    text = desk.path.read_bytes().decode().replace("\r\n3,", '\r\n"3,')
    desk.path.write_bytes((text).encode())
    found = judge(desk.path, PLAIN)
    assert [(one.row, one.field) for one in found.refused_rows] == [(4, "row")]
    assert "never closed" in found.refused_rows[0].reason
    assert found.tickets == 4


def test_a_quote_that_swallows_more_than_a_cell_can_hold_costs_its_own_line(desk):
    desk.write([row(n) for n in range(1, 6000)])
    desk.path.write_bytes((desk.path.read_bytes().decode().replace("\r\n3,", '\r\n"3,')).encode())
    found = judge(desk.path, PLAIN)
    assert [one.row for one in found.refused_rows] == [4]
    assert found.tickets == 5998


def test_a_row_with_too_many_cells_is_refused_and_one_with_too_few_is_blank_at_its_end(desk):
    desk.write([row(1), row(2), row(3)])
    text = desk.path.read_bytes().decode().replace("2,2026", "2,oops,2026", 1).replace(",mail,c3", "")
    desk.path.write_bytes((text).encode())
    found = judge(desk.path, PLAIN)
    assert [(one.row, one.field) for one in found.refused_rows] == [(3, "row")]
    assert "8 cells where the header has 7" in found.refused_rows[0].reason
    assert found.tickets == 2


FORMATS = [
    ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M"),
    ("%d.%m.%Y %H:%M:%S", None),
    ("%d.%m.%Y", None),
    ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
    ("%H:%M %d.%m.%Y", "%H:%M %d.%m.%Y"),
    ("%Y-%m-%dT%H:%M:%S%z", None),
    ("%Y-%m-%dT%H:%M:%S.%f", None),
    ("%d %b %Y %H:%M %z", "%d %b %Y %H:%M %z"),
    ("%Y-%m-%d", None),
    ("%Y%m%dT%H%M%S", None),
]


@pytest.mark.parametrize(("written", "told"), FORMATS)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_times_are_read_as_they_are_written(desk, written, told, zone):
    """Against Python's own reading, cell by cell, over a year with both changes of the clocks."""
    from zoneinfo import ZoneInfo

    from nps_plugin.imports.times import Times

    start = datetime(2025, 3, 1, 1, 30, tzinfo=ZoneInfo("UTC") if "%z" in written else None)
    cells = [(start + timedelta(hours=31 * n, seconds=n)).strftime(written) for n in range(280)]
    times = Times(ZoneInfo(zone), told or (written if written.startswith("%d.") else None))
    for some in (cells, cells[:7], [*cells[:5], "nonsense", *cells[5:9]]):
        values = times.read(some)
        months = times.months(some, values)
        for cell, value, month in zip(some, values, months, strict=True):
            if cell == "nonsense":
                assert isinstance(times.one(cell), str)
                continue
            at = datetime.strptime(cell, written)  # noqa: DTZ007 - the zone comes below
            at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
            expected = at - datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
            assert times.one(cell) == at.astimezone(ZoneInfo("UTC")) - datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
            known = value if value > timedelta(0) else times.one(cell)
            assert known == times.one(cell), (cell, expected)
            local = at.astimezone(ZoneInfo(zone))
            found = month if value > timedelta(0) and month >= 0 else times.month(known)
            assert found == local.year * 12 + local.month - 1


def test_a_format_can_be_told_for_one_column_or_for_all(desk, plain):
    def day_first(cells):
        return [
            datetime.fromisoformat(cell).strftime("%d/%m/%Y %H:%M") if place in (1, 2) else cell
            for place, cell in enumerate(cells)
        ]

    rows = [day_first(cells) for cells in ROWS]
    assert desk.judge(rows, but(format="%d/%m/%Y %H:%M")).to_dict() == plain
    each = {
        role: {"column": name, "format": "%d/%m/%Y %H:%M"}
        for role, name in (("opened_at", "opened"), ("closed_at", "closed"))
    }
    assert desk.judge(rows, but(columns=each)).to_dict() == plain


def test_day_and_month_that_could_be_either_are_not_guessed(desk):
    rows = [row(1, opened="03/04/2026 10:00", closed="03/04/2026 11:00")]
    assert "name its format" in desk.judge(rows).refused_rows[0].reason
    clear = [*rows, row(2, opened="13/04/2026 10:00", closed="13/04/2026 11:00")]
    found = desk.judge(clear)
    assert found.tickets == 2
    assert "closed_at is written as %d/%m/%Y %H:%M" in found.notes


def test_zones_may_be_mixed_and_an_hour_that_the_clocks_skip_is_no_hour_of_work(desk):
    rows = [
        row(1, opened="2026-03-29T01:30:00", closed="2026-03-29T03:30:00"),
        row(2, opened="2026-03-29T00:30:00Z", closed="2026-03-29T03:30:00"),
        row(3, opened="2026-01-05T12:00:00+03:00", closed="2026-01-05T11:00:00"),
        row(4, opened="2026-01-05T12:00:00", closed="2026-01-05T12:30:00+03:00"),
        row(5, opened="2026-03-28T01:30:00", closed="2026-03-28T03:30:00"),
    ]
    columns = but(timezone="Europe/Berlin", targets={"resolve_within": "1h"})
    found = desk.judge(rows, columns)
    assert (found.kpi.met, found.kpi.missed) == (3, 1)
    assert [(one.row, one.field) for one in found.refused_rows] == [(5, "closed_at")]


@pytest.mark.parametrize("odd", ["1970-01-01 00:00:00", "0000-00-00 00:00:00", " ", "NaT"])
def test_what_hosts_write_for_no_time_is_no_time(desk, odd):
    assert desk.judge([row(1, closed=odd), row(2)]).open == 1


@pytest.mark.parametrize("odd", ["9999-12-31 00:00:00", "2026-13-01", "2026-02-30 10:00:00", "26:00", "1e999"])
def test_impossible_times_are_refused(desk, odd):
    found = desk.judge([row(1, closed=odd), row(2)])
    assert [(one.row, one.field, one.value) for one in found.refused_rows] == [(2, "closed_at", odd)]


def excel(desk: Desk, rows, **how):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = how.get("title", "Tickets")
    for cells in rows:
        sheet.append(cells)
    book.save(desk.folder / "tickets.xlsx")
    return desk.folder / "tickets.xlsx"


def typed(cells):
    number, opened, closed, score, *rest = cells
    return [
        int(number),
        datetime.fromisoformat(opened),
        datetime.fromisoformat(closed) if closed else None,
        float(score) if score else None,
        *rest,
    ]


def test_excel_is_read_with_its_own_dates_and_numbers(desk, plain):
    path = excel(desk, [HEADER, *map(typed, ROWS)])
    assert judge(path, PLAIN).to_dict() == plain
    path = excel(desk, [[], HEADER, *map(typed, ROWS), [], [99, "x", None, 3], typed(row(100, score=7))])
    found = judge(path, PLAIN)
    assert [(one.row, one.field) for one in found.refused_rows] == [(35, "score")]
    assert found.open == 1


def test_a_sheet_can_be_named(desk):
    path = excel(desk, [HEADER, *map(typed, ROWS)])
    assert judge(path, but(sheet="Tickets")).tickets == 30
    with pytest.raises(Exception, match="no sheet 'Other'; there are Tickets"):
        judge(path, but(sheet="Other"))
