"""What comes back: updates as events, held against the parser of python-telegram-bot; and how they are answered."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime

import pytest
import telegram
from tests.adapters.telegram.bot_server import CHAT, TOKEN, BotServer

from nps_adapters.telegram.updates import events_of
from nps_plugin import (
    Answered,
    AnswerOutcome,
    Blocked,
    Choice,
    Commented,
    DeliveryError,
    Forged,
    Linked,
    Moved,
    Reasoned,
    Request,
    Scored,
    Stopped,
)
from nps_plugin.testing import example_message

HOOK_SECRET = hmac.digest(TOKEN.encode(), b"nps-plugin webhook", "sha256").hex()
SEVEN = tuple(Choice(code=code, text=f"reason {code}") for code in ("a", "b", "c", "d", "e", "f", "g"))


def posted(update: object, secret: str = HOOK_SECRET) -> Request:
    headers = {"x-telegram-bot-api-secret-token": secret}
    return Request(method="POST", path="/hooks/acme/telegram", headers=headers, body=json.dumps(update).encode())


def heard(channel, update):
    (event,) = channel.receive(posted(update)).events
    return event


def answered(event, outcome=AnswerOutcome.THANKS, **more):
    usual = {"text": "Thank you!", "token": example_message().token, "locale": "en"}
    return Answered(outcome=outcome, event=event, **(usual | more))


@pytest.fixture
def question(bot: BotServer, channel) -> int:
    """A question stands in the chat; its number."""
    channel.send(example_message())
    return bot.last()


# --- updates as events


def test_a_tap_is_a_score(bot, channel, question):
    update = bot.tap("Плохо")
    event = heard(channel, update)
    oracle = telegram.Update.de_json(update, None).callback_query
    assert isinstance(event, Scored)
    assert (event.score, event.token) == (1, example_message().token)
    assert event.event == f"callback:{oracle.id}"
    assert event.reference == f"{oracle.message.chat.id}:{oracle.message.message_id}"
    assert oracle.data == f"s:{event.token}:{event.score}"


def test_a_reply_to_the_question_is_a_comment(bot, channel, question):
    update = bot.write("Долго ждал", to=question)
    event = heard(channel, update)
    oracle = telegram.Update.de_json(update, None)
    assert isinstance(event, Commented)
    assert event.text == oracle.message.text
    assert event.at == oracle.message.date == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert event.event == f"update:{oracle.update_id}"
    assert event.reference == f"{oracle.message.chat.id}:{oracle.message.reply_to_message.message_id}"
    assert event.address == str(oracle.effective_chat.id)


def test_words_that_reply_to_nothing_name_the_chat(bot, channel):
    event = heard(channel, bot.write("Долго ждал"))
    assert (type(event), event.address, event.reference) == (Commented, str(CHAT), "")


def test_a_picture_with_words_is_words(bot, channel, question):
    event = heard(channel, bot.write("", to=question, text=None, caption="Вот что сломалось"))
    assert event.text == "Вот что сломалось"


@pytest.mark.parametrize("text", ["/start AbC-_9", "/start@acme_help_bot AbC-_9", "/start  AbC-_9 "])
def test_the_deep_link_links_the_chat(bot, channel, text):
    update = bot.write(text)
    event = heard(channel, update)
    assert (type(event), event.address, event.token) == (Linked, str(CHAT), "AbC-_9")
    assert telegram.Update.de_json(update, None).message.text == text


def test_stop_asks_not_to_be_asked(bot, channel):
    event = heard(channel, bot.write("/stop"))
    assert (type(event), event.address) == (Stopped, str(CHAT))


def test_a_bot_that_is_blocked_says_so(bot, channel):
    update = bot.block()
    event = heard(channel, update)
    oracle = telegram.Update.de_json(update, None).my_chat_member
    assert oracle.new_chat_member.status == telegram.ChatMember.BANNED
    assert (type(event), event.address, event.at) == (Blocked, str(oracle.chat.id), oracle.date)


def test_a_group_that_was_migrated_says_where_it_is(bot, channel):
    update = bot.migrate(-200, -100200)
    event = heard(channel, update)
    oracle = telegram.Update.de_json(update, None).message
    assert (type(event), event.old, event.new) == (Moved, str(oracle.chat.id), str(oracle.migrate_to_chat_id))
    other = bot.update(
        message={
            "message_id": 1,
            "date": 5,
            "chat": {"id": -100200, "type": "supergroup", "title": "x"},
            "migrate_from_chat_id": -200,
        }
    )
    assert (heard(channel, other).old, heard(channel, other).new) == ("-200", "-100200")


@pytest.mark.parametrize(
    "change",
    [
        {"chat": {"id": -200, "type": "group", "title": "People"}},
        {"from": {"id": 5, "is_bot": True, "first_name": "Another bot"}},
        {"text": "/help"},
        {"text": "/start"},
        {"text": "/start one two"},
        {"text": "/start " + "a" * 65},
        {"text": "   "},
        {"text": None},
        {"text": 17},
        {"chat": {"id": "5", "type": "private"}},
        {"chat": {"id": True, "type": "private"}},
        {"chat": {"id": 1 << 64, "type": "private"}},
        {"chat": None},
    ],
)
def test_what_is_not_for_us_gives_no_event(bot, channel, change):
    assert channel.receive(posted(bot.write("hello", **change))).events == ()


@pytest.mark.parametrize(
    "data",
    ["", "s:", "s:short:1", "s:0123456789abcdefABCDEF:", "s:0123456789abcdefABCDEF:9999", "x:0123456789abcdefABCDEF:1",
     "s:0123456789abcdefABCDEF:1;", "s:0123456789абвгдеABCDEF:1", "s:0123456789abcdefABCDEF:١", "r::zz0:a",
     "r:0123456789abcdefABCDEF:00", "a" * 100_000, None, 17, ["s"]],
)  # fmt: skip
def test_a_tap_that_no_button_of_ours_gives_is_none(bot, channel, data):
    query = {"id": "1", "from": {}, "data": data, "message": {"message_id": 1, "chat": {"id": 5}}}
    assert channel.receive(posted(bot.update(callback_query=query))).events == ()


def test_a_tap_on_a_message_that_telegram_no_longer_keeps_is_a_score(bot, channel, question):
    update = bot.tap("Хорошо")
    update["callback_query"]["message"] = {
        "chat": update["callback_query"]["message"]["chat"],
        "message_id": 7,
        "date": 0,
    }
    assert heard(channel, update).score == 3
    del update["callback_query"]["message"]
    assert (heard(channel, update).score, heard(channel, update).reference) == (3, "")


def test_a_huge_text_is_handed_on_for_the_core_to_cut(bot, channel, question):
    assert len(heard(channel, bot.write("ы" * 4096, to=question)).text) == 4096


def _broken(value):
    """The value with each of its parts, one at a time, left out or made into something else."""
    if isinstance(value, dict):
        for key in value:
            rest = {name: one for name, one in value.items() if name != key}
            yield rest
            for odd in (None, 17, "x", [], {}, -1.5, True, 1 << 70, "\ud800\x00"):
                yield rest | {key: odd}
            yield from (rest | {key: part} for part in _broken(value[key]))


def test_no_update_breaks_the_parser(bot, channel, question):
    updates = [bot.tap("Плохо"), bot.write("a", to=question), bot.write("/start a"), bot.block(), bot.migrate(-2, -3)]
    seen = 0
    for update in updates:
        for broken in _broken(update):
            for event in events_of(broken):
                seen += 1
                assert event.at.utcoffset() is not None
                assert 0 < len(event.event) <= 200
    assert seen > 100


@pytest.mark.parametrize("secret", ["", "x", HOOK_SECRET[:-1], HOOK_SECRET.upper(), "é", "\ud800"])
def test_without_the_secret_nothing_is_read(bot, channel, question, secret):
    with pytest.raises(Forged):
        channel.receive(posted(bot.tap("Плохо"), secret))


# --- polling


def test_polling_gives_each_update_until_the_next_is_asked_for(bot, channel, question):
    bot.tap("Плохо")
    bot.write("Долго")
    first = channel.poll("", 0)
    assert [type(event) for event in first.events] == [Scored, Commented]
    assert first.events[1:] == channel.poll("", 0).events[1:]
    assert channel.poll(first.cursor, 0).events == ()
    assert channel.poll(first.cursor, 0).cursor == first.cursor
    assert bot.queue == []


def test_updates_of_no_use_move_the_cursor_too(bot, channel):
    bot.update(poll={"id": "5"})
    received = channel.poll("", 0)
    assert received.events == ()
    assert received.cursor


def test_polling_where_a_webhook_is_set_says_what_to_do(bot, channel):
    channel.set_webhook("https://help.example.org/rate/hooks/acme/telegram")
    assert bot.webhook["secret_token"] == HOOK_SECRET
    assert bot.webhook["allowed_updates"] == ["message", "callback_query", "my_chat_member"]
    with pytest.raises(DeliveryError, match="telegram webhook --remove"):
        channel.poll("", 0)
    channel.set_webhook("")
    assert channel.poll("", 0).events == ()


# --- what the client is told


def test_the_message_turns_into_thanks(bot, channel, question):
    channel.reply(answered(heard(channel, bot.tap("Хорошо"))))
    assert (bot.text(), bot.buttons()) == ("Thank you!", [])
    assert bot.last() == question
    assert bot.notices == []


def test_why_is_asked_three_at_a_time(bot, channel, question):
    why = {"why": "What was it?", "reasons": SEVEN}
    channel.reply(answered(heard(channel, bot.tap("Плохо")), **why))
    assert bot.text() == "Thank you!\n\nWhat was it?"
    assert bot.buttons() == ["reason a", "reason b", "reason c", "Other reasons…"]
    event = heard(channel, bot.tap("Other reasons…"))
    assert isinstance(event, Reasoned)
    assert event.reasons == ()
    channel.reply(answered(event, **why))
    assert bot.buttons() == ["reason d", "reason e", "reason f", "Other reasons…"]
    event = heard(channel, bot.tap("reason e"))
    assert (event.reasons, event.token) == (("e",), example_message().token)
    channel.reply(answered(event, AnswerOutcome.NOTED, **why))
    assert bot.buttons() == ["reason d", "reason f", "reason g", "Other reasons…"]
    for _ in range(3):
        channel.reply(answered(heard(channel, bot.tap("Other reasons…")), **why))
        assert "reason e" not in bot.buttons()
        assert len(bot.buttons()) <= 4


def test_every_reason_can_be_chosen_one_after_another(bot, channel, question):
    why = {"why": "What was it?", "reasons": SEVEN}
    channel.reply(answered(heard(channel, bot.tap("Плохо")), **why))
    chosen = []
    while bot.buttons():
        event = heard(channel, bot.tap(bot.buttons()[0]))
        chosen += event.reasons
        channel.reply(answered(event, AnswerOutcome.NOTED, **why))
    assert sorted(chosen) == list("abcdefg")
    assert bot.text() == "Thank you!"


@pytest.mark.parametrize("code", ["c" * 40, "ж" * 20, "c" * 57, "ж" * 28])
def test_a_long_code_is_found_by_the_message(bot, channel, question, code):
    reasons = (Choice(code=code, text="long"),)
    channel.reply(answered(heard(channel, bot.tap("Плохо")), why="Why?", reasons=reasons))
    event = heard(channel, bot.tap("long"))
    assert (event.reasons, event.token, event.reference) == ((code,), "", f"{CHAT}:{question}")


def test_a_code_that_fits_on_no_button_is_not_offered(bot, channel, question):
    reasons = (Choice(code="ж" * 64, text="long"), Choice(code="a", text="short"))
    channel.reply(answered(heard(channel, bot.tap("Плохо")), why="Why?", reasons=reasons))
    assert bot.buttons() == ["short"]


@pytest.mark.parametrize("outcome", [AnswerOutcome.EXPIRED, AnswerOutcome.LOCKED])
def test_a_tap_that_comes_too_late_gets_a_word_over_the_chat_and_no_more_buttons(bot, channel, question, outcome):
    channel.reply(answered(heard(channel, bot.tap("Плохо")), outcome, text="It is too late.", reasons=SEVEN))
    assert bot.notices == ["It is too late."]
    assert (bot.text(), bot.buttons()) == ("It is too late.", [])


def test_a_tap_that_belongs_to_nobody_here_leaves_the_message_alone(bot, channel, question):
    before = dict(bot.messages)
    channel.reply(answered(heard(channel, bot.tap("Плохо")), AnswerOutcome.UNKNOWN, text="Unknown."))
    assert bot.notices == ["Unknown."]
    assert bot.messages == before


def test_a_query_that_is_too_old_to_be_answered_does_not_keep_the_thanks_back(bot, channel, question):
    bot.stale = True
    channel.reply(answered(heard(channel, bot.tap("Хорошо"))))
    assert bot.text() == "Thank you!"


def test_a_message_that_can_no_longer_be_edited_is_followed_by_another(bot, channel, question):
    bot.uneditable = True
    channel.reply(answered(heard(channel, bot.tap("Плохо")), why="Why?", reasons=SEVEN[:1]))
    assert bot.last() > question
    assert (bot.text(), bot.buttons()) == ("Thank you!\n\nWhy?", ["reason a"])


def test_thanks_twice_are_no_error_and_no_second_message(bot, channel, question):
    event = heard(channel, bot.tap("Хорошо"))
    channel.reply(answered(event))
    channel.reply(answered(event))
    assert bot.last() == question


def test_words_are_answered_with_words(bot, channel, question):
    channel.reply(answered(heard(channel, bot.write("Долго", to=question)), AnswerOutcome.NOTED, text="Noted."))
    assert bot.last() > question
    assert bot.text() == "Noted."
    channel.reply(answered(heard(channel, bot.write("Долго")), AnswerOutcome.NOTED, text=""))
    assert bot.text() == "Noted."


# --- links


def test_the_link_opens_the_chat_and_says_who_comes(bot, channel):
    assert channel.link("AbC-_9") == "https://t.me/acme_help_bot?start=AbC-_9"
    assert channel.link("x") == "https://t.me/acme_help_bot?start=x"
    assert bot.methods == ["getMe"]
