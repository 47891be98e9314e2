"""Starts the processes that hold the lines, hands them the calls, and starts them anew where they break."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from .orders import Order
from .script import Amend, Tell
from .trunk import LINES, Setup

log = logging.getLogger("nps-sip")

#: Seconds for a process to open its telephones.
_OPENING = 30.0
#: Seconds before a broken process is started anew; each further time twice as long, up to the longest.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
#: Seconds without a word, after which a process is taken to hang; it says every so often that it does not.
_SILENCE = 60.0
#: Seconds beyond ``drain`` for a process to end by itself.
_GOODBYE = 10.0

#: How a process is started.
_COMMAND = (sys.executable, "-m", "nps_adapters.sip.lines")

Listener = Callable[[str, Tell | Amend | None], None]


class Switchboard:
    """``trunks`` lines. Safe to use from several threads; ``listener`` is called by several."""

    def __init__(self, setup: Setup, trunks: int, listener: Listener, *, command: Sequence[str] = _COMMAND) -> None:
        self._trunks = trunks
        self._ending = threading.Event()
        #: what the registrar said last
        self.registered = ""
        number = -(-trunks // LINES)
        self._processes = [
            _Process(setup.part(index, number), index, listener, self._ending, self._registered, command)
            for index in range(number)
        ]

    def open(self) -> None:
        """Start them. Raises ``OSError`` where one cannot be opened."""
        for process in self._processes:
            process.start()
        problems = [problem for process in self._processes if (problem := process.opened())]
        if problems:
            self.end(0)
            raise OSError(problems[0])
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def dial(self, reference: str, order: Order) -> None:
        """Make this call on a free line; where there is none, it has failed."""
        for process in sorted(self._processes, key=lambda one: len(one.calls)):
            if process.dial(reference, order):
                return
        raise OSError("no line is open; the telephones are being started anew")

    def closed(self) -> int:
        """How many of the trunks cannot be called on, because their process is not ready."""
        return max(0, self._trunks - LINES * sum(process.ready for process in self._processes))

    def end(self, drain: float) -> None:
        """Let running calls go on for so many seconds, then hang up. May be called again, with less."""
        self._ending.set()
        for process in self._processes:
            process.end(drain)

    def join(self, drain: float) -> None:
        """Wait until all have ended."""
        for process in self._processes:
            process.join(drain + _GOODBYE)
            process.kill()

    def _watch(self) -> None:
        while not self._ending.wait(_SILENCE / 6):
            for process in self._processes:
                if process.silent() > _SILENCE:
                    log.error("%s: the process hangs and is killed", process.name)
                    process.kill()

    def _registered(self, said: str) -> None:
        self.registered = said


class _Process(threading.Thread):
    """The thread that listens to one process."""

    def __init__(
        self,
        setup: Setup,
        number: int,
        listener: Listener,
        ending: threading.Event,
        registered: Callable[[str], None],
        command: Sequence[str],
    ) -> None:
        super().__init__(name=f"lines {number + 1}", daemon=True)
        self._setup, self._listener, self._ending, self._registered = setup, listener, ending, registered
        self._command = list(command)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._opened = threading.Event()
        self._problem = ""
        #: it can call
        self.ready = False
        self._was_ready = False
        self._heard = time.monotonic()
        #: the references of the calls that it holds
        self.calls: set[str] = set()
        #: those of them whose outcome was told
        self._told: set[str] = set()

    def opened(self) -> str:
        """Wait until it can call; else what is wrong."""
        if not self._opened.wait(_OPENING):
            return "the telephone does not open"
        if self._was_ready:
            return ""
        return self._problem or "the telephone's process ended at once; what it said stands above"

    def dial(self, reference: str, order: Order) -> bool:
        """Whether it makes this call."""
        with self._lock:
            if not self.ready or len(self.calls) >= LINES:
                return False
            self.calls.add(reference)
            if self._say({"dial": reference, "order": order.to_plain()}):
                return True
            self.calls.discard(reference)
            return False

    def silent(self) -> float:
        """For how many seconds nothing was heard of it, since it was started."""
        with self._lock:
            return time.monotonic() - self._heard if self._process is not None else 0.0

    def end(self, drain: float) -> None:
        """Let running calls go on for so many seconds, then hang up."""
        with self._lock:
            self._say({"end": drain})

    def kill(self) -> None:
        """Have it gone."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def run(self) -> None:
        """Until the program ends."""
        wait = _FIRST_WAIT
        while not self._ending.is_set():
            self._problem = ""
            try:
                self._once()
            except BrokenPipeError:  # what was said to it last did not reach it, which closing the pipe tells again
                pass
            except Exception as error:  # such as no memory to start it
                log.exception("%s: something broke here", self.name)
                self._problem = str(error)
            self._opened.set()
            # what is wrong at the program's start is told by opened(); what worked once is tried for ever
            if self._ending.is_set() or not self._was_ready:
                break
            why = self._problem or "the process broke"
            log.error("%s: %s; it is started anew in %g seconds", self.name, why, wait)
            self._ending.wait(wait)
            wait = min(_LONGEST_WAIT, 2 * wait)

    def _once(self) -> None:
        with subprocess.Popen(  # noqa: S603 our own module
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1
        ) as process:
            with self._lock:
                self._process, self._heard = process, time.monotonic()
                self._say({"setup": self._setup.to_plain()})
                if self._ending.is_set():
                    self._say({"end": 0})
            assert process.stdout is not None  # noqa: S101 it was asked for
            try:
                for line in process.stdout:
                    try:
                        self._hear(json.loads(line))
                    except Exception:  # one message that breaks here ends neither the calls nor the process
                        log.exception("%s: what a telephone told broke here", self.name)
            finally:
                self._gone()

    def _gone(self) -> None:
        with self._lock:
            self.ready, self._process = False, None
            lost, self.calls = self.calls, set()
        told, self._told = self._told, set()
        for reference in lost:
            if reference not in told:
                self._pass_on(reference, Tell(outcome="failed", detail="the telephone broke during the call"))
            self._pass_on(reference, None)

    def _pass_on(self, reference: str, what: Tell | None) -> None:
        try:
            self._listener(reference, what)
        except Exception:  # the others are told all the same, and the process is started anew
            log.exception("%s: call %s: what was told broke here", self.name, reference)

    def _hear(self, message: dict[str, Any]) -> None:
        self._heard = time.monotonic()
        match message:
            case {"tell": reference, **told}:
                self._told.add(reference)
                self._listener(reference, Tell(**told))
            case {"amend": reference, "pressed": pressed}:
                self._listener(reference, Amend(pressed))
            case {"free": reference}:
                with self._lock:
                    self.calls.discard(reference)
                self._told.discard(reference)
                self._listener(reference, None)
            case {"registered": said}:
                self._registered(said)
            case {"problem": problem}:
                self._problem = problem
                self._opened.set()
            case {"ready": True}:
                with self._lock:
                    self.ready = self._was_ready = True
                self._opened.set()

    def _say(self, message: dict[str, Any]) -> bool:
        if self._process is None or self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return True
