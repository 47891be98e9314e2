"""The pages of the demonstration's site that show the received mails, so that a person can click in them."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join

from .mailbox import with_pictures

_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Received mails</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #16181d; }}
td, th {{ padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; }}
tr.ask td {{ font-weight: 600; }}
</style></head><body><h1>Received mails</h1>
<p>Newest first. Bold: the questions of nps_plugin; the others are django-helpdesk's own. Nothing here has left this
machine.</p>
<table><tr><th>To</th><th>Subject</th></tr>{}</table></body></html>"""


def mails(request: HttpRequest) -> HttpResponse:
    """The list of all mails."""
    del request
    received: list[EmailMessage] = settings.NPS_DEMO_MAILBOX.received
    rows: list[tuple[Any, ...]] = [
        ("ask" if message["List-Unsubscribe"] else "", str(message["To"]), number, str(message["Subject"]))
        for number, message in reversed(list(enumerate(received)))
    ]
    table = format_html_join("", '<tr class="{}"><td>{}</td><td><a href="{}/">{}</a></td></tr>', rows)
    return HttpResponse(format_html(_PAGE, table))


def mail(request: HttpRequest, number: int) -> HttpResponse:
    """One mail as its reader sees it."""
    del request
    received: list[EmailMessage] = settings.NPS_DEMO_MAILBOX.received
    if number >= len(received):
        raise Http404
    return HttpResponse(with_pictures(received[number]))
