"""What a gateway posts: whether it did, and the events in it, by the fields that the settings name."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

from nps_plugin import (
    Event,
    Forged,
    Reported,
    ReportOutcome,
    Request,
    Scored,
    Stopped,
    is_stop,
    phone_number,
)

from .reading import at, said
from .settings import Hook, Report, Signed

#: Events that one request may hold.
MAX_ITEMS = 1000
#: A code that is shown to people: too short for a telephone number.
_CODE = re.compile(r"[\w .-]{1,40}")
_NUMBER = re.compile(r"\d{6,}")


def check(hook: Hook, request: Request) -> None:
    """Raises ``Forged`` where the request is not the gateway's: everything that is set must be right."""
    if hook.networks and not _within(hook, request.remote):
        raise Forged("not from an address of hook.networks")
    if hook.signed is not None and not _signed(hook.signed, request):
        raise Forged("the signature is not right; see hook.hmac")
    if hook.secret is not None:
        place, name = hook.place
        if place == "header":
            given = request.headers.get(name, "")
        elif place == "query":
            given = next(iter(request.query.get(name, ())), "")
        else:
            given = said(values_of(hook, request), name) or ""
        if not hmac.compare_digest(given.encode("utf-8", "replace"), hook.secret.reveal().encode()):
            raise Forged("the secret is not ours; see hook.secret")


def events_of(hook: Hook, request: Request, country_code: str) -> Iterator[Event]:
    """The events of a request that was checked."""
    told = values_of(hook, request)
    items = at(told, hook.items) if hook.items else told
    for item in items[:MAX_ITEMS] if isinstance(items, list) else [items]:
        if isinstance(item, Mapping):
            # a report may repeat our text and number, but an inbound message has no state of a report
            event = _reported(hook.report, item) or _written(hook, item, country_code)
            if event is not None:
                yield event


def values_of(hook: Hook, request: Request) -> Any:
    """The body as JSON or as a form, with the query's values beside; the first of each name."""
    text = request.body.decode(hook.charset, "replace")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return {}
    values = {name: next(iter(many), "") for name, many in request.query.items()}
    try:
        form = parse_qsl(
            request.body.decode("latin-1"), True, encoding=hook.charset, errors="replace", max_num_fields=300
        )
    except ValueError:
        return values
    return values | dict(reversed(form))


def _reported(report: Report | None, item: Mapping[str, Any]) -> Event | None:
    if report is None:
        return None
    reference, state = said(item, report.reference), said(item, report.state)
    if not reference or not state or len(reference) > 100:
        return None
    failed, final = state in report.failed, state in report.final
    if not (failed or final or state in report.delivered):
        return None
    code = said(item, report.code) if report.code else None
    shown = ", ".join(one for one in (f"state {state}", f"code {code}" if code else "") if _shows(one))
    return Reported(
        event=_name(reference, state),
        at=datetime.now(UTC),
        reference=reference,
        outcome=ReportOutcome.FAILED if failed or final else ReportOutcome.DELIVERED,
        reason=shown if failed or final else "",
        final=final,
    )


def _written(hook: Hook, item: Mapping[str, Any], country_code: str) -> Event | None:
    if hook.inbound is None:
        return None
    ids, phone, text = hook.inbound
    parts = [said(item, one) for one in ids]
    written, number = said(item, text), said(item, phone)
    if not written or not number or not all(parts):
        return None
    try:
        address = _address(number, country_code)
    except ValueError:
        return None
    name = _name(*(one or "" for one in parts))
    if is_stop(written):
        return Stopped(event=name, at=datetime.now(UTC), address=address)
    return Scored(event=name, at=datetime.now(UTC), address=address, text=written)


def _address(number: str, country_code: str) -> str:
    """The number in one form. Gateways leave the + of a whole number out."""
    try:
        return phone_number(number, country_code)
    except ValueError:
        return phone_number(f"+{number.lstrip('+')}")


def _name(*parts: str) -> str:
    """An event's id, short enough to keep whatever the gateway sends."""
    name = ":".join(parts)
    return name if len(name) <= 150 else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _shows(text: str) -> bool:
    return bool(text) and _CODE.fullmatch(text) is not None and _NUMBER.search(text) is None


def _signed(signed: Signed, request: Request) -> bool:
    mac = hmac.digest(signed.secret.reveal().encode(), request.body, signed.algorithm)
    wanted = signed.prefix + (mac.hex() if signed.encoding == "hex" else b64encode(mac).decode())
    given = request.headers.get(signed.header, "").strip()
    if signed.encoding == "hex":
        # written now in small letters, now in capitals
        given = given[: len(signed.prefix)] + given[len(signed.prefix) :].lower()
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _within(hook: Hook, remote: str) -> bool:
    try:
        address = ip_address(remote.strip())
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in hook.networks if network.version == plain.version)
