"""What a channel is handed: a worded question to one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .scales import SCALES, Scale
from .tickets import Client


@dataclass(frozen=True, kw_only=True)
class Point:
    """One score to choose: what it is called, and the link that chooses it."""

    score: int
    label: str
    url: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A reason to choose: its code, and its text in the client's language."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A question, worded in the client's language and ready to send over one channel.

    A mail takes ``subject``, ``text``, ``html``, ``headers`` and ``images`` (inline pictures, content id -> (media
    type, bytes)); a short message ``short``; a messenger ``question`` and ``points``; a telephone ``recording`` and
    ``points``. What comes back names the message by ``token`` or by the reference that ``send`` gave.
    Texts carry the answer links, and ``token`` opens one, so they are secrets: they stay out of ``repr``, logs, errors.
    """

    id: str
    tenant: str
    survey: str
    client: Client = field(repr=False)
    locale: str
    sender: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    images: Mapping[str, tuple[str, bytes]] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    #: question; reminder; why: the score is known, and ``url`` leads to its reasons and its comment (no ``points``)
    kind: str = "question"
    #: which one of this channel's tries it is, from 1
    attempt: int = 1
    #: stays the same for a try that is repeated because nobody knows whether it arrived, so that a provider who gets it
    #: twice acts once; where ``pending``, what comes back may name the message by it as its reference at once
    once: str = ""
    #: the question alone, on one line
    question: str = field(default="", repr=False)
    #: the scale on which an answer to this message stands, and its points, lowest first
    scale: Scale = SCALES["faces-3"]
    points: tuple[Point, ...] = ()
    #: the question, how to answer and the page's link on one line, for a short message
    short: str = field(default="", repr=False)
    #: 22 characters for a URL that stand for this message, in what comes back
    token: str = field(default="", repr=False)
    #: the rating page of this message
    url: str = field(default="", repr=False)
    #: where the provider may send what comes back: ``/hooks/<tenant>/<channel>`` under ``page.base_url``
    hook: str = ""
    brand: str = ""
    ticket: str = ""
    service: str = ""
    #: the file recorded for the service in the client's language, absolute; "" where there is none
    recording: str = ""
    #: further ones in the client's language, absolute or "": thanks, what precedes the repeated question, and the
    #: question for reasons, with the reason of each key; without ``menu`` a telephone does not ask why
    thanks: str = ""
    again: str = ""
    menu: str = ""
    menu_keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: seconds that a telephone rings, seconds for a key, how often the question is played again
    ring: int = 30
    wait: int = 8
    repeat: int = 1
    #: the scores after which the client is asked why, and what there is to choose
    why: frozenset[int] = frozenset()
    reasons: tuple[Choice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a channel reports of a message that it handed over: the provider's own reference, where there is one.

    It is at most 500 characters, and what comes back may name the message by it. One channel, one message, one
    reference.
    """

    reference: str = ""
