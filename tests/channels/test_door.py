"""The door for hosts that are not Python, from a process that has no package of ours: curl and openssl, as docs/door.md
says it; and the signed webhook out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from tests.world import NOON, World, send, text_of

from nps_plugin import Secret
from nps_plugin.signing import SIGNATURE, TIMESTAMP, sign
from nps_plugin.testing import HttpWire

ROOT = Path(__file__).resolve().parents[2]
SECRET = Secret("the secret of the closings")
HOOK = Secret("the secret of the webhook")
CLOSING = {
    "ticket": "4711",
    "opened_at": "2026-11-20T09:00:00+00:00",
    "closed_at": "2026-11-20T11:00:00+00:00",
    "client": {"email": "ivan@example.org"},
    "agent": "olga",
}


@pytest.fixture
def world(make_world):
    return make_world(closures={"secret": SECRET}, strict=False)


def post(world: World, body, *, secret=SECRET, at=None, tenant="acme", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    when = str(int((at or world.clock.now()).timestamp()))
    signed = {TIMESTAMP: when, SIGNATURE: sign(secret, when, raw)} | headers
    response = world.browser().post(f"/hooks/{tenant}/closures", data=raw, headers=signed)
    response.close()
    return response


def test_a_signed_closing_is_recorded_and_its_client_asked(world):
    response = post(world, CLOSING)
    assert response.status_code == 200
    assert response.json["recorded"] is True
    assert response.json["survey"]["state"] == "scheduled"
    assert response.json["kpi"]["met"] is True
    world.ratings.run_due()
    assert [mail["To"].addresses[0].addr_spec for mail in world.mailbox.mails] == ["ivan@example.org"]


def test_the_same_request_again_gives_the_same_receipt_even_after_a_reopening(world):
    first = post(world, CLOSING).json
    world.ratings.ticket_reopened("acme", "4711", world.clock.now())
    again = post(world, CLOSING, at=NOON).json
    assert again["repeated"] is True
    assert again["closure"] == first["closure"] == 1
    assert len(world.rows("closure")) == 1


@pytest.mark.parametrize("secret", [Secret("another secret than ours"), HOOK])
def test_a_forged_closing_is_refused(world, secret):
    response = post(world, CLOSING, secret=secret)
    assert response.status_code == 403
    assert SIGNATURE in response.json["error"]
    assert world.rows("closure") == []


def test_a_changed_body_is_forged(world):
    raw = json.dumps(CLOSING).encode()
    at = str(int(NOON.timestamp()))
    headers = {TIMESTAMP: at, SIGNATURE: sign(SECRET, at, raw)}
    response = world.browser().post("/hooks/acme/closures", data=raw.replace(b"4711", b"4712"), headers=headers)
    assert response.status_code == 403


@pytest.mark.parametrize("off", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_a_request_that_is_late_or_early_is_refused_and_told_to_sign_anew(world, off):
    response = post(world, CLOSING, at=world.clock.now() + off)
    assert response.status_code == 403
    assert "5 minutes" in response.json["error"]


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"closed_at": "2026-11-20T11:00:00"}, "closed_at", "with its zone"),
        ({"closed_at": 17}, "closed_at", "with its zone"),
        ({"tikcet": "1"}, "tikcet", "did you mean 'ticket'?"),
        ({"client": "ivan"}, "client", "a JSON object"),
        ({"client": {"emial": "a"}}, "client.emial", "did you mean 'email'?"),
        ({"client": {"consent": "yes"}}, "client.consent", "true or false"),
        ({"worked": "4h"}, "worked", "in seconds"),
        ({"reopened": -1}, "reopened", "a whole number"),
        ({"path": [{"agent": 1, "at": "noon"}]}, "path.1.at", "with its zone"),
        ({"paused": [["2026-11-20T11:00:00Z"]]}, "paused.1", "two times"),
        ({"ticket": " "}, "ticket", "the ticket's own number"),
    ],
)
def test_what_is_no_closing_is_named_field_by_field(world, change, field, expected):
    response = post(world, CLOSING | change)
    assert response.status_code == 400
    (problem,) = response.json["problems"]
    assert problem["field"] == field
    assert expected in problem["expected"]
    assert world.rows("closure") == []


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 10_000, b"{}"])
def test_a_body_of_another_kind_is_refused_too(world, body):
    assert post(world, body).status_code == 400


def test_a_tenant_without_the_door_and_no_tenant_look_alike(world, make_world):
    closed = make_world()
    answers = {post(closed, CLOSING).text, post(world, CLOSING, tenant="nobody").text}
    assert len(answers) == 1
    assert world.browser().get("/hooks/acme/closures").status_code == 405


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("openssl"), reason="needs curl and openssl")
def test_the_page_s_own_lines_close_a_ticket_from_a_shell(make_world, monkeypatch):
    world = make_world(closures={"secret": SECRET})
    # the shell signs with its own clock
    world.clock.set(datetime.now(UTC))
    script = re.search(r"```bash\n(.*?)```", (ROOT / "docs" / "door.md").read_text(encoding="utf-8"), re.DOTALL)
    assert script is not None
    server = make_server("127.0.0.1", 0, world.ratings.wsgi, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        env = {"PATH": os.environ["PATH"], "BASE": f"http://127.0.0.1:{server.server_port}"}
        env["ACME_CLOSURES"] = SECRET.reveal()
        done = subprocess.run(
            ["bash", "-euc", script.group(1)], env=env, capture_output=True, text=True, timeout=60, check=True
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    told = json.loads(done.stdout)
    assert told["recorded"] is True
    assert told["survey"]["ticket"] == "4711"


@pytest.fixture
def crm():
    wire = HttpWire()
    yield wire
    wire.close()


def told_to(crm):
    return [json.loads(call.body) for call in crm.calls]


def test_answers_and_verdicts_leave_by_a_signed_webhook(make_world, crm):
    world = make_world(webhook={"url": f"{crm.url}/ratings", "secret": HOOK, "timeout": 2.0})
    token = world.asked()
    send(world.browser(), token, 3)
    assert crm.calls == [], "whoever answers does not wait for another host"
    world.ratings.run_due()
    assert sorted(one["kind"] for one in told_to(crm)) == ["answer_recorded", "verdict_reached"]
    for call in crm.calls:
        at = call.headers[TIMESTAMP.lower()]
        assert call.headers[SIGNATURE.lower()] == sign(HOOK, at, call.body)
    verdict = next(one for one in told_to(crm) if one["kind"] == "verdict_reached")
    assert (verdict["ticket"], verdict["verdict"]["kind"]) == ("17", "confirmed")


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_webhook_that_fails_is_told_again_until_it_hears(make_world, crm, status):
    world = make_world(webhook={"url": f"{crm.url}/ratings", "secret": HOOK, "timeout": 2.0}, strict=False)
    token = world.asked()
    send(world.browser(), token, 3)
    if status == 302:
        crm.fail("redirects")
    else:
        crm.refuse(status)
    world.ratings.run_due()
    crm.accept()
    before = len(crm.calls)
    world.clock.advance(timedelta(hours=1))
    world.ratings.run_due()
    assert len(crm.calls) == before + 2
    assert {call.path for call in crm.calls} == {"/ratings"}
    assert not [one for one in world.ratings.untold() if one.untold]


def test_a_tenant_s_webhook_hears_nothing_of_another_tenant(make_world, crm):
    world = make_world(webhook={"url": f"{crm.url}/ratings", "secret": HOOK})
    assert world.ratings._parts.webhooks.names == ["webhook acme"]
    world.config["tenants"]["other"] = {
        "brand": {"sender": "o@other.example"},
        "channels": {"email": {"host": "127.0.0.1", "port": world.mailbox.port}},
    }
    world.ratings.reload(world.config)
    world.close("18", tenant="other")
    world.ratings.run_due()
    token = re.search(r"/other/([\w-]{22})", text_of(world.mailbox.mails[-1])).group(1)
    send(world.browser(), token, 3, tenant="other")
    world.ratings.run_due()
    assert crm.calls == []
