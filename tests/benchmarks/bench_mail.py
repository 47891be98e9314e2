"""What one worker sends by mail over one connection to a loopback sink, against a bare smtplib loop that builds the
same messages. Aim: at least 0.7 of the loop's rate."""

from __future__ import annotations

import multiprocessing
import smtplib
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from tests.postgres import Postgres
from tests.world import NOON

from nps_adapters.email.letter import compose
from nps_plugin import Client, ClosedTicket, ManualClock, Message, Ratings, Secret, assembly
from nps_plugin.wording.mail import word_question

MAILS = 400
#: Seconds after which the PBX answers.
WHILE = 0.5
Build = Callable[[Message], bytes]


class Sink(socketserver.StreamRequestHandler):
    """Takes everything as fast as it can."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        taking = False
        while line := self.rfile.readline():
            if taking:
                taking = line != b".\r\n"
                if not taking:
                    self.wfile.write(b"250 OK\r\n")
            elif line[:4].upper() == b"DATA":
                taking = True
                self.wfile.write(b"354 go on\r\n")
            elif line[:4].upper() == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 OK\r\n")


def serve(ports: Any) -> None:
    """Be the sink."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        server.daemon_threads = True
        ports.put(server.server_address[1])
        server.serve_forever()


def config(url: str, port: int) -> dict[str, Any]:
    acme = {
        "brand": {"name": "Acme", "sender": "Acme <help@acme.example>"},
        "channels": {"email": {"host": "127.0.0.1", "port": port}},
    }
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the benchmark")]}
    return {"database": {"url": url}, "page": page, "tenants": {"acme": acme}}


def worker(ratings: Ratings) -> float:
    """Mails in a second of the worker's rounds."""
    started, sent = time.perf_counter(), 0
    while sent < MAILS:
        sent += ratings.run_due().sent
    return MAILS / (time.perf_counter() - started)


def spent(do: Callable[[], float]) -> tuple[float, float]:
    """What it gives, and the milliseconds of CPU of this process a mail, which other programs disturb least."""
    started = time.process_time()
    rate = do()
    return rate, (time.process_time() - started) / MAILS * 1000


@contextmanager
def sending() -> Iterator[list[float]]:
    """The seconds of each round's sending, without what else a round does."""
    times: list[float] = []
    original = assembly.send_due

    def timed(*args: Any) -> Any:
        started = time.perf_counter()
        done = original(*args)
        times.append(time.perf_counter() - started)
        return done

    assembly.send_due = timed
    try:
        yield times
    finally:
        assembly.send_due = original


def bare(ratings: Ratings, receipts: list[Any], port: int, build: Build) -> float:
    """Mails in a second of a loop that words, builds and sends the same, and keeps nothing."""
    tenant = ratings.settings.tenants["acme"]
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as server:
        for number, receipt in enumerate(receipts):
            message = word_question(
                tenant=tenant, survey=receipt.survey, client=Client(email=f"c{number}@example.org", name="Ivan Petrov"),
                message_id=f"m{number}", subject="The printer is on fire", token="A" * 22,
                base_url="https://help.example.org/rate", locale="en", question="How was your request resolved?",
                at=NOON,
            )  # fmt: skip
            server.sendmail("help@acme.example", [message.client.email], build(message))
    return len(receipts) / (time.perf_counter() - started)


def by_the_library(message: Message) -> bytes:
    """A mail as the standard library's documentation shows how to build it."""
    mail = EmailMessage(policy=SMTP)
    name, sender = parseaddr(message.sender)
    mail["From"] = Address(display_name=name, addr_spec=sender)
    mail["To"] = Address(display_name=message.client.name, addr_spec=message.client.email)
    mail["Subject"] = message.subject
    for header, value in message.headers.items():
        mail[header] = value
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    html: Any = mail.get_payload()[-1]  # type: ignore[index]
    for content_id, (media_type, content) in message.images.items():
        main_type, _, sub = media_type.partition("/")
        html.add_related(content, main_type, sub, cid=f"<{content_id}>")
    return mail.as_bytes()


def by_our_letters(message: Message) -> bytes:
    """The same as the channel builds it."""
    return compose(message, message.client.email)


