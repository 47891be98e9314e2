"""Twilio: our requests and signatures held against its official client; what its codes and reports come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.twilio.twilio_server import HOOK, SENDER, SID, TOKEN, TwilioServer, posted, report, words
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client as OfficialClient
from werkzeug.datastructures import MultiDict

from nps_adapters.twilio.channel import TwilioChannel
from nps_adapters.twilio.codes import ACCOUNT_AND_NUMBER, FINAL, MENDABLE
from nps_adapters.twilio.signatures import is_signed, signature
from nps_plugin import (
    AnswerOutcome,
    Blocked,
    Client,
    ConfigError,
    DeliveryError,
    Forged,
    Reported,
    ReportOutcome,
    Scored,
    Secret,
    Stopped,
)
from nps_plugin.testing import example_message
from nps_plugin.testing.channel import example_answered

PHONE = "+79161234567"
MESSAGE_SID = "SM" + "c" * 32


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    server = TwilioServer()
    yield server
    server.close()


def made(server: TwilioServer | None = None, **settings: Any) -> TwilioChannel:
    plain = {"account_sid": SID, "auth_token": Secret(TOKEN), "from": SENDER, "country_code": "7", "timeout": 2}
    if server is not None:
        plain["api"] = server.url
    if "messaging_service" in settings:
        del plain["from"]
    return TwilioChannel({**plain, **settings})


# --- the official client as the oracle


class Loopback(TwilioHttpClient):
    """The official client's own requests, to another host."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self.base), *args, **more)


@pytest.mark.parametrize("sender", [{"from": SENDER}, {"messaging_service": "MG" + "d" * 32}])
def test_our_request_is_the_official_clients(server: TwilioServer, sender: dict[str, str]):
    message = example_message(hook=HOOK)
    sid = made(server, **sender).send(message).reference
    who = {"from_": SENDER} if "from" in sender else {"messaging_service_sid": sender["messaging_service"]}
    body = server.sent[sid]["Body"]
    official = OfficialClient(SID, TOKEN, http_client=Loopback(server.url))
    official.messages.create(to=PHONE, body=body, status_callback=HOOK, **who)
    ours, theirs = server.calls
    assert (ours.method, ours.path, ours.query, ours.form) == (theirs.method, theirs.path, theirs.query, theirs.form)
    for name in ("authorization", "content-type"):
        assert ours.headers[name] == theirs.headers[name]


names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)
values = st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=20), min_size=1, max_size=3)


@given(
    st.dictionaries(names, values, max_size=6),
    st.sampled_from([HOOK, "https://h.example:8443/x", "http://h.example/x?a=1&b=2", "https://h.example/x#y"]),
    st.sampled_from(["sha1", "sha256"]),
)
def test_our_signature_is_the_official_validators(form: dict[str, list[str]], url: str, digest: str):
    read = MultiDict((name, value) for name, many in form.items() for value in many)
    algorithm = f"HMAC_{digest.upper()}"
    validator = RequestValidator(TOKEN)
    assert signature(Secret(TOKEN), url, form, digest) == validator.compute_signature(url, read, algorithm)
    for called in (url, url.replace("h.example/", "h.example:443/").replace("http:", "https:")):
        given_signature = validator.compute_signature(called, read, algorithm)
        ours = is_signed(Secret(TOKEN), url, form, given_signature, digest)
        assert ours == validator.validate(url, read, given_signature, algorithm)
    assert not is_signed(Secret(TOKEN), url, {**form, "more": ["1"]}, signature(Secret(TOKEN), url, form), digest)


def test_a_key_of_our_own_signs_by_sha256_and_the_token_does_not():
    request = posted(report(MESSAGE_SID, "delivered"))
    form = MultiDict((name, value) for name, many in request.form.items() for value in many)
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"

    def signed(secret: str) -> Any:
        by_key = RequestValidator(secret).compute_signature(HOOK, form, "HMAC_SHA256")
        more = {"x-twilio-signature": by_key, "x-twilio-webhooks-signature-settings": settings}
        return replace(request, headers={**request.headers, **more})

    channel = made(webhook_secret=Secret("a key of our own"))
    assert channel.receive(signed("a key of our own")).events
    for forged in (signed(TOKEN), signed("another")):
        with pytest.raises(Forged):
            channel.receive(forged)
    with pytest.raises(Forged):
        made().receive(signed(TOKEN))


