"""Short messages: the parts that a text takes, a question that fits into two, and the word that asks for no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from .model import Message

#: Parts that a question takes at most.
MAX_PARTS = 2
#: The basic alphabet of 3GPP TS 23.038, and its characters that take two places.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("\f^{}\\[~]|€")
#: Typography that would make a whole Latin text take twice the room.
_PLAIN: Mapping[int, str] = MappingProxyType(
    str.maketrans({
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-",
        "…": "...", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2011": "-",
    })
)  # fmt: skip
_STOP = frozenset({
    "stop", "stopall", "stop all", "unsubscribe", "optout", "opt out",
    "стоп", "отписаться", "отписка", "отпишите", "отпишите меня",
})  # fmt: skip
#: Latin letters that look like the Cyrillic ones of СТОП.
_LOOKALIKES = str.maketrans("cto", "сто")
_KEPT_OF_QUESTION = 12


def sms_parts(text: str) -> int:
    """How many parts a text takes: 160 characters alone and 153 of each part in the GSM alphabet, else 70 and 67
    (UTF-16). Neither a character of two places nor a surrogate pair stands across two parts."""
    sizes = list(_sizes(text))
    alone, each = (160, 153) if _is_gsm(text) else (70, 67)
    if sum(sizes) <= alone:
        return 1
    parts, left = 1, each
    for size in sizes:
        if size > left:
            parts, left = parts + 1, each
        left -= size
    return parts


def sms_text(message: Message, *, hears: bool = True, parts: int = MAX_PARTS) -> str:
    """What a short message says: ``message.short``, its link last, made to fit into the parts.

    What does not fit goes in this order: the names of the points, the brand, the end of the question, how to answer.
    The link is never cut. ``hears``: whether an answer by a short message comes back; else how to answer is not said.
    Raises ``ValueError`` where the link alone does not fit.
    """
    url, question = message.url, message.question
    whole = message.short.removesuffix(url).rstrip() if message.short.endswith(url) else message.short
    before, found, after = whole.partition(question) if question else ("", "", "")
    if not found:
        before, after = "", ""
    if not hears:
        after = ""
    named, plain = after, re.sub(r" ?\([^()]*\)", "", after)
    tries = [(before, question, named), (before, question, plain), ("", question, plain)]
    for head, middle, tail in tries:
        if sms_parts(text := _joined(head, middle, tail, url)) <= parts:
            return text
    for tail in dict.fromkeys((plain, "")):
        # the longest beginning of the question that fits
        low, high = 0, len(question)
        while low < high:
            middle_of = (low + high + 1) // 2
            fits = sms_parts(_joined("", _cut(question, middle_of), tail, url)) <= parts
            low, high = (middle_of, high) if fits else (low, middle_of - 1)
        if low >= _KEPT_OF_QUESTION:
            return _joined("", _cut(question, low), tail, url)
    if sms_parts(url) > parts:
        raise ValueError(f"the link of {len(url)} characters does not fit into {parts} parts; shorten page.base_url")
    return url


def is_stop(text: str) -> bool:
    """Whether the whole of a short message asks not to be written to again: STOP, СТОП and the like."""
    words = " ".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())
    if any("а" <= char <= "я" for char in words):
        words = words.translate(_LOOKALIKES)
    return words in _STOP


def _joined(*pieces: str) -> str:
    text = " ".join(piece.strip() for piece in pieces if piece.strip())
    plain = text.translate(_PLAIN)
    return plain if _is_gsm(plain) else text


def _cut(text: str, length: int) -> str:
    return text if length >= len(text) else text[:length].rstrip(" ,.;:–—-") + "…"


def _is_gsm(text: str) -> bool:
    return all(char in _GSM or char in _GSM_DOUBLE for char in text)


def _sizes(text: str) -> Iterator[int]:
    gsm = _is_gsm(text)
    for char in text:
        yield (2 if char in _GSM_DOUBLE else 1) if gsm else (2 if ord(char) > 0xFFFF else 1)
