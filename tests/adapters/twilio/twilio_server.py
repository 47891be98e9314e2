"""Twilio's API on loopback: it takes what the real one takes, and posts back what the real one posts, signed by the
official client's own code."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from nps_plugin import Request
from nps_plugin.testing import Call, HttpWire

SID = "AC" + "a1" * 16
TOKEN = "0f" * 16
SENDER = "+14155552345"
HOOK = "https://help.example.org/rate/hooks/acme/twilio"


class TwilioServer(HttpWire):
    """Takes messages: ``sent`` by sid; ``errors`` makes it refuse a number with a code, ``accounts`` are let in."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.sent: dict[str, dict[str, str]] = {}
        self.errors: dict[str, tuple[int, int]] = {}

    def _answer(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        import base64

        if call.path != f"/2010-04-01/Accounts/{SID}/Messages.json":
            return _no(404, 20404, "The requested resource was not found")
        if call.headers.get("authorization") != "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode():
            return _no(401, 20003, "Authenticate")
        form = {name: values[0] for name, values in call.form.items()}
        if form["To"] in self.errors:
            status, code = self.errors[form["To"]]
            return _no(status, code, f"The 'To' number {form['To']} is not what it should be.")
        sid = f"SM{len(self.sent):032x}"
        self.sent[sid] = form
        shown = {"sid": sid, "status": "queued", "to": form["To"], "body": form["Body"], "error_code": None}
        return 201, {"Content-Type": "application/json"}, json.dumps(shown).encode()


def posted(values: dict[str, Any] | bytes, *, url: str = HOOK, token: str = TOKEN) -> Request:
    """A request as Twilio posts it, signed by the official client."""
    body = values if isinstance(values, bytes) else urlencode(values, doseq=True).encode()
    from urllib.parse import parse_qs

    read = MultiDict(
        (name, value)
        for name, many in parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).items()
        for value in many
    )
    return Request(
        method="POST",
        path="/rate/hooks/acme/twilio",
        url=url,
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": RequestValidator(token).compute_signature(url, read),
        },
        body=body,
        form=read.to_dict(flat=False),
    )


def words(text: str, sid: str = "SM" + "b" * 32, phone: str = "+79161234567", **more: str) -> dict[str, str]:
    """The form of a client's message."""
    return {
        "ToCountry": "US", "SmsMessageSid": sid, "NumMedia": "0", "SmsSid": sid, "SmsStatus": "received",
        "Body": text, "To": SENDER, "NumSegments": "1", "MessageSid": sid, "AccountSid": SID, "From": phone,
        "ApiVersion": "2010-04-01", **more,
    }  # fmt: skip


def report(sid: str, state: str, code: int | None = None, phone: str = "+79161234567") -> dict[str, str]:
    """The form of a report."""
    error = {} if code is None else {"ErrorCode": str(code)}
    return {
        "SmsSid": sid, "SmsStatus": state, "MessageStatus": state, "To": phone, "MessageSid": sid,
        "AccountSid": SID, "From": SENDER, "ApiVersion": "2010-04-01", **error,
    }  # fmt: skip


def _no(status: int, code: int, message: str) -> tuple[int, dict[str, str], bytes]:
    said = {"code": code, "message": message, "more_info": "https://www.twilio.com/docs/errors", "status": status}
    return status, {"Content-Type": "application/json"}, json.dumps(said).encode()
