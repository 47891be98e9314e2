"""Gateways on loopback, each with the settings for it: the shapes that are met on the Russian market."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from nps_plugin import Request, Secret
from nps_plugin.testing import Call, HttpWire

PASSWORD, HOOK_SECRET = "the gateway's password", "the secret of the hook"
PATH = "/rate/hooks/acme/sms"


def form_settings(base: str, /, **more: Any) -> dict[str, Any]:
    """A form by POST, JSON back, reports and answers by POST with a secret in the address."""
    plain: dict[str, Any] = {
        "url": f"{base}/sys/send.php",
        "fields": {"login": "acme", "psw": "{secret:password}", "phones": "{digits}", "mes": "{text}", "fmt": 3},
        "secrets": {"password": Secret(PASSWORD)},
        "success": {"json": "id"},
        "reference": {"json": "id"},
        "errors": [
            {"json": "error_code", "equals": [2, 3, 9], "then": "down", "reason": "login, money or rate"},
            {"json": "error_code", "equals": [7, 8], "then": "final", "reason": "the number will not do"},
            {"json": "error_code", "then": "retry"},
        ],
        "hook": {
            "secret": Secret(HOOK_SECRET),
            "header": "X-Secret",
            "inbound": {"id": "sms_id", "phone": "phone", "text": "mes"},
            "report": {
                "reference": "id", "state": "status", "delivered": [1, 2], "failed": [3, 20], "final": [22, 25],
                "code": "err",
            },
        },
        "country_code": "7",
        "timeout": 2,
    }  # fmt: skip
    return {**plain, **more}


def json_settings(base: str, /, **more: Any) -> dict[str, Any]:
    """JSON by POST with a bearer, reports and answers as a signed JSON list."""
    plain: dict[str, Any] = {
        "url": f"{base}/messaging/v1/SendSMS",
        "send": "json",
        "fields": {"number": "Acme", "messages": [{"destination": "{digits}", "text": "{text}", "own": "{id}"}]},
        "headers": {"Authorization": "Bearer {secret:key}"},
        "secrets": {"key": Secret(PASSWORD)},
        "success": {"status": [200, 202], "json": "messages.0.message_id", "matches": r"^\d+$"},
        "reference": {"json": "messages.0.message_id"},
        "hook": {
            "hmac": {"secret": Secret(HOOK_SECRET), "header": "X-Signature", "prefix": "sha256="},
            "items": "events",
            "inbound": {"id": ["from", "at"], "phone": "from", "text": "body.text"},
            "report": {"reference": "message_id", "state": "state", "delivered": "delivered", "final": "expired"},
        },
        "country_code": "7",
        "timeout": 2,
    }
    return {**plain, **more}


def query_settings(base: str, /, **more: Any) -> dict[str, Any]:
    """Everything in the address in windows-1251, plain text back; nothing is heard."""
    plain: dict[str, Any] = {
        "url": f"{base}/send/{{digits}}",
        "method": "GET",
        "send": "query",
        "charset": "windows-1251",
        "fields": {"api_id": "{secret:key}", "msg": "{text}"},
        "secrets": {"key": Secret(PASSWORD)},
        "success": {"starts_with": "100"},
        "reference": {"matches": r"^100\n(\S+)"},
        "errors": [{"matches": r"^(202|207)\b", "then": "final"}],
        "country_code": "7",
        "timeout": 2,
    }
    return {**plain, **more}


class Gateway(HttpWire):
    """Takes what all three send; ``sent`` is what it took as (number, text), ``says`` replaces its next words."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.sent: list[tuple[str, str]] = []
        self.says: tuple[int, bytes] | None = None

    def _answer(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        if self.says is not None:
            return self.says[0], {}, self.says[1]
        number = f"1000{len(self.sent)}"
        if call.path.startswith("/sys/"):
            self.sent.append((call.form["phones"][0], call.form["mes"][0]))
            return 200, {}, json.dumps({"id": int(number), "cnt": 2}).encode()
        if call.path.startswith("/messaging/"):
            (message,) = json.loads(call.body)["messages"]
            self.sent.append((message["destination"], message["text"]))
            return 202, {}, json.dumps({"messages": [{"message_id": number}]}).encode()
        self.sent.append((call.path.rpartition("/")[2], call.query["msg"][0]))
        return 200, {}, f"100\n{number}\nbalance=4122.56".encode()


def posted(body: bytes | str, kind: str = "application/x-www-form-urlencoded", **headers: str) -> Request:
    raw = body.encode() if isinstance(body, str) else body
    return Request(method="POST", path=PATH, headers={"content-type": kind, "host": "h", **headers}, body=raw)


def by_header(body: bytes | str) -> Request:
    """A request as the form gateway posts it."""
    return posted(body, **{"x-secret": HOOK_SECRET})


def by_hmac(body: bytes | str) -> Request:
    """A request as the JSON gateway posts it."""
    raw = body.encode() if isinstance(body, str) else body
    mac = hmac.new(HOOK_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return posted(raw, "application/json", **{"x-signature": f"sha256={mac}"})
