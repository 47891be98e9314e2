"""Questions by mail, over SMTP."""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.errors import MessageError
from email.headerregistry import Address
from functools import lru_cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from nps_plugin import (
    Capabilities,
    Client,
    ConfigError,
    ConfigProblem,
    Delivery,
    DeliveryError,
    Message,
    Secret,
    read_secret,
)

from .letter import compose, sender_of

_SECURITY = ("none", "starttls", "tls")


class _Settings(Schema):
    class Meta:
        unknown = RAISE

    host = fields.String(load_default="localhost")
    port = fields.Integer(strict=True, validate=validate.Range(1, 65535))
    security = fields.String(load_default="none", validate=validate.OneOf(_SECURITY))
    username = fields.String(load_default="")
    password = fields.Raw()
    timeout = fields.Float(load_default=20.0, validate=validate.Range(min=0, min_inclusive=False))
    reply_to = fields.String()


class _Server(smtplib.SMTP):
    """A connection that knows whether the server has begun to take a mail."""

    begun = False

    def mail(self, sender: str, options: Any = ()) -> tuple[int, bytes]:
        """MAIL FROM."""
        code, said = super().mail(sender, options)
        self.begun = code < 400
        return code, said


class _TlsServer(smtplib.SMTP_SSL, _Server):
    """The same, encrypted from the start."""


class EmailChannel:
    """One tenant's way to send mail: a connection for each round of the worker, else for each message; always with a
    timeout."""

    capabilities = Capabilities()

    def __init__(self, settings: Mapping[str, Any]) -> None:
        problems: list[ConfigProblem] = []
        try:
            checked: dict[str, Any] = _Settings().load(settings)
        except ValidationError as error:
            found = error.messages if isinstance(error.messages, dict) else {}
            problems = [ConfigProblem(str(key), _said(str(key), texts)) for key, texts in found.items()]
            checked = {}
        self._password: Secret | None = None
        if "password" in settings:
            try:
                self._password = read_secret(settings["password"])
            except ValueError as error:
                problems.append(ConfigProblem("password", str(error)))
        if checked and bool(checked["username"]) != (self._password is not None) and not problems:
            problems.append(ConfigProblem("username", "expected together with password, or neither"))
        if (
            checked.get("password")
            and checked["security"] == "none"
            and checked["host"] not in ("localhost", "127.0.0.1", "::1")
        ):
            problems.append(
                ConfigProblem("security", 'expected "starttls" or "tls": a password is not sent in the clear')
            )
        if problems:
            raise ConfigError(problems)
        self._host: str = checked["host"]
        self._security: str = checked["security"]
        self._port: int = checked.get("port", {"none": 25, "starttls": 587, "tls": 465}[self._security])
        self._username: str = checked["username"]
        self._timeout: float = checked["timeout"]
        #: ``open``: whether this thread keeps its connection; ``server``: the connection that it keeps
        self._kept = threading.local()

    def reaches(self, client: Client) -> bool:
        """Whether the client has a usable mail address."""
        return _address(client.email) is not None

    def send(self, message: Message) -> Delivery:
        """Hand the mail to the server. A refusal of the address is final; anything else is tried again."""
        recipient = _address(message.client.email)
        if recipient is None:
            raise DeliveryError("the client's mail address is not one", final=True)
        try:
            self._hand_over(compose(message, recipient), sender_of(message), recipient)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()), (550, b""))
            raise _refused(code, said) from None
        except smtplib.SMTPResponseException as error:
            # a wrong password, a sender or a content that is not taken: ours to mend, and then it still leaves
            raise _refused(error.smtp_code, error.smtp_error, mendable=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"the mail server {self._host}:{self._port}: {type(error).__name__}") from None
        return Delivery(reference=message.headers.get("Message-ID", ""))

    @contextmanager
    def round(self) -> Iterator[None]:
        """Within it, this thread's mails go over one connection."""
        self._kept.open = True
        try:
            yield
        finally:
            self._kept.open = False
            self._drop()

    def _hand_over(self, mail: bytes, sender: str, recipient: str) -> None:
        kept: _Server | None = getattr(self._kept, "server", None)
        try:
            try:
                self._send(kept or self._connect(), mail, sender, recipient)
            except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError):
                # servers hang up after a while, or after so many mails: nothing of this one was taken yet
                if kept is None or kept.begun:
                    raise
                self._send(self._connect(), mail, sender, recipient)
        finally:
            if not getattr(self._kept, "open", False):
                self._drop()

    def _send(self, server: _Server, mail: bytes, sender: str, recipient: str) -> None:
        self._kept.server, server.begun = server, False
        try:
            server.sendmail(sender, [recipient], mail)
        except smtplib.SMTPRecipientsRefused:
            raise
        except BaseException:  # whatever it was, what is left of this connection is not to be trusted
            self._kept.server = None
            server.close()
            raise

    def _drop(self) -> None:
        server: _Server | None = getattr(self._kept, "server", None)
        self._kept.server = None
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()

    def _connect(self) -> _Server:
        if self._security == "tls":
            server: _Server = _TlsServer(
                self._host, self._port, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            server = _Server(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self._password is not None:
                server.login(self._username, self._password.reveal())
        except BaseException:  # whatever ends the greeting, the socket is not left open
            server.close()
            raise
        return server


@lru_cache(maxsize=64)
def _address(text: str) -> str | None:
    """The address alone, where it can be one for SMTP: one @, a domain, no spaces or controls, plain ASCII."""
    text = text.strip()
    try:
        made = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        return None
    usable = made.username and made.domain and text.isascii() and text.isprintable() and " " not in text
    return text if usable else None


def _refused(code: int, said: bytes | str, *, mendable: bool = False) -> DeliveryError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    # the server's words often repeat the address; its enhanced status code (RFC 3463) says enough
    status = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", text)
    shown = f"{code} {status.group(1)}" if status else str(code)
    # 5xx is the server's last word on an address; 4xx asks to come again
    return DeliveryError(f"the mail server refused: {shown}", final=500 <= code < 600 and not mendable)


def _said(key: str, texts: list[str]) -> str:
    if texts == ["Unknown field."]:
        import difflib

        near = difflib.get_close_matches(key, list(_Settings().fields), n=1)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    return " ".join(texts)
