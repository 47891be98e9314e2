"""Every error the library raises on purpose. Each names what was wrong, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from traceback import extract_tb


class NpsError(Exception):
    """The base of all errors of this library."""


@dataclass(frozen=True)
class ConfigProblem:
    """One mistake in the configuration: where it stands and what was expected there."""

    key: str
    expected: str
    tenant: str = ""

    def __str__(self) -> str:
        where = f"tenants.{self.tenant}.{self.key}" if self.tenant else self.key
        return f"{where.rstrip('.')}: {self.expected}"


class ConfigError(NpsError):
    """The configuration cannot be used. ``problems`` holds every mistake found, not just the first."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{len(self.problems)} problem(s) in the configuration:\n{lines}")


class SchemaOutOfDate(NpsError):
    """The tables are not those of this release; the message names the command that mends it."""


class UnknownTenant(NpsError):
    """No enabled tenant of that name is configured."""


class UnknownTicket(NpsError):
    """No closing of that ticket is known."""


class UnknownSurvey(NpsError):
    """No survey has that id."""


class UnknownAnswer(NpsError):
    """No answer has that id."""


class ReportRefused(NpsError):
    """A report that cannot be made as asked: no such period, slice or audience, or not for this audience's eyes."""


class AnswerRefused(NpsError):
    """An answer that cannot be taken. Its subclasses say why; nothing was stored."""


class ScoreOffScale(AnswerRefused):
    """The score is not a point of the survey's scale."""


class UnknownReason(AnswerRefused):
    """A reason that the tenant's catalogue does not have."""


class UnknownIndicator(AnswerRefused):
    """An indicator that the tenant did not agree on, or something else than yes, partly or no."""


class TokenUnknown(AnswerRefused):
    """The link belongs to no survey of this tenant."""


class SurveyExpired(AnswerRefused):
    """The time to answer is over."""


class SurveyCancelled(AnswerRefused):
    """The ticket was reopened before an answer, so the question is withdrawn."""


class AnswerLocked(AnswerRefused):
    """The survey is answered, and the time in which the answer may change is over."""


class UnknownVoice(NpsError):
    """No voice has that id."""


class VoiceRefused(NpsError):
    """A voice without a ticket that cannot be kept as it was given; the message says why. Nothing was stored."""


class UnknownCall(NpsError):
    """No call has that id, or it is over."""


class CallRefused(NpsError):
    """A call that this operator cannot have, or an outcome that does not fit it. Nothing was stored."""


class CallTaken(CallRefused):
    """Another operator has the call."""


class PluginError(NpsError):
    """A plugin cannot be used: a duplicate name, a misspelt hook, or no such adapter."""


class Forged(NpsError):
    """What came in at a door does not carry the signature or secret that it must; nothing of it was read."""


class LinkRefused(NpsError):
    """A client cannot be connected with a channel by a link; the message says why."""


class DeliveryError(NpsError):
    """A channel could not deliver a message. ``final`` says that another attempt would not help, ``noticed`` that the
    client noticed this one, such as a telephone that rang: it counts for ``ask.max_contacts``. ``down`` says that the
    provider itself was out of reach or busy: that is no attempt at this client, and others are better kept waiting."""

    def __init__(
        self,
        reason: str,
        *,
        final: bool = False,
        retry_after: float | None = None,
        noticed: bool = False,
        down: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.noticed = noticed
        self.down = down
        #: seconds to wait before the next attempt, where the provider said so
        self.retry_after = retry_after


_OURS = re.compile(r"[/\\\\]nps_(plugin|adapters)[/\\\\]")


def trail(error: BaseException) -> str:
    """Where an error came from: the kinds and places of its chain, without its messages.

    Drivers and libraries put values into messages (a row, an address, a token); a log is no place for them.
    """
    lines = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = extract_tb(link.__traceback__)
        # the innermost place, and those of our own code: what lies between is the driver's business
        shown = [frame for frame in frames if frame is frames[-1] or _OURS.search(frame.filename)]
        places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(shown))
        lines.append(f"{type(link).__module__}.{type(link).__qualname__} at {places or '?'}")
        link = link.__cause__ or link.__context__
    return "; from ".join(lines)
