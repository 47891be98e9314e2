"""Any export as batches of columns: encoding, delimiter, quotes and Excel are found out here and nowhere else.

A chunk without quotes, which most are, is cut at its delimiters all at once: several times as fast as row by row.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import IO

from ..errors import NpsError
from .columns import Spelling

_CHUNK = 1 << 20
#: A quote that is not closed after so much text never will be.
_LONGEST = 8 << 20
_MARK = "\0"
_DELIMITERS = ";,\t|"
Progress = Callable[[int], None]
#: the lines on which rows begin, their cells by column, and (line, text, reason) of what is no row
_Cells = tuple[Sequence[int], Sequence[Sequence[str]], list[tuple[int, str, str]]]


class Unreadable(NpsError):
    """The file is no table that can be read; the message says why and what to do."""


@dataclass(frozen=True)
class Batch:
    """Some rows, by column. ``lines``: the physical line on which each begins. ``broken``: (line, text, reason) of rows
    that are none."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    broken: Sequence[tuple[int, str, str]] = ()


class Source:
    """A table in a file: its header, then its rows, read once for each :meth:`batches`."""

    def __init__(self, path: str | Path, spelling: Spelling | None = None) -> None:
        self.path = Path(path)
        self.spelling = spelling or Spelling()
        try:
            self.size = self.path.stat().st_size
            with self.path.open("rb") as file:
                head = file.read(1 << 16)
        except OSError as error:
            raise Unreadable(f"{self.path} cannot be read ({error.strerror})") from error
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            raise Unreadable(f"{self.path} is an old or protected Excel file; save it as .xlsx or CSV")
        self.is_excel = head.startswith(b"PK\x03\x04")
        self._delimiter = ","
        self._encoding = "" if self.is_excel else self.spelling.encoding or _encoding(head)
        self.header, self._first = self._excel_header() if self.is_excel else self._text_header(head)
        if not any(self.header):
            raise Unreadable(f"{self.path} is empty: there is no header")

    def batches(self, wanted: Sequence[int], progress: Progress | None = None) -> Iterator[Batch]:
        """The wanted columns of all rows, a few thousand rows at a time. ``progress`` is told the bytes read."""
        cells = self._excel_batches(progress) if self.is_excel else self._text_batches(progress)
        for lines, columns, broken in cells:
            yield Batch(lines, [columns[number] for number in wanted], broken)

    # --- text

    def _text_header(self, head: bytes) -> tuple[list[str], int]:
        text = next(_decoded([head], self._encoding, more=self.size > len(head)), "").removeprefix("\ufeff")
        # lines that end as they did on old Macs
        self._returns = "\r" in text and "\n" not in text
        text = text.replace("\r", "\n") if self._returns else text
        line = 1
        said, _, rest = text.partition("\n")
        if _MARK in said:
            raise Unreadable(f"{self.path} is no text; export the tickets as CSV or .xlsx")
        if said[:4].casefold() == "sep=" and len(said.rstrip("\r")) <= 5:
            self._delimiter = said[4:5].replace("\r", "") or ","
            text, line = rest, 2
        while text[:1] in ("\r", "\n"):
            line += text[0] == "\n"
            text = text[1:]
        if self.spelling.delimiter:
            self._delimiter = self.spelling.delimiter
        elif line == 1 or said[:4].casefold() != "sep=":
            self._delimiter = _delimiter(text)
        reader = csv.reader(StringIO(text, newline=""), delimiter=self._delimiter)
        try:
            header = [name.strip() for name in next(reader, [])]
        except csv.Error as error:
            raise Unreadable(f"{self.path}: the header cannot be read ({error})") from None
        self._skip = line + reader.line_num - 1
        return header, self._skip + 1

    def _text_batches(self, progress: Progress | None) -> Iterator[_Cells]:
        with self.path.open("rb") as file:
            text = _decoded(_chunks(file, progress), self._encoding)
            line, rest = self._first, ""
            skip = self._skip
            for piece in text:
                rest += piece.replace("\r", "\n") if self._returns else piece
                while skip and (end := _line_end(rest)) > 0:
                    rest, skip = rest[end:], skip - 1
                if skip:
                    continue
                end = rest.rfind("\n") + 1
                if not end and len(rest) < _LONGEST:
                    continue
                chunk, rest = rest[:end], rest[end:]
                if chunk:
                    found, line, left = self._cut(chunk, line, last=False)
                    rest = left + rest
                    yield from found
            while rest and not skip:
                found, line, rest = self._cut(rest, line, last=True)
                yield from found

    def _cut(self, chunk: str, line: int, *, last: bool) -> tuple[list[_Cells], int, str]:
        """The rows of a chunk of whole lines, the next line, and the text of a row that goes on behind the chunk."""
        width, mark = len(self.header), self._delimiter
        plain = chunk.replace("\r\n", "\n") if "\r" in chunk else chunk
        if '"' not in plain and "\r" not in plain and _MARK not in plain and plain.endswith("\n"):
            empty = mark * (width - 1) + "\n"
            if f"\n{empty}" not in plain and not plain.startswith(empty):
                flat = plain.replace("\n", f"{mark}{_MARK}{mark}").split(mark)
                flat.pop()
                ends = flat[width :: width + 1]
                if ends.count(_MARK) == len(ends) and len(flat) == len(ends) * (width + 1):
                    count = len(ends)
                    columns = [flat[number :: width + 1] for number in range(width)]
                    return [(range(line, line + count), columns, [])], line + count, ""
        return self._row_by_row(chunk, line, last=last)

    def _row_by_row(self, chunk: str, line: int, *, last: bool) -> tuple[list[_Cells], int, str]:
        lines = list(StringIO(chunk, newline=""))
        reader = csv.reader(iter(lines), delimiter=self._delimiter)
        rows: list[list[str]] = []
        ends: list[int] = []
        broken: list[tuple[int, str, str]] = []
        why = ""
        try:
            for row in reader:
                rows.append(row)
                ends.append(reader.line_num)
        except csv.Error as error:
            why = f"cannot be read ({error}); is a quote opened here and never closed?"
        starts = [0, *ends]
        read = starts[-1]
        left = ""
        if why:
            broken.append((line + read, lines[read].strip(), why))
            left, read = "".join(lines[read + 1 :]), read + 1
        elif rows:
            first = starts[-2]
            raw = lines[first:read]
            if sum(map(str.count, raw, ['"'] * len(raw))) % 2:
                size = sum(map(len, raw))
                if not last and size < _LONGEST:
                    # the quote that opens in the last row may be closed behind the chunk
                    del rows[-1], ends[-1]
                    left, read = "".join(raw), first
                elif len(raw) > 1:
                    broken.append((line + first, raw[0].strip(), "a quote opens here and is never closed"))
                    del rows[-1], ends[-1]
                    left, read = "".join(raw[1:]), first + 1
        numbers = [line + start for start in starts[: len(rows)]]
        return [_ragged(numbers, rows, len(self.header), broken)], line + read, left

    # --- Excel

    def _excel_header(self) -> tuple[list[str], int]:
        for number, row in self._sheet():
            if any(row):
                while row and not row[-1]:
                    row.pop()
                return [name.strip() for name in row], number + 1
        return [], 1

    def _excel_batches(self, progress: Progress | None) -> Iterator[_Cells]:
        rows: list[list[str]] = []
        numbers: list[int] = []
        for number, row in self._sheet():
            if number < self._first:
                continue
            rows.append(row)
            numbers.append(number)
            if len(rows) == 5000:
                yield _ragged(numbers, rows, len(self.header), [])
                rows, numbers = [], []
        if rows:
            yield _ragged(numbers, rows, len(self.header), [])
        if progress is not None:
            progress(self.size)

    def _sheet(self) -> Iterator[tuple[int, list[str]]]:
        try:
            from openpyxl import load_workbook
        except ImportError as error:
            raise Unreadable(f"{self.path} is an Excel file: install nps-plugin[excel], or save it as CSV") from error
        try:
            book = load_workbook(self.path, read_only=True, data_only=True)
        except Exception as error:  # noqa: BLE001 - a damaged file fails in many ways
            raise Unreadable(f"{self.path} is no Excel file that can be read ({type(error).__name__})") from None
        try:
            wanted = self.spelling.sheet
            if wanted and wanted not in book.sheetnames:
                raise Unreadable(f"{self.path} has no sheet {wanted!r}; there are {', '.join(book.sheetnames)}")
            sheet = book[wanted] if wanted else book.worksheets[0]
            # the size that a file says of itself is often wrong
            sheet.reset_dimensions()
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                yield number, [_as_text(cell) for cell in row]
        finally:
            book.close()


