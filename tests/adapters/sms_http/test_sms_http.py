"""A gateway by configuration: what leaves, what its replies mean, what it may post, and mistakes in its settings."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.sms_http.gateways import (
    HOOK_SECRET,
    PASSWORD,
    Gateway,
    by_header,
    by_hmac,
    form_settings,
    json_settings,
    posted,
    query_settings,
)

from nps_adapters.sms_http.channel import SmsHttpChannel
from nps_adapters.sms_http.filling import fill
from nps_adapters.twilio.channel import TwilioChannel
from nps_plugin import ConfigError, DeliveryError, Event, Forged, Reported, Request, Scored, Secret, Stopped
from nps_plugin.testing import example_message

NOWHERE = "https://sms.example"
REPORT = {"reference": "a", "state": "b", "final": 1}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.close()


def problems(**settings: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as raised:
        SmsHttpChannel(form_settings(NOWHERE, **settings))
    return {problem.key: problem.expected for problem in raised.value.problems}


def refused(gateway: Gateway, status: int, said: bytes, settings: Any = form_settings, **more: Any) -> DeliveryError:
    gateway.says = status, said
    with pytest.raises(DeliveryError) as raised:
        SmsHttpChannel(settings(gateway.url, **more)).send(example_message())
    return raised.value


# --- what leaves


@pytest.mark.parametrize("settings", [form_settings, json_settings])
def test_a_message_leaves_in_the_gateways_own_words(gateway: Gateway, settings: Any):
    delivery = SmsHttpChannel(settings(gateway.url)).send(example_message())
    ((number, text),) = gateway.sent
    assert number == "79161234567"
    assert text == example_message().short
    assert delivery.reference == "10000"


def test_an_old_gateway_gets_its_own_charset_in_the_address(gateway: Gateway):
    message = example_message(
        question="Всё ли “хорошо” 😀?", short=f"Acme: Всё ли “хорошо” 😀? {example_message().url}"
    )
    delivery = SmsHttpChannel(query_settings(gateway.url)).send(message)
    (call,) = gateway.calls
    assert (call.method, call.path, call.body) == ("GET", "/send/79161234567", b"")
    assert delivery.reference == "10000"


def test_a_form_is_written_in_the_charset_of_the_settings(gateway: Gateway):
    SmsHttpChannel(form_settings(gateway.url, charset="windows-1251")).send(example_message())
    (call,) = gateway.calls
    assert call.headers["content-type"] == "application/x-www-form-urlencoded; charset=windows-1251"
    raw = unquote_to_bytes(call.body.replace(b"+", b" ")).decode("windows-1251")
    assert f"mes={example_message().short}" in raw


def test_without_a_reference_our_own_id_is_one(gateway: Gateway):
    settings = json_settings(gateway.url)
    del settings["reference"]
    assert SmsHttpChannel(settings).send(example_message()).reference == example_message().id
    assert json.loads(gateway.calls[0].body)["messages"][0]["own"] == example_message().id


def test_a_path_into_a_reply_may_hold_the_number(gateway: Gateway):
    gateway.says = 200, b'{"status": "OK", "sms": {"79161234567": {"status_code": 100, "sms_id": "000-1"}}}'
    path = {"json": "sms.{digits}.status_code", "equals": 100}
    settings = form_settings(gateway.url, success=path, reference={"json": "sms.{digits}.sms_id"})
    assert SmsHttpChannel(settings).send(example_message()).reference == "000-1"
    gateway.says = 200, b'{"status": "OK", "sms": {"79161234567": {"status_code": 207}}}'
    settings["errors"] = [{"json": "sms.{digits}.status_code", "equals": "207", "then": "final"}]
    with pytest.raises(DeliveryError) as raised:
        SmsHttpChannel(settings).send(example_message())
    assert raised.value.final


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=60))
def test_a_value_is_never_filled_again(text: str):
    secrets = {"password": Secret(PASSWORD)}
    filled = fill("[{text}|{phone}]", {"text": text + "{secret:password}{phone}", "phone": "+7"}, secrets)
    assert filled == f"[{text}{{secret:password}}{{phone}}|+7]"


# --- what a reply means


@pytest.mark.parametrize(
    ("said", "final", "down"),
    [
        (b'{"error": "authorise error", "error_code": 2}', False, True),
        (b'{"error": "invalid number", "error_code": 7}', True, False),
        # refused, though it has an id
        (b'{"error": "not deliverable", "error_code": 8, "id": 17}', True, False),
        (b'{"error": "message is denied", "error_code": 6}', False, False),
        (b"something else", False, False),
    ],
)
def test_what_is_no_success_is_final_or_not_as_the_settings_say(gateway: Gateway, said: bytes, final: bool, down: bool):
    error = refused(gateway, 200, said)
    assert (error.final, error.down) == (final, down)


def test_the_settings_know_better_than_a_status(gateway: Gateway):
    assert refused(gateway, 400, b'{"error_code": 9}').down
    assert refused(gateway, 500, b'{"error_code": 7}').final
    assert refused(gateway, 400, b"").final


def test_a_text_reply_is_told_apart_by_its_beginning(gateway: Gateway):
    assert refused(gateway, 200, b"207", query_settings).final
    assert not refused(gateway, 200, b"220", query_settings).final


def test_a_wait_of_the_settings_is_handed_on(gateway: Gateway):
    error = refused(gateway, 200, b"WAIT", errors=[{"starts_with": "WAIT", "then": "down", "retry_after": 90}])
    assert error.retry_after == 90


def test_a_link_that_does_not_fit_is_ours_to_mend(gateway: Gateway):
    url = "https://help.example.org/" + "rate/" * 80
    with pytest.raises(DeliveryError, match=r"page\.base_url") as raised:
        SmsHttpChannel(form_settings(gateway.url)).send(example_message(url=url, short=""))
    assert (raised.value.final, raised.value.down, gateway.arrived) == (False, True, 0)


@pytest.mark.parametrize("settings", [form_settings, json_settings, query_settings])
def test_a_reply_that_repeats_everything_is_not_repeated(
    gateway: Gateway, settings: Any, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level("DEBUG"):
        error = refused(gateway, 200, f"no: {PASSWORD} +79161234567 {example_message().short}".encode(), settings)
    for secret in (PASSWORD, PASSWORD.replace(" ", "+"), "79161234567", example_message().token):
        assert secret not in f"{error!r} {error.reason}"
        assert secret not in caplog.text


# --- what comes back


def heard(request: Request, settings: Any = form_settings, **more: Any) -> tuple[Event, ...]:
    return SmsHttpChannel(settings(NOWHERE, **more)).receive(request).events


def test_words_in_the_gateways_charset_are_read():
    said = urlencode({"sms_id": "7", "phone": "79161234567", "mes": "5, отлично"}, encoding="windows-1251")
    hook = {**form_settings(NOWHERE)["hook"], "charset": "windows-1251"}
    (event,) = heard(by_header(said), hook=hook)
    assert isinstance(event, Scored)
    assert (event.event, event.address, event.text) == ("7", "+79161234567", "5, отлично")


@pytest.mark.parametrize("number", ["79161234567", "+79161234567", "89161234567", "9161234567"])
def test_a_number_is_the_same_however_the_gateway_writes_it(number: str):
    (event,) = heard(by_header(urlencode({"sms_id": "7", "phone": number, "mes": "5"})))
    assert event.address == "+79161234567"


def test_a_number_of_another_country_keeps_its_code():
    (event,) = heard(by_header(urlencode({"sms_id": "7", "phone": "4915112345678", "mes": "5"})))
    assert event.address == "+4915112345678"


@pytest.mark.parametrize("number", ["", "ACME", "900"])
def test_who_has_no_number_is_nobody(number: str):
    assert heard(by_header(urlencode({"sms_id": "7", "phone": number, "mes": "5"}))) == ()


def test_stop_stops():
    (event,) = heard(by_header(urlencode({"sms_id": "7", "phone": "79161234567", "mes": "Стоп."})))
    assert isinstance(event, Stopped)


def test_an_event_is_named_by_several_fields_where_the_gateway_has_no_id():
    item = {"from": "79161234567", "at": 17, "body": {"text": "5"}}
    first, same, later = (
        heard(by_hmac(json.dumps({"events": [one]})), json_settings)[0].event
        for one in (item, item, {**item, "at": 18})
    )
    assert first == same != later


@pytest.mark.parametrize(
    ("state", "outcome", "final"),
    [("1", "delivered", False), ("2", "delivered", False), ("3", "failed", False), ("22", "failed", True)],
)
def test_a_state_means_what_the_settings_say(state: str, outcome: str, final: bool):
    (event,) = heard(by_header(urlencode({"id": "10000", "status": state, "phone": "79161234567", "err": "240"})))
    assert isinstance(event, Reported)
    assert (event.reference, event.outcome, event.final) == ("10000", outcome, final)
    assert event.reason == ("" if outcome == "delivered" else f"state {state}, code 240")


def test_a_state_that_is_not_named_is_on_its_way():
    assert heard(by_header(urlencode({"id": "10000", "status": "0"}))) == ()


def test_a_reason_shows_no_number():
    (event,) = heard(by_header(urlencode({"id": "10000", "status": "22", "err": "79161234567"})))
    assert isinstance(event, Reported)
    assert event.reason == "state 22"


def test_the_gateway_hears_what_it_wants_to():
    hook = {**form_settings(NOWHERE)["hook"], "answer": "100"}
    response = SmsHttpChannel(form_settings(NOWHERE, hook=hook)).receive(by_header("")).response
    assert response is not None
    assert response.body == b"100"


@pytest.mark.parametrize("place", ["query", "field"])
def test_the_secret_may_stand_elsewhere(place: str):
    report = form_settings(NOWHERE)["hook"]["report"]
    hook = {"secret": Secret(HOOK_SECRET), place: "token", "report": report}
    told = {"id": "1", "status": "1"}
    for secret in (HOOK_SECRET, HOOK_SECRET + "x", ""):
        request = posted(urlencode(told | ({"token": secret} if place == "field" else {})))
        request = replace(request, query={"token": [secret]} if place == "query" else {})
        if secret == HOOK_SECRET:
            assert heard(request, hook=hook)
        else:
            with pytest.raises(Forged):
                heard(request, hook=hook)


def test_a_get_may_carry_all_in_its_address():
    hook = {**form_settings(NOWHERE)["hook"]}
    request = Request(
        method="GET", path="/x", query={"id": ["1"], "status": ["1"]}, headers={"x-secret": HOOK_SECRET}, body=b""
    )
    assert heard(request, hook=hook)


@pytest.mark.parametrize(
    ("remote", "within"),
    [("203.0.113.9", True), ("::ffff:203.0.113.9", True), ("2001:db8::1", True), ("198.51.100.1", False), ("", False)],
)
def test_only_the_networks_of_the_settings_may_post(remote: str, within: bool):
    hook = {**form_settings(NOWHERE)["hook"], "networks": ["203.0.113.0/24", "2001:db8::/32"]}
    request = replace(by_header(urlencode({"id": "1", "status": "1"})), remote=remote)
    if within:
        assert heard(request, hook=hook)
    else:
        with pytest.raises(Forged):
            heard(request, hook=hook)


def test_a_signature_in_capitals_or_in_base64_is_one_too():
    import base64
    import hashlib
    import hmac

    body = b'{"events": {"message_id": "1", "state": "delivered"}}'
    mac = hmac.new(HOOK_SECRET.encode(), body, hashlib.sha512).digest()
    signed = {"secret": Secret(HOOK_SECRET), "header": "X-Sign", "algorithm": "sha512"}
    for encoding, written in (("hex", mac.hex().upper()), ("base64", base64.b64encode(mac).decode())):
        hook = {**json_settings(NOWHERE)["hook"], "hmac": {**signed, "encoding": encoding}}
        assert heard(posted(body, **{"x-sign": written}), json_settings, hook=hook)


def test_without_a_hook_everything_is_forged():
    with pytest.raises(Forged):
        heard(by_header("id=1&status=1"), query_settings)


def test_what_it_can_do_is_what_is_set():
    form, query = SmsHttpChannel(form_settings(NOWHERE)), SmsHttpChannel(query_settings(NOWHERE))
    assert (form.capabilities.address, form.capabilities.pending) == ("phone", True)
    assert (query.capabilities.address, query.capabilities.pending) == ("", False)


# --- settings


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_SUCH", raising=False)
    found = problems(
        url="http://sms.example/send", methd="POST", charset="cp-nothing", country_code="+7", timeout="soon",
        fields={"to": "{fone}", "psw": "{secret:pasword}"},
        secrets={"password": "env:NO_SUCH", "other": "written here"},
        success={"starts_with": "", "equals": "1"},
        errors=[{"starts_with": "E", "then": "never"}, {"matches": "(", "then": "final"}],
        reference={"jsn": "id"},
        hook={"networks": ["203.0.113.7/24", "home"], "report": {**REPORT, "delivered": 1}},
    )  # fmt: skip
    assert set(found) == {
        "url", "methd", "charset", "country_code", "timeout", "fields", "secrets.password", "secrets.other",
        "success.json", "errors.0.then", "errors.1.matches", "reference.jsn", "hook.networks", "hook.secret",
        "hook.report.delivered",
    }  # fmt: skip
    assert "method" in found["methd"]
    assert "NO_SUCH" in found["secrets.password"]
    assert "written here" not in str(found)


@pytest.mark.parametrize(
    ("settings", "key", "expected"),
    [
        ({"url": "http://sms.example/send"}, "url", "https"),
        ({"url": "https://{secret:password}.example/"}, "url", "placeholders"),
        ({"url": "sms.example"}, "url", "https"),
        ({"fields": {"to": "{phone}"}}, "fields", "{text}"),
        ({"fields": {"mes": "{text}"}}, "fields", "{phone}"),
        ({"fields": {"to": "{phone}", "mes": "{text}", "x": "{texts}"}}, "fields", "{texts} is unknown"),
        ({"fields": {"to": "{phone}", "mes": "{text}", "x": "{secret:no}"}}, "fields", "password"),
        ({"fields": {"to": "{phone}", "mes": "{text}", "x": ["a"]}}, "fields.x", "json"),
        ({"method": "GET"}, "send", "query"),
        ({"send": "json", "charset": "windows-1251"}, "charset", "utf-8"),
        ({"success": {}}, "success.json", "at least one"),
        ({"errors": [{"then": "no", "starts_with": "E"}]}, "errors.0.then", "down"),
        ({"errors": [{"then": "final", "matches": "("}]}, "errors.0.matches", "regular expression"),
        ({"hook": {"inbound": {"id": "a", "phone": "b", "text": "c"}}}, "hook.secret", "anybody"),
        ({"hook": {"secret": Secret("x"), "header": "X"}}, "hook.inbound", "report"),
        ({"hook": {"secret": Secret("x"), "report": REPORT}}, "hook.secret", "where"),
        ({"hook": {"secret": Secret(""), "header": "X", "report": REPORT}}, "hook.secret", "empty"),
        ({"secrets": {"password": "in clear"}}, "secrets.password", "never written"),
        ({"parts": 3}, "parts", "2"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_key_and_what_was_expected(settings: dict[str, Any], key: str, expected: str):
    found = problems(**settings)
    assert list(found) == [key]
    assert expected in found[key]


def test_a_gateway_within_ones_own_walls_may_do_without_tls():
    SmsHttpChannel(form_settings("http://192.168.1.20:8080"))
    SmsHttpChannel(form_settings("http://localhost:8080"))


def test_the_documented_settings_can_be_used(monkeypatch: pytest.MonkeyPatch):
    text = (Path(__file__).parents[3] / "docs/sms.md").read_text(encoding="utf-8")
    built = 0
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        for name in re.findall(r"env:(\w+)", block):
            monkeypatch.setenv(name, "a" * 32)
        for channel in tomllib.loads(block).get("tenants", {}).get("acme", {}).get("channels", {}).values():
            own = {key: value for key, value in channel.items() if key not in ("adapter", "rate")}
            {"sms-http": SmsHttpChannel, "twilio": TwilioChannel}[channel["adapter"]](own)
            built += 1
    assert built == 4
