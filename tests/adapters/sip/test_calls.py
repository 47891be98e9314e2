"""A client's telephone rings: a real program, real SIP, real sound and keys on loopback; SIPp is the client."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.adapters.sip.ivr import Hook, Ivr
from tests.adapters.sip.phones import (
    Phones,
    hangs_up,
    is_given_up,
    is_hung_up_on,
    presses,
    presses_by_info,
    refuses,
    rings,
    takes_it,
    udp_port,
    waits,
)

pytestmark = pytest.mark.host

#: the message was heard, and the time for a key runs
HEARD = 1.3
AMID = 0.2


def outcome(report: dict[str, Any]) -> tuple[str, str, str]:
    return report["outcome"], report.get("key", ""), report["pressed"]


def test_each_key_from_0_to_9_is_its_score_in_ten_calls_at_once(ivr: Ivr, phones: Phones, hook: Hook):
    phones.are(rings(), takes_it(), waits(0.4), presses("last"), is_hung_up_on(), calls=10)
    with ThreadPoolExecutor(10) as hosts:
        calls = list(hosts.map(ivr.call, [f"+7916123456{key}" for key in range(10)]))
    for key, call in enumerate(calls):
        (report,) = hook.of(call)
        assert outcome(report) == ("pressed", str(key), str(key))
        assert report["final"] is False
    phones.done()
    assert "916123456" not in ivr.log.read_text()


KEYS = {
    "while the message plays": ([presses("7")], ("pressed", "7", "7")),
    "after the message": ([waits(0.4), presses("7")], ("pressed", "7", "7")),
    "by INFO, dtmf-relay": ([waits(HEARD), presses_by_info("8", relay=True)], ("pressed", "8", "8")),
    "by INFO, plain, amid the message": ([waits(AMID), presses_by_info("5", relay=False)], ("pressed", "5", "5")),
    "by both ways at once": ([presses("6"), waits(0.9), presses_by_info("6", relay=True)], ("pressed", "6", "6")),
    "a wrong one, then another": ([presses("#"), waits(1.5), presses("4")], ("pressed", "4", "#4")),
    "two": ([presses("98")], ("pressed", "9", "98")),
    "in the repetition": ([waits(1.6), presses("3")], ("pressed", "3", "3")),
}


@pytest.mark.parametrize(("deed", "wanted"), KEYS.values(), ids=KEYS.keys())
def test_a_key_is_taken_however_it_comes(
    ivr: Ivr, phones: Phones, hook: Hook, deed: list[str], wanted: tuple[str, str, str]
):
    phones.are(rings(), takes_it(), *deed, is_hung_up_on())
    (report,) = hook.of(ivr.call())
    assert outcome(report) == wanted
    phones.done()


ENDS = {
    "nobody presses a key": ([rings(), takes_it(), is_hung_up_on()], "silence", False),
    "only wrong keys": ([rings(), takes_it(), presses("*"), is_hung_up_on()], "silence", False),
    "hung up amid the message": ([rings(), takes_it(), waits(AMID), hangs_up()], "refused", False),
    "hung up after the message": ([rings(), takes_it(), waits(HEARD), hangs_up()], "silence", False),
    "nobody takes it": ([rings(), is_given_up()], "unanswered", False),
    "the telephone is off": ([refuses("480 Temporarily Unavailable")], "unanswered", False),
    "busy": ([refuses("486 Busy Here")], "busy", False),
    "declined": ([rings(), refuses("603 Decline")], "refused", False),
    "forbidden once it rang": ([rings(), refuses("403 Forbidden")], "refused", False),
    "forbidden by the trunk": ([refuses("403 Forbidden")], "failed", False),
    "no such number": ([refuses("404 Not Found")], "failed", True),
    "the trunk is broken": ([refuses("503 Service Unavailable")], "failed", False),
}


@pytest.mark.parametrize(("deed", "wanted", "final"), ENDS.values(), ids=ENDS.keys())
def test_a_call_without_a_key_says_why(
    ivr: Ivr, phones: Phones, hook: Hook, deed: list[str], wanted: str, *, final: bool
):
    phones.are(*deed)
    (report,) = hook.of(ivr.call(ring=1, repeat=int("wrong" in str(deed))))
    assert (report["outcome"], report["final"], "key" in report) == (wanted, final, False)
    assert report["detail"]
    phones.done()


def test_a_trunk_that_is_not_there_is_no_clients_fault(own: Ivr, hook: Hook):
    # a place of its own: PJSIP knocks there for half a minute
    own.settings["trunk"] |= {"server": f"127.0.0.1:{udp_port()}"}
    own.start()
    (report,) = hook.of(own.call())
    assert (report["outcome"], report["final"], report["detail"]) == ("failed", False, "the trunk does not answer")


def test_a_low_key_leads_to_reasons_and_another_does_not(ivr: Ivr, phones: Phones, hook: Hook):
    menu = {"after": "0123", "recording": ivr.recording("why.wav"), "keys": {"1": "speed", "2": "errors"}}
    # pressed twice by a shaky hand: the second one is no reason
    low = [presses("22"), waits(2.0), presses("1"), is_hung_up_on()]
    phones.are(rings(), takes_it(), *low)
    call = ivr.call(menu=menu)
    score, reason = hook.of(call, 2)
    assert outcome(score) == ("pressed", "2", "22")
    assert outcome(reason) == ("reason", "1", "221")
    assert score["event"] != reason["event"]
    assert score["reference"] == reason["reference"]
    phones.done()
    phones.are(rings(), takes_it(), presses("9"), is_hung_up_on())
    call = ivr.call(menu=menu)
    phones.done()
    assert [outcome(one) for one in hook.of(call)] == [("pressed", "9", "9")]


def test_a_client_who_hangs_up_during_the_thanks_has_answered(ivr: Ivr, phones: Phones, hook: Hook):
    phones.are(rings(), takes_it(), presses("5"), waits(1.9), hangs_up())
    call = ivr.call()
    phones.done()
    assert [outcome(one) for one in hook.of(call)] == [("pressed", "5", "5")]
