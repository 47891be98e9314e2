"""Processes that break, hang, and cannot open their lines. They only speak as ours do; there is no telephone."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nps_adapters.sip import switchboard
from nps_adapters.sip.orders import Order
from nps_adapters.sip.recordings import Recording
from nps_adapters.sip.script import Tell
from nps_adapters.sip.switchboard import Switchboard
from nps_adapters.sip.trunk import Network, Setup, Trunk

#: Its turns, one for each start, the last one for all further ones: ready, problem, hang.
PROCESS = """
import json, os, pathlib, sys, threading, time
starts, turns = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
with starts.open("a") as file:
    file.write("x")
turn = turns[min(len(starts.read_text()), len(turns)) - 1]

def say(**message):
    print(json.dumps(message), flush=True)

def beat():
    while True:
        time.sleep(0.2)
        say(alive=True)

sys.stdin.readline()
if turn == "problem":
    say(problem="the port is taken")
    sys.exit()
if turn == "ready":
    say(ready=True)
    threading.Thread(target=beat, daemon=True).start()
for line in sys.stdin:
    message = json.loads(line)
    if "end" in message or message["dial"] == "breaks":
        break
    if message["dial"] == "is deaf":
        os.close(0)
        say(tell="is deaf", outcome="silence")
        while not starts.with_name("go").exists():
            time.sleep(0.02)
        os._exit(1)
    if message["dial"] == "presses":
        say(tell="presses", outcome="pressed", key="9", pressed="9")
"""
DEADLINE = 20.0
SETUP = Setup(
    trunk=Trunk(
        server="127.0.0.1", user="", password="", realm="", caller="", transport="udp", proxy="", register=False,
        codecs=(), dial="{number}", allow=(), telephone_event=101,
    ),
    network=Network(bind="", port=0, rtp=(0, 0), public=""),
    trace="",
)  # fmt: skip
ONE = Recording(name="m.wav", path=Path("m.wav"), seconds=1)
ORDER = Order(call="m1", to="+79161234567", hook="https://a.example.org/h", recording=ONE, keys=frozenset("9"))

Start = Callable[..., Switchboard]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    monkeypatch.setattr(switchboard, "_FIRST_WAIT", 0.05)
    begun: list[Switchboard] = []

    def start(*turns: str, listener: Any = lambda *_: None) -> Switchboard:
        command = [sys.executable, "-c", PROCESS, str(tmp_path / "starts"), json.dumps(turns)]
        board = Switchboard(SETUP, 3, listener, command=command)
        begun.append(board)
        board.open()
        return board

    yield start
    for board in begun:
        board.end(0)
        board.join(0)


def until(right: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not right():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_what_keeps_the_lines_from_opening_at_the_start_is_named(start: Start):
    with pytest.raises(OSError, match="the port is taken"):
        start("problem", "ready")


def test_what_keeps_them_from_opening_later_is_logged_and_tried_again(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    board = start("ready", "problem", "problem", "ready")
    assert board.closed() == 0
    board.dial("breaks", ORDER)
    until(lambda: board.closed() == 3)
    until(lambda: board.closed() == 0)
    assert (tmp_path / "starts").read_text() == "xxxx"
    assert caplog.text.count("the port is taken; it is started anew") == 2
    board.dial("m1", ORDER)


def test_a_process_that_hangs_before_its_lines_are_open_is_killed(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(switchboard, "_SILENCE", 2.0)
    board = start("ready", "hang", "ready")
    board.dial("breaks", ORDER)
    until(lambda: board.closed() == 3)
    until(lambda: board.closed() == 0)
    assert len((tmp_path / "starts").read_text()) >= 3


def test_a_call_that_has_told_its_answer_is_not_told_to_have_failed(start: Start):
    told: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    board = start("ready", listener=lambda reference, what: told.put((reference, what and what.outcome)))
    board.dial("presses", ORDER)
    assert told.get(timeout=DEADLINE) == ("presses", "pressed")
    board.dial("breaks", ORDER)
    rest = {told.get(timeout=DEADLINE) for _ in range(3)}
    assert rest == {("breaks", "failed"), ("breaks", None), ("presses", None)}
    until(lambda: board.closed() == 0)
    assert told.empty()


def test_all_lines_are_free_again_and_started_anew_though_what_broke_cannot_be_told(start: Start):
    free: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listener(reference: str, what: Tell | None) -> None:
        if what is not None:
            raise RuntimeError
        free.put(reference)

    board = start("ready", listener=listener)
    board.dial("m1", ORDER)
    board.dial("breaks", ORDER)
    assert {free.get(timeout=DEADLINE) for _ in range(2)} == {"m1", "breaks"}
    until(lambda: board.closed() == 0)
    board.dial("m2", ORDER)


def test_a_process_that_an_order_no_longer_reaches_is_started_anew_and_its_lines_are_free(start: Start, tmp_path: Path):
    told: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    board = start("ready", listener=lambda reference, what: told.put((reference, what and what.outcome)))
    board.dial("m1", ORDER)
    board.dial("is deaf", ORDER)
    assert told.get(timeout=DEADLINE) == ("is deaf", "silence")
    with pytest.raises(OSError, match="no line is open"):
        board.dial("m2", ORDER)
    (tmp_path / "go").touch()
    assert {told.get(timeout=DEADLINE) for _ in range(3)} == {("m1", "failed"), ("m1", None), ("is deaf", None)}
    until(lambda: (tmp_path / "starts").read_text() == "xx" and board.closed() == 0)
