"""Whether Twilio sent a request: its signature covers the address that it called and every value of the form."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, urlsplit

from nps_plugin import Secret

HEADER, SETTINGS_HEADER = "x-twilio-signature", "x-twilio-webhooks-signature-settings"


def signature(secret: Secret, url: str, form: Mapping[str, Sequence[str]], digest: str = "sha1") -> str:
    """What Twilio sends for a form posted to that address."""
    said = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return b64encode(hmac.digest(secret.reveal().encode(), said.encode("utf-8", "replace"), digest)).decode()


def is_signed(secret: Secret, url: str, form: Mapping[str, Sequence[str]], given: str, digest: str = "sha1") -> bool:
    """Whether that is the signature; in constant time. Twilio signs the address now with its port, now without."""
    wanted = [signature(secret, one, form, digest).encode() for one in _spellings(url)]
    return any(hmac.compare_digest(given.encode("utf-8", "replace"), one) for one in wanted)


def is_sha256(settings: str) -> bool:
    """Whether the header of a signature's settings names a key of our own and HMAC-SHA256, instead of the token."""
    parts = (part.partition("=") for part in settings.split(","))
    return any(name.strip() == "algorithm" and value.strip().upper() == "HMAC_SHA256" for name, _, value in parts)


def _spellings(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return url, url
    bare = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    return _with(parts, bare), _with(parts, f"{bare}:{port}")


def _with(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()
