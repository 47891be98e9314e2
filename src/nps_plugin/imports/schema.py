"""The shape of a columns file."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from ..config import fields as f
from ..config.read import problems_of
from ..config.schemas import Strict
from ..errors import ConfigProblem
from ..model import SCALES, Scale
from .columns import CONTACTS, COUNTS, NO, SLICES, TEXTS, TIMES, UNITS, YES, Column, good_format


class Encoding(f.Text):
    """An encoding that Python knows."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        try:
            codecs.lookup(text)
        except LookupError:
            raise ValidationError('expected an encoding such as "utf-8", "cp1251" or "utf-16"') from None
        return text


class Delimiter(f.Text):
    """One character."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        if len(text) != 1 or text in '"\r\n':
            raise ValidationError('expected one character, such as ";" or "\\t"')
        return text


class Format(f.Text):
    """How times are written."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        text = super()._deserialize(value, attr, data)
        if not good_format(text):
            raise ValidationError('expected a format such as "%d/%m/%Y %H:%M"')
        return text


class Cells(fields.Field[frozenset[str]]):
    """A list of cells; numbers and true/false are as they would stand in the file."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> frozenset[str]:
        items = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(item, (str, int, float)) for item in items):
            raise ValidationError('expected a list of cells, such as ["1", "yes"]')
        return frozenset(str(item).strip().casefold() for item in items)


class OwnScale(Strict):
    """A scale of one's own."""

    name = f.Text(load_default="own")
    low = f.Whole(-10, 11, required=True)
    high = f.Whole(-9, 21, required=True)
    dissatisfied_to = f.Whole(-10, 21, required=True)
    satisfied_from = f.Whole(-10, 21, required=True)


class ScaleField(fields.Field[Scale]):
    """A shipped scale by name, or a table of one's own."""

    schema = OwnScale()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Scale:
        if isinstance(value, Mapping):
            try:
                return Scale(**self.schema.load(value))
            except ValidationError as error:
                raise ValidationError(error.messages) from None
            except ValueError as error:
                raise ValidationError(str(error)) from None
        name = f.Text().deserialize(value)
        if name not in SCALES:
            raise ValidationError(f"expected one of {', '.join(SCALES)}{f.nearest(name, SCALES)}")
        return SCALES[str(name)]


class TimeTable(Strict):
    """A time with its format."""

    column = f.Text(required=True)
    format = Format()


class DurationTable(Strict):
    """A resolution time with its unit."""

    column = f.Text(required=True)
    unit = f.Choice(*UNITS, required=True)


class KpiTable(Strict):
    """Which cells say met, which missed."""

    column = f.Text(required=True)
    met = Cells()
    missed = Cells()

    @validates_schema
    def _apart(self, data: Any, **_: Any) -> None:
        if ("met" in data) != ("missed" in data):
            raise ValidationError("expected both lists, met and missed", "met" if "missed" in data else "missed")
        both = data.get("met", frozenset()) & data.get("missed", frozenset())
        if both:
            raise ValidationError(f"{min(both)!r} stands in met and in missed", "missed")


class ScoreTable(Strict):
    """Which cells are which points."""

    column = f.Text(required=True)
    map = fields.Dict(keys=f.Word())
    no_answer = Cells(data_key="unknown")

    @validates_schema
    def _points(self, data: Any, **_: Any) -> None:
        for cell, point in data.get("map", {}).items():
            if point != "" and (isinstance(point, bool) or not isinstance(point, int)):
                raise ValidationError(f'{cell}: expected a point of the scale, or "" for no answer', "map")


class ColumnField(fields.Field[Column]):
    """The header of a column, or a table with ``column`` and how its cells are read."""

    def __init__(self, table: type[Strict] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.schema = None if table is None else table()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Column:
        if not isinstance(value, Mapping) or self.schema is None:
            if not isinstance(value, str) or not value.strip():
                more = "" if self.schema is None else f", or a table with {', '.join(self.schema.fields)}"
                raise ValidationError(f"expected the header of a column{more}")
            if attr == "resolution_time":
                raise ValidationError('expected a unit too: { column = "...", unit = "hours" }')
            return Column(name=value.strip())
        try:
            table = self.schema.load(value)
        except ValidationError as error:
            # without what is right of it: a column is whole or not there
            raise ValidationError(error.messages) from None
        points = table.get("map")
        return Column(
            name=table["column"].strip(),
            format=table.get("format"),
            unit=UNITS[table["unit"]] if "unit" in table else 1,
            met=table.get("met", YES),
            missed=table.get("missed", NO),
            map=None if points is None else {c.strip().casefold(): None if p == "" else p for c, p in points.items()},
            unknown=table.get("no_answer", frozenset()),
        )


_OPTIONS: dict[str, type[Strict]] = {
    **dict.fromkeys(TIMES, TimeTable),
    "resolution_time": DurationTable,
    "kpi_met": KpiTable,
    "score": ScoreTable,
}
_plain = ("ticket", *TEXTS, *COUNTS, *CONTACTS)
_FIELDS: dict[str, fields.Field[Any]] = {
    **{role: ColumnField() for role in _plain},
    **{role: ColumnField(table) for role, table in _OPTIONS.items()},
}
ColumnsTable = Strict.from_dict(_FIELDS, name="ColumnsTable")


class TargetsTable(Strict):
    """What is agreed."""

    kpi_share = f.Share()
    satisfied_share = f.Share()
    resolve_within = f.Length(zero=False)
    agent = f.Refused("no targets by agent: a score is a reason to look, not a measure for a person")


class By(f.Words):
    """Slices."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[str, ...]:
        words = super()._deserialize(value, attr, data)
        for word in words:
            if word not in SLICES:
                raise ValidationError(f"expected some of {', '.join(SLICES)}{f.nearest(word, SLICES)}")
        return words


class SlicesTable(Strict):
    """What the tickets are divided by."""

    by = By(load_default=())


class Root(Strict):
    """The whole file."""

    scale = ScaleField()
    timezone = f.Zone(load_default=lambda: f.Zone().deserialize("UTC"))
    locale = f.Choice(*f.LOCALES, load_default="en")
    encoding = Encoding()
    delimiter = Delimiter()
    sheet = f.Text()
    format = Format()
    columns = fields.Nested(ColumnsTable)
    targets = fields.Nested(TargetsTable)
    slices = fields.Nested(SlicesTable)

    @validates_schema
    def _map_on_scale(self, data: Any, **_: Any) -> None:
        score, scale = (data.get("columns") or {}).get("score"), data.get("scale")
        if score is None or scale is None or score.map is None:
            return
        off = [cell for cell, point in score.map.items() if point is not None and not scale.low <= point <= scale.high]
        if off:
            text = f"{off[0]!r} becomes {score.map[off[0]]}, which is not on {scale.name} ({scale.low} to {scale.high})"
            raise ValidationError({"columns": {"score": {"map": [text]}}})


def read_columns(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[ConfigProblem]]:
    """What can be read of a columns file, and everything that is wrong with the rest."""
    schema = Root()
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        found = error.valid_data if isinstance(error.valid_data, dict) else {}
        return found, problems_of(error, schema)
    return loaded, []
