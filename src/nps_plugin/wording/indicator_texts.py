"""What indicators and criteria are called, and what is told of them. It says what goes together, and never why."""

from __future__ import annotations

from collections.abc import Mapping

from ..config.settings import Tenant
from ..model import Fulfilled, Impact
from .catalogue import locale_for, msgid, translations
from .clean import clean_line
from .texts import any_text
from .verdict_sentences import Said

_INDICATORS: Mapping[str, str] = {
    "no_errors": msgid("The service works without errors"),
    "stays_fixed": msgid("What was fixed stays fixed"),
    "cause_removed": msgid("The cause was removed, not just its traces"),
    "first_reply_quick": msgid("The first reply came quickly"),
    "fixed_quickly": msgid("Errors are fixed quickly"),
    "on_time": msgid("It was done by the time that was promised"),
    "knows_the_subject": msgid("Those who helped knew their subject"),
    "understood_at_once": msgid("My request was understood at once"),
    "courteous": msgid("I was treated with respect"),
    "willing_to_help": msgid("Those who helped really wanted to help"),
    "kept_informed": msgid("I was told how my request was going on"),
    "clear_answers": msgid("The answers were clear"),
    "easy_to_reach": msgid("Help was easy to reach"),
    "asked_once": msgid("I had to explain it only once"),
    "solved": msgid("My request is resolved"),
    "fits_my_work": msgid("The solution suits my work"),
}
_CRITERIA: Mapping[str, str] = {
    "quality": msgid("Quality"),
    "speed": msgid("Speed"),
    "competence": msgid("Competence"),
    "attitude": msgid("Attitude"),
    "information": msgid("Information"),
    "access": msgid("Access"),
    "result": msgid("Result"),
}
_FULFILLED: Mapping[Fulfilled, str] = {
    Fulfilled.YES: msgid("Yes"),
    Fulfilled.PARTLY: msgid("Partly"),
    Fulfilled.NO: msgid("No"),
}
_SOURCES: Mapping[str, str] = {
    "interview": msgid("Interview"),
    "focus_group": msgid("Focus group"),
    "meeting": msgid("Meeting"),
    "letter": msgid("Letter"),
    "other": msgid("Elsewhere"),
}
#: Where voices without a ticket come from.
SOURCES: tuple[str, ...] = tuple(_SOURCES)


def indicator_text(tenant: Tenant, code: str, locale: str) -> str:
    """What an indicator says, also one that is no longer agreed on; its code where nothing else is known."""
    own = tenant.indicators.get(code)
    return _named(own.text if own else {}, _INDICATORS.get(code), code, locale, tenant.locale)


def criterion_text(tenant: Tenant, code: str, locale: str) -> str:
    """What a criterion is called."""
    return _named(tenant.criteria.get(code, {}), _CRITERIA.get(code), code, locale, tenant.locale)


def fulfilled_texts(locale: str) -> list[tuple[str, str]]:
    """What can be said of an indicator, as (value, text)."""
    words = translations(locale_for(locale))
    return [(value.value, words.gettext(text)) for value, text in _FULFILLED.items()]


def source_text(source: str, locale: str) -> str:
    """Where a voice comes from."""
    return translations(locale_for(locale)).gettext(_SOURCES.get(source, source))


def impact_sentence(found: Impact, locale: str, shown: int, *, some: bool = False) -> str:
    """How the satisfied share differs where an indicator is fulfilled and where it is not, or why nothing is told.

    ``some``: it is asked after some scores only.
    """
    said = Said(translations(locale), locale)
    good, bad = found.fulfilled, found.unfulfilled
    if some:
        return said.words.gettext("Asked after some scores only, so it is not held against them.")
    if found.difference is None or found.interval is None or min(good.n, bad.n) < shown:
        return said.words.gettext("Too few answers on one side to compare.")
    text = said.words.gettext(
        "%(good)s satisfied where it is fulfilled, %(bad)s where it is not: %(difference)s percentage points"
        " (95%% interval %(low)s to %(high)s)."
    )
    if abs((good.value or 0) - (bad.value or 0) - found.difference) >= 0.005:
        text = said.words.gettext(
            "%(good)s satisfied where it is fulfilled, %(bad)s where it is not; within each level and channel:"
            " %(difference)s percentage points (95%% interval %(low)s to %(high)s)."
        )
    low, high = found.interval
    values = {"difference": said.signed(found.difference), "low": said.signed(low), "high": said.signed(high)}
    values |= {"good": said.percent(good.value or 0), "bad": said.percent(bad.value or 0)}
    told = text % values
    if found.tentative:
        told += " " + said.words.gettext("Chance may be the whole of it.")
    return told


def _named(own: Mapping[str, str], shipped: str | None, code: str, locale: str, fallback: str) -> str:
    # as with questions: the shipped text in the client's language comes before the tenant's own in another
    locale = locale_for(locale)
    if locale not in own and shipped is not None:
        return translations(locale).gettext(shipped)
    return clean_line(any_text(own, locale, fallback) or code, 200)
