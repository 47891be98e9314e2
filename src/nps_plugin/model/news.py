"""News: what the library tells its subscribers, at least once each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .answers import Answer
from .plain import Plain
from .standings import Standing
from .verdicts import TicketVerdict


@dataclass(frozen=True, kw_only=True)
class News(Plain):
    """What all news has: whose, about which ticket, which event. A repeated delivery carries the same ``event``;
    ``revision`` counts the news of one kind about one closure from 1, so that a late, older one can be told apart."""

    tenant: str
    event: str
    revision: int
    at: datetime
    ticket: str
    closure: int
    host: str = ""


@dataclass(frozen=True, kw_only=True)
class SurveySent(News):
    """A question left for the client over ``channel``."""

    survey: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class DeliveryFailed(News):
    """A question could not be delivered. ``final``: no further attempt will be made."""

    survey: str
    channel: str
    reason: str
    final: bool


@dataclass(frozen=True, kw_only=True)
class AnswerRecorded(News):
    """A score was stored, or reasons or a comment were added to it."""

    survey: str
    #: left out of logs: it may hold the client's comment
    answer: Answer = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class CommentReceived(News):
    """A client wrote over a channel, and no score starts the text: somebody should read it."""

    survey: str
    channel: str
    comment: str
    #: without the characters that reorder text; left out of logs
    text: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class VerdictReached(News):
    """The verdict on a ticket was reached, or changed by a correction."""

    verdict: TicketVerdict


@dataclass(frozen=True, kw_only=True)
class StandingChanged(Plain):
    """The verdict on a slice changed its level, its link or its trap. About no ticket: ``where`` names the slice (an
    agent, a queue or a service; empty: the whole tenant), ``revision`` counts this news of one slice from 1.

    ``before`` is None for a slice that was never judged: its first standing is told only where it says something.
    """

    tenant: str
    event: str
    revision: int
    at: datetime
    where: Mapping[str, str]
    before: Standing | None
    after: Standing
    headline: str
    sentence: str