def test_a_request_for_another_tenants_address_or_account_is_forged():
    other = HOOK.replace("/acme/", "/other/")
    with pytest.raises(Forged):
        made().receive(replace(posted(words("5")), url=other))
    with pytest.raises(Forged):
        made().receive(posted(words("5"), token="ab" * 16))


# --- what comes back


def test_a_message_of_the_client_is_a_text_that_may_hold_a_score():
    (event,) = made().receive(posted(words("5, great", sid=MESSAGE_SID))).events
    assert isinstance(event, Scored)
    assert (event.event, event.address, event.text, event.score) == (MESSAGE_SID, PHONE, "5, great", None)


@pytest.mark.parametrize("said", ["STOP", "стоп", "Cancel", "quit"])
def test_stop_stops(said: str):
    (event,) = made().receive(posted(words(said))).events
    assert isinstance(event, Stopped)
    assert event.address == PHONE


def test_twilios_own_word_for_stop_is_believed():
    (event,) = made().receive(posted(words("Basta", OptOutType="STOP"))).events
    assert isinstance(event, Stopped)


@pytest.mark.parametrize(
    "odd", [words(""), words("  "), words("5", phone="ACME"), words("5", sid="x"), words("5", phone="whatsapp:+7916")]
)
def test_what_says_nothing_gives_nothing(odd: dict[str, str]):
    assert made().receive(posted(odd)).events == ()


@pytest.mark.parametrize("state", ["accepted", "scheduled", "queued", "sending", "sent", "partially_delivered", "new"])
def test_what_is_still_on_its_way_is_no_news(state: str):
    assert made().receive(posted(report(MESSAGE_SID, state))).events == ()


def test_delivered_is_told_once_though_it_is_read_later():
    events = [made().receive(posted(report(MESSAGE_SID, state))).events[0] for state in ("delivered", "read")]
    assert {event.event for event in events} == {f"{MESSAGE_SID}:delivered"}
    assert {event.outcome for event in events if isinstance(event, Reported)} == {ReportOutcome.DELIVERED}
    assert {event.reference for event in events} == {MESSAGE_SID}


@pytest.mark.parametrize(
    ("state", "code", "final"),
    [
        ("undelivered", 30003, False), ("undelivered", 30008, False), ("failed", 30001, False), ("failed", None, False),
        ("undelivered", 30005, True), ("undelivered", 30006, True), ("failed", 30007, True), ("canceled", None, False),
        ("undelivered", 99999, False),
    ],
)  # fmt: skip
def test_a_failure_is_final_or_not_by_its_code(state: str, code: int | None, final: bool):
    (event,) = made().receive(posted(report(MESSAGE_SID, state, code))).events
    assert isinstance(event, Reported)
    assert (event.outcome, event.final, event.reference) == (ReportOutcome.FAILED, final, MESSAGE_SID)
    assert state in event.reason
    assert code is None or str(code) in event.reason
    assert PHONE not in event.reason


def test_who_opted_out_at_twilio_is_blocked():
    failed, blocked = made().receive(posted(report(MESSAGE_SID, "failed", 21610))).events
    assert isinstance(failed, Reported)
    assert failed.final
    assert isinstance(blocked, Blocked)
    assert blocked.address == PHONE


def test_nothing_is_said_back_to_twilio_that_it_would_send():
    response = made().receive(posted(words("5"))).response
    assert response is not None
    assert b"<Response/>" in response.body
    assert ("Content-Type", "text/xml; charset=utf-8") in response.headers


# --- what leaves


@pytest.mark.parametrize(("status", "code"), [(400, code) for code in sorted(FINAL) if code < 30000])
def test_a_number_that_will_not_do_is_final(server: TwilioServer, status: int, code: int):
    server.errors[PHONE] = (status, code)
    with pytest.raises(DeliveryError, match=str(code)) as raised:
        made(server).send(example_message())
    assert raised.value.final
    assert not raised.value.down


