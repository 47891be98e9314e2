"""A mail server on loopback that misbehaves as it is told, for the kit."""

from __future__ import annotations

import email
import socket
import socketserver
import struct
import threading
from email import policy
from email.message import EmailMessage
from typing import Any

from nps_plugin.testing import Wire


class SmtpWire(Wire):
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.behaviour, self.status = "accept", 250
        #: mails after which the server hangs up; 0 for never
        self.patience = 0
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.wire = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def arrived(self) -> int:
        return len(self.mails)

    def accept(self) -> None:
        self.behaviour = "accept"

    def fail(self, fault: str) -> None:
        self.behaviour = fault

    def refuse(self, status: int, retry_after: str | None = None) -> None:
        self.behaviour, self.status = "refuse", status

    def transcript(self) -> list[dict[str, Any]]:
        return [
            {
                "headers": {name: str(value) for name, value in mail.items() if name != "Content-Type"},
                "parts": [
                    [part.get_content_type(), part.get_content()] for part in mail.walk() if not part.is_multipart()
                ],
            }
            for mail in self.mails
        ]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Server(socketserver.ThreadingTCPServer):
    wire: SmtpWire
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        wire = self.server.wire
        wire.connections += 1
        if wire.behaviour == "no connection":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if wire.behaviour == "silence":
            wire.released.wait(60)
            return
        self.say("250 this is no greeting" if wire.behaviour == "garbled" else "220 wire")
        sent = 0
        while line := self.rfile.readline():
            word = line.decode().strip().upper()
            if word.startswith("DATA"):
                if wire.behaviour == "cut short":
                    return
                self.say("354 go on")
                self.take()
                sent += 1
                self.say("250 OK")
                if sent == wire.patience:
                    return
            elif word.startswith("RCPT") and wire.behaviour == "refuse":
                self.say(f"{wire.status} refused: {line.decode().strip()}")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 OK")

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) and line != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = email.message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.server.wire.mails.append(mail)
