"""The bytes of a mail say what the standard library's own builder says."""

from __future__ import annotations

import email
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters.email.test_email import message

from nps_adapters.email.letter import compose
from nps_plugin import Client, Message

words = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=200)
texts = st.text(st.sampled_from("Aя.=\n\r \t–") | st.characters(exclude_categories=["Cs"]), max_size=300)


def by_the_library(of: Message) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["To"] = Address(display_name=of.client.name, addr_spec=of.client.email)
    mail["Subject"] = of.subject
    mail.set_content(of.text)
    mail.add_alternative(of.html, subtype="html")
    return mail


def parsed(data: bytes) -> EmailMessage:
    mail: Any = email.message_from_bytes(data, policy=policy.default)
    assert not [part.defects for part in mail.walk() if part.defects]
    return mail


def told(mail: EmailMessage) -> list[Any]:
    """What a reader gets of it."""
    text, html = (
        next(part for part in mail.walk() if part.get_content_type() == kind) for kind in ("text/plain", "text/html")
    )
    # a text ends with a line end, whether it was given one or not
    contents = [part.get_payload(decode=True).decode().splitlines() or [""] for part in (text, html)]
    return [mail["To"].addresses, " ".join(mail["Subject"].split()), *contents]


@settings(max_examples=80, deadline=None)
@given(name=words, subject=words, text=texts, html=texts)
def test_a_reader_gets_what_the_standard_librarys_mail_says(name, subject, text, html):
    name, subject = " ".join(name.split())[:100].strip() or "a", " ".join(subject.split()) or "a"
    of = message(client=Client(email="a@example.org", name=name), subject=subject, text=text, html=html or "-")
    data = compose(of, "a@example.org")
    assert told(parsed(data)) == told(parsed(by_the_library(of).as_bytes()))
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


@pytest.mark.parametrize("text", ["a\n.\n..\nFrom x\n", "-- \nb", "x" * 2000, "–" * 2000, "\t \n \n", ""])
def test_no_line_is_lost_or_ends_the_mail(mailbox, text):
    from tests.adapters.email.test_email import channel

    channel(mailbox).send(message(text=text))
    (mail,) = mailbox.mails
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == text.splitlines()


def test_a_header_with_a_line_end_is_refused(mailbox):
    with pytest.raises(ValueError, match="linefeed"):
        compose(message(subject="Hello\r\nBcc: all@example.org"), "a@example.org")


def test_a_long_link_in_a_header_stays_whole():
    link = f"<https://help.example.org/{'a' * 200}>"
    mail = parsed(compose(message(headers={"List-Unsubscribe": link}), "a@example.org"))
    assert mail["List-Unsubscribe"].strip() == link
