"""What one worker sends by mail over one connection to a loopback sink, against a bare smtplib loop that builds the
same messages. Aim: at least 0.7 of the loop's rate."""

from __future__ import annotations

import multiprocessing
import smtplib
import socketserver
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from tests.postgres import Postgres
from tests.world import NOON

from nps_adapters.email.letter import compose
from nps_plugin import Client, ClosedTicket, ManualClock, Message, Ratings, Secret
from nps_plugin.wording.mail import word_question

MAILS = 400
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
    found: list[tuple[float, float, float]] = []
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
        ours = worker(ratings)
        found.append(
            (ours, bare(ratings, receipts, port, by_the_library), bare(ratings, receipts, port, by_our_letters))
        )
    ratings.close()
    ours, theirs, lean = (sorted(each)[1] for each in zip(*found, strict=True))
    print(
        f"{url.partition(':')[0]}: worker {ours:.0f} mails/s; smtplib and email.message alone {theirs:.0f}:"
        f" {ours / theirs:.2f} (aim: 0.7 or more; the turns: {', '.join(f'{a / b:.2f}' for a, b, _ in found)});"
        f" smtplib and our own building alone {lean:.0f}: {ours / lean:.2f}"
    )


def main() -> None:
    # in a process of its own, as a mail server is
    ports: Any = multiprocessing.get_context("spawn").Queue()
    sink = multiprocessing.get_context("spawn").Process(target=serve, args=(ports,), daemon=True)
    sink.start()
    port = ports.get()
    try:
        with tempfile.TemporaryDirectory() as folder:
            rates(f"sqlite:///{Path(folder) / 'nps.sqlite3'}", port)
        server = Postgres(Path(tempfile.mkdtemp(prefix="nps-postgresql-")))
        try:
            rates(server.fresh(), port)
        finally:
            server.stop()
    finally:
        sink.terminate()


if __name__ == "__main__":
    main()
