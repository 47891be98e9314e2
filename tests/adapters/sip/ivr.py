"""The program in its own process, and a host that orders calls and checks what comes of them by itself."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import math
import re
import signal
import subprocess
import sys
import threading
import time
import wave
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

SECRET = "a secret of the tests, long enough"
DEADLINE = 20.0
#: each recording is a tone of its own
TONES = {"microloan.wav": 440, "thanks.wav": 880, "again.wav": 660, "why.wav": 1320}
SECONDS = 0.5
_PORT = re.compile(r"orders are taken at http://127\.0\.0\.1:(\d+)/calls")
_calls = itertools.count(1)


def signature(at: str, body: bytes) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def write_tone(path: Path, hertz: float, seconds: float = SECONDS, rate: int = 8000) -> str:
    """A WAV of a tone, quiet at its ends; its hash."""
    samples = (int(12000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(rate * seconds)))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Hook:
    """The host's door for reports: checks each signature by itself, keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        #: the next ones are answered with these
        self.statuses: list[int] = []
        self._news = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}/rate/hooks/acme/phone"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of(self, call: str, number: int = 1) -> list[dict[str, Any]]:
        """What was heard of a call, once there are so many reports."""
        with self._news:
            done = self._news.wait_for(lambda: len(self._about(call)) >= number, DEADLINE)
            assert done, f"heard {self._about(call)}, refused {self.refused}"
            return self._about(call)

    def key_of(self, call: str) -> str:
        """The key that was pressed, and nothing else was heard."""
        (report,) = self.of(call)
        assert report["outcome"] == "pressed", report
        return str(report["key"])

    def refusals(self, call: str, number: int) -> list[dict[str, Any]]:
        with self._news:
            about = lambda: [one for one in self.refused if one["call"] == call]  # noqa: E731
            assert self._news.wait_for(lambda: len(about()) >= number, DEADLINE), self.refused
            return about()

    def restore(self) -> None:
        self.statuses.clear()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _about(self, call: str) -> list[dict[str, Any]]:
        return [one for one in self.heard if one["call"] == call]

    def _take(self, headers: Any, body: bytes) -> int:
        at = headers["X-Nps-Timestamp"]
        fresh = abs(time.time() - int(at)) < 300
        right = hmac.compare_digest(signature(at, body), headers["X-Nps-Signature"])
        if not (fresh and right):
            return 403
        report = json.loads(body)
        with self._news:
            status = self.statuses.pop(0) if self.statuses else 204
            (self.heard if status < 300 else self.refused).append(report)
            self._news.notify_all()
        return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status = hook._take(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        return Handler


class Ivr:
    """The program ``nps-sip`` and its configuration, and the orders that a host gives it."""

    def __init__(self, folder: Path, trunk: int, hook: Hook) -> None:
        self.folder, self.hook = folder, hook
        self.recordings = folder / "recordings"
        self.recordings.mkdir()
        self.hashes = {name: write_tone(self.recordings / name, hertz) for name, hertz in TONES.items()}
        (folder / "secret").write_text(SECRET)
        self.settings: dict[str, Any] = {
            "secret": f"file:{folder / 'secret'}",
            "trunks": 12,
            "http": {"port": 0},
            # SIPp presses keys with payload type 96, whatever was offered
            "trunk": {"server": f"127.0.0.1:{trunk}", "caller": "+74951234567", "telephone_event": 96},
            "network": {"bind": "127.0.0.1"},
        }
        self.log, self.path = folder / "nps-sip.log", folder / "sip.toml"
        self.command = [str(Path(sys.executable).parent / "nps-sip"), str(self.path)]
        self.address = ""
        self._process: subprocess.Popen[bytes] | None = None

    # --- the program ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it, and return when it takes orders."""
        self.write()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.address = f"http://127.0.0.1:{self.says(_PORT)[1]}/calls"

    def write(self) -> None:
        """Its configuration."""
        self.path.write_text(_toml(self.settings))

    def children(self) -> list[int]:
        """The processes that it started."""
        assert self._process is not None
        stats = (_stat(path) for path in Path("/proc").glob("[0-9]*/stat"))
        return [number for number, parent in stats if parent == self._process.pid]

    def free(self) -> None:
        """Wait until no line is in use."""
        until = time.monotonic() + DEADLINE
        while self.health()["calls"]:
            assert time.monotonic() < until, "a line stays in use"
            threading.Event().wait(0.02)

    def says(self, pattern: re.Pattern[str] | str) -> re.Match[str]:
        """Wait until that stands in its log."""
        until = time.monotonic() + DEADLINE
        while True:
            said = self.log.read_text(errors="replace")
            if found := re.search(pattern, said):
                return found
            assert self.runs(), said
            assert time.monotonic() < until, f"{pattern} is not in:\n{said}"
            threading.Event().wait(0.01)

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def ended(self) -> int:
        """Its exit status, once it has ended."""
        assert self._process is not None
        status = self._process.wait(DEADLINE)
        self._process = None
        return status

    def end(self) -> None:
        self.signal()
        said = self.log.read_text(errors="replace")
        assert self.ended() == 0, self.log.read_text(errors="replace")
        assert "Traceback" not in said, said

    def kill(self) -> None:
        """As by `kill -9`."""
        if self._process is not None:
            self._process.kill()
            self.ended()

    # --- orders -----------------------------------------------------------------------------------------------------

    def recording(self, name: str) -> dict[str, str]:
        return {"name": name, "sha256": self.hashes[name]}

    def order(self, to: str = "+79161234567", **other: Any) -> dict[str, Any]:
        """The body of an order, for a call that was not ordered before."""
        usual = {
            "call": f"m{next(_calls)}-{self.hook.port}", "to": to, "from": "", "hook": self.hook.address,
            "locale": "ru", "service": "microloan", "recording": self.recording("microloan.wav"),
            "thanks": self.recording("thanks.wav"), "again": None, "keys": "0123456789",
            "wait": 1, "repeat": 1, "ring": 5, "menu": None,
        }  # fmt: skip
        return usual | other

    def post(self, order: Any, **headers: str) -> requests.Response:
        body = order if isinstance(order, bytes) else json.dumps(order).encode()
        at = headers.pop("at", str(int(time.time())))
        signed = {"X-Nps-Timestamp": at, "X-Nps-Signature": headers.pop("sign", signature(at, body))}
        return requests.post(self.address, data=body, headers=signed, timeout=10)

    def call(self, to: str = "+79161234567", **other: Any) -> str:
        """Order a call; its name."""
        order = self.order(to, **other)
        answer = self.post(order)
        assert answer.status_code == 202, answer.text
        assert answer.json()["reference"]
        return str(order["call"])

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(self.address.replace("/calls", "/health"), timeout=10).json()
        return found


def _stat(path: Path) -> tuple[int, int]:
    """A process and its parent."""
    try:
        said = path.read_text()
    except OSError:  # it has ended meanwhile
        return 0, 0
    return int(path.parent.name), int(said.rpartition(")")[2].split()[1])


def _toml(settings: dict[str, Any]) -> str:
    plain = {key: value for key, value in settings.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in settings.items() if isinstance(value, dict)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"
