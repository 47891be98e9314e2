"""Questions by short message from the closing of a ticket to what people see, over the door; with both adapters."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from tests.adapters.sms_http.gateways import HOOK_SECRET, Gateway, form_settings
from tests.adapters.twilio.twilio_server import SENDER, SID, TOKEN, TwilioServer, posted, report, words
from tests.world import BASE, World, send

from nps_plugin import Client, Secret, hookimpl

PHONE = "8 (916) 123-45-67"


class OverHttp:
    name: ClassVar[str] = "sms-http"

    def __init__(self) -> None:
        self.wire = Gateway()
        self.settings = {"adapter": self.name, **form_settings(self.wire.url)}

    def texts(self) -> list[tuple[str, str]]:
        return [(f"+{number}", text) for number, text in self.wire.sent]

    def reference(self, number: int) -> str:
        return f"1000{number}"

    def says(self, text: str, event: str = "1", phone: str = "79161234567") -> tuple[bytes, dict[str, str]]:
        return self._post({"sms_id": event, "phone": phone, "mes": text})

    def tells(self, reference: str, outcome: str) -> tuple[bytes, dict[str, str]]:
        return self._post({"id": reference, "status": {"delivered": "1", "failed": "20", "final": "22"}[outcome]})

    def _post(self, values: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        return urlencode(values).encode(), {"X-Secret": HOOK_SECRET}


class OverTwilio:
    name: ClassVar[str] = "twilio"

    def __init__(self) -> None:
        self.wire = TwilioServer()
        self.settings = {
            "adapter": self.name, "account_sid": SID, "auth_token": Secret(TOKEN), "from": SENDER,
            "country_code": "7", "api": self.wire.url, "timeout": 2,
        }  # fmt: skip

    def texts(self) -> list[tuple[str, str]]:
        return [(form["To"], form["Body"]) for form in self.wire.sent.values()]

    def reference(self, number: int) -> str:
        return f"SM{number:032x}"

    def says(self, text: str, event: str = "1", phone: str = "79161234567") -> tuple[bytes, dict[str, str]]:
        return self._post(words(text, sid=f"SM{int(event):032d}", phone=f"+{phone}"))

    def tells(self, reference: str, outcome: str) -> tuple[bytes, dict[str, str]]:
        state, code = {
            "delivered": ("delivered", None),
            "failed": ("undelivered", 30003),
            "final": ("undelivered", 30005),
        }[outcome]
        return self._post(report(reference, state, code))

    def _post(self, values: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        request = posted(values, url=f"{BASE}/hooks/acme/sms")
        return request.body, {"X-Twilio-Signature": request.headers["x-twilio-signature"]}


@pytest.fixture(params=[OverHttp, OverTwilio], ids=lambda kind: kind.name)
def sms(request: pytest.FixtureRequest) -> Iterator[Any]:
    provider = request.param()
    yield provider
    provider.wire.close()


class Manager:
    def __init__(self) -> None:
        self.told: list[Any] = []

    @hookimpl
    def nps_comment_received(self, news: Any) -> None:
        self.told.append(news)


@pytest.fixture
def make(make_world: Callable[..., World], sms: Any) -> Callable[..., World]:
    def make(settings: Any = None, plugins: Any = (), **acme: Any) -> World:
        asked = {"channels": ["sms"], "expires_after": "28d", **acme.pop("ask", {})}
        channels = {"sms": {**sms.settings, **(settings or {})}}
        if "email" in asked["channels"]:
            channels["email"] = {}
        return make_world(
            scale="stars-5", locale="ru", ask=asked, channels=channels, plugins=plugins, strict=False, **acme
        )

    return make


def irina(number: str = "1", phone: str = PHONE) -> Client:
    return Client(id=number, name="Irina Kuznetsova", phone=phone, locale="ru", email=f"irina{number}@client.example")


def comes(world: World, post: tuple[bytes, dict[str, str]], tenant: str = "acme", **changed: str) -> int:
    body, headers = post
    response = world.browser().post(
        f"/hooks/{tenant}/sms", data=body, headers={**headers, **changed},
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    response.close()
    return response.status_code


def scores(world: World) -> list[tuple[int, str]]:
    return [(row.score, row.state) for row in world.rows("answer")]


def log_of(world: World, ticket: str = "17") -> list[str]:
    return [entry.what.value for entry in world.ratings.survey_log("acme", ticket)]


def test_a_closed_ticket_becomes_a_text_and_its_answer_a_verdict(make: Any, sms: Any):
    world = make()
    world.close(client=irina())
    assert world.ratings.run_due().sent == 1
    ((number, text),) = sms.texts()
    assert number == "+79161234567"
    assert text.startswith("Acme: Как вы оцениваете")
    assert f"{BASE}/acme/" in text
    assert len(text.rpartition(" ")[2]) == len(f"{BASE}/acme/") + 22
    assert comes(world, sms.tells(sms.reference(0), "delivered")) == 200
    assert comes(world, sms.says("5, отлично")) == 200
    assert scores(world) == [(5, "counted")]
    assert world.ratings.ticket_verdict("acme", "17").kind == "confirmed"
    (answer,) = world.ratings.answers("acme")
    assert answer.comment == "отлично"
    assert answer.channel == "sms"


def test_the_link_in_the_text_opens_the_page(make: Any, sms: Any):
    world = make()
    world.close(client=irina())
    world.ratings.run_due()
    token = sms.texts()[0][1].rpartition("/")[2]
    assert send(world.browser(), token, 2).status_code == 200
    assert scores(world) == [(2, "counted")]


@pytest.mark.parametrize("text", ["55", "спасибо, но принтер снова горит"])
def test_words_without_a_score_are_kept_and_the_manager_is_told(make: Any, sms: Any, text: str):
    manager = Manager()
    world = make(plugins=[manager])
    world.close(client=irina())
    world.ratings.run_due()
    comes(world, sms.says(text))
    world.ratings.run_due()
    assert scores(world) == []
    assert [row.text for row in world.rows("comment")] == [text]
    assert [news.ticket for news in manager.told] == ["17"]
    assert world.ratings.ticket_verdict("acme", "17").kind == "pending"


def test_one_open_question_to_a_number_at_a_time(make: Any, sms: Any):
    world = make(ask={"quarantine": "0d"})
    world.close("17", client=irina("1"))
    world.close("18", client=irina("2", "+7 916 123-45-67"))
    world.close("19", client=irina("3", "+7 916 765-43-21"))
    world.ratings.run_due()
    assert [number for number, _ in sms.texts()] == ["+79161234567", "+79167654321"]
    comes(world, sms.says("4"))
    world.clock.advance(timedelta(hours=7))
    world.ratings.run_due()
    assert [number for number, _ in sms.texts()] == ["+79161234567", "+79167654321", "+79161234567"]
    comes(world, sms.says("2", event="2"))
    assert {one.ticket: one.score for one in world.ratings.answers("acme")} == {"17": 4, "18": 2}


@pytest.mark.parametrize("word", ["СТОП", "stop"])
def test_who_says_stop_is_not_asked_again(make: Any, sms: Any, word: str):
    world = make(ask={"quarantine": "0d"})
    world.close(client=irina())
    world.ratings.run_due()
    assert comes(world, sms.says(word)) == 200
    world.clock.advance(timedelta(days=40))
    assert world.close("18", client=irina()).not_asked.reason == "opted_out"
    world.ratings.run_due()
    assert len(sms.texts()) == 1
    assert scores(world) == []


def test_a_text_that_does_not_arrive_makes_way_for_the_next_channel_once(make: Any, sms: Any):
    world = make(ask={"channels": ["sms", "email"]})
    world.close(client=irina())
    world.ratings.run_due()
    for _ in range(3):
        assert comes(world, sms.tells(sms.reference(0), "final")) == 200
    world.ratings.run_due()
    world.clock.advance(timedelta(days=1))
    world.ratings.run_due()
    assert len(world.mailbox.mails) == 1
    assert len(sms.texts()) == 1
    assert [row.outcome for row in world.rows("message") if row.channel == "sms"] == ["refused"]


def test_a_phone_that_was_off_is_tried_again_later(make: Any, sms: Any):
    world = make()
    world.close(client=irina())
    world.ratings.run_due()
    comes(world, sms.tells(sms.reference(0), "failed"))
    assert world.ratings.run_due().sent == 0
    world.clock.advance(timedelta(hours=1))
    assert world.ratings.run_due().sent == 1
    assert len(sms.texts()) == 2


def test_a_late_report_of_an_answered_question_changes_nothing(make: Any, sms: Any):
    world = make()
    world.close(client=irina())
    world.ratings.run_due()
    comes(world, sms.says("5"))
    comes(world, sms.tells(sms.reference(0), "failed"))
    world.clock.advance(timedelta(days=1))
    assert world.ratings.run_due().sent == 0
    assert scores(world) == [(5, "counted")]


def test_a_replay_does_nothing(make: Any, sms: Any):
    world = make()
    world.close(client=irina())
    world.ratings.run_due()
    for text in ("5", "5"):
        comes(world, sms.says(text, event="1"))
    comes(world, sms.says("1", event="2"))
    comes(world, sms.says("5", event="1"))
    assert scores(world) == [(5, "superseded"), (1, "counted")]


def test_an_answer_that_comes_too_late_is_none(make: Any, sms: Any):
    world = make()
    world.close(client=irina())
    world.ratings.run_due()
    world.clock.advance(timedelta(days=29))
    world.ratings.run_due()
    assert comes(world, sms.says("5")) == 200
    assert scores(world) == []


def test_forged_and_foreign_requests_are_refused_and_logged(make: Any, sms: Any, caplog: pytest.LogCaptureFixture):
    world = make()
    world.close(client=irina())
    world.ratings.run_due()
    with caplog.at_level(logging.WARNING):
        assert comes(world, sms.says("5"), **{"X-Secret": "no", "X-Twilio-Signature": "no"}) == 403
        assert comes(world, (sms.says("5")[0], {})) == 403
    assert "refused: not signed" in caplog.text
    assert comes(world, sms.says("5"), tenant="other") == 404
    assert scores(world) == []
    assert comes(world, sms.says("5", phone="79990001122")) == 200
    assert scores(world) == []


@pytest.mark.parametrize("phone", ["12-34-56", "нет телефона", "+7 916 123-45-67 доб. 3"])
def test_a_wrong_number_makes_way_for_the_next_channel(
    make: Any, sms: Any, phone: str, caplog: pytest.LogCaptureFixture
):
    world = make(ask={"channels": ["sms", "email"]})
    with caplog.at_level(logging.INFO):
        world.close(client=irina(phone=phone))
        world.ratings.run_due()
    assert sms.wire.arrived == 0
    assert len(world.mailbox.mails) == 1
    assert "a client's telephone number cannot be used" in caplog.text


def test_a_gateway_that_is_down_for_a_day_loses_nothing_and_sends_nothing_twice(make: Any, sms: Any):
    world = make({"rate": "10/m"}, ask={"channels": ["sms", "email"], "quarantine": "0d"})
    numbers = [f"+7916{number:07d}" for number in range(35)]
    sms.wire.fail("no connection")
    for number, phone in enumerate(numbers):
        world.close(str(100 + number), client=irina(str(number), phone))
    for _ in range(24):
        world.ratings.run_due()
        world.clock.advance(timedelta(hours=1))
    assert sms.texts() == []
    assert world.mailbox.mails == []
    knocked = sms.wire.arrived
    assert 10 < knocked < 24 * 5
    assert {row.state for row in world.rows("survey")} == {"scheduled"}
    sms.wire.accept()
    per_minute = []
    while sum(per_minute) < len(numbers) or per_minute[-3:] != [0, 0, 0]:
        before = len(sms.texts())
        world.ratings.run_due()
        per_minute.append(len(sms.texts()) - before)
        world.clock.advance(timedelta(minutes=1))
        assert len(per_minute) < 60 * 3
    assert sorted(number for number, _ in sms.texts()) == numbers
    assert max(per_minute) <= 10
    assert world.mailbox.mails == []
    assert {row.state for row in world.rows("survey")} == {"sent"}
    assert json.dumps(log_of(world, "100")).count('"sent"') == 1
