"""The settings of a gateway, checked: every mistake at once, each with its key and what was expected there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError

from nps_plugin import ConfigError, ConfigProblem, Secret, read_secret

from .filling import mistakes, texts_of
from .reading import Refusal, Taken, Test
from .schemas import SettingsSchema, problems_of


@dataclass(frozen=True, kw_only=True)
class Signed:
    """An HMAC over the body, in a header."""

    secret: Secret
    header: str
    algorithm: str
    encoding: str
    prefix: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """Where a report says what, and what its states mean."""

    reference: str
    state: str
    delivered: frozenset[str]
    failed: frozenset[str]
    final: frozenset[str]
    code: str


@dataclass(frozen=True, kw_only=True)
class Hook:
    """What the gateway posts: how it is known, and where what stands."""

    secret: Secret | None
    #: header, query or field, and its name
    place: tuple[str, str]
    signed: Signed | None
    networks: tuple[IPv4Network | IPv6Network, ...]
    charset: str
    items: str
    answer: str
    #: the fields of an inbound message: those of its id, its number, its text
    inbound: tuple[tuple[str, ...], str, str] | None
    report: Report | None


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """A gateway as the settings describe it."""

    url: str
    method: str
    send: str
    fields: Mapping[str, Any]
    headers: Mapping[str, str]
    secrets: Mapping[str, Secret]
    charset: str
    success: Test
    reference: Taken | None
    errors: tuple[Refusal, ...]
    hook: Hook | None
    country_code: str
    parts: int
    replies: frozenset[str]
    timeout: float


def read_gateway(settings: Mapping[str, Any]) -> Gateway:
    """The gateway of the settings. Raises ``ConfigError`` with every mistake."""
    problems: list[ConfigProblem] = []
    try:
        found: dict[str, Any] = SettingsSchema().load(settings)
    except ValidationError as error:
        problems += problems_of(error.messages, SettingsSchema())
        found = {}
    secrets = _secrets(settings.get("secrets"), problems)
    _check_placeholders(settings, secrets, problems)
    _check_address(settings.get("url"), problems)
    _check_sending(settings, problems)
    hook = _hook(found.get("hook"), settings.get("hook"), problems)
    if problems or not found:
        raise ConfigError(problems)
    return Gateway(
        url=found["url"], method=found["method"], send=found["send"], fields=found["fields_"],
        headers=found["headers"], secrets={name: one for name, one in secrets.items() if one is not None},
        charset=found["charset"], success=_test(found["success"]),
        reference=_taken(found["reference"]) if "reference" in found else None,
        errors=tuple(_refusal(one) for one in found["errors"]), hook=hook, country_code=found["country_code"],
        parts=found["parts"], replies=frozenset(found["replies"]), timeout=found["timeout"],
    )  # fmt: skip


def _test(found: Mapping[str, Any]) -> Test:
    return Test(
        status=tuple(found["status"]), json=found["json"], equals=tuple(found["equals"]),
        starts_with=found["starts_with"], matches=re.compile(found["matches"]) if "matches" in found else None,
    )  # fmt: skip


def _refusal(found: Mapping[str, Any]) -> Refusal:
    return Refusal(test=_test(found), then=found["then"], reason=found["reason"], retry_after=found.get("retry_after"))


def _taken(found: Mapping[str, Any]) -> Taken:
    return Taken(json=found["json"], matches=re.compile(found["matches"]) if "matches" in found else None)


def _hook(found: Mapping[str, Any] | None, given: Any, problems: list[ConfigProblem]) -> Hook | None:
    if not isinstance(given, Mapping):
        return None
    secret = _secret("hook.secret", given.get("secret"), problems) if "secret" in given else None
    signing = given.get("hmac") if isinstance(given.get("hmac"), Mapping) else None
    key = _secret("hook.hmac.secret", signing.get("secret"), problems) if signing and "secret" in signing else None
    networks = []
    for name in given.get("networks") or () if isinstance(given.get("networks"), list) else ():
        try:
            networks.append(ip_network(str(name)))
        except ValueError:
            problems.append(ConfigProblem("hook.networks", f'expected networks such as "203.0.113.0/24", not {name!r}'))
    if found is None:
        return None
    inbound, report = found.get("inbound"), found.get("report")
    place = next(((key, found[key]) for key in ("header", "query", "field") if found.get(key)), ("", ""))
    return Hook(
        secret=secret,
        place=(place[0], place[1].lower() if place[0] == "header" else place[1]),
        signed=None if key is None or "hmac" not in found
        else Signed(**{**found["hmac"], "secret": key, "header": found["hmac"]["header"].lower()}),
        networks=tuple(networks), charset=found["charset"], items=found["items"], answer=found["answer"],
        inbound=None if inbound is None else (tuple(inbound["id"]), inbound["phone"], inbound["text"]),
        report=None if report is None else Report(
            reference=report["reference"], state=report["state"], code=report["code"],
            delivered=frozenset(report["delivered"]), failed=frozenset(report["failed"]),
            final=frozenset(report["final"]),
        ),
    )  # fmt: skip


def _secrets(given: Any, problems: list[ConfigProblem]) -> dict[str, Secret | None]:
    if not isinstance(given, Mapping):
        return {}
    return {str(name): _secret(f"secrets.{name}", one, problems) for name, one in given.items()}


def _secret(key: str, given: Any, problems: list[ConfigProblem]) -> Secret | None:
    try:
        secret = read_secret(given)
        if not secret.reveal():
            raise ValueError("expected a secret that is not empty")
        return secret
    except ValueError as error:
        problems.append(ConfigProblem(key, str(error)))
        return None


def _check_placeholders(
    settings: Mapping[str, Any], secrets: Mapping[str, object], problems: list[ConfigProblem]
) -> None:
    used: list[str] = []
    for key in ("url", "fields", "headers"):
        texts = list(texts_of(settings.get(key)))
        used += texts
        problems += [ConfigProblem(key, said) for text in texts for said in mistakes(text, secrets)]
    for name, other in (("text", ""), ("phone", "digits")):
        if not any(f"{{{one}}}" in text for text in used for one in (name, other) if one):
            problems.append(ConfigProblem("fields", f"expected {{{name}}}" + (f" or {{{other}}}" if other else "")))


def _check_sending(settings: Mapping[str, Any], problems: list[ConfigProblem]) -> None:
    send, method = settings.get("send", "form"), settings.get("method", "POST")
    if method == "GET" and send != "query":
        problems.append(ConfigProblem("send", 'expected "query" with the method GET'))
    if send == "json" and str(settings.get("charset", "utf-8")).lower() not in ("utf-8", "utf8"):
        problems.append(ConfigProblem("charset", 'expected "utf-8" where JSON is sent'))
    values = settings.get("fields")
    if send != "json" and isinstance(values, Mapping):
        problems += [
            ConfigProblem(f"fields.{name}", 'expected a text or a number; tables and lists are for send = "json"')
            for name, one in values.items()
            if not isinstance(one, str | int | float)
        ]


def _check_address(url: Any, problems: list[ConfigProblem]) -> None:
    """https, or http within one's own walls: secrets and telephone numbers are not sent in the clear."""
    if not isinstance(url, str):
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
        parts = urlsplit("")
    if not host or "{" in parts.netloc or parts.scheme not in ("http", "https"):
        problems.append(ConfigProblem("url", "expected https://..., its host without placeholders"))
        return
    try:
        within = ip_address(host).is_private
    except ValueError:
        within = host == "localhost"
    if parts.scheme == "http" and not within:
        expected = "expected https://..., or http:// to a private address: numbers and secrets do not go in the clear"
        problems.append(ConfigProblem("url", expected))
