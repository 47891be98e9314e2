"""Signs in words: what was seen, in numbers, and nothing about why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..model import Share, Sign, SignFinding
from .catalogue import locale_for, msgid, translations
from .clean import clean_line
from .durations import human_duration
from .verdict_sentences import Said

_SEEN: Mapping[str, str] = {
    "brush_off": msgid(
        "One reply, of %(length)d characters (one of %(short)d or more is not a short one here), and closed after"
        " %(took)s of a target of %(target)s."
    ),
    "bouncing": msgid("Passed on %(passed)d times: %(by)s."),
    "reopened": msgid("Reopened %(after)s after the closing."),
    "service": msgid(
        "The same client was back about the same service, %(service)s, after %(after)s: ticket %(ticket)s."
    ),
    "queue": msgid("The same client was back in the same queue, %(queue)s, after %(after)s: ticket %(ticket)s."),
    "paused_clock": msgid("The clock stood still for %(still)s of %(of)s."),
    "address_changed": msgid(
        "The client's address (%(kinds)s) is another one than at the closing of ticket %(before)s."
    ),
}
_TIMES = ("took", "target", "after", "still", "of")
_KINDS: Mapping[str, str] = {
    "email": msgid("e-mail"),
    "phone": msgid("telephone"),
    "telegram": msgid("Telegram"),
}
_WHAT: Mapping[Sign, str] = {
    Sign.BRUSH_OFF: msgid("closed soon with one short reply"),
    Sign.BOUNCING: msgid("passed on twice or more"),
    Sign.QUICK_FIX: msgid("the client was soon back"),
    Sign.PAUSED_CLOCK: msgid("the clock mostly stood still"),
    Sign.NOT_ASKED_SHARE: msgid("the client was not asked for a reason of the ticket"),
    Sign.ADDRESS_CHANGED: msgid("the client's address was another one than before"),
}


def seen_sentence(sign: Sign, seen: Mapping[str, float | int | str], locale: str) -> str:
    """One sign on one ticket."""
    locale = locale_for(locale)
    words = translations(locale)
    template = str(sign)
    if sign is Sign.QUICK_FIX:
        template = next(name for name in ("reopened", "service", "queue") if name in seen)
    values: dict[str, Any] = {
        name: clean_line(value, 200) if isinstance(value, str) else value for name, value in seen.items()
    }
    for name in _TIMES:
        if name in seen:
            values[name] = human_duration(timedelta(seconds=float(seen[name])), locale, days=name == "after")
    if sign is Sign.ADDRESS_CHANGED:
        values["kinds"] = ", ".join(words.gettext(_KINDS[kind]) for kind in str(seen["kinds"]).split(", "))
    return words.gettext(_SEEN[template]) % values


def finding_sentence(finding: SignFinding, locale: str, *, against: str, enough: bool, agent: bool) -> str:
    """One sign on a slice, held against ``before`` or ``peers``; "" where it is held against nothing.

    ``enough``: whether there are enough closings to compare. ``agent``: it is about a person's work.
    """
    words = translations(locale_for(locale))
    said = Said(words, locale_for(locale))
    head = words.gettext("%(what)s: %(share)s") % {
        "what": words.gettext(_WHAT[finding.sign]),
        "share": _share(finding.share, said),
    }
    head = head[0].upper() + head[1:]
    if finding.baseline is None or not against:
        tail = words.gettext("there is nothing to hold it against")
    else:
        base = _share(finding.baseline, said)
        told = words.gettext("before it was %(base)s") if against == "before" else words.gettext("elsewhere %(base)s")
        tail = told % {"base": base} + "; " + _judgement(finding, said, enough)
    sentence = f"{head}; {tail}."
    return f"{sentence} {words.gettext(LOOK)}" if agent and finding.found else sentence


#: what every view of an agent says
LOOK = msgid("A reason to look, not a measure of a person.")


def jump_sentence(finding: SignFinding, locale: str, *, bunched: bool, less_happy: bool | None, agent: bool) -> str:
    """The deadline jump. ``bunched``: it is beyond chance. ``less_happy``: whether clients of tickets that were closed
    just before the deadline are less satisfied than those of tickets closed earlier; None: too few answers to say."""
    words = translations(locale_for(locale))
    said = Said(words, locale_for(locale))
    head = words.gettext(
        "Of the closings within 15%% of their deadline %(share)s came before it; the times around let expect"
        " %(expected)s"
    ) % {
        "share": _share(finding.share, said),
        "expected": said.percent(finding.baseline.value) if finding.baseline and finding.baseline.value else "?",
    }
    if not bunched:
        tail = words.gettext("no more than chance lets expect")
    elif finding.found:
        tail = words.gettext("and their clients are less satisfied than those of tickets closed earlier")
    elif less_happy is None:
        tail = words.gettext("this alone may be sensible planning, and answers are too few to say more")
    else:
        tail = words.gettext("this alone may be sensible planning")
    sentence = f"{head}; {tail}."
    return f"{sentence} {words.gettext(LOOK)}" if agent and finding.found else sentence


def _judgement(finding: SignFinding, said: Said, enough: bool) -> str:
    words = said.words
    if not enough:
        return words.gettext("too few closings to compare")
    if not finding.found or finding.difference is None or finding.interval is None:
        return words.gettext("no more than chance lets expect")
    return words.gettext("%(points)s more (%(interval)s), beyond chance") % {
        "points": said.points(finding.difference),
        "interval": said.span(finding.interval),
    }


def _share(share: Share, said: Said) -> str:
    counted = said.words.gettext("%(count)s of %(n)s") % {"count": said.count(share.count), "n": said.count(share.n)}
    return counted if share.value is None else f"{said.percent(share.value)} ({counted})"
