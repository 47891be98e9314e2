"""The question as a fragment for a host's own message."""

from __future__ import annotations

from ..config.settings import Tenant
from ..links import decoy_url
from ..model import Survey
from .catalogue import locale_for, translations
from .clean import clean_line
from .mail import line_of, looks_of, points_of
from .render import render


def word_buttons(
    form: str, *, tenant: Tenant, survey: Survey, token: str, base_url: str, locale: str, question: str
) -> str:
    """The question with one link per score, as ``"html"`` or ``"text"``. It brings no pictures and no style sheet."""
    locale = locale_for(locale)
    points = points_of(tenant, survey, token=token, base_url=base_url, locale=locale)
    if form == "html":
        return render(
            "mail/buttons.html",
            locale,
            question=clean_line(question),
            points=points,
            decoy=decoy_url(base_url, tenant.name, token),
            **looks_of(tenant, survey),
        )
    if form != "text":
        raise ValueError(f'buttons: {form!r} is neither "html" nor "text"')
    lines = [clean_line(question), "", *(line_of(point) for point in points)]
    lines += ["", translations(locale).gettext("One click on an answer, then “Send” on the page that opens.")]
    return "\n".join(lines)
