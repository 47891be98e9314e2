"""The links in messages: their tokens, their addresses, the signed nonces of the page's forms, and the tokens that
connect an address with a client."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from .clock import Clock
from .config.secret import Secret, keyed_digest

if TYPE_CHECKING:
    from itsdangerous import TimestampSigner

#: How long a form may stay open before it is sent with a fresh nonce.
NONCE_LIFE = timedelta(minutes=30)
#: What stands behind the token in the decoy's address.
DECOY = "d"
#: Bytes of the signature of a client's link.
_SEAL = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}\Z")


def new_token() -> str:
    """128 random bits as 22 characters for a URL. Only their digest is stored."""
    return secrets.token_urlsafe(16)


def token_digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hex. A look-up by digest tells nothing by its timing about the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: object) -> bool:
    """Whether the text has the form of a token."""
    return isinstance(text, str) and _TOKEN.match(text) is not None


def rating_url(base_url: str, tenant: str, token: str, score: int | None = None) -> str:
    """The address of the rating page of one message, with the score that the client clicked."""
    address = f"{base_url}/{quote(tenant, safe='')}/{token}"
    return address if score is None else f"{address}?s={score}"


def hook_url(base_url: str, tenant: str, channel: str) -> str:
    """Where a channel's provider sends what comes back, and where other hosts send their closings ("closures")."""
    return f"{base_url}/hooks/{quote(tenant, safe='')}/{quote(channel, safe='')}"


def decoy_url(base_url: str, tenant: str, token: str) -> str:
    """The address that no person is shown: whoever follows it follows every link."""
    return f"{rating_url(base_url, tenant, token)}/{DECOY}"


def unsubscribe_url(base_url: str, tenant: str, token: str) -> str:
    """The address that takes the one-click unsubscription of RFC 8058 by POST."""
    return f"{rating_url(base_url, tenant, token)}/unsubscribe"


class Nonces:
    """Signed, expiring nonces bound to one message, so that only a form we showed can be sent.

    The first secret signs, all verify: a new secret is put in front, the old one dropped when its forms have expired.
    """

    def __init__(self, keys: Sequence[Secret], clock: Clock) -> None:
        self._keys = tuple(keys)
        self._clock = clock

    def issue(self, tenant: str, token: str) -> str:
        """A nonce for a form about this message, issued now."""
        return self._signer().sign(self._about(tenant, token)).decode()

    def valid(self, nonce: str, tenant: str, token: str) -> bool:
        """Whether the nonce was issued for this message, by a secret still in use, within the last 30 minutes."""
        from itsdangerous import BadSignature

        try:
            about = self._signer().unsign(nonce, max_age=int(NONCE_LIFE.total_seconds()))
        except BadSignature:
            return False
        return hmac.compare_digest(about, self._about(tenant, token).encode())

    def _signer(self) -> TimestampSigner:
        from itsdangerous import TimestampSigner

        clock = self._clock

        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(clock.now().timestamp())

        # itsdangerous wants the oldest key first
        keys = [key.reveal() for key in reversed(self._keys)]
        return Signer(keys, salt="nps-plugin form", digest_method=hashlib.sha256)

    @staticmethod
    def _about(tenant: str, token: str) -> str:
        return hashlib.sha256(f"{tenant}\0{token}".encode()).hexdigest()


class ClientLinks:
    """Signed, expiring tokens that stand for one client: who opens a link with it is taken for that client, and the
    address from which it comes is kept as theirs.

    48 characters for a URL, holding the surrogate key and the time; nothing is stored. The first secret signs, all
    verify, as with :class:`Nonces`.
    """

    def __init__(self, keys: Sequence[Secret], clock: Clock) -> None:
        self._keys = tuple(keys)
        self._clock = clock

    def issue(self, tenant: str, client: str, life: timedelta) -> str:
        """A token for a client's surrogate key, good for that long."""
        until = min(int((self._clock.now() + life).timestamp()), (1 << 32) - 1)
        about = bytes.fromhex(client) + until.to_bytes(4)
        return base64.urlsafe_b64encode(about + self._seal(self._keys[0], tenant, about)).decode()

    def read(self, tenant: str, token: str) -> str | None:
        """The surrogate key; None for a token that was not made for this tenant, or is no longer good."""
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        about, seal = raw[:-_SEAL], raw[-_SEAL:]
        if len(raw) != 20 + _SEAL:
            return None
        genuine = [hmac.compare_digest(seal, self._seal(key, tenant, about)) for key in self._keys]
        if not any(genuine) or int.from_bytes(about[16:]) < self._clock.now().timestamp():
            return None
        return about[:16].hex()

    @staticmethod
    def _seal(key: Secret, tenant: str, about: bytes) -> bytes:
        return bytes.fromhex(keyed_digest(key, f"client link {tenant}", about.hex()))[:_SEAL]
