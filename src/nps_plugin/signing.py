"""How requests between hosts and this library are signed: HMAC-SHA256 over the time and the body."""

from __future__ import annotations

import hmac
import time
from datetime import timedelta

from .config.secret import Secret
from .errors import Forged
from .model import Request

TIMESTAMP, SIGNATURE = "X-Nps-Timestamp", "X-Nps-Signature"
#: A request may be so old, or so far ahead of our clock.
TOLERANCE = timedelta(minutes=5)


def sign(secret: Secret, timestamp: str, body: bytes) -> str:
    """``sha256=`` and the hex digest of HMAC-SHA256 over ``<timestamp>.<body>``."""
    return "sha256=" + hmac.digest(secret.reveal().encode(), timestamp.encode() + b"." + body, "sha256").hex()


def signed_headers(secret: Secret, body: bytes, now: float | None = None) -> dict[str, str]:
    """The two headers of a request with that body, signed now (seconds since 1970; the system's clock)."""
    at = str(int(time.time() if now is None else now))
    return {TIMESTAMP: at, SIGNATURE: sign(secret, at, body)}


def check_signed(secret: Secret, request: Request, now: float | None = None) -> None:
    """Raise :class:`~nps_plugin.errors.Forged` unless the request is signed by :func:`signed_headers`, and lately."""
    at, signature = (request.headers.get(name.lower(), "") for name in (TIMESTAMP, SIGNATURE))
    check(secret, at, signature, request.body, time.time() if now is None else now)


def check(secret: Secret, timestamp: str, signature: str, body: bytes, now: float) -> None:
    """Raise :class:`~nps_plugin.errors.Forged`, saying what is wrong, unless the signature is right and fresh.

    ``timestamp`` is seconds since 1970 as text, ``now`` the same as a number.
    """
    if not hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode("utf-8", "replace")):
        raise Forged(
            f"{SIGNATURE} is not right: expected sha256=<hex of HMAC-SHA256 over {TIMESTAMP}, a full stop, the body>"
        )
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Forged(f"{TIMESTAMP}: expected whole seconds since 1970")
    if abs(now - int(timestamp)) > TOLERANCE.total_seconds():
        raise Forged(f"{TIMESTAMP} is more than {TOLERANCE.seconds // 60} minutes off our clock; sign the request anew")