@pytest.mark.parametrize(
    ("status", "code"), [(429, 20429), (401, 20003), (403, 20003), *((400, c) for c in sorted(MENDABLE))]
)
def test_what_is_ours_to_mend_costs_no_question(server: TwilioServer, status: int, code: int):
    server.errors[PHONE] = (status, code)
    with pytest.raises(DeliveryError, match=str(code)) as raised:
        made(server).send(example_message())
    assert not raised.value.final
    assert raised.value.down


@pytest.mark.parametrize("code", sorted(ACCOUNT_AND_NUMBER))
def test_what_the_account_may_not_do_for_one_number_holds_up_no_other(server: TwilioServer, code: int):
    server.errors[PHONE] = (400, code)
    with pytest.raises(DeliveryError, match=str(code)) as raised:
        made(server).send(example_message())
    assert (raised.value.final, raised.value.down) == (False, False)


def test_an_unknown_refusal_is_final(server: TwilioServer):
    server.errors[PHONE] = (400, 21999)
    with pytest.raises(DeliveryError, match="21999") as raised:
        made(server).send(example_message())
    assert raised.value.final


def test_the_number_is_written_as_twilio_wants_it(server: TwilioServer):
    made(server).send(example_message(client=Client(phone="8 (916) 123-45-67")))
    assert [form["To"] for form in server.sent.values()] == [PHONE]


@pytest.mark.parametrize("phone", ["", "нет", "12-34-56", "+7 916 123-45-67 доб. 3"])
def test_a_wrong_number_is_not_reached_and_the_log_says_why(phone: str, caplog: pytest.LogCaptureFixture):
    with caplog.at_level("INFO"):
        assert not made().reaches(Client(phone=phone))
    assert ("telephone number" in caplog.text) == bool(phone)
    assert not phone or phone not in caplog.text
    with pytest.raises(DeliveryError, match="telephone number") as raised:
        made().send(example_message(client=Client(phone=phone)))
    assert raised.value.final


def test_a_name_as_the_sender_asks_for_no_reply(server: TwilioServer):
    channel = made(server, **{"from": "Acme"})
    channel.send(example_message())
    (form,) = server.sent.values()
    assert "Ответьте" not in form["Body"]
    assert form["Body"].endswith(example_message().url)
    assert (channel.capabilities.address, made().capabilities.address) == ("", "phone")


def test_thanks_are_sent_where_the_settings_ask_for_them(server: TwilioServer):
    answered = example_answered(AnswerOutcome.THANKS)
    event = Scored(event="1", at=datetime(2026, 11, 20, tzinfo=UTC), address=PHONE, text="1")
    answered = replace(answered, address="", event=event)
    made(server).reply(answered)
    assert server.sent == {}
    made(server, replies=["thanks"]).reply(answered)
    made(server, replies=["thanks"]).reply(replace(answered, outcome=AnswerOutcome.LOCKED))
    (form,) = server.sent.values()
    assert (form["To"], form["Body"]) == (PHONE, f"Спасибо! Почему? {answered.url}")
    assert "StatusCallback" not in form


# --- settings


def test_all_mistakes_are_told_at_once():
    settings = {
        "account_sid": "AC1", "auth_tokem": "env:X", "from": "A name that is too long", "messaging_service": "MG1",
        "country_code": "+7", "replies": ["thanks", "hooray"], "api": "http://api.twilio.com", "timeout": 0,
    }  # fmt: skip
    with pytest.raises(ConfigError) as raised:
        TwilioChannel(settings)
    told = {problem.key: problem.expected for problem in raised.value.problems}
    assert set(told) == {
        "account_sid", "auth_token", "auth_tokem", "from", "messaging_service", "country_code", "replies", "timeout",
    }  # fmt: skip
    assert "auth_token" in told["auth_tokem"]


def test_a_token_is_neither_sent_in_the_clear_nor_written_down():
    for key, wrong in {"api": "http://api.twilio.com", "auth_token": TOKEN}.items():
        with pytest.raises(ConfigError) as raised:
            made(**{key: wrong})
        assert [problem.key for problem in raised.value.problems] == [key]
        assert TOKEN not in str(raised.value)
