"""The pages themselves: what each one shows, and the headers that all of them carry."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..links import DECOY
from ..model import Band, Scale
from ..responses.indicators import offered_choices
from ..wording.catalogue import SOURCE, locale_for, locales, translations
from ..wording.clean import clean_line, clean_text
from ..wording.colours import palette
from ..wording.indicator_texts import fulfilled_texts
from ..wording.render import render
from ..wording.texts import point_label, question_for, reason_choices
from .desk import Look, Standing
from .http import Response

#: Pages without a tenant: a blue that no brand can mind.
NEUTRAL_COLOUR = "#3b5b8c"
#: Characters of a comment; in the worst encoding still well under the limit of the body.
MAX_COMMENT = 4000
#: How many reasons are seen before "more".
FIRST_REASONS = 3
#: How the names of form fields begin that hold an indicator.
INDICATOR = "i."

_LANGUAGES = {"en": "English", "ru": "Русский"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page stands, and in which language it speaks."""

    token: str = ""
    #: what to put before the token in a relative link: "" on the rating page, "../" below it
    up: str = ""
    locale: str = SOURCE
    #: the language was chosen on the page, so its links keep it
    chosen_locale: bool = False
    look: Look | None = None

    def link(self, below: str = "", /, **query: str | int | None) -> str:
        """A relative link to the rating page or what is below it: right whatever prefix the pages are mounted under."""
        if self.chosen_locale:
            query.setdefault("lang", self.locale)
        named = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items() if value is not None)
        return f"{self.up}{self.token}{'/' if below else ''}{below}{'?' if named else ''}{named}"


def form_page(
    place: Place, look: Look, nonce: str, *, status: int = 200, chosen: int | None = None, problem: str = ""
) -> Response:
    """The question with its points and "send"; ``problem`` says why it is shown again."""
    scale = look.survey.scale
    question, question_lang = _question(place, look)
    return _page(
        "page/form.html",
        place,
        status=status,
        switch={"s": chosen},
        question=question,
        question_lang=question_lang,
        points=points_of(scale, place.locale),
        layout=layout_of(scale),
        scale=scale.name,
        chosen=chosen,
        answered=look.standing is Standing.CHANGEABLE,
        problem=problem,
        nonce=nonce,
        action=place.link(),
        unsubscribe=place.link("unsubscribe"),
        # without the language that the page was switched to: a decoy is the same for all
        decoy=f"{place.up}{place.token}/{DECOY}",
    )


def thanks_page(
    place: Place,
    look: Look,
    nonce: str,
    *,
    score: int,
    status: int = 200,
    reasons: Sequence[str] = (),
    indicators: Mapping[str, str] | None = None,
    comment: str = "",
    problem: str = "",
    done: bool = False,
) -> Response:
    """The score is stored. Asks why, in the bands that the tenant asks, and the indicators whose turn it is; ``done``:
    what was chosen or written is stored too.

    ``reasons``, ``indicators`` and ``comment`` are those of this very request, when it could not be taken; a stored one
    is never shown.
    """
    band = look.survey.scale.band(score)
    ask_why = band in look.tenant.ask.ask_why
    choices = reason_choices(look.tenant, place.locale)
    return _page(
        "page/thanks.html",
        place,
        status=status,
        score=score,
        ask_why=ask_why,
        satisfied=band is Band.SATISFIED,
        first=choices[:FIRST_REASONS],
        more=choices[FIRST_REASONS:],
        chosen=set(reasons),
        indicators=offered_choices(look.tenant, look.survey.id, band, place.locale),
        tapped=indicators or {},
        fulfilled=fulfilled_texts(place.locale),
        indicator=INDICATOR,
        comment=clean_text(comment, MAX_COMMENT),
        max_comment=MAX_COMMENT,
        problem=problem,
        done=done,
        nonce=nonce,
        action=place.link(),
        # a message that only asks why leads to no other score
        again="" if look.why is not None else place.link(),
        asked=look.why is not None,
    )


