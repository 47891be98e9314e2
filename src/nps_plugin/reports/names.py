"""Comments without names: what clients wrote, fit for everyone's eyes. Rather a word too much taken out than one too
few."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..wording.clean import clean_line

#: what stands for something taken out
GAP = "…"
#: longer ones are cut at a word
LONGEST = 240
SHORTEST = 12

_ADDRESS = re.compile(r"\S*@\S+|https?://\S+|www\.\S+|\+?\d[\d\s().-]{4,}\d|\S*\d{4,}\S*")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?…:;)]\s*[\"«»“”(]*$")
_GAPS = re.compile(rf"{GAP}(?:[\s,]*{GAP})+")

#: How sentences begin without a name; the words that comments use in small letters are known as well.
_BEGINNINGS = frozenset(
    """
    a all although always and as at before but everything excellent fast finally first for from good great he
    her his how however i if in it its just last my next nice nobody not now on once only our perfect please
    problem quick quickly really she since so solved somebody someone super thank thanks that the their then
    there these they this those to very was we well what when while with within wonderful would you your без
    благодарю больше большое быстро был была было были в вам вас ваш ваша вежливо весь во вообще вопрос впервые
    все всегда всё вы где да для до добрый если ещё за здорово здравствуйте и из или их к каждый как качественно
    когда коллеги коллектив красота кто лучше лучшие мастер меня мне много молодец молодцы мой моя мы на надеюсь
    наконец наш не нет ни никто но ну о об обращение оперативно оперативное от отлично отличная отличный очень
    по подробно подсказали помогли понравилось после потом почти при приятно приятный проблема просто
    профессионально прошло пусть рада рад раньше решили решено с сделали сделано сейчас сервис сотрудник
    специалист спасибо сразу так такая такой там терпеливо только топ тут у уже удобно удобный хорошо хорошая
    хороший что это эта этот я
    """.split()  # noqa: SIM905 - a list of so many quoted words nobody reads
)


def vocabulary(comments: Iterable[str]) -> frozenset[str]:
    """The words that comments use in small letters: no names, where a sentence begins with one of them."""
    return _BEGINNINGS.union(word for text in comments for word in _WORD.findall(text) if word.islower())


def without_names(text: str, names: Iterable[str], known: frozenset[str] = _BEGINNINGS) -> str:
    """A comment of one line without addresses, numbers that could be one, the names given (in any ending), and words
    that may be names: written large inside a sentence, or at its beginning where they are not ``known``.

    "" where too little is left to be worth reading.
    """
    line = _ADDRESS.sub(GAP, clean_line(text))
    stems = {stem for name in names for part in _WORD.findall(name.casefold()) if (stem := _stem(part))}
    taken = 0

    def kept(found: re.Match[str]) -> str:
        nonlocal taken
        word, small = found.group(), found.group().casefold()
        named = any(small.startswith(stem) and len(small) <= len(stem) + 4 for stem in stems)
        large = word[0].isupper() and len(word) > 1 and not word.isupper()
        begins = found.start() == 0 or _SENTENCE_END.search(line[: found.start()]) is not None
        if named or (large and (not begins or small not in known)):
            taken += 1
            return GAP
        return word

    masked = _GAPS.sub(GAP, _WORD.sub(kept, line)).strip(" ,;:-–")
    words = len(_WORD.findall(masked))
    if words < 2 or taken > words or len(masked) < SHORTEST:
        return ""
    if len(masked) > LONGEST:
        masked = masked[:LONGEST].rsplit(" ", 1)[0].rstrip(" ,.;:") + GAP
    return masked


def _stem(name: str) -> str:
    """A name without what Russian endings change; "" for what is too short to be told from other words."""
    short = name[:-1] if len(name) > 3 and name[-1] in "аяйьеиоуыюaey" else name
    return short if len(short) >= 3 else ""
