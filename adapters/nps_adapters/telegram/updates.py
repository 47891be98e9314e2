"""Updates of the Bot API as events. Everything in an update may be missing or of another kind: that gives no event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from nps_plugin import Blocked, Commented, Event, Linked, Moved, Scored, Stopped

from .api import table, whole
from .keyboards import ReasonTapped, read_reason, read_score

#: The kinds of update that are asked for.
KINDS = ("message", "callback_query", "my_chat_member")
CALLBACK, UPDATE = "callback", "update"

_COMMAND = re.compile(r"/(?P<name>\w{1,32})(?:@\w{1,64})?(?:\s+(?P<rest>\S.*))?", re.DOTALL | re.ASCII)
_START = re.compile(r"[\w-]{1,64}", re.ASCII)
_QUERY = re.compile(r"[\w-]{1,64}", re.ASCII)


def events_of(update: object) -> Iterator[Event]:
    """What one update holds that is of use: one event, or none."""
    told = table(update)
    number = whole(told.get("update_id"))
    if number is None:
        return
    name = f"{UPDATE}:{number}"
    event = _tapped(table(told.get("callback_query"))) or _said(table(told.get("message")), name)
    event = event or _membership(table(told.get("my_chat_member")), name)
    if event is not None:
        yield event


def reference(chat: int, message: int) -> str:
    """What names a message that we sent, to the core: unique within the bot."""
    return f"{chat}:{message}"


def chat_and_message(name: str) -> tuple[int, int] | None:
    """The two parts of a :func:`reference`; None for what is none."""
    chat, _, message = name.partition(":")
    try:
        return int(chat), int(message)
    except ValueError:
        return None


def _tapped(query: dict[str, Any]) -> Event | None:
    number, data = query.get("id"), query.get("data")
    if not (isinstance(number, str) and _QUERY.fullmatch(number) and isinstance(data, str)):
        return None
    message = table(query.get("message"))
    chat, sent = whole(table(message.get("chat")).get("id")), whole(message.get("message_id"))
    # a query does not say when; what it names, a button of ours has said
    about: dict[str, Any] = {
        "event": f"{CALLBACK}:{number}",
        "at": datetime.now(UTC),
        "reference": "" if chat is None or sent is None else reference(chat, sent),
    }
    if (score := read_score(data)) is not None:
        return Scored(**about, token=score[0], score=score[1])
    if (reason := read_reason(data)) is not None and (reason["token"] or about["reference"]):
        return ReasonTapped(**about, **reason)
    return None


def _said(message: dict[str, Any], name: str) -> Event | None:
    chat = table(message.get("chat"))
    number = whole(chat.get("id"))
    if number is None:
        return None
    about: dict[str, Any] = {"event": name, "at": _at(message.get("date"))}
    if (moved := whole(message.get("migrate_to_chat_id"))) is not None:
        return Moved(**about, old=str(number), new=str(moved))
    if (old := whole(message.get("migrate_from_chat_id"))) is not None:
        return Moved(**about, old=str(old), new=str(number))
    text = message.get("text") or message.get("caption")
    if not isinstance(text, str) or not text.strip() or table(message.get("from")).get("is_bot") is True:
        return None
    private = chat.get("type") == "private"
    if text.startswith("/"):
        return _command(text, about, str(number)) if private else None
    answered = table(message.get("reply_to_message"))
    ours, sent = table(answered.get("from")).get("is_bot") is True, whole(answered.get("message_id"))
    if ours and sent is not None:
        # what it replies to may be our thanks: then the chat says which question is meant
        return Commented(**about, reference=reference(number, sent), address=str(number) if private else "", text=text)
    # what people say to each other in a group is no business of ours
    return Commented(**about, address=str(number), text=text) if private else None


def _command(text: str, about: dict[str, Any], chat: str) -> Event | None:
    command = _COMMAND.fullmatch(text.strip())
    if command is None:
        return None
    rest = command["rest"] or ""
    if command["name"] == "start" and _START.fullmatch(rest):
        return Linked(**about, address=chat, token=rest)
    return Stopped(**about, address=chat) if command["name"] == "stop" else None


def _membership(change: dict[str, Any], name: str) -> Event | None:
    chat = whole(table(change.get("chat")).get("id"))
    if chat is None or table(change.get("new_chat_member")).get("status") not in ("kicked", "left"):
        return None
    return Blocked(event=name, at=_at(change.get("date")), address=str(chat))


def _at(value: object) -> datetime:
    seconds = whole(value)
    # a message that is no longer kept by Telegram has the date 0
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < 1 << 33 else datetime.now(UTC)
