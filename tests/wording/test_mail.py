"""The question as an e-mail, and as buttons for a host's own mail."""

from __future__ import annotations

import re
import struct
import zlib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser

import pytest
from tests.web.memory_desk import make_survey, make_tenant

from nps_plugin.links import decoy_url, new_token, rating_url, unsubscribe_url
from nps_plugin.model import SCALES, Client
from nps_plugin.wording.buttons import word_buttons
from nps_plugin.wording.icons import SIZE, icon_png
from nps_plugin.wording.mail import word_question
from nps_plugin.wording.texts import question_for

BASE = "https://help.example.org/rate"
CLIENT = Client(id="c1", name="Ann", email="ann@example.net")
TOKEN = new_token()
DECOY = decoy_url(BASE, "acme", TOKEN)


class Tags(HTMLParser):
    """The tags of a document with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def links(self):
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]


def word(scale="faces-3", locale="en", subject="VPN", ticket="4711", tenant=None, **more):
    tenant = tenant or make_tenant(scale=SCALES[scale])
    survey = make_survey(tenant.name, ticket, tenant.scale)
    question = question_for(tenant, locale, ticket=ticket)
    values = {
        "tenant": tenant,
        "survey": survey,
        "client": CLIENT,
        "message_id": "m-1",
        "subject": subject,
        "token": TOKEN,
        "base_url": BASE,
        "locale": locale,
        "question": question,
        "at": datetime(2026, 11, 20, 12, tzinfo=UTC),
    }
    return word_question(**{**values, **more})


@pytest.mark.parametrize("scale", list(SCALES))
@pytest.mark.parametrize("locale", ["ru", "en"])
def test_each_score_is_one_link_in_html_and_one_line_in_text(scale, locale):
    message = word(scale, locale)
    wanted = [rating_url(BASE, "acme", TOKEN, score) for score in SCALES[scale].points]
    links = Tags(message.html).links()
    assert sorted(links) == sorted([*wanted, DECOY, unsubscribe_url(BASE, "acme", TOKEN)])
    lines = message.text.splitlines()
    assert [line.rpartition(": ")[2] for line in lines if "?s=" in line] == wanted
    assert unsubscribe_url(BASE, "acme", TOKEN) in lines[-1]
    assert len([tag for tag, _ in Tags(message.html).tags if tag == "h1"]) == 1
    assert message.locale == locale
    for end in SCALES[scale].ends[locale]:
        assert end in message.html
        assert end in message.text


@pytest.mark.parametrize("scale", list(SCALES))
def test_a_mail_stays_well_under_what_mail_services_cut_off(scale):
    message = word(scale, "ru")
    assert len(message.html.encode()) < 30_000
    assert sum(len(content) for _, content in message.images.values()) < 10_000


def test_the_languages_do_not_mix():
    assert not re.search("[а-яё]", word(locale="en").html + word(locale="en").text, re.IGNORECASE)
    russian = word(locale="ru-RU")
    assert russian.locale == "ru"
    assert 'lang="ru"' in russian.html
    assert russian.subject == "Acme Support: как мы справились с вашим обращением 4711?"
    assert "Ответить можно до 30 марта." in russian.text


def test_the_headers_of_a_good_mail():
    assert dict(word().headers) == {
        "Date": "Fri, 20 Nov 2026 12:00:00 +0000",
        "Reply-To": "noreply@acme.example",
        "Message-ID": "<m-1@acme.example>",
        "List-Unsubscribe": f"<{unsubscribe_url(BASE, 'acme', TOKEN)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


@pytest.mark.parametrize(
    ("locale", "head", "line"),
    [
        ("en", "Reminder: ", "You have not answered yet; this is our only reminder."),
        ("ru", "Напоминание: ", "Вы ещё не ответили; больше напоминать не будем."),
    ],
)
def test_a_reminder_says_that_it_is_one_in_subject_text_and_html(locale, head, line):
    reminder, first = word(locale=locale, reminder=True), word(locale=locale)
    assert reminder.subject.startswith(head)
    assert not first.subject.startswith(head)
    for said, before in ((reminder.text, first.text), (reminder.html, first.html)):
        assert line in said
        assert line not in before


def test_the_configured_reply_to_wins_and_a_domain_can_be_given():
    tenant = make_tenant(channels={"email": {"reply_to": "ratings@acme.example"}})
    message = word(tenant=tenant, message_id_domain="mail.acme.example")
    assert message.headers["Reply-To"] == "ratings@acme.example"
    assert message.headers["Message-ID"] == "<m-1@mail.acme.example>"


def test_no_header_can_be_injected():
    evil = "x\r\nBcc: all@example.org\n\u2028y\x00\x1b"
    tenant = make_tenant(
        brand={"name": f"Acme{evil}", "sender": f"Acme{evil} <support@acme.example>"},
        channels={"email": {"reply_to": f"r@acme.example{evil}"}},
    )
    message = word(tenant=tenant, ticket=f"47{evil}", subject=evil, message_id=f"m{evil}")
    for value in (message.subject, message.sender, *message.headers.values()):
        assert value == re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", "", value)
    carried = EmailMessage(policy=SMTP)
    carried["Subject"] = message.subject
    carried["Reply-To"] = message.headers["Reply-To"]
    assert "\nBcc" not in carried.as_string()


def test_a_long_subject_is_cut():
    assert len(word(ticket="9" * 500).subject) <= 150
    assert "z" * 200 not in word(subject="z" * 500).html


def test_everything_from_elsewhere_is_escaped_and_shown_without_bidi_tricks():
    evil = "<script>alert(1)</script>\"'&{{7*7}}\u202eevil\u2066"
    tenant = make_tenant(brand={"name": evil})
    message = word(tenant=tenant, ticket=evil, subject=evil, question=evil)
    tags = Tags(message.html)
    assert "script" not in {tag for tag, _ in tags.tags}
    assert "<script>alert(1)</script>\"'&{{7*7}}evil" in tags.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", message.html + message.text + message.subject)


def test_nothing_is_loaded_from_elsewhere_and_no_script_runs():
    message = word()
    for tag, attributes in Tags(message.html).tags:
        assert tag not in {"script", "link", "iframe", "form", "style"}
        if tag == "img":
            assert attributes["src"].removeprefix("cid:") in message.images
            assert attributes["alt"] is not None
    assert "url(" not in message.html


@pytest.mark.parametrize(
    ("media_type", "shown"), [("image/png", True), ("image/jpeg", True), ("image/gif", True), ("image/svg+xml", False)]
)
def test_a_logo_that_mail_clients_show_goes_along_else_the_name(media_type, shown):
    message = word(tenant=make_tenant(brand={"logo": (media_type, b"bytes")}))
    assert (message.images.get("nps-logo") == (media_type, b"bytes")) == shown
    assert ("cid:nps-logo" in message.html) == shown
    assert "Acme Support" in message.html


def test_faces_are_pictures_in_the_tenants_colour_and_labels_say_the_same():
    message = word(tenant=make_tenant(brand={"colour": "#1d4ed8"}))
    assert set(message.images) == {"nps-faces-3-1", "nps-faces-3-2", "nps-faces-3-3"}
    media_type, content = message.images["nps-faces-3-1"]
    assert media_type == "image/png"
    assert bytes.fromhex("1d4ed8") in content
    assert word("nps-11").images == {}


@pytest.mark.parametrize(
    ("scale", "score"), [("faces-3", 1), ("faces-3", 2), ("faces-3", 3), ("thumbs-2", 0), ("thumbs-2", 1)]
)
def test_a_picture_is_a_whole_png_with_something_on_it(scale, score):
    content = icon_png(scale, score, "#0b6e4f")
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    place, chunks = 8, {}
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, data = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        assert struct.unpack(">I", content[place + 8 + length : place + 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind] = data
        place += 12 + length
    rows = zlib.decompress(chunks[b"IDAT"])
    assert len(rows) == SIZE * (SIZE + 1)
    opaque = rows.count(15) / len(rows)
    assert 0.2 < opaque < 0.85
    assert icon_png("faces-3", 1, "#0b6e4f") != icon_png("faces-3", 3, "#0b6e4f")


def test_a_message_does_not_show_its_links_in_its_repr():
    assert TOKEN not in repr(word())


def fragment(form, scale="faces-3", **more):
    tenant = make_tenant(scale=SCALES[scale])
    values = {
        "tenant": tenant,
        "survey": make_survey(scale=tenant.scale),
        "token": TOKEN,
        "base_url": BASE,
        "locale": "ru",
        "question": "Как решён ваш вопрос?",
    }
    return word_buttons(form, **{**values, **more})


@pytest.mark.parametrize("scale", list(SCALES))
def test_buttons_for_the_hosts_mail_have_a_link_for_each_score(scale):
    wanted = [rating_url(BASE, "acme", TOKEN, score) for score in SCALES[scale].points]
    html = fragment("html", scale)
    assert sorted(Tags(html).links()) == sorted([*wanted, DECOY])
    assert "cid:" not in html
    assert "<html" not in html
    assert re.findall(r"https://\S+", fragment("text", scale)) == wanted


def test_buttons_escape_the_question_and_know_two_forms():
    assert "<b>" not in fragment("html", question="<b>?")
    assert fragment("text", question="<b>?").startswith("<b>?\n")
    with pytest.raises(ValueError, match='neither "html" nor "text"'):
        fragment("markdown")
