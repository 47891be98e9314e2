"""The settings of a PBX that is asked by HTTP: every mistake at once, by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from nps_plugin import ConfigError, ConfigProblem, Secret, phone_number, read_secret

#: A key that signs is as long as those of the door.
_SECRET = 16


@dataclass(frozen=True, kw_only=True)
class Pbx:
    """One tenant's PBX: where it is asked, and for whom."""

    url: str = field(repr=False)
    secret: Secret
    caller: str
    country_code: str
    timeout: float
    report_within: timedelta


class PbxSettings(Schema):
    """The keys of ``[tenants.x.channels.phone]``."""

    class Meta:
        """An unknown key is an error."""

        unknown = RAISE

    url = fields.String(required=True)
    secret = fields.Raw(required=True)
    caller = fields.String(load_default="")
    country_code = fields.String(load_default="", validate=validate.Regexp(r"([1-9]\d{0,2})?\Z"))
    timeout = fields.Float(load_default=10.0, validate=validate.Range(0.1, 60))
    report_within = fields.Integer(strict=True, load_default=3600, validate=validate.Range(600, 86400))


def read_pbx(settings: Mapping[str, Any], url: str = "") -> Pbx:
    """The settings, with ``url`` as that key's default. Raises ``ConfigError`` with every mistake."""
    given = {"url": url, **settings} if url else dict(settings)
    problems: list[ConfigProblem] = []
    checked: dict[str, Any] = {}
    try:
        checked = PbxSettings().load(given)
    except ValidationError as error:
        found = error.messages if isinstance(error.messages, dict) else {}
        problems += [ConfigProblem(str(key), _said(str(key), texts)) for key, texts in found.items()]
    secret = None
    if "secret" in given:
        try:
            secret = read_secret(given["secret"])
        except ValueError as error:
            problems.append(ConfigProblem("secret", str(error)))
        else:
            if len(secret.reveal()) < _SECRET:
                problems.append(ConfigProblem("secret", f"expected a secret of at least {_SECRET} characters"))
    if isinstance(given.get("url"), str) and not _is_web(given["url"]):
        problems.append(ConfigProblem("url", 'expected an address such as "http://127.0.0.1:8089/calls"'))
    if isinstance(given.get("caller"), str) and given["caller"]:
        try:
            phone_number(given["caller"], str(given.get("country_code") or ""))
        except ValueError as error:
            problems.append(ConfigProblem("caller", f"expected a telephone number: {error}"))
    if problems or secret is None:
        raise ConfigError(problems)
    caller = checked["caller"] and phone_number(checked["caller"], checked["country_code"])
    within = timedelta(seconds=checked.pop("report_within"))
    return Pbx(**{**checked, "secret": secret, "caller": caller, "report_within": within})


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None


def _said(key: str, texts: Any) -> str:
    if texts == ["Unknown field."]:
        import difflib

        near = difflib.get_close_matches(key, list(PbxSettings().fields), n=1)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    said = " ".join(text for text in texts if isinstance(text, str)) if isinstance(texts, list) else str(texts)
    return said.replace("Missing data for required field.", "is required")
