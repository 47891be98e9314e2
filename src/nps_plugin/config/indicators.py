"""Indicators and criteria as the configuration writes them: taken from the shipped ones, or the tenant's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from ..model import CRITERIA, INDICATORS, Band
from . import fields as f

#: The key that lists shipped indicators; no indicator has this name.
USE = "use"


class Strict(Schema):
    """A table in which an unknown key is an error."""

    class Meta:
        """What marshmallow asks for."""

        unknown = RAISE


class CriterionSchema(Strict):
    """A criterion of the tenant's own."""

    text = f.Locales(required=True)


class IndicatorSchema(Strict):
    """What a tenant has of its own of an indicator; the rest is as it ships."""

    text = f.Locales(load_default=dict)
    criterion = f.Text(load_default="")
    bands = f.Bands(load_default=frozenset(Band))


class Indicators(fields.Dict):
    """A table of indicators by name, and ``use``: names of shipped ones. Gives tables by name, those of ``use`` first,
    each with its criterion."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=f.Name(), values=fields.Nested(IndicatorSchema), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise ValidationError("expected a table")
        problems: dict[str, Any] = {}
        own: dict[Any, Any] = {}
        try:
            own = super()._deserialize(  # type: ignore[no-untyped-call]
                {name: one for name, one in value.items() if name != USE}, attr, data, **more
            )
        except ValidationError as error:
            # what can be read is still looked at, so that all is told at once
            problems = dict(error.messages) if isinstance(error.messages, dict) else {}
            own = error.valid_data if isinstance(error.valid_data, dict) else {}
        wanted = self._wanted(value, problems)
        found = {name: own.get(name) or IndicatorSchema().load({}) for name in wanted}
        found |= {name: one for name, one in own.items() if name not in found}
        for name, one in own.items():
            if name not in INDICATORS and not one.get("text") and name not in problems:
                text = f"is required, since no indicator {name!r} ships{f.nearest(name, INDICATORS)}"
                problems.setdefault(name, {}).setdefault("value", {})["text"] = [text]
        if problems:
            raise ValidationError(problems)
        return {name: one | {"criterion": one["criterion"] or INDICATORS.get(name, "")} for name, one in found.items()}

    @staticmethod
    def _wanted(value: Mapping[Any, Any], problems: dict[str, Any]) -> tuple[str, ...]:
        try:
            names = tuple(f.Words().deserialize(value[USE])) if USE in value else ()
        except ValidationError as error:
            problems[USE] = {"value": error.messages}
            return ()
        known = {*INDICATORS, *(str(name) for name in value if name != USE)}
        strange = [name for name in names if name not in known]
        if strange:
            told = [f"no indicator {name!r} ships{f.nearest(name, known)}" for name in strange]
            problems[USE] = {"value": told}
        return tuple(dict.fromkeys(name for name in names if name in known))


def check_criteria(written: Any, criteria: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with the criteria of the indicators as they are written, by indicator."""
    known = list(dict.fromkeys([*criteria, *CRITERIA]))
    problems: dict[str, Any] = {}
    for name, one in written.items() if isinstance(written, Mapping) else ():
        criterion = one.get("criterion", INDICATORS.get(name, "")) if isinstance(one, Mapping) else None
        if name != USE and isinstance(criterion, str) and criterion not in known:
            text = f"expected one of {', '.join(known)}{f.nearest(criterion, known)}"
            problems[name] = {"value": {"criterion": [text]}}
    return problems
