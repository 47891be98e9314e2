"""A host that does not listen, a program that is killed, one that is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

import pytest
from tests.adapters.sip.ivr import DEADLINE, Hook, Ivr
from tests.adapters.sip.phones import Phones, is_hung_up_on, presses, rings, takes_it, waits

pytestmark = pytest.mark.host

NINE = (rings(), takes_it(), presses("9"), is_hung_up_on())


def test_a_report_is_told_again_until_the_host_takes_it_and_is_the_same(ivr: Ivr, phones: Phones, hook: Hook):
    hook.statuses[:] = [500, 404]
    phones.are(*NINE)
    call = ivr.call()
    (report,) = hook.of(call)
    first, second = hook.refusals(call, 2)
    assert first == second == report


def test_a_call_that_a_kill_cut_off_is_told_after_the_restart_and_rings_nobody_twice(
    own: Ivr, phones: Phones, hook: Hook
):
    own.start()
    phones.are(rings(), takes_it(), waits(0.2), is_hung_up_on())
    order = own.order(wait=20)
    reference = own.post(order).json()["reference"]
    own.says(f"call {reference}: taken")
    own.kill()
    phones.done()  # the line is let go although nobody was left to say so
    own.start()
    (report,) = hook.of(order["call"])
    assert (report["outcome"], report["final"], report["reference"]) == ("failed", False, reference)
    again = own.post(order)
    assert (again.status_code, again.json()["reference"]) == (200, reference)
    assert own.health()["calls"] == 0
    own.end()


def test_an_answer_that_the_host_did_not_hear_survives_a_kill(own: Ivr, phones: Phones, hook: Hook):
    own.start()
    hook.statuses[:] = [503]
    phones.are(*NINE)
    call = own.call()
    hook.refusals(call, 1)
    own.kill()
    own.start()
    (report,) = hook.of(call)
    assert (report["outcome"], report["key"]) == ("pressed", "9")
    own.end()


def test_a_telephone_process_that_breaks_is_started_anew(own: Ivr, phones: Phones, hook: Hook):
    own.settings["trunks"] = 4
    own.start()
    phones.are(rings(), takes_it(), is_hung_up_on())
    call = own.call(wait=20)
    own.says("call .*: taken")
    (telephones,) = own.children()
    os.kill(telephones, signal.SIGKILL)
    (report,) = hook.of(call)
    assert (report["outcome"], report["final"]) == ("failed", False)
    phones.are(*NINE)
    order, until = own.order(), time.monotonic() + DEADLINE
    while (status := own.post(order).status_code) == 503:  # it is started anew
        assert time.monotonic() < until
        threading.Event().wait(0.1)
    assert status == 202
    assert hook.key_of(order["call"]) == "9"
    own.end()


def test_told_to_end_it_lets_the_call_end_takes_no_other_and_tells(own: Ivr, phones: Phones, hook: Hook):
    own.start()
    phones.are(rings(), takes_it(), waits(1.0), presses("9"), is_hung_up_on())
    call = own.call()
    own.says("call .*: taken")
    own.signal(signal.SIGTERM)
    own.says("no new calls")
    late = own.post(own.order())
    assert late.status_code == 503
    assert own.ended() == 0
    phones.done()
    assert hook.key_of(call) == "9"
    assert "0 reports are kept" in own.log.read_text()


def test_told_twice_to_end_it_hangs_up_and_keeps_what_the_host_does_not_hear(own: Ivr, phones: Phones, hook: Hook):
    own.start()
    hook.statuses[:] = [503] * 10
    phones.are(rings(), takes_it(), is_hung_up_on())
    call = own.call(wait=30)
    own.says("call .*: taken")
    own.signal(signal.SIGTERM)
    own.says("no new calls")
    own.signal(signal.SIGINT)
    assert own.ended() == 0
    phones.done()
    assert "1 reports are kept" in own.log.read_text()
    hook.restore()
    own.start()
    assert hook.of(call)[0]["outcome"] == "failed"
    own.end()


def test_a_second_program_on_the_same_book_does_not_start(own: Ivr):
    own.start()
    other = subprocess.run(own.command, capture_output=True, text=True, timeout=30, check=False)
    assert other.returncode == 1
    assert "does another nps-sip run with it?" in other.stderr
    assert own.runs()


def test_a_port_that_is_taken_is_named(own: Ivr, hook: Hook):
    own.settings["http"] = {"port": hook.port}
    own.write()
    done = subprocess.run(own.command, capture_output=True, text=True, timeout=30, check=False)
    assert f"127.0.0.1:{hook.port} cannot be used" in done.stderr
    assert done.returncode == 1
