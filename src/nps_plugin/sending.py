"""Calling a provider's HTTP API: timeouts, errors and secrets in one place, for every channel that needs it."""

from __future__ import annotations

import json as jsons
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import DeliveryError

if TYPE_CHECKING:
    import requests

#: Bytes of a provider's reply that are read.
MAX_REPLY = 1024 * 1024
#: Statuses of 4xx that ask to come again.
_AGAIN = (408, 425, 429)


@dataclass(frozen=True, kw_only=True)
class HttpReply:
    """What a provider said: header names in lower case, the body up to 1 MiB."""

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return jsons.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def retry_after(self) -> float | None:
        """Seconds that ``Retry-After`` asks to wait, written as a number or as a date; None where it says nothing."""
        said = self.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return float(said[:9])
        try:
            at = parsedate_to_datetime(said)
        except (ValueError, TypeError, IndexError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, (at - datetime.now(UTC)).total_seconds())


class HttpSender:
    """One provider's HTTP API over ``requests``. Every call has a timeout, follows no redirect and raises nothing but
    :class:`~nps_plugin.errors.DeliveryError`, which names the provider's host and what went wrong: never the path, the
    parameters, the body or what the provider said, since secrets, addresses and texts stand there.

    ``refused`` may read a reply that is no 2xx and give the error to raise, where a provider says more in its body than
    by its status (None: as usual). Usual is: 429, 408, 425 and 5xx are tried again, after ``Retry-After`` where it is
    sent; a redirect is tried again too, since it is a mistake in the settings; every other status is final. Safe to use
    from several threads.
    """

    def __init__(
        self, *, timeout: float = 20.0, refused: Callable[[HttpReply], DeliveryError | None] | None = None
    ) -> None:
        self._timeout, self._refused = timeout, refused
        self._sessions: Any = None

    def call(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
    ) -> HttpReply:
        """Make one call and give the reply, a 2xx. ``timeout`` (seconds) is this call's own, for one that waits."""
        import requests
        from urllib3.exceptions import HTTPError as PoolError

        where = _host(url)
        try:
            with self._session().request(
                method, url, json=json, data=data, files=files, params=params, headers=dict(headers or {}), auth=auth,
                timeout=timeout or self._timeout, allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                body = b"".join(_limited(response.iter_content(65536)))
                reply = HttpReply(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=body,
                )
        # broad for what a wrong address in a template raises too; its text would hold the address
        except (requests.RequestException, PoolError, OSError, ValueError) as error:
            raise DeliveryError(f"{where}: {type(error).__name__}", down=True) from None
        if 200 <= reply.status < 300:
            return reply
        said = self._refused(reply) if self._refused is not None else None
        raise said or usual_refusal(where, reply)

    def close(self) -> None:
        """Let go of the connections."""
        self._sessions = None

    def _session(self) -> requests.Session:
        # a Session is not made for several threads
        import threading

        import requests

        if self._sessions is None:
            self._sessions = threading.local()
        sessions = self._sessions
        session: requests.Session | None = getattr(sessions, "one", None)
        if session is None:
            session = sessions.one = requests.Session()
            session.headers["User-Agent"] = "nps-plugin"
        return session


def usual_refusal(where: str, reply: HttpReply) -> DeliveryError:
    """The error for a reply that is no 2xx, by its status alone. ``where`` names the provider for people."""
    again = reply.status in _AGAIN or reply.status >= 500 or 300 <= reply.status < 400
    wait = reply.retry_after if again else None
    return DeliveryError(f"{where}: status {reply.status}", final=not again, retry_after=wait, down=again)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or "the provider"
        return f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        return "the provider"


def _limited(chunks: Any) -> Any:
    size = 0
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        if size >= MAX_REPLY:
            return