def _as_text(cell: object) -> str:
    """A cell of a sheet as it would stand in a CSV file."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    isoformat = getattr(cell, "isoformat", None)
    return str(cell).strip() if isoformat is None else str(isoformat())


def _ragged(numbers: list[int], rows: list[list[str]], width: int, broken: list[tuple[int, str, str]]) -> _Cells:
    """Rows as columns; blank ones are left out, short ones filled, and what is too long is no row."""
    if set(map(len, rows)) != {width} or not all(map(any, rows)):
        kept: list[list[str]] = []
        lines: list[int] = []
        for number, row in zip(numbers, rows, strict=True):
            if not any(row):
                continue
            if any(row[width:]):
                why = f"has {len(row)} cells where the header has {width}; is a cell with a delimiter not in quotes?"
                broken.append((number, row[width], why))
                continue
            kept.append((row + [""] * (width - len(row)))[:width])
            lines.append(number)
        numbers, rows = lines, kept
    broken.sort()
    return numbers, list(zip(*rows, strict=True)) if rows else [()] * width, broken


def _line_end(text: str) -> int:
    return text.find("\n") + 1


def _chunks(file: IO[bytes], progress: Progress | None) -> Iterator[bytes]:
    done = 0
    while chunk := file.read(_CHUNK):
        yield chunk
        done += len(chunk)
        if progress is not None:
            progress(done)


def _encoding(head: bytes) -> str:
    """By its mark; without one it is UTF-8 until it proves otherwise (``_decoded``)."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) > 3 and head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    return "utf-16-be" if len(head) > 3 and head[::2].count(0) > len(head) // 4 else ""


