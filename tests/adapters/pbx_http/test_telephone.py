"""Calls through a PBX in a process of its own: the page's own lines, what is forged, replayed, late or another's, wrong
numbers, wrong recordings, a PBX that is dead for a day or whose replies are lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.adapters.pbx_http.exchange import SECRET, Exchange, Served

from nps_plugin import Client, Secret, signed_headers

ROOT = Path(__file__).resolve().parents[3]
OTHER = "the secret of another exchange"


@pytest.fixture(scope="module")
def exchange():
    exchange = Exchange()
    yield exchange
    exchange.stop()


@pytest.fixture
def pbx(exchange):
    """The PBX, with nothing in it."""
    exchange.does(plan=[], mood="take", calls={}, rung=[], reported=[], recordings={})
    return exchange


@pytest.fixture
def made(make_world, pbx, tmp_path, request):
    """Makes a world of the tenants fund and rival, each with its own secret, behind a real web server."""
    (tmp_path / "loan.wav").write_bytes(b"loan")

    def make(*, serve=True, phone=None, **ask):
        world = make_world(strict=False)
        tenant = {
            "scale": "keypad-10",
            "brand": {"name": "Fund", "sender": "Fund <help@fund.example>"},
            "ask": {"channels": ["phone"], "quarantine": "0d", "max_contacts": 9} | ask,
            "services": {"loan": {"recording": {"en": str(tmp_path / "loan.wav")}}},
            "channels": {"phone": {"adapter": "pbx-http", "url": pbx.url, "secret": Secret(SECRET), "timeout": 5.0}},
        }
        if "email" in tenant["ask"]["channels"]:
            tenant["channels"]["email"] = {"host": "127.0.0.1", "port": world.mailbox.port}
        rate = {"rate": "10/m"}
        rival = tenant | {"channels": {"phone": tenant["channels"]["phone"] | {"secret": Secret(OTHER)}}}
        rival["ask"] = {"channels": ["phone"]}
        tenant["channels"]["phone"] |= rate | (phone or {})
        world.config["tenants"] = {"fund": tenant, "rival": rival}
        if serve:
            served = Served(world)
            request.addfinalizer(served.close)
            world.base = served.base
        else:
            world.ratings.reload(world.config)
        return world

    return make


def close(world, number="1", phone="+79161234567", tenant="fund", **facts):
    client = Client(id=number, phone=phone, email=f"c{number}@example.org")
    world.ratings.ticket_closed(world.ticket(number, tenant=tenant, client=client, service="loan", **facts))


def post(world, told, *, secret=SECRET, off=0.0, tenant="fund"):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    headers = signed_headers(Secret(secret), body, time.time() + off)
    response = world.browser().post(f"/hooks/{tenant}/phone", data=body, headers=headers)
    response.close()
    return response.status_code


def called(world, pbx, **more):
    """A world in which one call rings and nothing is reported yet; a report of a key."""
    pbx.does(plan=["wait"] * 3)
    close(world)
    world.ratings.run_due()
    (call,) = pbx.did()["rung"]
    return {"event": "e1", "call": call["call"], "outcome": "pressed", "key": "7"} | more


def scores(world, tenant="fund"):
    return [answer.score for answer in world.ratings.answers(tenant)]


def example(name):
    text = (ROOT / "docs" / "telephone.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- example: {name} -->\n```bash\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("openssl"), reason="needs curl and openssl")
def test_the_page_s_own_lines_ask_for_a_call_and_report_its_key(made, pbx):
    world = made()
    call = called(world, pbx)["call"]
    env = {"PATH": os.environ["PATH"], "BASE": world.base, "PBX": pbx.base, "FUND_PBX": SECRET, "CALL": call}

    def run(script):
        command = ["bash", "-euc", script]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True).stdout

    assert json.loads(run(example("ask")))["reference"]
    asked = pbx.did()["rung"]
    assert [set(one) for one in asked[:1]] == [set(asked[1])], "the page shows every field that we send"
    run(example("report"))
    assert scores(world) == [7]


def test_what_is_forged_late_or_another_tenant_s_changes_nothing_and_a_replay_nothing_more(made, pbx):
    world = made(serve=False)
    told = called(world, pbx)
    assert post(world, told, secret=OTHER) == 403
    assert post(world, told, off=-301) == 403
    assert post(world, told, off=301) == 403
    assert post(world, told, tenant="rival") == 403
    # rightly signed, but about a call of another tenant
    assert post(world, told, secret=OTHER, tenant="rival") == 200
    for odd in (b"", b"[]", b"\xff", b"[" * 5000, {"event": "x"}, told | {"key": "77"}, told | {"outcome": "danced"}):
        assert post(world, odd) == 400
    assert scores(world) == scores(world, "rival") == []
    for _ in range(3):
        assert post(world, told) == 200
    assert post(world, told | {"event": "e2", "outcome": "unanswered"}) == 200
    assert scores(world) == [7]
    assert len(world.rows("answer")) == 1


@pytest.mark.parametrize(
    ("outcome", "more", "log", "contacts"),
    [
        ("busy", {"detail": "486 Busy Here"}, "question failed: busy: 486 Busy Here", 0),
        ("silence", {}, "question unanswered: silence", 1),
        ("refused", {"detail": "603 by +79161234567"}, "question unanswered: refused: 603 by ***", 1),
        ("failed", {"final": True, "detail": "404"}, "question refused: failed: 404", 0),
    ],
)
def test_each_outcome_is_told_apart_in_the_log(made, pbx, outcome, more, log, contacts):
    world = made(serve=False, channels=["phone", "email"])
    post(world, called(world, pbx) | {"outcome": outcome, **more})
    entries = world.ratings.survey_log("fund", "1")
    assert [entry.detail for entry in entries if entry.what == "failed"] == [log]
    assert sum(row.outcome == "unanswered" for row in world.rows("message")) == contacts
    world.ratings.run_due()
    assert len(world.mailbox.mails) == (1 if more.get("final") else 0)


def test_numbers_of_a_wrong_form_are_not_called(made, pbx):
    world = made(serve=False)
    for number, phone in enumerate(("12-34", "+7 916 123", "нет", "+7 916 123-45-67 доб. 3")):
        close(world, str(number), phone=phone)
    assert world.ratings.run_due().not_asked == 4
    assert pbx.did()["rung"] == []
    assert world.ratings.not_asked_counts("fund")["no_address"] == 4


def test_a_recording_that_is_gone_or_stale_there_leads_to_the_next_channel_and_is_said(made, pbx, tmp_path):
    world = made(serve=False, channels=["phone", "email"])
    pbx.does(recordings={"loan.wav": "0" * 64})
    close(world, "1")
    world.ratings.run_due()
    (tmp_path / "loan.wav").unlink()
    close(world, "2")
    world.ratings.run_due()
    assert pbx.did()["rung"] == []
    assert len(world.mailbox.mails) == 2
    said = ["".join(e.detail for e in world.ratings.survey_log("fund", one) if e.what == "failed") for one in "12"]
    assert "409: it does not have the recording, or another take of it" in said[0]
    assert "the recording 'loan.wav' cannot be read" in said[1]


def test_a_pbx_that_is_dead_for_a_day_loses_nothing_and_rings_nobody_twice(made, pbx):
    world = made(serve=False, attempts={"phone": 1})
    pbx.does(plan=["wait"] * 100, mood="503")
    for number in range(14):
        close(world, str(number), phone=f"+7916123{number:04d}")
    for _ in range(24):
        world.ratings.run_due()
        world.clock.advance(timedelta(hours=1))
    assert pbx.did()["rung"] == []
    pbx.does(mood="take")
    per_minute = []
    while sum(per_minute) < 14 and len(per_minute) < 130:
        per_minute.append(world.ratings.run_due().sent)
        world.clock.advance(timedelta(minutes=1))
    rung = [call["to"] for call in pbx.did()["rung"]]
    assert sorted(rung) == [f"+7916123{number:04d}" for number in range(14)]
    assert max(per_minute) == 10


def test_a_pbx_whose_replies_are_lost_rings_once_and_its_key_counts(made, pbx):
    world = made()
    pbx.does(plan=["wait"], mood="hang")
    close(world)
    for _ in range(3):
        world.ratings.run_due()
        world.clock.advance(timedelta(hours=2))
    (call,) = pbx.did()["rung"]
    pbx.report(call["hook"], event="e", call=call["call"], outcome="pressed", key="2")
    assert pbx.did(1)["reported"][0]["status"] == 200
    assert scores(world) == [2]
    pbx.does(mood="take")
    world.ratings.run_due()
    assert len(pbx.did()["rung"]) == 1


def test_a_report_that_outruns_our_own_bookkeeping_is_kept(made, pbx):
    """The PBX reports while the request for the call is still being answered."""
    world = made()
    pbx.does(plan=["8"])
    close(world)
    world.clock.set(datetime.now(UTC))
    world.ratings.run_due()
    assert [one["outcome"] for one in pbx.did(1)["reported"]] == ["pressed"]
    assert scores(world) == [8]


def test_a_low_key_leads_to_the_menu_and_its_key_is_the_reason(made, pbx, tmp_path):
    (tmp_path / "why.wav").write_bytes(b"why")
    menu = {
        "after_low": "menu",
        "menu": {"en": str(tmp_path / "why.wav")},
        "menu_keys": {"1": "speed", "2": "attitude"},
    }
    world = made(phone=menu | {"ring": 20})
    pbx.does(plan=["3 2"])
    close(world)
    world.ratings.run_due()
    done = pbx.did(2)
    (call,) = done["rung"]
    assert (call["ring"], call["menu"]["after"], call["menu"]["keys"]) == (20, "012345", menu["menu_keys"])
    assert {one["outcome"] for one in done["reported"]} == {"pressed", "reason"}
    (answer,) = world.ratings.answers("fund")
    assert (answer.score, answer.reasons) == (3, ("attitude",))


def test_a_reason_that_outruns_its_key_is_asked_to_come_again(made, pbx, tmp_path):
    (tmp_path / "why.wav").write_bytes(b"why")
    menu = {"after_low": "menu", "menu": {"en": str(tmp_path / "why.wav")}, "menu_keys": {"1": "speed"}}
    world = made(serve=False, phone=menu)
    told = called(world, pbx, key="1")
    assert post(world, told | {"event": "e2", "outcome": "reason"}) == 503
    assert post(world, told | {"key": "3"}) == 200
    assert post(world, told | {"event": "e2", "outcome": "reason"}) == 200
    (answer,) = world.ratings.answers("fund")
    assert (answer.score, answer.reasons) == (3, ("speed",))
