"""A Bot API on loopback: it keeps chats as Telegram does, holds every call against what the Bot API takes, and makes
the updates that taps and words give."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nps_plugin.testing import Call, HttpWire

TOKEN = "7012345678:AAF-3xample_of_a_bots_token_0123456789a"
CHAT = 512345678
SENT_AT = 1_795_176_000
#: Fields and types of Bot API 10.1 (June 11, 2026), of the methods and types that we use.
FACTS = json.loads((Path(__file__).parent / "bot_api.json").read_text(encoding="utf-8"))
BOT = {"id": 7012345678, "is_bot": True, "first_name": "Acme", "username": "acme_help_bot"}
IRINA = {"id": CHAT, "is_bot": False, "first_name": "Irina", "language_code": "ru"}


def mistakes(method: str, values: Any) -> list[str]:
    """What the Bot API does not know, misses or takes as another type in a call."""
    return list(_mistakes(FACTS["methods"][method], values, method))


def _mistakes(fields: dict[str, Any], values: Any, where: str) -> Iterator[str]:
    if not isinstance(values, dict):
        yield f"{where}: expected an object"
        return
    yield from (f"{where}.{name}: no such field" for name in values.keys() - fields.keys())
    for name, field in fields.items():
        if name not in values:
            if field["required"]:
                yield f"{where}.{name}: is missing"
        elif not any(_fits(kind, values[name]) for kind in field["types"]):
            yield f"{where}.{name}: expected {' or '.join(field['types'])}"


def _fits(kind: str, value: Any) -> bool:
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(kind.removeprefix("Array of "), one) for one in value)
    plain = {"Integer": int, "String": str, "Boolean": bool}
    if kind in plain:
        return isinstance(value, plain[kind]) and not (kind == "Integer" and isinstance(value, bool))
    return kind in FACTS["types"] and not list(_mistakes(FACTS["types"][kind], value, kind))


class BotServer(HttpWire):
    """A bot's world: ``messages`` by (chat, number), ``queue`` of updates, ``notices`` shown over the chat."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.queue: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.methods: list[str] = []
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        #: callback queries that are too old to be answered, messages that cannot be edited
        self.stale = self.uneditable = False
        self.retry_after = 0
        self.webhook: dict[str, Any] = {}
        self.mistakes: list[str] = []
        self._numbers = iter(range(1000, 100_000))

    # --- what the bot does

    def _answer(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        _, bot, method = call.path.split("/")
        if bot != f"bot{TOKEN}":
            return _no(401, "Unauthorized")
        values = json.loads(call.body)
        self.methods.append(method)
        self.mistakes += mistakes(method, values)
        if self.retry_after:
            return _no(429, "Too Many Requests", retry_after=self.retry_after)
        return getattr(self, f"_{method}")(**values)

    def _getMe(self) -> Any:
        return _yes(BOT)

    def _sendMessage(self, chat_id: int, text: str, reply_markup: Any = None, **_: Any) -> Any:
        if chat_id in self.migrated:
            group = "Bad Request: group chat was upgraded to a supergroup chat"
            return _no(400, group, migrate_to_chat_id=self.migrated[chat_id])
        if chat_id in self.blocked:
            return _no(403, "Forbidden: bot was blocked by the user")
        too_long = [b for row in (reply_markup or {}).get("inline_keyboard", []) for b in row if _too_long(b)]
        if too_long or not 1 <= len(text) <= 4096:
            return _no(400, "Bad Request: BUTTON_DATA_INVALID" if too_long else "Bad Request: message is too long")
        number = next(self._numbers)
        self.messages[chat_id, number] = {"text": text, "reply_markup": reply_markup}
        return _yes(self.message(chat_id, number))

    def _editMessageText(self, chat_id: int, message_id: int, text: str, reply_markup: Any = None, **_: Any) -> Any:
        new = {"text": text, "reply_markup": reply_markup}
        if self.uneditable or (chat_id, message_id) not in self.messages:
            return _no(400, "Bad Request: message can't be edited")
        if self.messages[chat_id, message_id] == new:
            return _no(400, "Bad Request: message is not modified: specified new message content is the same")
        self.messages[chat_id, message_id] = new
        return _yes(self.message(chat_id, message_id))

    def _answerCallbackQuery(self, callback_query_id: str, text: str = "", **_: Any) -> Any:
        if self.stale:
            return _no(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if text:
            self.notices.append(text)
        return _yes(True)

    def _getUpdates(self, offset: int = 0, limit: int = 100, **_: Any) -> Any:
        if self.webhook:
            return _no(409, "Conflict: can't use getUpdates method while webhook is active")
        self.queue = [update for update in self.queue if update["update_id"] >= offset]
        return _yes(self.queue[:limit])

    def _setWebhook(self, **values: Any) -> Any:
        self.webhook = values
        return _yes(True)

    def _deleteWebhook(self, **_: Any) -> Any:
        self.webhook = {}
        return _yes(True)

    # --- what people do

    def message(self, chat: int, number: int) -> dict[str, Any]:
        """A message of the bot, as it stands in updates."""
        kept = self.messages[chat, number]
        shown = {"reply_markup": kept["reply_markup"]} if kept["reply_markup"] else {}
        return {
            "message_id": number,
            "from": BOT,
            "chat": {"id": chat, "type": "private", "first_name": "Irina"},
            "date": SENT_AT,
            "text": kept["text"],
            **shown,
        }

    def last(self, chat: int = CHAT) -> int:
        """The number of the newest message of the bot in a chat."""
        return max(number for where, number in self.messages if where == chat)

    def text(self, chat: int = CHAT) -> str:
        return str(self.messages[chat, self.last(chat)]["text"])

    def buttons(self, chat: int = CHAT) -> list[str]:
        markup = self.messages[chat, self.last(chat)]["reply_markup"] or {"inline_keyboard": []}
        return [button["text"] for row in markup["inline_keyboard"] for button in row]

    def tap(self, text: str, chat: int = CHAT, number: int | None = None) -> dict[str, Any]:
        """Somebody taps a button of the newest message, or of the one named; gives the update."""
        number = number or self.last(chat)
        message = self.message(chat, number)
        rows = message["reply_markup"]["inline_keyboard"]
        (data,) = [button["callback_data"] for row in rows for button in row if button["text"] == text]
        return self.update(callback_query={**_query(next(self._numbers)), "message": message, "data": data})

    def write(self, text: str, /, to: int | None = None, **more: Any) -> dict[str, Any]:
        """Somebody writes to the bot, in reply to its message ``to`` or just so."""
        replied = {} if to is None else {"reply_to_message": self.message(CHAT, to)}
        where = {"id": CHAT, "type": "private", "first_name": "Irina"}
        number = next(self._numbers)
        message = {"message_id": number, "from": IRINA, "chat": where, "date": SENT_AT, "text": text}
        return self.update(message={**message, **replied, **more})

    def block(self, chat: int = CHAT) -> dict[str, Any]:
        self.blocked.add(chat)
        member = {"user": BOT, "status": "member"}
        change = {
            "chat": {"id": chat, "type": "private", "first_name": "Irina"},
            "from": IRINA,
            "date": SENT_AT,
            "old_chat_member": member,
            "new_chat_member": {"user": BOT, "status": "kicked", "until_date": 0},
        }
        return self.update(my_chat_member=change)

    def migrate(self, old: int, new: int) -> dict[str, Any]:
        self.migrated[old] = new
        group = {"id": old, "type": "group", "title": "Acme's people"}
        number = next(self._numbers)
        service = {"message_id": number, "from": IRINA, "chat": group, "date": SENT_AT, "migrate_to_chat_id": new}
        return self.update(message=service)

    def update(self, **what: Any) -> dict[str, Any]:
        self.queue.append({"update_id": next(self._numbers), **what})
        return self.queue[-1]


def _query(number: int) -> dict[str, Any]:
    return {"id": f"22005{number}", "from": IRINA, "chat_instance": "-330055"}


def _too_long(button: dict[str, Any]) -> bool:
    return not 1 <= len(button.get("callback_data", "x").encode()) <= 64


def _yes(result: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps({"ok": True, "result": result}).encode()


def _no(status: int, description: str, **parameters: int) -> tuple[int, dict[str, str], bytes]:
    said: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        said["parameters"] = parameters
    return status, {"Content-Type": "application/json"}, json.dumps(said).encode()