def notice_page(place: Place, kind: str, status: int, *headers: tuple[str, str], retry: bool = False) -> Response:
    """A page that only says something; ``kind`` names what (see ``page/notice.html``)."""
    back = place.link() if retry else ""
    return _page("page/notice.html", place, headers, status=status, kind=kind, back=back, max_comment=MAX_COMMENT)


def unsubscribe_page(place: Place, nonce: str, *, status: int = 200, done: bool = False, problem: str = "") -> Response:
    """Asks whether to be asked no more; ``done`` says that it is so."""
    return _page(
        "page/unsubscribe.html", place, status=status, nonce=nonce, done=done, problem=problem,
        action=place.link("unsubscribe"), back=place.link(),
    )  # fmt: skip


def logo_response(look: Look) -> Response | None:
    """The tenant's logo, where it has one. A policy of its own, since an SVG opened by itself could carry scripts."""
    if look.tenant.brand.logo is None:
        return None
    media_type, content = look.tenant.brand.logo
    headers = (
        ("Content-Type", media_type),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "private, max-age=86400"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Robots-Tag", "noindex, nofollow"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Response(status=200, headers=headers, body=content)


def points_of(scale: Scale, locale: str) -> list[dict[str, Any]]:
    """Every point with its name: ``score, label, named``."""
    labels = [(score, point_label(scale, score, locale)) for score in scale.points]
    return [{"score": score, "label": label, "named": label != str(score)} for score, label in labels]


def layout_of(scale: Scale) -> str:
    """``row`` for 2 or 3 points, ``list`` for a few that all have names, ``numbers`` else."""
    if len(scale.points) <= 3:
        return "row"
    return "list" if len(scale.points) <= 5 and scale.labels else "numbers"


def with_after(response: Response, after: Callable[[], None]) -> Response:
    """The same response, with something to do once it is sent."""
    return Response(status=response.status, headers=response.headers, body=response.body, after=after)


def _question(place: Place, look: Look) -> tuple[str, str]:
    """The question, and its language. In another language than the message's only where it is the configured one."""
    asked, own = clean_line(look.question), locale_for(look.locale, look.tenant.locale)
    if place.locale == own:
        return asked, own
    configured, other = (
        question_for(look.tenant, locale, ticket=look.survey.ticket, scale=look.survey.scale.name)
        for locale in (own, place.locale)
    )
    return (other, place.locale) if configured == asked else (asked, own)


def _page(
    template: str,
    place: Place,
    headers: Sequence[tuple[str, str]] = (),
    *,
    status: int,
    switch: Mapping[str, str | int | None] | None = None,
    **values: Any,
) -> Response:
    look = place.look
    style_nonce = secrets.token_urlsafe(16)
    colour = look.tenant.brand.colour if look else NEUTRAL_COLOUR
    others = []
    if look is not None and switch is not None:
        others = [
            (name, _LANGUAGES.get(name, name), place.link(**{**switch, "lang": name}))
            for name in locales()
            if name != place.locale
        ]
    html = render(
        template,
        place.locale,
        style_nonce=style_nonce,
        colours=palette(colour),
        brand=clean_line(look.tenant.brand.name, 100) if look else "",
        logo=place.link("logo") if look and look.tenant.brand.logo else "",
        ticket=clean_line(look.survey.ticket, 60) if look else "",
        others=others,
        **values,
    )
    return html_response(html, style_nonce, place.locale, headers, status=status)


def html_response(
    html: str, style_nonce: str, locale: str, headers: Sequence[tuple[str, str]] = (), *, status: int = 200
) -> Response:
    """A page with the headers that all carry: kept by nobody, told to nobody, nothing loaded from elsewhere."""
    body = html.encode()
    policy = (
        f"default-src 'none'; style-src 'nonce-{style_nonce}'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return Response(
        status=status,
        headers=(
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Language", locale),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Robots-Tag", "noindex, nofollow"),
            ("Content-Security-Policy", policy),
            *headers,
        ),
        body=body,
    )


def say(locale: str, message: str) -> str:
    """A marked text in that locale."""
    return translations(locale).gettext(message)
