"""What became of a person who is to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass

from .plain import Plain


@dataclass(frozen=True, kw_only=True)
class Forgotten(Plain):
    """What ``forget_client`` deleted, in rows; all zero when there was nothing (a repeat, or nobody known)."""

    tenant: str
    #: surrogate keys that belong to nobody any more
    persons: int = 0
    #: addresses and subjects kept for questions
    contacts: int = 0
    comments: int = 0
    #: notes of calls, whose words went
    calls: int = 0
    #: interviews and the like, whose text went
    voices: int = 0
    #: visits to the page and the circumstances of answers
    evidence: int = 0
    #: messages, and with them the links: an old link is unknown from now on
    messages: int = 0
    #: questions that were still planned and are not asked
    surveys: int = 0
    #: keyed hashes written so that nobody asks the person again
    suppressed: int = 0
    #: others with an id of their own who share an address; nothing of theirs was touched
    shared: int = 0
