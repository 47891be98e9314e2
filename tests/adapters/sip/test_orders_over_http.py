"""What a host hears when it orders a call."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from tests.adapters.sip.ivr import Hook, Ivr, write_tone
from tests.adapters.sip.phones import Phones, hangs_up, is_hung_up_on, presses, rings, takes_it, waits

pytestmark = pytest.mark.host


def test_the_same_order_rings_once_also_after_the_call(ivr: Ivr, phones: Phones, hook: Hook):
    phones.are(rings(), takes_it(), presses("7"), is_hung_up_on())
    order = ivr.order()
    with ThreadPoolExecutor(4) as hosts:
        answers = list(hosts.map(ivr.post, [order] * 4))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 202]
    (reference,) = {one.json()["reference"] for one in answers}
    assert [one["reference"] for one in hook.of(order["call"])] == [reference]
    phones.done()
    # and when its recording was replaced meanwhile
    again = ivr.post(order | {"recording": {"name": "microloan.wav", "sha256": "0" * 64}})
    assert (again.status_code, again.json()) == (200, {"reference": reference})
    assert len(hook.of(order["call"])) == 1


def test_an_order_that_is_not_ours_is_refused(ivr: Ivr):
    body = b'{"call": "x"}'
    assert ivr.post(body, sign="sha256=" + "0" * 64).status_code == 403
    assert ivr.post(body, at=str(int(time.time()) - 400)).status_code == 403
    assert requests.post(ivr.address, data=body, timeout=10).status_code == 403
    assert ivr.health()["calls"] == 0


def test_an_order_that_is_wrong_names_everything_that_is(ivr: Ivr):
    answer = ivr.post({"call": "x", "to": "call me", "hook": "ftp://x", "ring": 0, "recording": None})
    assert answer.status_code == 400
    said = answer.json()["error"]
    assert all(f"{key}: expected" in said for key in ("to", "hook", "ring", "recording", "keys"))
    assert ivr.post(b"{").status_code == 400


def test_a_recording_that_is_unknown_or_stale_is_not_replaced_by_anything(own: Ivr, phones: Phones, hook: Hook):
    own.start()
    unknown = own.post(own.order(recording={"name": "visa.wav", "sha256": own.hashes["thanks.wav"]}))
    assert (unknown.status_code, "unknown" in unknown.json()["error"]) == (409, True)
    outside = own.post(own.order(recording={"name": "../secret", "sha256": "0" * 64}))
    assert outside.status_code == 409
    before = own.order()
    write_tone(own.recordings / "microloan.wav", 500)
    stale = own.post(before)
    assert (stale.status_code, "stale" in stale.json()["error"]) == (409, True)
    # the host hands over the new take: the same call may be made now
    own.hashes["microloan.wav"] = write_tone(own.recordings / "microloan.wav", 500)
    phones.are(rings(), takes_it(), waits(0.2), hangs_up())
    assert own.post(before | {"recording": own.recording("microloan.wav")}).status_code == 202
    assert hook.of(before["call"])[0]["outcome"] == "refused"
    own.end()


def test_no_more_calls_than_trunks(own: Ivr, phones: Phones, hook: Hook):
    own.settings["trunks"] = 1
    own.start()
    phones.are(rings(), takes_it(), presses("7"), is_hung_up_on())
    first, second = own.order(), own.order()
    assert own.post(first).status_code == 202
    busy = own.post(second)
    assert busy.status_code == 429
    assert int(busy.headers["Retry-After"]) > 0
    hook.of(first["call"])
    phones.done()
    phones.are(rings(), takes_it(), presses("8"), is_hung_up_on())
    own.free()
    assert own.post(second).status_code == 202
    assert hook.key_of(second["call"]) == "8"
    own.end()
