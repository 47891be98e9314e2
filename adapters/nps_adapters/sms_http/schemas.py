"""The shape of a gateway's settings, and what marshmallow finds in them as problems with whole keys."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from nps_plugin import AnswerOutcome, ConfigProblem

_HEX, _BASE64 = "hex", "base64"


def _pattern(text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise ValidationError(f"expected a regular expression: {error}") from None


def _charset(name: str) -> None:
    try:
        "я".encode(name, "replace")
    except (LookupError, UnicodeError):
        raise ValidationError(f'expected a charset such as "utf-8" or "windows-1251", not {name!r}') from None


class _Texts(fields.Field[list[str]]):
    """A text or number, or a list of them, as texts."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> list[str]:
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(one, str | int | float) for one in values):
            raise ValidationError("expected a text or a number, or a list of them")
        return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _TakenSchema(_Strict):
    json = fields.String(load_default="", validate=validate.Length(min=1))
    matches = fields.String(validate=_pattern)

    @validates_schema
    def _something(self, data: Any, **_: Any) -> None:
        if not data.get("json") and not data.get("matches"):
            raise ValidationError("expected json, matches or both", "json")


class _TestSchema(_Strict):
    status = fields.List(fields.Integer(strict=True, validate=validate.Range(200, 599)), load_default=list)
    json = fields.String(load_default="", validate=validate.Length(min=1))
    equals = _Texts(load_default=list)
    starts_with = fields.String(load_default="")
    matches = fields.String(validate=_pattern)

    @validates_schema
    def _something(self, data: Any, **_: Any) -> None:
        if not any(data.get(key) for key in ("status", "json", "starts_with", "matches")):
            raise ValidationError("expected at least one of status, json, starts_with, matches", "json")
        if data["equals"] and not data["json"]:
            raise ValidationError("expected together with json", "equals")


class _RefusalSchema(_TestSchema):
    then = fields.String(required=True, validate=validate.OneOf(["final", "retry", "down"]))
    reason = fields.String(load_default="", validate=validate.Length(max=100))
    retry_after = fields.Float(validate=validate.Range(0, 7 * 86400))


class _SignedSchema(_Strict):
    secret = fields.Raw(required=True)
    header = fields.String(required=True)
    algorithm = fields.String(load_default="sha256", validate=validate.OneOf(["sha256", "sha512", "sha1"]))
    encoding = fields.String(load_default=_HEX, validate=validate.OneOf([_HEX, _BASE64]))
    prefix = fields.String(load_default="")


class _InboundSchema(_Strict):
    id = _Texts(required=True)
    phone = fields.String(required=True)
    text = fields.String(required=True)


class _ReportSchema(_Strict):
    reference = fields.String(required=True)
    state = fields.String(required=True)
    delivered = _Texts(load_default=list)
    failed = _Texts(load_default=list)
    final = _Texts(load_default=list)
    code = fields.String(load_default="")

    @validates_schema
    def _apart(self, data: Any, **_: Any) -> None:
        states = data["delivered"] + data["failed"] + data["final"]
        if not states:
            raise ValidationError("expected the states that mean so, in delivered, failed or final", "delivered")
        if twice := sorted({one for one in states if states.count(one) > 1}):
            raise ValidationError(f"expected each state once; twice: {', '.join(twice)}", "delivered")


class _HookSchema(_Strict):
    secret = fields.Raw()
    header = fields.String()
    query = fields.String()
    field = fields.String()
    hmac = fields.Nested(_SignedSchema)
    networks = fields.List(fields.String(), load_default=list)
    charset = fields.String(load_default="utf-8", validate=_charset)
    items = fields.String(load_default="")
    answer = fields.String(load_default="")
    inbound = fields.Nested(_InboundSchema)
    report = fields.Nested(_ReportSchema)

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _guarded(self, _: Any, given: Any, **__: Any) -> None:
        if not isinstance(given, Mapping):
            return
        places = [key for key in ("header", "query", "field") if given.get(key)]
        if "secret" not in given and "hmac" not in given:
            expected = "expected a secret (with header, query or field) or hmac: else anybody can post"
            raise ValidationError(expected, "secret")
        if "secret" in given and len(places) != 1:
            raise ValidationError("expected where it stands: one of header, query and field", "secret")
        if "secret" not in given and places:
            raise ValidationError("expected together with secret", places[0])
        if "inbound" not in given and "report" not in given:
            raise ValidationError("expected inbound, report or both", "inbound")


class SettingsSchema(_Strict):
    """All of a gateway; docs/sms.md tells what each key means."""

    url = fields.String(required=True)
    method = fields.String(load_default="POST", validate=validate.OneOf(["POST", "GET", "PUT"]))
    send = fields.String(load_default="form", validate=validate.OneOf(["form", "json", "query"]))
    fields_ = fields.Dict(keys=fields.String(), required=True, data_key="fields")
    headers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    secrets = fields.Dict(keys=fields.String(), values=fields.Raw(), load_default=dict)
    charset = fields.String(load_default="utf-8", validate=_charset)
    success = fields.Nested(_TestSchema, required=True)
    reference = fields.Nested(_TakenSchema)
    errors = fields.List(fields.Nested(_RefusalSchema), load_default=list)
    hook = fields.Nested(_HookSchema)
    country_code = fields.String(
        load_default="", validate=validate.Regexp(r"\A[1-9]\d{0,2}\Z", error='expected digits, such as "7"')
    )
    parts = fields.Integer(strict=True, load_default=2, validate=validate.Range(1, 2))
    replies = fields.List(
        fields.String(validate=validate.OneOf([str(one) for one in AnswerOutcome])), load_default=list
    )
    timeout = fields.Float(load_default=20.0, validate=validate.Range(min=0, min_inclusive=False))


def problems_of(found: Any, schema: Schema, at: str = "") -> list[ConfigProblem]:
    """marshmallow's tree of messages as problems with whole keys."""
    if not isinstance(found, Mapping):
        texts = found if isinstance(found, list) else [found]
        return [ConfigProblem(at or "settings", " ".join(map(str, texts)))]
    known = {field.data_key or name: field for name, field in schema.fields.items()}
    problems = []
    for key, more in found.items():
        where = f"{at}.{key}" if at else str(key)
        inner = known.get(str(key))
        if more == ["Unknown field."]:
            near = difflib.get_close_matches(str(key), known, n=1)
            problems.append(ConfigProblem(where, "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")))
            continue
        if isinstance(inner, fields.List) and isinstance(inner.inner, fields.Nested):
            for number, one in more.items() if isinstance(more, Mapping) else ():
                problems += problems_of(one, inner.inner.schema, f"{where}.{number}")
            if not isinstance(more, Mapping):
                problems += problems_of(more, schema, where)
            continue
        problems += problems_of(more, inner.schema if isinstance(inner, fields.Nested) else _Strict(), where)
    return problems
