"""Questions by telephone: a PBX is asked by HTTP to call, plays what was recorded, reports the key that was pressed.

docs/telephone.md is the contract.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nps_plugin import (
    Answered,
    Capabilities,
    Client,
    Delivery,
    DeliveryError,
    HttpReply,
    HttpSender,
    Message,
    Received,
    Request,
    Response,
    check_signed,
    phone_number,
    signed_headers,
)

from .incoming import Unread, event_of
from .settings import read_pbx

log = logging.getLogger(__name__)

#: What a status of the PBX says; of others the usual: 429 and 5xx are tried again, 4xx are final.
_REFUSED = {
    400: "it does not understand the request",
    409: "it does not have the recording, or another take of it",
}
#: Our own settings are wrong: ours to mend, and then it still rings.
_MENDABLE = {401: "are url and secret right?", 403: "is the secret right, and the clock?", 404: "is url right?"}


class PbxChannel:
    """One tenant's PBX. A client is reached by the number in ``Client.phone``."""

    #: where the PBX listens unless the settings say so; "": they must
    default_url = ""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._pbx = pbx = read_pbx(settings, self.default_url)
        self._host = urlsplit(pbx.url).hostname or "the PBX"
        self._http = HttpSender(timeout=pbx.timeout, refused=self._refusal)
        self.capabilities = Capabilities(
            points=10, keys=True, reasons=True, pending=True, report_within=pbx.report_within, needs_recording=True
        )
        self._lock = threading.Lock()
        #: hashes of recordings, by path, with what says that the file is the same
        self._hashes: dict[str, tuple[tuple[int, int], str]] = {}

    # --- asking ---------------------------------------------------------------------------------------------------

    def reaches(self, client: Client) -> bool:
        """Whether the client has a number that can be one; why not is logged, without the number."""
        if not client.phone.strip():
            return False
        try:
            phone_number(client.phone, self._pbx.country_code)
        except ValueError as error:
            log.warning("a client's telephone number cannot be used: %s", error)
            return False
        return True

    def send(self, message: Message) -> Delivery:
        """Ask for the call. The reference is our own name of it, by which the PBX reports."""
        try:
            number = phone_number(message.client.phone, self._pbx.country_code)
        except ValueError as error:
            raise DeliveryError(f"the client's telephone number: {error}", final=True) from None
        call = message.once or message.id
        body = json.dumps({"call": call, "to": number, **self._asked(message)}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **signed_headers(self._pbx.secret, body)}
        self._http.call("POST", self._pbx.url, data=body, headers=headers)
        return Delivery(reference=call)

    def _asked(self, message: Message) -> dict[str, Any]:
        pbx, menu = self._pbx, None
        low = "".join(str(score) for score in sorted(message.why))
        if message.menu and low:
            menu = {"after": low, "recording": self._recording(message.menu), "keys": dict(message.menu_keys)}
        return {
            "from": pbx.caller,
            "hook": message.hook,
            "locale": message.locale,
            "service": message.service,
            "recording": self._recording(message.recording),
            "thanks": self._recording(message.thanks) if message.thanks else None,
            "again": self._recording(message.again) if message.again else None,
            "keys": "".join(str(point.score) for point in message.points),
            "wait": message.wait,
            "repeat": message.repeat,
            "ring": message.ring,
            "menu": menu,
        }

    def _recording(self, path: str) -> dict[str, str]:
        """A recording as the PBX knows it: its name, and the hash by which a stale copy is found."""
        file = Path(path)
        try:
            stat = file.stat()
            known = stat.st_mtime_ns, stat.st_size
            with self._lock:
                kept = self._hashes.get(path)
            if kept is None or kept[0] != known:
                kept = known, hashlib.sha256(file.read_bytes()).hexdigest()
                with self._lock:
                    self._hashes[path] = kept
        except (OSError, ValueError):
            raise DeliveryError(f"the recording {file.name!r} cannot be read", final=True) from None
        return {"name": file.name, "sha256": kept[1]}

    def _refusal(self, reply: HttpReply) -> DeliveryError | None:
        if why := _MENDABLE.get(reply.status):
            return DeliveryError(f"{self._host}: status {reply.status}; {why}", down=True)
        if why := _REFUSED.get(reply.status):
            return DeliveryError(f"{self._host}: status {reply.status}: {why}", final=True)
        return None

    # --- hearing --------------------------------------------------------------------------------------------------

    def receive(self, request: Request) -> Received:
        """Read a report. Raises ``Forged`` without our signature over time and body, made within five minutes; what is
        signed and no report is answered 400 with the field that is wrong."""
        check_signed(self._pbx.secret, request)
        try:
            return Received(events=(event_of(request.body),))
        except Unread as error:
            # of the body nothing: only the field, and what was expected there
            log.warning("a report could not be read, and is lost: %s", error)
            said = json.dumps({"error": str(error), "field": error.field}).encode()
            kind = ("Content-Type", "application/json; charset=utf-8")
            return Received(
                response=Response(status=400, headers=(kind, ("Content-Length", str(len(said)))), body=said)
            )

    def reply(self, answered: Answered) -> None:
        """Nothing: the PBX thanks by itself while the client is still there."""


class SipChannel(PbxChannel):
    """The program ``nps-sip``, which is asked as any PBX is."""

    default_url = "http://127.0.0.1:8089/calls"
