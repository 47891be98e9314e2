"""What an operator says on the telephone, in the client's language."""

from __future__ import annotations

from datetime import datetime

from ..config.settings import Tenant
from ..model import CallKind
from .catalogue import locale_for, translations
from .clean import clean_line


def script_lines(
    tenant: Tenant,
    locale: str,
    kind: CallKind,
    *,
    question: str = "",
    name: str = "",
    ticket: str = "",
    subject: str = "",
    closed_at: datetime | None = None,
    score: str = "",
) -> tuple[str, ...]:
    """The lines, in order. ``question`` is the message's; ``score`` is the one of which a why-call asks, as text."""
    locale = locale_for(locale)
    gettext = translations(locale).gettext
    values = {
        "name": clean_line(name, 100),
        "brand": clean_line(tenant.brand.name, 100),
        "ticket": clean_line(ticket, 60),
        "subject": clean_line(subject, 200),
        "score": score,
    }
    hello = gettext("Hello, %(name)s! This is %(brand)s.") if values["name"] else gettext("Hello! This is %(brand)s.")
    about = gettext("I am calling about your request %(ticket)s.")
    if values["subject"]:
        about = gettext("I am calling about your request %(ticket)s: %(subject)s.")
    if closed_at is not None:
        from babel.dates import format_date

        values["date"] = format_date(closed_at.astimezone(tenant.timezone), "long", locale=locale).rstrip(".")
        closed = gettext("It was closed on %(date)s.")
    else:
        closed = ""
    if kind is CallKind.QUESTION:
        rest = [clean_line(question).replace("%", "%%"), gettext("Thank you for your time!")]
    else:
        rest = [
            gettext("You rated it %(score)s. Thank you for that!"),
            gettext("What was the main reason for this score?"),
            gettext("What should we do differently next time?"),
            gettext("Thank you for your time!"),
        ]
    return tuple(line % values for line in (hello, about, closed, *rest) if line)
