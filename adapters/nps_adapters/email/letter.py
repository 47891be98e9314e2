"""A message as the bytes of a mail (RFC 5322, MIME). What is the same in a thousand mails is encoded once.

The standard library's ``EmailMessage`` parses and folds every header of every part again: most of what a mail costs.
"""

from __future__ import annotations

import re
import secrets
from base64 import encodebytes
from binascii import b2a_qp
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import parseaddr
from functools import lru_cache

from nps_plugin import Message

_LINE = 78
#: A longer line of text is broken by its encoding; servers break longer ones than 998 as they like.
_PLAIN = 76
_ATOMS = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")


def compose(message: Message, recipient: str) -> bytes:
    """The mail to that address, its lines ended as SMTP wants it. Raises ``ValueError`` for a header with a line end in
    it."""
    parts = [_From.of(message.sender).header, _field("To", _mailbox(message.client.name, recipient))]
    parts.append(_field("Subject", message.subject))
    parts += [_field(name, value) for name, value in message.headers.items()]
    parts.append(b"MIME-Version: 1.0\r\n")
    # "=_" stands in no encoded text, and what is random in no other
    mark = f"=_{secrets.token_hex(12)}".encode()
    text = _text("plain", message.text)
    if not message.html:
        return b"".join((*parts, text))
    html = _text("html", message.html)
    if message.images:
        pictures = [_picture(name, *image) for name, image in message.images.items()]
        html = _multipart(b"related", b"r" + mark, html, *pictures)
    return b"".join((*parts, _multipart(b"alternative", b"a" + mark, text, html)))


def sender_of(message: Message) -> str:
    """The address that a mail leaves from."""
    return _From.of(message.sender).address


class _From:
    """A sender, as a header and as an address alone."""

    def __init__(self, sender: str) -> None:
        name, self.address = parseaddr(sender)
        self.header = _field("From", str(Address(display_name=name, addr_spec=self.address)))

    @staticmethod
    @lru_cache(maxsize=64)
    def of(sender: str) -> _From:
        return _From(sender)


def _mailbox(name: str, address: str) -> str:
    name = " ".join("".join(char if char.isprintable() else " " for char in name).split())[:100]
    if not name:
        return address
    return f"{name} <{address}>" if _ATOMS.fullmatch(name) else str(Address(display_name=name, addr_spec=address))


def _field(name: str, value: str) -> bytes:
    if value.isascii() and value.isprintable() and value == value.strip():
        if len(name) + len(value) + 2 <= _LINE:
            return f"{name}: {value}\r\n".encode()
        if " " not in value:
            # a link: nowhere to be broken
            return f"{name}:\r\n {value}\r\n".encode()
    return _folded(name, value)


@lru_cache(maxsize=64)
def _folded(name: str, value: str) -> bytes:
    folded: bytes = SMTP.fold_binary(*SMTP.header_store_parse(name, value))
    return folded


def _multipart(kind: bytes, mark: bytes, *parts: bytes) -> bytes:
    head = b'Content-Type: multipart/%s;\r\n boundary="%s"\r\n\r\n' % (kind, mark)
    return head + b"".join(b"--%s\r\n%s\r\n" % (mark, part) for part in parts) + b"--%s--\r\n" % mark


def _text(subtype: str, text: str) -> bytes:
    lines = text.encode().splitlines()
    data = b"\r\n".join([*lines, b""])
    if data.isascii() and max(map(len, lines), default=0) <= _PLAIN:
        how, body = "7bit", data
    else:
        how, body = "quoted-printable", b2a_qp(data, istext=True)
        if len(body) > len(data) * 3 // 2:
            how, body = "base64", _base64(data)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {how}\r\n\r\n'
    return head.encode() + body


@lru_cache(maxsize=256)
def _picture(name: str, media_type: str, content: bytes) -> bytes:
    head = (
        _field("Content-Type", media_type)
        + b"Content-Transfer-Encoding: base64\r\nContent-Disposition: inline\r\n"
        + _field("Content-ID", f"<{name}>")
    )
    return head + b"\r\n" + _base64(content)


def _base64(data: bytes) -> bytes:
    return encodebytes(data).replace(b"\n", b"\r\n")
