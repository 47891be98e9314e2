"""Mail as it leaves, against a real SMTP server."""

from __future__ import annotations

import pytest
from tests.world import NOON, free_port, text_of

from nps_adapters.email.channel import EmailChannel
from nps_plugin import Channel, Client, ConfigError, DeliveryError, Message, Secret


def channel(mailbox, **settings):
    return EmailChannel({"host": "127.0.0.1", "port": mailbox.port} | settings)


def message(**change):
    usual = {
        "id": "m1",
        "tenant": "acme",
        "survey": "s1",
        "client": Client(email="ivan@example.org", name="Иван Петров"),
        "locale": "ru",
        "sender": "Акме <help@acme.example>",
        "subject": "Как всё прошло?",
        "text": "Хорошо: https://help.example.org/rate/acme/TOKEN?s=3",
        "html": "<p>Хорошо</p><img src='cid:logo'>",
        "headers": {
            "Date": "Fri, 20 Nov 2026 12:00:00 +0000",
            "Reply-To": "noreply@acme.example",
            "Message-ID": "<m1@acme.example>",
        },
        "images": {"logo": ("image/png", b"\x89PNG")},
    }
    return Message(**(usual | change))


def test_it_is_a_channel(mailbox):
    assert isinstance(channel(mailbox), Channel)


def test_text_html_and_pictures_arrive_with_their_headers(mailbox):
    delivery = channel(mailbox).send(message())
    (mail,) = mailbox.mails
    assert delivery.reference == mail["Message-ID"] == "<m1@acme.example>"
    assert str(mail["From"]) == "Акме <help@acme.example>"
    assert str(mail["To"]) == "Иван Петров <ivan@example.org>"
    assert mail["Subject"] == "Как всё прошло?"
    assert mail["Reply-To"] == "noreply@acme.example"
    assert mail["Date"].datetime == NOON
    assert "Хорошо" in text_of(mail)
    assert "<p>Хорошо</p>" in text_of(mail, "html")
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<logo>"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "multipart/related"]


@pytest.mark.parametrize(
    "text", ["", "ivan", "ivan@", "a@b@c", "a b@example.org", "ivan@example.org\r\nBcc: x@y.z", "я@пример.рф"]
)
def test_what_is_no_address_is_not_reached_and_never_sent(mailbox, text):
    assert not channel(mailbox).reaches(Client(email=text))
    with pytest.raises(DeliveryError) as caught:
        channel(mailbox).send(message(client=Client(email=text)))
    assert caught.value.final
    assert mailbox.mails == []


def test_a_name_cannot_bring_headers_with_it(mailbox):
    channel(mailbox).send(message(client=Client(email="ivan@example.org", name="Ivan\r\nBcc: all@example.org")))
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].addr_spec == "ivan@example.org"


@pytest.mark.parametrize(
    ("answer", "final", "kept"),
    [
        ("550 5.1.1 <ivan@example.org> no such user", True, "550 5.1.1"),
        ("451 ivan@example.org come again", False, "451"),
    ],
)
def test_the_servers_word_decides_whether_to_come_again_and_is_kept_without_the_address(mailbox, answer, final, kept):
    mailbox.answers["ivan@example.org"] = answer
    with pytest.raises(DeliveryError) as caught:
        channel(mailbox).send(message())
    assert caught.value.final is final
    assert caught.value.reason == f"the mail server refused: {kept}"


def test_a_refusal_that_is_ours_to_mend_gives_up_no_question(mailbox, monkeypatch):
    async def refuse(*_args):
        return "554 5.7.1 this content is not taken"

    monkeypatch.setattr(mailbox, "handle_DATA", refuse)
    with pytest.raises(DeliveryError) as caught:
        channel(mailbox).send(message())
    assert not caught.value.final


def test_a_server_that_is_not_there_is_tried_again_and_no_secret_is_told():
    gone = EmailChannel({"host": "127.0.0.1", "port": free_port(), "username": "u", "password": Secret("hunter2")})
    with pytest.raises(DeliveryError) as caught:
        gone.send(message())
    assert not caught.value.final
    assert "hunter2" not in str(caught.value) + repr(vars(gone))
    assert "TOKEN" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"hots": "x"}, "hots"),
        ({"port": 70000}, "port"),
        ({"security": "ssl"}, "security"),
        ({"password": "in the clear"}, "password"),
        ({"username": "u"}, "username"),
        ({"timeout": 0}, "timeout"),
        ({"host": "mail.example.org", "username": "u", "password": Secret("p")}, "security"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(settings, key):
    with pytest.raises(ConfigError) as caught:
        EmailChannel(settings)
    assert [problem.key for problem in caught.value.problems] == [key]
    assert "in the clear" not in str(caught.value) or key == "security"
