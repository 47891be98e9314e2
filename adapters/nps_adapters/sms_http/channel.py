"""Questions by short message over an HTTP gateway that the settings describe: one request per message."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from nps_plugin import (
    Answered,
    Capabilities,
    Client,
    Delivery,
    DeliveryError,
    Forged,
    HttpReply,
    HttpSender,
    Message,
    Received,
    Request,
    Response,
    phone_number,
    sms_text,
)

from .filling import fill, fill_all
from .incoming import check, events_of
from .settings import read_gateway

log = logging.getLogger(__name__)

#: Statuses that say that our own settings are wrong: ours to mend, and then it still leaves.
_MENDABLE = (401, 402, 403, 404)

_NUMBER = re.compile(r"\d{7,}")


class SmsHttpChannel:
    """One tenant's gateway. A client is reached by the number in ``Client.phone``."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._gateway = gateway = read_gateway(settings)
        hook = gateway.hook
        self._hears = hook is not None and hook.inbound is not None
        self._host = urlsplit(gateway.url).hostname or "the gateway"
        #: what fills the paths of this thread's call
        self._call = threading.local()
        self._http = HttpSender(timeout=gateway.timeout, refused=self._refusal)
        self.capabilities = Capabilities(
            points=11,
            comments=self._hears,
            pending=hook is not None and hook.report is not None,
            address="phone" if self._hears else "",
        )
        _mask_logs()

    # --- asking ---------------------------------------------------------------------------------------------------

    def reaches(self, client: Client) -> bool:
        """Whether the client has a number that can be one; why not is logged, without the number."""
        if not client.phone.strip():
            return False
        try:
            phone_number(client.phone, self._gateway.country_code)
        except ValueError as error:
            log.warning("a client's telephone number cannot be used: %s", error)
            return False
        return True

    def send(self, message: Message) -> Delivery:
        """Hand the question over. Its reference is what the gateway gave, else our own id of the message."""
        try:
            number = phone_number(message.client.phone, self._gateway.country_code)
        except ValueError as error:
            raise DeliveryError(f"the client's telephone number: {error}", final=True) from None
        try:
            text = sms_text(message, hears=self._hears, parts=self._gateway.parts)
        except ValueError as error:
            raise DeliveryError(str(error), down=True) from None
        return Delivery(reference=self._say(number, text, message.id, message.hook))

    def preview(self, message: Message) -> str:
        """The short message."""
        return sms_text(message, hears=self._hears, parts=self._gateway.parts)

    # --- hearing --------------------------------------------------------------------------------------------------

    def receive(self, request: Request) -> Received:
        """Read what the gateway posts. Raises ``Forged`` where its secret, signature or network is not right."""
        hook = self._gateway.hook
        if hook is None:
            raise Forged("nothing is expected here: the channel has no settings for a hook")
        check(hook, request)
        answer = Response(
            status=200, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=hook.answer.encode()
        )
        return Received(events=tuple(events_of(hook, request, self._gateway.country_code)), response=answer)

    def reply(self, answered: Answered) -> None:
        """Answer by a short message, for the outcomes that the setting ``replies`` names."""
        if answered.outcome not in self._gateway.replies:
            return
        try:
            number = phone_number(answered.address or answered.event.address, self._gateway.country_code)
        except ValueError:
            return
        # where there is no link, the client's next words are the reason
        text = " ".join(filter(None, (answered.text, answered.why, answered.url if answered.why else "")))
        if text:
            self._say(number, text, f"reply-{answered.event.event}"[:100], "")

    # --- within ---------------------------------------------------------------------------------------------------

    def _say(self, number: str, text: str, own: str, hook: str) -> str:
        gateway = self._gateway
        values = {"phone": number, "digits": number[1:], "text": text, "id": own, "hook": hook}
        url = fill(
            gateway.url,
            values,
            gateway.secrets,
            lambda one: quote(one, safe="", encoding=gateway.charset, errors="replace"),
        )
        headers = {name: fill(one, values, gateway.secrets) for name, one in gateway.headers.items()}
        filled = fill_all(gateway.fields, values, gateway.secrets)
        data: bytes | None = None
        if gateway.send != "json":
            encoded = urlencode(_plain(filled), encoding=gateway.charset, errors="replace")
            if gateway.send == "query":
                url += ("&" if "?" in url else "?") + encoded
            else:
                data = encoded.encode()
                headers.setdefault("Content-Type", f"application/x-www-form-urlencoded; charset={gateway.charset}")
        self._call.values = values
        reply = self._http.call(
            gateway.method, url, json=filled if gateway.send == "json" else None, data=data, headers=headers
        )
        # first, since a gateway may give an id to what it refuses too
        if (told := self._told(reply)) is not None:
            raise told
        if not gateway.success.holds(reply, gateway.charset, self._path):
            raise DeliveryError(f"{self._host}: the reply does not say that it was taken")
        reference = gateway.reference.of(reply, gateway.charset, self._path) if gateway.reference is not None else own
        return reference[:100]

    def _refusal(self, reply: HttpReply) -> DeliveryError | None:
        """What a reply means that is no 2xx: by the settings, else by its status."""
        told = self._told(reply)
        if told is None and reply.status in _MENDABLE:
            return DeliveryError(f"{self._host}: status {reply.status}; are the settings right?", down=True)
        return told

    def _path(self, path: str) -> str:
        return fill(path, self._call.values, {})

    def _told(self, reply: HttpReply) -> DeliveryError | None:
        for one in self._gateway.errors:
            if one.test.holds(reply, self._gateway.charset, self._path):
                wait = reply.retry_after if one.retry_after is None else one.retry_after
                final = one.then == "final"
                return DeliveryError(
                    f"{self._host}: {one.reason or 'refused'}",
                    final=final,
                    down=one.then == "down",
                    retry_after=None if final else wait,
                )
        return None


def _plain(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(one).lower() if isinstance(one, bool) else str(one) for name, one in fields.items()}


class _Masking(logging.Filter):
    """urllib3 logs addresses, in which numbers and secrets stand: of those that are logged whole, the host is kept."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_masked(one) for one in record.args)
        return True


_MASKING = _Masking()


def _masked(value: object) -> object:
    if isinstance(value, str) and "?" in value and value.startswith(("/", "http://", "https://")):
        return _NUMBER.sub("***", value.partition("?")[0]) + "?***"
    return value


def _mask_logs() -> None:
    """What stands behind a ``?`` is masked in urllib3's logs. A filter is kept once however often it is added."""
    for name in ("urllib3.connectionpool", "urllib3.connection"):
        logging.getLogger(name).addFilter(_MASKING)
