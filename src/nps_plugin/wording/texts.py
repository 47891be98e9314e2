"""The words of the survey: its question, the names of its points, its reasons, and the verdict in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from ..config.settings import Tenant, Texts
from ..model import SCALES, Band, KpiCheck, Scale, TicketVerdict, VerdictKind
from .catalogue import locale_for, msgid, translations
from .clean import clean_line
from .durations import human_duration
from .placeholders import PLACEHOLDERS, check_placeholders, fill

__all__ = [
    "PLACEHOLDERS",
    "check_placeholders",
    "default_question",
    "human_duration",
    "point_label",
    "question_for",
    "reason_choices",
    "reason_text",
    "verdict_sentence",
]

T = TypeVar("T")

#: At most this many reasons are offered.
MAX_REASONS = 7

_QUESTIONS: Mapping[str, str] = {
    "faces-3": msgid("How was your request resolved?"),
    "thumbs-2": msgid("Was your request resolved well?"),
    "stars-5": msgid("How do you rate the way your request was resolved?"),
    "keypad-10": msgid("How do you rate the way your request was resolved, from 0 to 9?"),
    "nps-11": msgid("How likely are you to recommend {brand} to a friend or colleague?"),
}

_REASONS: Mapping[str, str] = {
    "speed": msgid("It took too long"),
    "errors": msgid("Mistakes were made"),
    "attitude": msgid("Rude or indifferent treatment"),
    "not_solved": msgid("The problem is not solved"),
    "passed_around": msgid("I was passed from one person to another"),
    "brush_off": msgid("A brush-off instead of help"),
}

_KPI_AND_BAND: Mapping[tuple[bool | None, Band | None], str] = {
    (True, Band.SATISFIED): msgid("Target met, client satisfied"),
    (True, Band.NEUTRAL): msgid("Target met, client neither satisfied nor dissatisfied"),
    (True, Band.DISSATISFIED): msgid("Target met, client dissatisfied (“watermelon”)"),
    (False, Band.SATISFIED): msgid("Target missed, client satisfied"),
    (False, Band.NEUTRAL): msgid("Target missed, client neither satisfied nor dissatisfied"),
    (False, Band.DISSATISFIED): msgid("Target missed, client dissatisfied"),
    (None, Band.SATISFIED): msgid("KPI unknown, client satisfied"),
    (None, Band.NEUTRAL): msgid("KPI unknown, client neither satisfied nor dissatisfied"),
    (None, Band.DISSATISFIED): msgid("KPI unknown, client dissatisfied"),
    (True, None): msgid("target met"),
    (False, None): msgid("target missed"),
    (None, None): msgid("KPI unknown"),
}

#: The four corners are named by the verdict itself, whatever the rest of it says.
_CORNERS: Mapping[VerdictKind, tuple[bool, Band]] = {
    VerdictKind.CONFIRMED: (True, Band.SATISFIED),
    VerdictKind.WATERMELON: (True, Band.DISSATISFIED),
    VerdictKind.FORGIVEN: (False, Band.SATISFIED),
    VerdictKind.FAILED: (False, Band.DISSATISFIED),
}

_WITHOUT_ANSWER: Mapping[VerdictKind, str] = {
    VerdictKind.PENDING: msgid("Waiting for the client's answer"),
    VerdictKind.UNANSWERED: msgid("The client did not answer"),
    VerdictKind.NOT_ASKED: msgid("The client was not asked"),
}


def default_question(scale: str, locale: str) -> str:
    """The shipped question for a scale by name, unfilled; other scales are asked that of ``faces-3``."""
    return translations(locale_for(locale)).gettext(_QUESTIONS.get(scale, _QUESTIONS["faces-3"]))


def question_for(
    tenant: Tenant, locale: str, *, ticket: str, subject: str = "", scale: str = "", texts: Texts | None = None
) -> str:
    """The tenant's question (``texts``, where given) in that locale, else the shipped one of
    the scale (the tenant's, unless named), filled.

    The shipped one in the client's language comes before the tenant's own in another: a question must be understood.
    Raises ``ValueError`` for a placeholder that there is not.
    """
    locale = locale_for(locale)
    own = _in(tenant.question if texts is None else texts, locale)
    text = own or default_question(scale or tenant.scale.name, locale)
    values = {"ticket": ticket, "subject": subject, "brand": tenant.brand.name}
    return clean_line(fill(text, {name: clean_line(value, 200) for name, value in values.items()}))


def point_label(scale: Scale, score: int, locale: str) -> str:
    """What a point is called: its own label, else the text of the end that it is, else its number."""
    locale = locale_for(locale)
    if labels := _in(scale.labels, locale):
        return clean_line(labels[score - scale.low])
    if (ends := _in(scale.ends, locale)) and score in (scale.low, scale.high):
        return clean_line(ends[0 if score == scale.low else 1])
    return str(score)


def reason_choices(tenant: Tenant, locale: str) -> list[tuple[str, str]]:
    """The reasons to choose from as (code, text): the tenant's own first, then the shipped ones, at most 7 in all.

    A tenant's reason with a shipped code replaces the shipped text.
    """
    locale = locale_for(locale)
    words = translations(locale)
    own = [(code, clean_line(any_text(texts, locale, tenant.locale) or code)) for code, texts in tenant.reasons.items()]
    shipped = [(code, words.gettext(text)) for code, text in _REASONS.items() if code not in tenant.reasons]
    return [*own, *shipped][:MAX_REASONS]


def reason_text(tenant: Tenant, code: str, locale: str) -> str:
    """What a reason is called, also one that is no longer offered; its code where nothing else is known."""
    locale = locale_for(locale)
    known = {code: translations(locale).gettext(text) for code, text in _REASONS.items()}
    return (known | dict(reason_choices(tenant, locale))).get(code) or clean_line(code, 60)


def verdict_sentence(verdict: TicketVerdict, locale: str, scale: Scale | None = None) -> str:
    """The verdict on a ticket in one plain sentence, with the KPI's time and target and the score.

    :param scale: the scale of the score, where it is the tenant's own; the shipped ones are known by name.
    """
    locale = locale_for(locale)
    words = translations(locale)
    head = _WITHOUT_ANSWER.get(verdict.kind)
    if head is None:
        corner = _CORNERS.get(verdict.kind) or (verdict.kpi.met, verdict.band)
        if verdict.kind is VerdictKind.UNTARGETED:
            corner = (None, verdict.band)
        head = words.gettext(_KPI_AND_BAND[corner])
        details = [_kpi_details(verdict.kpi, locale)]
    else:
        head = words.gettext(head)
        details = [words.gettext(_KPI_AND_BAND[verdict.kpi.met, None]), _kpi_details(verdict.kpi, locale)]
    if verdict.score is not None:
        scale = scale or SCALES.get(verdict.scale)
        if scale is None:
            details.append(words.gettext("score %(score)d") % {"score": verdict.score})
        else:
            details.append(
                words.gettext("score %(score)d of %(low)d–%(high)d")
                % {"score": verdict.score, "low": scale.low, "high": scale.high}
            )
    sentence = f"{head[:1].upper()}{head[1:]}: {', '.join(filter(None, details))}."
    if verdict.reopened:
        sentence += " " + words.gettext("The ticket was reopened afterwards.")
    return sentence


def _kpi_details(kpi: KpiCheck, locale: str) -> str:
    words = translations(locale)
    # hours, not days: the day of an SLA clock is seldom one of 24 hours
    if kpi.worked is not None and kpi.target is not None:
        worked, target = _told_apart(kpi.worked, kpi.target, locale)
        return words.gettext("resolved in %(worked)s against a target of %(target)s") % {
            "worked": worked,
            "target": target,
        }
    if kpi.worked is not None:
        return words.gettext("resolved in %(worked)s, no target known") % {
            "worked": human_duration(kpi.worked, locale, days=False)
        }
    if kpi.target is not None:
        return words.gettext("resolution time unknown, target %(target)s") % {
            "target": human_duration(kpi.target, locale, days=False)
        }
    return words.gettext("neither resolution time nor target known")


def _told_apart(worked: timedelta, target: timedelta, locale: str) -> tuple[str, str]:
    """Both in words; with seconds where minutes alone would make a missed target look met."""
    short = human_duration(worked, locale, days=False), human_duration(target, locale, days=False)
    if short[0] != short[1] or worked == target:
        return short
    return human_duration(worked, locale, days=False, exact=True), human_duration(
        target, locale, days=False, exact=True
    )


def _in(texts: Mapping[str, T], locale: str) -> T | None:
    """The text in that language, whatever its region is written as."""
    if texts.get(locale):
        return texts[locale]
    same = (text for name, text in texts.items() if text and name.replace("_", "-").split("-")[0].casefold() == locale)
    return next(same, None)


def any_text(texts: Texts, *wanted: str) -> str:
    """The text in the first wanted language that it has, else in any."""
    for locale in wanted:
        if text := _in(texts, locale):
            return text
    return next(iter(texts.values()), "")