def _decoded(chunks: Iterator[bytes] | list[bytes], encoding: str, *, more: bool = False) -> Iterator[str]:
    """Text; without a known encoding UTF-8, or cp1251 from the first byte that cannot be UTF-8.

    Before that byte nothing but ASCII may have stood, which is the same in both; otherwise it is UTF-8 with a damaged
    place, which is marked with U+FFFD.
    """
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")("strict" if not encoding else "replace")
    ascii_only = True
    for chunk in chunks:
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            # what the decoder held back of the chunk before is in what it failed on
            held = bytes(error.object)
            legacy = ascii_only and held[: error.start].isascii()
            decoder = codecs.getincrementaldecoder("cp1251" if legacy else "utf-8")("replace")
            text = decoder.decode(held)
        ascii_only = ascii_only and text.isascii()
        if text:
            yield text
    if not more:
        try:
            text = decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            text = bytes(error.object).decode("cp1251" if ascii_only else "utf-8", "replace")
        if text:
            yield text


def _delimiter(text: str) -> str:
    """The sign that cuts the first lines into the most even rows."""
    lines = text.splitlines()[:30]
    best, least = ",", (0.0, 0)
    for sign in _DELIMITERS:
        if sign not in lines[0] if lines else True:
            continue
        try:
            rows = [row for row in csv.reader(lines, delimiter=sign) if row]
        except csv.Error:
            continue
        width = len(rows[0])
        even = sum(len(row) == width for row in rows) / len(rows)
        if width > 1 and (even, width) > least:
            best, least = sign, (even, width)
    return best
