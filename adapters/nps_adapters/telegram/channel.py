"""Questions in Telegram: one tap on a button answers, and the message turns into thanks."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from nps_plugin import (
    Answered,
    AnswerOutcome,
    Capabilities,
    Client,
    ConfigError,
    ConfigProblem,
    Delivery,
    DeliveryError,
    Forged,
    Message,
    Point,
    Received,
    Request,
    Secret,
    read_secret,
)

from .api import BotApi, Refused, table, whole
from .keyboards import Keyboard, ReasonTapped, all_named, reason_keyboard, scale_keyboard, with_choice
from .updates import CALLBACK, KINDS, chat_and_message, events_of, reference

#: Characters that a message takes, and that a notice over the chat takes.
MAX_TEXT, MAX_NOTICE = 4096, 200
#: Updates in one batch, so that the longest fit into what is read of a reply.
BATCH = 25
HEADER = "x-telegram-bot-api-secret-token"

_BOT_TOKEN = re.compile(r"\d{1,20}:[\w-]{20,100}", re.ASCII)
_CHAT = re.compile(r"-?[1-9]\d{0,18}", re.ASCII)
#: What is told over the chat, too: nothing else of the tap would be seen.
_NOTICED = (AnswerOutcome.LOCKED, AnswerOutcome.EXPIRED, AnswerOutcome.UNKNOWN)
_MORE = {"ru": "Другие причины…", "en": "Other reasons…"}


class _Settings(Schema):
    class Meta:
        unknown = RAISE

    token = fields.Raw(required=True)
    username = fields.String(
        load_default="", validate=validate.Regexp(r"\A\w{3,64}\Z", error="expected the bot's name, without @")
    )
    api = fields.String(load_default="https://api.telegram.org")
    poll = fields.Boolean(load_default=False)
    timeout = fields.Float(load_default=20.0, validate=validate.Range(min=0, min_inclusive=False))


class TelegramChannel:
    """One tenant's bot. A client is reached by the id of the chat with it, in ``Client.telegram``."""

    capabilities = Capabilities(points=11, reasons=True, comments=True, address="telegram", several=True)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        problems, checked = _read(settings)
        token: Secret | None = None
        if "token" in settings:
            try:
                token = read_secret(settings["token"])
            except ValueError as error:
                problems.append(ConfigProblem("token", str(error)))
        if token is not None and not _BOT_TOKEN.fullmatch(token.reveal()):
            problems.append(ConfigProblem("token", "expected a bot's token as BotFather gives it: 123456:ABC..."))
        if problems or token is None:
            raise ConfigError(problems)
        self._username: str = checked["username"]
        #: whether the worker polls; else Telegram posts to the door, or ``Ratings.listen`` polls
        self.polled: bool = checked["poll"]
        self._api = BotApi(token, checked["api"], checked["timeout"])
        # of the token, so that there is nothing more to keep: who has it could read the updates anyway
        self._hook_secret = Secret(hmac.digest(token.reveal().encode(), b"nps-plugin webhook", "sha256").hex())

    # --- asking ---------------------------------------------------------------------------------------------------

    def reaches(self, client: Client) -> bool:
        """Whether the chat with the client is known. A @name will not do: a bot writes only to whom it knows."""
        return _CHAT.fullmatch(client.telegram.strip()) is not None

    def send(self, message: Message) -> Delivery:
        """Ask in the chat. Where it was migrated, ask once more in what it has become."""
        if not self.reaches(message.client):
            raise DeliveryError("the client's Telegram address is not the id of a chat", final=True)
        chat = int(message.client.telegram)
        keyboard = scale_keyboard(message.points, message.token)
        try:
            sent = self._say(chat, _question(message), keyboard)
        except Refused as error:
            if error.moved is None:
                raise
            chat = error.moved
            sent = self._say(chat, _question(message), keyboard)
        return Delivery(reference="" if sent is None else reference(chat, sent))

    # --- hearing --------------------------------------------------------------------------------------------------

    def preview(self, message: Message) -> str:
        """What stands in the chat; each row of buttons on a line."""
        rows = scale_keyboard(message.points, message.token)["inline_keyboard"]
        return "\n".join([_question(message), "", *(" ".join(f"[{button['text']}]" for button in row) for row in rows)])

    def receive(self, request: Request) -> Received:
        """Read an update that Telegram posted. Raises ``Forged`` without the secret that :meth:`set_webhook` gave."""
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._hook_secret.reveal().encode()):
            raise Forged("the secret token is not ours; set the webhook anew: nps-plugin telegram webhook")
        try:
            update = json.loads(request.body)
        except (ValueError, RecursionError):
            return Received()
        return Received(events=tuple(events_of(update)))

    def poll(self, cursor: str, wait: float) -> Received:
        """Ask for what came. Telegram gives a batch again until a later cursor is asked for."""
        wait = max(0.0, min(wait, 50.0))
        offset = {"offset": int(cursor)} if cursor.isascii() and cursor.isdigit() else {}
        updates = self._api.call(
            "getUpdates", wait=wait, timeout=int(wait), limit=BATCH, allowed_updates=list(KINDS), **offset
        )
        if not isinstance(updates, list):
            raise DeliveryError("Telegram: the reply is not one of the Bot API's")
        numbers = [number for update in updates if (number := whole(table(update).get("update_id"))) is not None]
        return Received(
            events=tuple(event for update in updates for event in events_of(update)),
            cursor=str(max(numbers) + 1) if numbers else cursor,
        )

    def reply(self, answered: Answered) -> None:
        """Turn the message that was tapped into what became of the tap, with the reasons; answer words with words."""
        kind, _, number = answered.event.event.partition(":")
        if kind == CALLBACK:
            notice = answered.text[:MAX_NOTICE] if answered.outcome in _NOTICED else ""
            # a query that is older than a few minutes cannot be answered, and a spinner on a button is not worth more
            with suppress(DeliveryError):
                self._api.call("answerCallbackQuery", callback_query_id=number, text=notice, show_alert=bool(notice))
            if answered.outcome is AnswerOutcome.UNKNOWN:
                return
        keyboard = self._reasons(answered)
        text = "\n\n".join(filter(None, (answered.text, answered.why if keyboard else "", answered.invite)))
        if not text:
            return
        tapped = chat_and_message(answered.event.reference or answered.reference)
        if kind == CALLBACK and tapped is not None:
            self._turn(*tapped, text, keyboard)
        elif self.reaches(Client(telegram=answered.address or answered.event.address)):
            self._say(int(answered.address or answered.event.address), text, keyboard)

    # --- setting up -----------------------------------------------------------------------------------------------

    def set_webhook(self, url: str) -> None:
        """Have Telegram post what comes back to that address, an HTTPS one; "" for none, so that it can be polled."""
        if not url:
            self._api.call("deleteWebhook")
            return
        self._api.call("setWebhook", url=url, secret_token=self._hook_secret.reveal(), allowed_updates=list(KINDS))

    def link(self, token: str) -> str:
        """The address that opens the chat with the bot, and tells it who comes. Asks Telegram for the bot's name where
        the settings do not say it."""
        if not self._username:
            self._username = str(table(self._api.call("getMe")).get("username") or "")
        if not self._username:
            raise DeliveryError("Telegram does not say the bot's name; set username")
        return f"https://t.me/{self._username}?start={token}"

    # --- within ---------------------------------------------------------------------------------------------------

    def _say(self, chat: int, text: str, keyboard: Keyboard | None = None) -> int | None:
        """Send a text; the number of the message."""
        values: dict[str, Any] = {"chat_id": chat, "text": text[:MAX_TEXT], "link_preview_options": _NO_PREVIEW}
        if keyboard is not None:
            values["reply_markup"] = keyboard
        return whole(table(self._api.call("sendMessage", **values)).get("message_id"))

    def _turn(self, chat: int, message: int, text: str, keyboard: Keyboard | None) -> None:
        """Make a message into another; where it cannot be edited any more, say it in a new one."""
        values: dict[str, Any] = {"text": text[:MAX_TEXT], "link_preview_options": _NO_PREVIEW}
        if keyboard is not None:
            values["reply_markup"] = keyboard
        try:
            self._api.call("editMessageText", chat_id=chat, message_id=message, **values)
        except Refused as error:
            if error.unchanged:
                return
            if error.status != 400:
                raise
            self._say(error.moved or chat, text, keyboard)

    def _reasons(self, answered: Answered) -> Keyboard | None:
        if not answered.reasons or answered.outcome in _NOTICED:
            return None
        event, more = answered.event, _MORE.get(answered.locale, _MORE["en"])
        token = answered.token or event.token
        if not isinstance(event, ReasonTapped):
            return reason_keyboard(answered.reasons, token, more)
        chosen = with_choice(answered.reasons, event)
        return reason_keyboard(answered.reasons, token, more, chosen=chosen, start=event.start)


