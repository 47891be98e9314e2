"""The pages as files, for somebody who looks at the wording: no request, no store behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..config.settings import Tenant
from ..model import Band, Scale, Survey
from .desk import Look, Standing
from .handle import _MISSING, _NO_INDICATOR, _NO_REASON, _STALE, _STALE_UNSUBSCRIBE
from .http import Response
from .pages import Place, form_page, notice_page, say, thanks_page, unsubscribe_page

_STANDS_FOR = "preview"
#: Where a page looks for the logo.
LOGO = f"{_STANDS_FOR}/logo"
#: What only says something; see ``page/notice.html``.
_NOTICES = ("unknown", "locked", "expired", "cancelled", "too_large", "method", "decoy", "busy", "broken")


def pages(
    tenant: Tenant, survey: Survey, locale: str, questions: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """(file's name, title, HTML) of every page in that language; ``questions``: by language and scale's name."""
    scales: dict[str, Scale] = {tenant.scale.name: tenant.scale}
    scales |= {way.scale.name: way.scale for way in tenant.ways.values() if way.scale is not None}
    for name, scale in scales.items():
        question = questions[locale].get(name) or questions[locale][tenant.scale.name]
        look = Look(
            tenant=tenant, survey=replace(survey, scale=scale), standing=Standing.OPEN, locale=locale, question=question
        )
        place = Place(token=_STANDS_FOR, locale=locale, look=look)
        yield f"{name}-1-question", f"{name}: opened", _html(form_page(place, look, ""))
        yield (
            f"{name}-2-chosen",
            f"{name}: after a click in the mail",
            _html(form_page(place, look, "", chosen=scale.low)),
        )
        again = replace(look, standing=Standing.CHANGEABLE)
        yield f"{name}-3-again", f"{name}: opened again", _html(form_page(place, again, ""))
        for band in Band:
            score = next((score for score in scale.points if scale.band(score) is band), None)
            if score is not None:
                thanks = thanks_page(place, look, "", score=score)
                yield f"{name}-4-thanks-{band.value}", f"{name}: thanks, {band.value}", _html(thanks)
    look = Look(
        tenant=tenant, survey=survey, standing=Standing.OPEN, locale=locale,
        question=questions[locale][tenant.scale.name],
    )  # fmt: skip
    place = Place(token=_STANDS_FOR, locale=locale, look=look)
    yield (
        "thanks-all",
        "thanks, everything stored",
        _html(thanks_page(place, look, "", score=tenant.scale.low, done=True)),
    )
    for number, problem in enumerate((_STALE, _MISSING), 1):
        form = form_page(place, look, "", problem=say(locale, problem))
        yield f"problem-{number}", f"an answer that cannot be taken, {number}", _html(form)
    for number, problem in enumerate((_NO_REASON, _NO_INDICATOR), 3):
        almost = thanks_page(place, look, "", score=tenant.scale.low, problem=say(locale, problem))
        yield f"problem-{number}", f"what is chosen after it cannot be taken, {number}", _html(almost)
    yield "unsubscribe-1", "ask no more", _html(unsubscribe_page(place, ""))
    yield "unsubscribe-2", "asked no more", _html(unsubscribe_page(place, "", done=True))
    stale = unsubscribe_page(place, "", problem=say(locale, _STALE_UNSUBSCRIBE))
    yield "unsubscribe-3", "opened long ago", _html(stale)
    for kind in _NOTICES:
        yield f"notice-{kind}", f"notice: {kind}", _html(notice_page(place, kind, 200, retry=kind == "decoy"))


def _html(response: Response) -> str:
    return response.body.decode()