def rates(url: str, port: int) -> None:
    """Three turns over one database, and their line."""
    ratings = Ratings(config(url, port), clock=ManualClock(NOON))
    ratings.upgrade()
    found: list[tuple[float, ...]] = []
    for turn in range(3):
        receipts = [
            ratings.ticket_closed(
                ClosedTicket(
                    tenant="acme", ticket=f"{turn}-{number}", opened_at=NOON - timedelta(hours=2), closed_at=NOON,
                    client=Client(email=f"c{turn}-{number}@example.org", name="Ivan Petrov"),
                    subject="The printer is on fire",
                )
            )
            for number in range(MAILS)
        ]  # fmt: skip
        if url.startswith("postgresql"):
            # what autovacuum does within a minute, and this bench is over before it
            with create_engine(url).connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
        ways = (
            partial(worker, ratings),
            partial(bare, ratings, receipts, port, by_the_library),
            partial(bare, ratings, receipts, port, by_our_letters),
        )
        with sending() as times:
            figures = [figure for way in ways for figure in spent(way)]
        found.append((*figures, MAILS / sum(times)))
    ratings.close()
    ours, our_cpu, theirs, their_cpu, lean, _, alone = (sorted(each)[1] for each in zip(*found, strict=True))
    print(
        f"{url.partition(':')[0]}: worker {ours:.0f} mails/s; smtplib and email.message alone {theirs:.0f}:"
        f" {ours / theirs:.2f} (aim: 0.7 or more; the turns: {', '.join(f'{one[0] / one[2]:.2f}' for one in found)};"
        f" CPU {our_cpu:.1f} ms a mail against {their_cpu:.1f});"
        f" the sending without the counting and judging of a round {alone:.0f}: {alone / theirs:.2f};"
        f" smtplib and our own building alone {lean:.0f}: {ours / lean:.2f}"
    )


class Slow(BaseHTTPRequestHandler):
    """A PBX that answers after a while."""

    def do_POST(self) -> None:
        time.sleep(WHILE)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def beside_calls(url: str, port: int, pbx: int, calls: int) -> tuple[float, int]:
    """Seconds until the last of 50 due mails has left, and the calls that were made until then."""
    given = config(url, port)
    given["tenants"]["acme"]["services"] = {"loan": {"channels": ["phone"]}}
    given["tenants"]["acme"]["channels"]["phone"] = {
        "adapter": "sms-http", "url": f"http://127.0.0.1:{pbx}/call", "fields": {"to": "{phone}", "text": "{text}"},
        "success": {"status": [200]},
    }  # fmt: skip
    with Ratings(given) as ratings:
        closing = ClosedTicket(tenant="acme", ticket="", opened_at=None, closed_at=None)
        for number in range(calls):
            person = Client(phone=f"+7916{number:07d}")
            ratings.ticket_closed(replace(closing, ticket=f"call {number}", service="loan", client=person))
        for number in range(50):
            person = Client(email=f"c{number}@example.org")
            ratings.ticket_closed(replace(closing, ticket=f"mail {number}", client=person))
        left: dict[str, list[float]] = {"email": [], "phone": []}
        for name, times in left.items():
            channel = ratings.channel("acme", name)

            def send(message: Message, then: Any = channel.send, times: list[float] = times) -> Any:
                delivery = then(message)
                times.append(time.perf_counter())
                return delivery

            channel.send = send
        started = time.perf_counter()
        while len(left["email"]) < 50:
            ratings.run_due(limit=60)
        last = max(left["email"])
        return last - started, sum(at < last for at in left["phone"])


def main() -> None:
    # in a process of its own, as a mail server is
    ports: Any = multiprocessing.get_context("spawn").Queue()
    sink = multiprocessing.get_context("spawn").Process(target=serve, args=(ports,), daemon=True)
    sink.start()
    port = ports.get()
    try:
        with tempfile.TemporaryDirectory() as folder:
            rates(f"sqlite:///{Path(folder) / 'nps.sqlite3'}", port)
        with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as pbx, tempfile.TemporaryDirectory() as folder:
            threading.Thread(target=pbx.serve_forever, daemon=True).start()
            alone, _ = beside_calls(f"sqlite:///{Path(folder) / 'alone.sqlite3'}", port, pbx.server_port, 0)
            beside, calls = beside_calls(f"sqlite:///{Path(folder) / 'beside.sqlite3'}", port, pbx.server_port, 200)
            pbx.shutdown()
        print(
            f"50 due mails: all left after {alone:.2f} s; beside 200 due calls to a PBX that answers after {WHILE} s:"
            f" {beside:.2f} s, {calls} call(s) made meanwhile"
        )
        server = Postgres(Path(tempfile.mkdtemp(prefix="nps-postgresql-")))
        try:
            rates(server.fresh(), port)
        finally:
            server.stop()
    finally:
        sink.terminate()


if __name__ == "__main__":
    main()
