"""Takes orders by HTTP, keeps the book, and hands them to the telephone."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from nps_plugin import Forged, Request, check_signed

from .book import Book
from .orders import Order, OrderRefused, call_of, read_order
from .recordings import Recordings
from .script import Amend, Tell
from .settings import Config

log = logging.getLogger("nps-sip")

MAX_BODY = 64 * 1024
#: Seconds for a report to wait for further keys that belong to it; a little over script.SETTLE.
HOLD = 1.0
#: Seconds before what the book did not take is put into it again.
AGAIN = 5.0
_OUR_FAULT = 500

Answer = tuple[int, dict[str, object], dict[str, str]]


class Dialler(Protocol):
    """What makes the calls."""

    #: what the registrar said last
    registered: str

    def dial(self, reference: str, order: Order) -> None:
        """Make this call, soon. Raises ``OSError`` where no line is open."""

    def closed(self) -> int:
        """How many of the trunks cannot be called on now."""


class Desk:
    """Safe to use from several threads. ``news`` is called when there is something to report."""

    def __init__(self, config: Config, book: Book, news: Callable[[], None]) -> None:
        self._config, self._book, self._news = config, book, news
        self._recordings = Recordings(config.recordings)
        self._lock = threading.Lock()
        self._lines: set[str] = set()
        #: what was told and the book has not taken yet, in order, with the time of each
        self._unkept: deque[tuple[str, Tell, float]] = deque()
        self._keeping = threading.Lock()
        self._timer: threading.Timer | None = None
        self.phone: Dialler | None = None
        #: no more calls are taken
        self.closing = False

    def cut_off(self) -> None:
        """Report the calls that an earlier run of the program left: whoever was called is not called again."""
        self._keep()
        with self._keeping:
            told = {reference for reference, _, _ in self._unkept}
        for reference in self._book.untold():
            if reference in told:
                continue
            log.warning("call %s: cut off when the program ended; reported as failed", reference)
            self.told(reference, Tell(outcome="failed", detail="the program ended during the call"))

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What an HTTP request gets: status, body, headers."""
        if (method, path) == ("GET", "/health"):
            return 200, self._health(), {}
        if path != "/calls":
            return 404, {"error": "calls are ordered by POST /calls"}, {}
        if method != "POST":
            return 405, {"error": "calls are ordered by POST"}, {"Allow": "POST"}
        try:
            check_signed(self._config.secret, Request(method=method, path=path, headers=headers, body=body))
            with self._lock:  # not amid _take, which may yet give it up
                known = self._book.known(call_of(body))
            if known:
                return 200, {"reference": known}, {}
            return self._take(read_order(body, self._recordings, self._config.setup.trunk.allow))
        except Forged as error:
            return 403, {"error": str(error)}, {}
        except OrderRefused as error:
            log.warning("a call is refused: %s", error)
            return error.status, {"error": str(error)}, {}

    def told(self, reference: str, what: Tell | Amend | None) -> None:
        """What the telephone tells of a call; None: its line is free."""
        match what:
            case Tell():
                log.info("call %s: %s%s", reference, what.outcome, f" ({what.detail})" if what.detail else "")
                with self._keeping:
                    self._unkept.append((reference, what, time.time()))
                self._keep()
            case Amend():
                self._amend(reference, what.pressed)
            case None:
                with self._lock:
                    self._lines.discard(reference)

    def _keep(self) -> None:
        """Put into the book what was told; what it does not take, such as on a full disk, again in a while."""
        with self._keeping:
            while self._unkept:
                reference, told, at = self._unkept[0]
                try:
                    self._book.tell(reference, told, at, hold=HOLD if told.outcome == "pressed" else 0.0)
                except sqlite3.Error as error:
                    said = "call %s: the book does not take it (%s); again in %g seconds"
                    log.error(said, reference, error, AGAIN)  # noqa: TRY400 no trace every few seconds
                    self._keep_later()
                    break
                except Exception:  # it will never be taken, and the others wait
                    log.exception("call %s: what was told broke here", reference)
                self._unkept.popleft()
        self._news()

    def _keep_later(self) -> None:
        if self._timer is None or not self._timer.is_alive() or self._timer is threading.current_thread():
            self._timer = threading.Timer(AGAIN, self._keep)
            self._timer.daemon = True
            self._timer.start()

    def _amend(self, reference: str, pressed: str) -> None:
        with self._keeping:
            for index, (one, told, at) in enumerate(self._unkept):
                if one == reference and told.outcome == "pressed":
                    self._unkept[index] = (one, replace(told, pressed=pressed), at)
                    return
        self._book.amend(reference, pressed, time.time())

    def _take(self, order: Order) -> Answer:
        with self._lock:
            # asked again under the lock: the same order may come twice at once
            known = self._book.known(order.call)
            if known:
                return 200, {"reference": known}, {}
            if self.closing or self.phone is None:
                return 503, {"error": "the program is ending"}, {"Retry-After": "30"}
            if len(self._lines) >= self._config.trunks:
                return 429, {"error": "no trunk is free"}, {"Retry-After": str(max(2, 30 // self._config.trunks))}
            reference = self._book.take(order, time.time())
            self._lines.add(reference)
            log.info("call %s: to %s about %s", reference, masked(order.to), order.service or "no service")
            try:
                self.phone.dial(reference, order)
            except OSError as error:
                # it was promised to nobody yet: whoever asks for the same call waits for the lock
                self._lines.discard(reference)
                self._book.untake(reference)
                return 503, {"error": str(error)}, {"Retry-After": "10"}
        return 202, {"reference": reference}, {}

    def _health(self) -> dict[str, object]:
        return {
            "calls": len(self._lines),
            "trunks": self._config.trunks,
            "closed": self.phone.closed() if self.phone is not None else self._config.trunks,
            "unheard": self._book.unheard(),
            "registered": self.phone.registered if self.phone is not None else "",
        }


def masked(number: str) -> str:
    """A number as it may stand in a log."""
    return f"{number[:2]}...{number[-2:]}"


def server(desk: Desk, host: str, port: int) -> ThreadingHTTPServer:
    """The HTTP in front of the desk, bound and not yet serving. Raises ``OSError`` where the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "nps-sip", ""

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            said = self.headers.get("Content-Length", "")
            if not said.isascii() or not said.isdigit() or int(said) > MAX_BODY:
                self.close_connection = True
                return self._send((413 if said.isdigit() else 411, {"error": f"at most {MAX_BODY} bytes"}, {}))
            return self._serve(self.rfile.read(int(said)))

        def _serve(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = desk.answer(self.command, self.path.partition("?")[0], headers, body)
            except Exception:  # whatever broke here, the host is told to come again
                log.exception("an order broke here")
                answer = (_OUR_FAULT, {"error": "something broke here"}, {})
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            status, said, headers = answer
            body = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(body)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the standard library's name
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server((host, port), Handler)
