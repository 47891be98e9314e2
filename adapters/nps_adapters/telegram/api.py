"""The Bot API: calls over HTTPS, and what a refusal means. The bot's token stands in the address of every call."""

from __future__ import annotations

import logging
import re
from typing import Any

from nps_plugin import DeliveryError, HttpReply, HttpSender, Secret

#: What statuses mean that are not told apart by the status alone.
_MEANING = {
    401: "the bot's token is not valid",
    403: "the bot is blocked there, or was never started",
    404: "the bot's token or the address of the Bot API is not right",
    409: "another poller runs, or a webhook is set: nps-plugin telegram webhook --remove",
}
#: Ours to mend, and then it still leaves.
_MENDABLE = (401, 404)
_TOKEN_IN_PATH = re.compile(r"/bot\d+:[\w-]+")


class Refused(DeliveryError):
    """The Bot API said no. ``moved``: the chat's new id, where it was migrated; ``unchanged``: an edit that would
    change nothing."""

    def __init__(
        self, status: int, *, retry_after: float | None = None, moved: int | None = None, unchanged: bool = False
    ) -> None:
        again = status in (*_MENDABLE, 408, 425, 429) or status >= 500 or 300 <= status < 400
        meaning = f" ({_MEANING[status]})" if status in _MEANING else ""
        super().__init__(
            f"Telegram: status {status}{meaning}",
            final=not again,
            retry_after=retry_after if again else None,
            down=again and status not in _MENDABLE,
        )
        self.status, self.moved, self.unchanged = status, moved, unchanged


class BotApi:
    """Calls of one bot. Every one has a timeout and raises nothing but ``DeliveryError``."""

    def __init__(self, token: Secret, base: str, timeout: float) -> None:
        self._token, self._base, self._timeout = token, base.rstrip("/"), timeout
        self._http = HttpSender(timeout=timeout, refused=_refusal)
        _mask_logs()

    def call(self, method: str, *, wait: float = 0.0, **values: Any) -> Any:
        """``result`` of the reply; ``wait``: seconds that the call may take beyond the timeout."""
        url = f"{self._base}/bot{self._token.reveal()}/{method}"
        told = self._http.call("POST", url, json=values, timeout=self._timeout + wait).json()
        if not isinstance(told, dict) or told.get("ok") is not True:
            raise DeliveryError("Telegram: the reply is not one of the Bot API's")
        return told.get("result")


def whole(value: object) -> int | None:
    """A whole number that fits in 64 bits, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else None


def table(value: object) -> dict[str, Any]:
    """A JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _refusal(reply: HttpReply) -> DeliveryError:
    said = table(reply.json())
    more = table(said.get("parameters"))
    wait = whole(more.get("retry_after"))
    return Refused(
        reply.status,
        retry_after=reply.retry_after if wait is None else float(wait),
        moved=whole(more.get("migrate_to_chat_id")) if reply.status == 400 else None,
        unchanged=reply.status == 400 and "message is not modified" in str(said.get("description", "")),
    )


class _Masking(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                _TOKEN_IN_PATH.sub("/bot***", one) if isinstance(one, str) else one for one in record.args
            )
        return True


_MASKING = _Masking()


def _mask_logs() -> None:
    """urllib3 logs the path of each call at DEBUG, and of a broken reply at WARNING: it is masked there. Filters are
    kept once however often they are added."""
    for name in ("urllib3.connectionpool", "urllib3.connection"):
        logging.getLogger(name).addFilter(_MASKING)
