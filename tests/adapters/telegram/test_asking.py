"""What leaves: the question and its buttons, and what Telegram's refusals mean."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest
from tests.adapters.telegram.bot_server import CHAT, TOKEN, BotServer, mistakes

from nps_adapters.telegram.channel import TelegramChannel
from nps_plugin import SCALES, Channel, Client, ConfigError, DeliveryError, Inbound, Point, Polled, Secret
from nps_plugin.testing import example_message


def asked(scale_name: str, locale: str = "en", **change):
    """The kit's message on another scale, its points as the core names them."""
    scale = SCALES[scale_name]
    ends, labels = scale.ends.get(locale, ("", "")), scale.labels.get(locale)
    named = {scale.low: ends[0], scale.high: ends[1]}
    points = tuple(
        Point(score=score, label=labels[score - scale.low] if labels else named.get(score) or str(score))
        for score in scale.points
    )
    return example_message(scale=scale, points=points, **change)


def sent(bot: BotServer) -> dict:
    return json.loads(bot.calls[-1].body)


def test_it_asks_hears_and_can_be_polled(channel):
    assert isinstance(channel, Channel)
    assert isinstance(channel, Inbound)
    assert isinstance(channel, Polled)


def test_the_question_arrives_with_the_points_in_the_clients_language(bot, channel):
    delivery = channel.send(example_message())
    assert bot.buttons() == ["Плохо", "Нормально", "Хорошо"]
    assert bot.text() == "Acme: как мы решили обращение 17?\n\nКак решено ваше обращение?"
    assert delivery.reference == f"{CHAT}:{bot.last()}"


@pytest.mark.parametrize(
    ("scale", "rows"), [("thumbs-2", [2]), ("faces-3", [3]), ("nps-11", [6, 5]), ("keypad-10", [5, 5])]
)
def test_the_buttons_stand_in_rows(bot, channel, scale, rows):
    channel.send(asked(scale))
    keyboard = sent(bot)["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in keyboard] == rows
    assert all(len(button["callback_data"].encode()) <= 64 for row in keyboard for button in row)


@pytest.mark.parametrize(("locale", "ends"), [("en", SCALES["nps-11"].ends["en"]), ("ru", SCALES["nps-11"].ends["ru"])])
def test_numbers_say_what_their_ends_mean(bot, channel, locale, ends):
    channel.send(asked("nps-11", locale))
    assert bot.buttons() == [str(score) for score in range(11)]
    assert bot.text().endswith(f"0 – {ends[0]}, 10 – {ends[1]}")


def test_names_of_a_longer_scale_stand_one_below_the_other(bot, channel):
    points = tuple(Point(score=score, label=f"quite a long name {score}") for score in range(1, 6))
    channel.send(example_message(points=points))
    assert [len(row) for row in sent(bot)["reply_markup"]["inline_keyboard"]] == [1] * 5


def test_a_huge_question_is_cut_to_what_a_message_takes(bot, channel):
    channel.send(example_message(question="ы" * 10_000))
    assert len(bot.text()) == 4096


@pytest.mark.parametrize("address", ["", "@irina", "irina", "0", "12345678901234567890", "1.5", "7 916", "5\n"])
def test_what_is_no_chat_is_not_reached_and_nothing_leaves(bot, channel, address):
    client = Client(telegram=address)
    if address == "5\n":
        client = replace(client, telegram="5\n5")
    assert not channel.reaches(client)
    with pytest.raises(DeliveryError) as caught:
        channel.send(example_message(client=client))
    assert caught.value.final
    assert bot.arrived == 0


def test_a_bot_that_is_blocked_is_the_last_word(bot, channel):
    bot.blocked.add(CHAT)
    with pytest.raises(DeliveryError) as caught:
        channel.send(example_message())
    assert caught.value.final
    assert "blocked" in caught.value.reason


def test_a_chat_that_was_migrated_is_asked_once_more_where_it_is_now(bot, channel):
    bot.migrated[CHAT] = -1001234567890
    delivery = channel.send(example_message())
    assert bot.methods == ["sendMessage", "sendMessage"]
    assert delivery.reference == f"-1001234567890:{bot.last(-1001234567890)}"


def test_a_chat_that_moves_for_ever_is_not_followed_for_ever(bot, channel):
    bot.migrated |= {CHAT: -100, -100: CHAT}
    with pytest.raises(DeliveryError) as caught:
        channel.send(example_message())
    assert caught.value.final
    assert len(bot.methods) == 2


def test_the_wait_that_telegram_asks_for_in_the_body_is_handed_on(bot, channel):
    bot.retry_after = 23
    with pytest.raises(DeliveryError) as caught:
        channel.send(example_message())
    assert (caught.value.final, caught.value.retry_after) == (False, 23)


def test_a_wrong_token_is_ours_to_mend(bot):
    channel = TelegramChannel({"token": Secret(TOKEN + "x"), "api": bot.url})
    with pytest.raises(DeliveryError) as caught:
        channel.send(example_message())
    assert not caught.value.final
    assert "token" in caught.value.reason
    assert TOKEN not in caught.value.reason


def test_the_token_is_masked_in_urllib3s_own_log(bot, channel, caplog):
    with caplog.at_level(logging.DEBUG):
        channel.send(example_message())
        bot.refuse(500)
        with pytest.raises(DeliveryError):
            channel.send(example_message())
    assert "/bot***/sendMessage" in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text


def test_the_guard_over_calls_finds_what_the_bot_api_would_refuse():
    assert mistakes("sendMessage", {"chat_id": 5, "text": "a"}) == []
    assert mistakes("sendMessage", {"chat_id": 5.5, "txt": "a"}) == [
        "sendMessage.txt: no such field",
        "sendMessage.chat_id: expected Integer or String",
        "sendMessage.text: is missing",
    ]
    keyboard = {"inline_keyboard": [[{"callback_data": "x"}]]}
    assert mistakes("sendMessage", {"chat_id": 5, "text": "a", "reply_markup": keyboard})


@pytest.mark.parametrize(
    ("settings", "key", "expected"),
    [
        ({}, "token", "required"),
        ({"token": "123:abc"}, "token", "env:NAME"),
        ({"token": Secret("not one")}, "token", "BotFather"),
        ({"token": Secret(TOKEN), "tokn": 1}, "tokn", "did you mean 'token'"),
        ({"token": Secret(TOKEN), "api": "http://api.example"}, "api", "https://"),
        ({"token": Secret(TOKEN), "username": "@acme"}, "username", "without @"),
        ({"token": Secret(TOKEN), "timeout": 0}, "timeout", "greater than 0"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings, key, expected):
    with pytest.raises(ConfigError) as caught:
        TelegramChannel(settings)
    (problem,) = caught.value.problems
    assert problem.key == key
    assert expected in problem.expected
    assert "not one" not in str(caught.value)


def test_a_message_that_only_asks_why_leads_to_its_page_and_has_no_buttons(bot, channel):
    message = example_message(kind="why", points=(), question="You rated us 1. What went wrong?")
    channel.send(message)
    assert sent(bot)["text"].endswith(f"You rated us 1. What went wrong?\n\n{message.url}")
    assert sent(bot)["reply_markup"] == {"inline_keyboard": []}
    assert mistakes("sendMessage", sent(bot)) == []