_NO_PREVIEW = {"is_disabled": True}


def _question(message: Message) -> str:
    """What is asked, about which ticket, and what the numbers mean where the buttons are numbers; the page's link where
    there are none, since the score is known."""
    meaning = "" if all_named(message.points) else ", ".join(_named(message.points))
    meaning = meaning if message.points else message.url
    return "\n\n".join(filter(None, (message.subject, message.question, meaning)))


def _named(points: tuple[Point, ...]) -> list[str]:
    return [f"{point.score} – {point.label}" for point in points if point.label not in ("", str(point.score))]


def _read(settings: Mapping[str, Any]) -> tuple[list[ConfigProblem], dict[str, Any]]:
    try:
        checked: dict[str, Any] = _Settings().load(settings)
    except ValidationError as error:
        found = error.messages if isinstance(error.messages, dict) else {}
        return [ConfigProblem(str(key), _said(str(key), texts)) for key, texts in found.items()], {}
    address = urlsplit(checked["api"])
    if not (address.scheme == "https" or (address.scheme == "http" and address.hostname in _HERE)):
        expected = "expected https://..., or http:// on this machine: the token is not sent in the clear"
        return [ConfigProblem("api", expected)], checked
    return [], checked


_HERE = ("localhost", "127.0.0.1", "::1")


def _said(key: str, texts: list[str]) -> str:
    if texts == ["Unknown field."]:
        import difflib

        near = difflib.get_close_matches(key, list(_Settings().fields), n=1)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    return " ".join(texts)
