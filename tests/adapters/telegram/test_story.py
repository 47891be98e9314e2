"""The feature beside this file, on every engine."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenarios, then, when
from tests.adapters.telegram.bot_server import CHAT, TOKEN, BotServer
from tests.adapters.telegram.test_contract import HOOK_SECRET

from nps_plugin import Client, ClosedTicket, Secret

scenarios(str(Path(__file__).with_name("telegram.feature")))


@pytest.fixture(autouse=True)
def _on_every_engine(engine_name: str) -> None:
    """Steps ask for their fixtures while they run, which is too late to be parametrized."""


class Chats:
    """A help-desk, its bot, and one client at a telephone."""

    def __init__(self, world: Any, bot: BotServer, other: BotServer) -> None:
        self.world, self.bot, self.other = world, bot, other
        self.door = world.browser()
        self.chat = CHAT
        self.question = 0
        self.posted: dict[str, Any] = {}
        self.response: Any = None
        self.calls = 0

    def close(self, client: Client, number: str = "17") -> None:
        self.world.close(number, client=client)

    def post(self, update: Any, secret: str = HOOK_SECRET) -> None:
        self.posted = update
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        self.response = self.door.post(
            "/hooks/acme/telegram",
            data=body,
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": secret},
        )
        self.response.close()

    def texts(self) -> list[str]:
        return [message["text"] for (chat, _), message in sorted(self.bot.messages.items()) if chat == self.chat]


def irina(**more: Any) -> Client:
    return Client(id="7", name="Irina Kuznetsova", email="irina@client.example", **more)


@pytest.fixture
def other() -> Iterator[BotServer]:
    bot = BotServer()
    yield bot
    bot.close()


@given("a help-desk that asks in Telegram, and by mail where it cannot", target_fixture="story")
def asks_in_telegram(make_world, bot, other):
    def settings(server: BotServer) -> dict[str, Any]:
        return {"token": Secret(TOKEN), "api": server.url, "timeout": 2.0}

    ask = {"channels": ["telegram", "email"], "quarantine": "0d"}
    world = make_world(ask=ask, channels={"telegram": settings(bot)})
    rival = {**world.config["tenants"]["acme"], "channels": {"telegram": settings(other)}}
    rival["ask"] = {"channels": ["telegram"]}
    world.ratings.reload({**world.config, "tenants": {**world.config["tenants"], "rival": rival}})
    return Chats(world, bot, other)


@given(parsers.parse("a ticket of a client who speaks {language}, closed within its target"))
def closed(story, language):
    story.close(irina(telegram=str(CHAT), locale=language))


@given("a ticket of that client, closed within its target")
@when("a ticket of that client is closed")
def closed_for_linked(story):
    story.close(irina(locale="en"))


@given("another tenant asks the same client")
def rival_asks(story):
    now = story.world.clock.now()
    client = irina(telegram=str(CHAT), locale="en")
    ticket = ClosedTicket(tenant="rival", ticket="1", opened_at=now - timedelta(hours=1), closed_at=now, client=client)
    story.world.ratings.ticket_closed(ticket)


@given("the client has blocked the bot")
def has_blocked(story):
    story.bot.blocked.add(CHAT)


@given("the chat has become another")
def has_become_another(story):
    story.chat = -1001234567890
    story.bot.migrated[CHAT] = story.chat


@given("a client without a chat has opened the link that the help-desk shows")
@given(parsers.parse("a client without a chat has opened the link after {days:d} days"))
def opened_link(story, days=0):
    address = story.world.ratings.link("acme", irina(locale="en"))
    story.world.clock.advance(timedelta(days=days))
    story.post(story.bot.write(f"/start {address.partition('?start=')[2]}"))


@when("the worker runs")
def worker_runs(story, caplog):
    with caplog.at_level(logging.INFO):
        story.world.ratings.run_due()
    if any(chat == story.chat for chat, _ in story.bot.messages):
        story.question = story.bot.last(story.chat)


@when(parsers.parse('the client taps "{text}"'))
@when(parsers.parse('the client taps "{text}" there'))
def taps(story, text):
    story.post(story.bot.tap(text, story.chat, story.question))


@when("Telegram posts that again")
def posts_again(story):
    story.calls = len(story.bot.calls)
    for _ in range(3):
        story.post(story.posted)


@when(parsers.parse('somebody posts a tap on "{text}" with another secret'))
def posts_forged(story, text):
    story.post(story.bot.tap(text), secret="0" * 64)


@when(parsers.parse("{days:d} days pass"))
def days_pass(story, days):
    story.world.clock.advance(timedelta(days=days))
    story.world.ratings.run_due()


@when("the other tenant's question is tapped, and comes in at our door")
def tapped_elsewhere(story):
    story.post(story.other.tap("Good"))


@when(parsers.parse('the client replies "{words}"'))
def replies(story, words):
    story.post(story.bot.write(words, to=story.question))


@when(parsers.parse('the client replies {times:d} times "{letter}"'))
def replies_at_length(story, times, letter):
    story.post(story.bot.write(letter * times, to=story.question))


@when(parsers.parse('the client writes "{words}"'))
def writes(story, words):
    story.post(story.bot.write(words))


@when("the client blocks the bot")
def blocks(story):
    story.post(story.bot.block())
    story.calls = len(story.bot.calls)


@when("odd updates come in")
def odd_updates(story):
    odd = [b"", b"[]", b"\xff", b"{" * 5000, {"update_id": 5, "message": []}, {"update_id": "x"}, b"x" * 70_000]
    for update in odd:
        story.post(update)
        assert story.response.status_code < 500


@when(parsers.parse('the client taps "{text}", which nobody posts'))
def taps_unposted(story, text):
    story.bot.tap(text)


@when("a poller takes it and dies")
@when("another poller takes what there is")
def polls(story):
    stop = threading.Event()
    answered = story.bot._getUpdates

    def once(**values: Any) -> Any:
        # the poller ends after this batch: it never comes back to say that it has it
        stop.set()
        return answered(**values)

    story.bot._getUpdates = once  # type: ignore[method-assign]
    story.world.ratings.listen("acme", "telegram", stop, wait=0)
    story.bot._getUpdates = answered  # type: ignore[method-assign]


@then(parsers.parse('the chat shows the question "{question}" with the buttons {buttons}'))
def shows(story, question, buttons):
    assert question in story.bot.text(story.chat)
    assert story.bot.buttons(story.chat) == buttons.split(", ")


@then(parsers.parse("the verdict on the ticket is {kind}"))
def verdict_is(story, kind):
    assert story.world.ratings.ticket_verdict("acme", "17").kind == kind


@then(parsers.parse('the message says "{thanks}" and asks why, with three reasons and "{more}"'))
def asks_why(story, thanks, more):
    assert story.bot.last() == story.question
    assert thanks in story.bot.text()
    assert len(story.bot.buttons()) == 4
    assert story.bot.buttons()[-1] == more


@then(parsers.parse("the reasons kept are {codes}"))
def reasons_kept(story, codes):
    assert [row.reason for row in story.world.rows("answer_reason")] == codes.split(", ")


@then(parsers.parse('the message offers "{reason}" no more'))
def offers_no_more(story, reason):
    assert story.bot.last() == story.question
    assert reason not in story.bot.buttons()
    assert story.bot.buttons()


@then(parsers.re('the comments kept are "(?P<words>[^"]*)"'))
def comments_kept(story, words):
    assert [row.text for row in story.world.rows("comment")] == [words]


@then(parsers.parse('the comments kept are "{first}" and "{second}"'))
def two_comments_kept(story, first, second):
    assert [row.text for row in story.world.rows("comment")] == [first, second]
    assert len({row.answer for row in story.world.rows("comment")}) == 1


@then(parsers.parse("one comment of {length:d} characters is kept"))
def one_comment(story, length):
    assert [len(row.text) for row in story.world.rows("comment")] == [length]


@then(parsers.parse('the chat\'s newest message says "{words}"'))
def newest_says(story, words):
    assert story.bot.last() > story.question
    assert words in story.bot.text()


@then("the bot was called as the Bot API takes it")
def called_rightly(story):
    assert story.bot.mistakes == []


@then("the message has no buttons")
def no_buttons(story):
    assert story.bot.last() == story.question
    assert story.bot.buttons() == []


@then("one answer is kept")
def one_answer(story):
    assert len(story.world.rows("answer")) == 1


@then("no answer is kept")
def no_answer(story):
    assert story.world.rows("answer") == []


@then("the bot was not called for the repeats")
@then("the bot was not called for it")
def not_called(story):
    assert len(story.bot.calls) == story.calls


@then("it is refused")
def is_refused(story):
    assert story.response.status_code in (401, 403)


@then("the client sees a notice, and the message has no buttons")
def sees_notice(story):
    (notice,) = story.bot.notices
    assert notice
    assert story.bot.buttons() == []


@then("the other tenant's question still has its buttons")
def still_has(story):
    assert story.other.buttons() == ["Bad", "Okay", "Good"]


@then("the client gets one mail")
def one_mail(story):
    assert len(story.world.mailbox.mails) == 1


@then("the client gets no mail")
def no_mail(story):
    assert story.world.mailbox.mails == []


@then("the chat has no question")
def no_question(story):
    assert all("resolved" not in text for text in story.texts())


@then("the log says that the bot is blocked, without the token and the chat")
def log_says(story, caplog):
    assert "blocked" in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text
    assert str(CHAT) not in caplog.text


@then("nothing waits at Telegram")
def nothing_waits(story):
    cursor = story.world.ratings.channel("acme", "telegram").poll("", 0).cursor
    story.world.ratings.channel("acme", "telegram").poll(cursor, 0)
    assert story.bot.queue == []
