"""What a client is told over a channel: the short question, and what became of an answer."""

from __future__ import annotations

from collections.abc import Mapping

from ..config.settings import Tenant
from ..model import AnswerOutcome, Choice, Scale
from .catalogue import locale_for, msgid, translations
from .clean import clean_line
from .texts import point_label, reason_choices

_OUTCOMES: Mapping[AnswerOutcome, str] = {
    AnswerOutcome.THANKS: msgid("Thank you! Your answer is stored: %(score)s."),
    AnswerOutcome.CHANGED: msgid("Thank you! Your answer is changed: %(score)s."),
    AnswerOutcome.NOTED: msgid("Thank you, we have noted that."),
    AnswerOutcome.UNREAD: msgid("Thank you, we will read that. To rate, send a number from %(low)d to %(high)d."),
    AnswerOutcome.LOCKED: msgid("This question is answered already, and the answer can no longer be changed."),
    AnswerOutcome.EXPIRED: msgid("The time to answer this question is over."),
    AnswerOutcome.UNKNOWN: msgid("We have no open question to you."),
    AnswerOutcome.LINKED: msgid("Thank you! From now on we can ask you here."),
    AnswerOutcome.STOPPED: msgid("You will not be asked again."),
}
_WHY = msgid("What was the matter?")
_INVITE = msgid("If you like, tell us more in a few words.")


def short_question(brand: str, question: str, scale: Scale, locale: str, url: str) -> str:
    """The question, how to answer it by a number, and the page's link, on one line."""
    words = translations(locale_for(locale))
    low, high = (point_label(scale, score, locale) for score in (scale.low, scale.high))
    ends = {"low": scale.low, "high": scale.high, "worst": low, "best": high}
    if low == str(scale.low):
        how = words.gettext("Reply with a number from %(low)d to %(high)d.") % ends
    else:
        how = words.gettext("Reply with a number from %(low)d (%(worst)s) to %(high)d (%(best)s).") % ends
    return clean_line(f"{brand}: {question} {how} {url}")


def outcome_text(outcome: AnswerOutcome, locale: str, scale: Scale | None = None, score: int | None = None) -> str:
    """What became of an event, in one sentence."""
    locale = locale_for(locale)
    values: dict[str, object] = {"score": "", "low": 0, "high": 0}
    if scale is not None:
        named = "" if score is None else point_label(scale, score, locale)
        shown = named if named in ("", str(score)) else f"{score} – {named}"
        values = {"score": shown, "low": scale.low, "high": scale.high}
    return translations(locale).gettext(_OUTCOMES[outcome]) % values


def why_texts(locale: str) -> tuple[str, str]:
    """The question for reasons, and the invitation to write."""
    words = translations(locale_for(locale))
    return words.gettext(_WHY), words.gettext(_INVITE)


def why_line(scale: Scale, score: int, locale: str) -> str:
    """What asks for the reasons of a score that is known."""
    named = point_label(scale, score, locale)
    shown = str(score) if named == str(score) else f"{score} – {named}"
    return translations(locale_for(locale)).gettext("You rated us %(score)s. What went wrong?") % {"score": shown}


def why_after(tenant: Tenant, scale: Scale) -> frozenset[int]:
    """The scores after which the client is asked why."""
    return frozenset(score for score in scale.points if scale.band(score) in tenant.ask.ask_why)


def choices_of(tenant: Tenant, locale: str) -> tuple[Choice, ...]:
    """The reasons to choose from."""
    return tuple(Choice(code=code, text=text) for code, text in reason_choices(tenant, locale))
