"""The verdict on a slice in words: a headline, one sentence, notes. They say what moves together and what differs, and
never why: counts of answers cannot tell that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from gettext import NullTranslations

from ..model import Level, Link, Need, Sign, SliceVerdict, Trap
from .catalogue import msgid, translations

_SPACE = "\N{NO-BREAK SPACE}"

_HEADLINES: Mapping[Level, str] = {
    Level.HEALTHY: msgid("The KPI and the satisfied share both reach their targets"),
    Level.WATERMELON: msgid("Watermelon: the KPI reaches its target, the satisfied share does not"),
    Level.TOO_STRICT: msgid("Clients are satisfied even where the KPI is missed: its target may be too strict"),
    Level.MISSED_BUT_HAPPY: msgid("The KPI misses its target, the satisfied share reaches its own"),
    Level.FAILING: msgid("Neither the KPI nor the satisfied share reaches its target"),
}

_LINKS: Mapping[Link, str] = {
    Link.TRACKS: msgid("The KPI and the scores move together"),
    Link.CONTRADICTS: msgid("The KPI and the scores move in opposite directions"),
    Link.NOT_REFLECTED: msgid("The KPI is not reflected in the scores"),
    Link.INSUFFICIENT: msgid("Too few answers to say whether the KPI and the scores move together"),
}

_AND, _BUT = msgid("%(kpi)s, and %(score)s"), msgid("%(kpi)s, but %(score)s")
#: KPI and score are on different sides of their targets
_OTHERWISE = (Level.WATERMELON, Level.TOO_STRICT, Level.MISSED_BUT_HAPPY)

_SIGNS: Mapping[Sign, str] = {
    Sign.BRUSH_OFF: msgid("brush-off"),
    Sign.BOUNCING: msgid("bouncing"),
    Sign.QUICK_FIX: msgid("quick fix"),
    Sign.PAUSED_CLOCK: msgid("paused clock"),
    Sign.DEADLINE_JUMP: msgid("deadline jump"),
    Sign.NOT_ASKED_SHARE: msgid("share of clients not asked"),
    Sign.ADDRESS_CHANGED: msgid("address changed before closing"),
}

_LINK_CLAUSES: Mapping[Link, str] = {
    Link.TRACKS: msgid("the KPI and the scores move together: %(pairs)s"),
    Link.CONTRADICTS: msgid("the KPI and the scores move in opposite directions: %(pairs)s"),
    Link.NOT_REFLECTED: msgid("the scores hardly differ between met and missed tickets: %(pairs)s"),
    Link.INSUFFICIENT: msgid("whether the KPI and the scores move together cannot be told: %(pairs)s"),
}


def headline(verdict: SliceVerdict, locale: str) -> str:
    """The verdict in a few words. A trap comes before the level: it is the rarer and the worse news."""
    words = translations(locale)
    if verdict.trap is Trap.TRAP:
        return words.gettext("Trap: the KPI rises while the satisfied share falls")
    if verdict.level in _HEADLINES:
        return words.gettext(_HEADLINES[verdict.level])
    if not verdict.tickets:
        return words.gettext("No closed tickets")
    if not verdict.answered:
        return words.gettext("No answers yet")
    if verdict.kpi.share is None:
        return words.gettext("No KPI is known here: only the scores can be read")
    if verdict.level is Level.NO_TARGET:
        return words.gettext(_LINKS[verdict.link])
    lacking = {need.what for need in verdict.needs if need.of == "level"}
    if "clients" in lacking:
        return words.gettext("Answers of too few clients to judge")
    if "precision" in lacking:
        return words.gettext("Undecided: the satisfied share cannot be told from its target")
    return words.gettext("Too few answers to judge")


def sentence(verdict: SliceVerdict, locale: str, shown: int = 5) -> str:
    """The verdict in one sentence: estimates, intervals, how many answers, and what is missing where data are too few.

    ``shown``: from how many answers on a share is given; below that, "k of n".
    """
    said = Said(translations(locale), locale)
    if not verdict.tickets:
        return said.words.gettext("There are no closed tickets here.")
    joined = said.words.gettext(_BUT if verdict.level in _OTHERWISE else _AND)
    parts = [joined % {"kpi": _kpi(verdict, said), "score": _score(verdict, said, shown)}]
    if verdict.answered:
        parts += _level_needs(verdict, said)
        parts += _link(verdict, said) if verdict.kpi.share is not None else ()
    parts += _trap(verdict, said)
    whole = "; ".join(parts)
    return f"{whole[0].upper()}{whole[1:]}."


def notes(verdict: SliceVerdict, locale: str, shown: int = 5) -> tuple[str, ...]:
    """What else stands beside the shares, each a sentence: the watermelon share, silence, who was rated, the mix."""
    return tuple(_notes(verdict, Said(translations(locale), locale), shown))


def sign_name(sign: Sign, locale: str) -> str:
    """A sign as people call it."""
    return translations(locale).gettext(_SIGNS[sign])


class Said:
    """Numbers as a language writes them."""

    def __init__(self, words: NullTranslations, locale: str) -> None:
        self.words = words
        self.locale = locale
        self._russian = locale == "ru"

    def count(self, n: int) -> str:
        """1,204 or 1 204."""
        return f"{n:,}".replace(",", _SPACE) if self._russian else f"{n:,}"

    def counted(self, one: str, many: str, n: int, **values: str) -> str:
        """A text with ``%(n)s`` in the plural form of n."""
        return self.words.ngettext(one, many, n) % {"n": self.count(n), **values}

    def percent(self, share: float, against: float | None = None) -> str:
        """A share in whole percent; with decimals where it would look like what it is held against and is not. What is
        neither none nor all does not look like it: <1%, >99%."""
        decimals = self._decimals((share,), against)
        if not decimals and 0 < share < 1 and round(share * 100) in (0, 100):
            return f"<1{self._sign}" if share < 0.5 else f">99{self._sign}"
        return self._number(share, decimals) + self._sign

    def span(self, interval: tuple[float, float], against: float | None = None) -> str:
        """An interval in percent, with a dash."""
        low, high = interval
        decimals = self._decimals((low, high), against)
        return f"{self._number(low, decimals)}\N{EN DASH}{self._number(high, decimals)}{self._sign}"

    def points(self, change: float) -> str:
        """The size of a change in percentage points."""
        return self.counted("%(n)s percentage point", "%(n)s percentage points", round(abs(change) * 100))

    def signed(self, change: float) -> str:
        """A change in percentage points with its sign: +6, −3."""
        whole = round(change * 100)
        return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}"

    @property
    def _sign(self) -> str:
        return f"{_SPACE}%" if self._russian else "%"

    @staticmethod
    def _decimals(shares: tuple[float, ...], against: float | None) -> int:
        if against is None:
            return 0
        for decimals in range(3):
            alike = [s for s in shares if round(s * 100, decimals) == round(against * 100, decimals)]
            if all(abs(s - against) < 1e-9 for s in alike) and abs(round(against, decimals + 2) - against) < 1e-9:
                return decimals
        return 3

    def _number(self, share: float, decimals: int) -> str:
        text = f"{share * 100:.{decimals}f}"
        text = text if float(text) else text.lstrip("-")
        return text.replace(".", ",") if self._russian else text


# --- clauses ----------------------------------------------------------------------------------------------------------


def _kpi(verdict: SliceVerdict, said: Said) -> str:
    kpi = verdict.kpi
    if kpi.share is None:
        return said.words.gettext("no closed ticket here has a known KPI")
    share = said.percent(kpi.share, kpi.target)
    if kpi.target is None:
        return said.counted(
            "the KPI was met on %(share)s of %(n)s ticket",
            "the KPI was met on %(share)s of %(n)s tickets",
            kpi.met + kpi.missed,
            share=share,
        )
    return said.counted(
        "the KPI was met on %(share)s of %(n)s ticket (target %(target)s)",
        "the KPI was met on %(share)s of %(n)s tickets (target %(target)s)",
        kpi.met + kpi.missed,
        share=share,
        target=said.percent(kpi.target, kpi.target),
    )


def _score(verdict: SliceVerdict, said: Said, shown: int) -> str:
    score = verdict.score
    if not verdict.answered:
        return said.words.gettext("there are no answers yet")
    if verdict.answered < shown or score.share is None or score.interval is None:
        return said.counted(
            "%(k)s of %(n)s answer is satisfied",
            "%(k)s of %(n)s answers are satisfied",
            verdict.answered,
            k=said.count(score.satisfied),
        )
    values = {"share": said.percent(score.share, score.target), "span": said.span(score.interval, score.target)}
    n = round(verdict.answered * (1 - verdict.dropped_share))
    if score.target is None:
        return said.counted(
            "the satisfied share is %(share)s (95%% interval %(span)s, %(n)s answer)",
            "the satisfied share is %(share)s (95%% interval %(span)s, %(n)s answers)",
            n,
            **values,
        )
    return said.counted(
        "the satisfied share is %(share)s (95%% interval %(span)s, %(n)s answer, target %(target)s)",
        "the satisfied share is %(share)s (95%% interval %(span)s, %(n)s answers, target %(target)s)",
        n,
        target=said.percent(score.target, score.target),
        **values,
    )


def _level_needs(verdict: SliceVerdict, said: Said) -> Iterator[str]:
    for need in verdict.needs:
        if need.of != "level":
            continue
        if need.what == "targets":
            yield said.words.gettext("a level needs two targets, for the KPI and for the satisfied share")
        elif need.what == "answers":
            yield said.counted(
                "%(n)s more answer is needed for a verdict",
                "%(n)s more answers are needed for a verdict",
                need.more or 0,
            )
        elif need.what == "clients":
            yield said.counted(
                "answers of %(n)s more client are needed for a verdict",
                "answers of %(n)s more clients are needed for a verdict",
                need.more or 0,
            )
        elif need.what == "precision":
            yield _precision(need, said)


def _precision(need: Need, said: Said) -> str:
    if need.more is None:
        return said.words.gettext("so close that more answers would hardly decide it")
    return said.counted(
        "about %(n)s more answer like these could decide it",
        "about %(n)s more answers like these could decide it",
        _about(need.more),
    )


def _about(n: int) -> int:
    """Up to two digits that mean something: 1,232 more answers would be claiming too much."""
    unit = int("1" + "0" * (len(str(n)) - 2)) if n > 99 else 1
    return -(-n // unit) * unit


def _link(verdict: SliceVerdict, said: Said) -> Iterator[str]:
    found = verdict.association
    needs = [need for need in verdict.needs if need.of == "link"]
    lacking = [_link_need(need, said) for need in needs if need.what != "precision"]
    if lacking:
        told = said.words.gettext(
            "whether the KPI and the scores move together cannot be told yet (still missing: %(lacking)s)"
        )
        yield told % {"lacking": ", ".join(lacking)}
        return
    limits = found.interval_d_90 if verdict.link is Link.NOT_REFLECTED else found.interval_d
    if found.theta is None or limits is None:
        return
    pairs = said.words.gettext(
        "of two answers, the one about a met ticket is the better in %(theta)s of pairs (%(level)s interval %(span)s;"
        " %(met)s met, %(missed)s missed)"
    ) % {
        "theta": said.percent(found.theta, 0.5),
        "level": said.percent(0.9 if verdict.link is Link.NOT_REFLECTED else 0.95),
        "span": said.span(((limits[0] + 1) / 2, (limits[1] + 1) / 2), 0.5),
        "met": said.count(found.met),
        "missed": said.count(found.missed),
    }
    yield said.words.gettext(_LINK_CLAUSES[verdict.link]) % {"pairs": pairs}
    yield from (_precision(need, said) for need in needs)


def _link_need(need: Need, said: Said) -> str:
    n = need.more or 0
    if need.what == "met":
        return said.counted("%(n)s answer about met tickets", "%(n)s answers about met tickets", n)
    if need.what == "missed":
        return said.counted("%(n)s answer about missed tickets", "%(n)s answers about missed tickets", n)
    return said.counted("answers of %(n)s more client", "answers of %(n)s more clients", n)


def _trap(verdict: SliceVerdict, said: Said) -> Iterator[str]:
    found = verdict.trap_figures
    if verdict.trap is Trap.TRAP and found.kpi_change is not None and found.score_change is not None:
        over = said.counted("over %(n)s period", "over %(n)s periods", found.periods)
        yield said.words.gettext("%(over)s the KPI rose by %(kpi)s while the satisfied share fell by %(score)s") % {
            "over": over,
            "kpi": said.points(found.kpi_change),
            "score": said.points(found.score_change),
        }
    seen = [sign_name(one.sign, said.locale) for one in verdict.signs if one.found]
    if seen:
        yield said.counted(
            "sign of work for the clock: %(signs)s",
            "signs of work for the clock: %(signs)s",
            len(seen),
            signs=", ".join(seen),
        )


def _notes(verdict: SliceVerdict, said: Said, shown: int) -> Iterator[str]:
    words = said.words
    missed, met = verdict.missed_satisfied, verdict.watermelon_share
    if verdict.level is Level.TOO_STRICT and missed.value is not None and missed.interval is not None:
        yield said.counted(
            "Where the KPI was missed, %(share)s are satisfied (95%% interval %(span)s, %(n)s answer).",
            "Where the KPI was missed, %(share)s are satisfied (95%% interval %(span)s, %(n)s answers).",
            missed.n,
            share=said.percent(missed.value, verdict.score.target),
            span=said.span(missed.interval, verdict.score.target),
        )
    if met.value is not None and met.interval is not None and met.n >= shown:
        yield said.counted(
            "Where the KPI was met, %(share)s are dissatisfied (95%% interval %(span)s, %(n)s answer).",
            "Where the KPI was met, %(share)s are dissatisfied (95%% interval %(span)s, %(n)s answers).",
            met.n,
            share=said.percent(met.value),
            span=said.span(met.interval),
        )
    if verdict.score.tipping_point is not None and verdict.score.target is not None:
        told = words.gettext(
            "Silence is not content: of all who were asked, %(target)s are satisfied only if at least %(tipping)s of"
            " those who did not answer are."
        )
        yield told % {
            "target": said.percent(verdict.score.target, verdict.score.target),
            "tipping": said.percent(verdict.score.tipping_point),
        }
    yield from _rated(verdict, said)
    if verdict.association.simpson:
        yield words.gettext(
            "Among tickets of the same priority and queue, the difference between met and missed tickets is not seen:"
            " it goes along with the mix of tickets."
        )
    if verdict.dropped_share:
        told = words.gettext(
            "%(share)s of the answers are not in the totals: their channel and language have fewer than 10 answers."
        )
        yield told % {"share": said.percent(verdict.dropped_share)}
    if verdict.mix_shifted:
        yield words.gettext(
            "Questions were sent over other channels or languages than when the weights were fixed; look at each"
            " channel and language by itself."
        )
    if verdict.trap is Trap.TRAP and not verdict.trap_figures.seasonal:
        yield words.gettext("Fewer than 24 months were compared: a season may look like this too.")
    if verdict.preliminary:
        yield words.gettext("Preliminary: answers may still come.")


def _rated(verdict: SliceVerdict, said: Said) -> Iterator[str]:
    kpi = verdict.kpi
    if kpi.rated_share is None or kpi.share is None or kpi.rated_interval is None:
        return
    low, high = kpi.rated_interval
    values = {"rated": said.percent(kpi.rated_share), "all": said.percent(kpi.share)}
    yield said.words.gettext("The KPI was met on %(rated)s of the rated tickets and on %(all)s of all.") % values
    if low > 0 or high < 0:
        yield said.words.gettext("Tickets that were rated are not like the others: silence may hide another picture.")
