"""Who was it: a grade for each answer, by a table of signs. Pure; it reads what was kept of the visits.

A grade never discards an answer: "scanner" makes a first answer provisional, and keeps a later one out of the counts.
The same table stands in docs/hearing.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from ..model import Evidence, Grade

#: How far back visits are looked at; a form of ours lives as long.
MEMORY = timedelta(minutes=30)
#: How long after a decoy its visitor is taken for a scanner.
DECOY_MEMORY = timedelta(minutes=10)
#: How long after a burst of links, or an answer of a scanner, its visitor is taken for a scanner.
BURST_MEMORY = timedelta(minutes=2)
#: Nobody reads a page, chooses and presses "send" faster.
INSTANT = timedelta(seconds=1)
#: Nobody gets a mail, reads it, clicks and presses "send" faster.
HASTE = timedelta(seconds=10)
#: From here on a pace is a person's.
UNHURRIED, AT_LEISURE = timedelta(seconds=2), timedelta(seconds=60)

#: Agent strings that name a mail scanner, a link expander, an image proxy or a crawler.
SCANNERS = (
    *("barracuda", "bingpreview", "cloudmark", "discordbot", "facebookexternalhit", "forcepoint", "googleimageproxy"),
    *("linkedinbot", "microsoft office", "microsoftpreview", "mimecast", "ms-office", "proofpoint", "safelinks"),
    *("skypeuripreview", "slack-imgproxy", "slackbot", "telegrambot", "trendmicro", "twitterbot", "urlscan"),
    *("vkshare", "whatsapp/", "yahoomailproxy", "yandexbot", "googlebot", "applebot", "crawler", "spider"),
)
#: Agent strings of libraries and of browsers that nobody looks at.
TOOLS = (
    *("aiohttp", "apache-httpclient", "axios", "curl/", "go-http-client", "guzzlehttp", "headlesschrome", "httpx"),
    *("java/", "libwww-perl", "node-fetch", "okhttp", "phantomjs", "powershell", "python-requests", "python-urllib"),
    *("wget",),
)
_SCANNER = re.compile("|".join(map(re.escape, SCANNERS)), re.IGNORECASE)
_TOOL = re.compile("|".join(map(re.escape, TOOLS)), re.IGNORECASE)

#: Kinds of visits; "submitted" is a POST, the others are GETs.
OPENED, SENT, PREFETCHED, DECOY, SUBMITTED = "opened", "sent", "prefetched", "decoy", "submitted"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One visit to the links of one survey."""

    link: str
    at: datetime
    agent: str = ""
    address: str = ""
    #: the score that the link carried
    score: int | None = None
    #: the grade of the answer that came with it, if any
    grade: Grade | None = None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known of an answer at the moment it comes in. ``visits`` are those before it, in any order."""

    evidence: Evidence
    at: datetime
    visits: Sequence[Visit] = ()
    #: when the message was sent; None where there was none, or the client had the question on the screen
    asked_at: datetime | None = None

    @cached_property
    def own(self) -> Sequence[Visit]:
        """The visits of whoever answers: same agent string and address class, else same agent string (a telephone
        changes networks), else, since whoever answers must have come somehow, all of them."""
        recent = [visit for visit in self.visits if self.at - MEMORY <= visit.at <= self.at]
        agent, address = self.evidence.agent, self.evidence.address
        same = [visit for visit in recent if (visit.agent, visit.address) == (agent, address)]
        if any(visit.link != SUBMITTED for visit in same):
            return same
        return [visit for visit in recent if agent and visit.agent == agent] or recent

    @cached_property
    def familiar(self) -> bool:
        """Whether the same agent string came before."""
        return any(visit.agent == self.evidence.agent for visit in self.own)

    @cached_property
    def since_opened(self) -> timedelta | None:
        """How long the page was looked at: since the last opening with this visitor."""
        opened = [visit.at for visit in self.own if visit.link in (OPENED, SENT)]
        return self.at - max(opened) if opened and self.familiar else None

    @cached_property
    def since_asked(self) -> timedelta | None:
        """Time since sending."""
        return None if self.asked_at is None else self.at - self.asked_at

    @cached_property
    def networked(self) -> bool:
        """Whether the visitor came over a network. Unknown and loopback addresses are this machine's own: a trial, or
        a proxy that is not in ``trusted_proxies``, behind which all visitors look alike."""
        return bool(self.evidence.address) and not self.evidence.address.startswith(("127.", "::/", "::1"))

    def scores_within(self, window: timedelta) -> int:
        """The most different scores that this visitor opened within such a window, not long before the answer."""
        opened = sorted(
            (visit.at, visit.score)
            for visit in self.own
            if visit.link == SENT and visit.score is not None and self.at - visit.at <= BURST_MEMORY
        )
        return max(
            (len({score for at, score in opened if first <= at <= first + window}) for first, _ in opened), default=0
        )


@dataclass(frozen=True)
class Sign:
    """A line of the table: the first whose test holds gives the grade."""

    name: str
    grade: Grade
    says: str
    holds: Callable[[Circumstances], bool]


def _hasty(seen: Circumstances) -> bool:
    return (
        seen.networked and seen.since_opened is not None and seen.since_asked is not None and seen.since_asked < HASTE
    )


def _instant(seen: Circumstances) -> bool:
    return seen.networked and seen.since_opened is not None and seen.since_opened < INSTANT


def _plausible(seen: Circumstances) -> bool:
    return (
        bool(seen.evidence.agent)
        and seen.since_opened is not None
        and seen.since_opened >= UNHURRIED
        and (seen.since_asked is None or seen.since_asked >= AT_LEISURE)
    )


SIGNS: tuple[Sign, ...] = (
    Sign(
        "prefetch",
        Grade.SCANNER,
        "the request says of itself that it is a prefetch (`Sec-Purpose`, `Purpose`, `X-Purpose`, `X-Moz`)",
        lambda seen: seen.evidence.prefetch,
    ),
    Sign(
        "scanner's name",
        Grade.SCANNER,
        "the agent string names a mail scanner, a link expander, an image proxy or a crawler",
        lambda seen: _SCANNER.search(seen.evidence.agent) is not None,
    ),
    Sign(
        "tool",
        Grade.SCANNER,
        "the agent string names a library or a headless browser, and it came over a network",
        lambda seen: seen.networked and _TOOL.search(seen.evidence.agent) is not None,
    ),
    Sign(
        "decoy",
        Grade.SCANNER,
        f"the same visitor followed the decoy in the last {DECOY_MEMORY.seconds // 60} minutes",
        lambda seen: any(visit.link == DECOY and seen.at - visit.at <= DECOY_MEMORY for visit in seen.own),
    ),
    Sign(
        "burst",
        Grade.SCANNER,
        f"the same visitor opened three different scores within 5 s in the last {BURST_MEMORY.seconds // 60} minutes",
        lambda seen: seen.scores_within(timedelta(seconds=5)) >= 3,
    ),
    Sign(
        "two at once",
        Grade.SCANNER,
        "the same visitor opened two different scores within 1 s"
        f" in the last {BURST_MEMORY.seconds // 60} minutes, over a network",
        lambda seen: seen.networked and seen.scores_within(timedelta(seconds=1)) >= 2,
    ),
    Sign(
        "instant",
        Grade.SCANNER,
        f"it was sent less than {INSTANT.seconds} s after its page was opened, over a network",
        _instant,
    ),
    Sign(
        "haste",
        Grade.SCANNER,
        f"it was opened and sent less than {HASTE.seconds} s after the message was sent, over a network",
        _hasty,
    ),
    Sign(
        "seen before",
        Grade.SCANNER,
        f"the same visitor's answer was graded scanner in the last {BURST_MEMORY.seconds // 60} minutes",
        lambda seen: any(v.grade is Grade.SCANNER and seen.at - v.at <= BURST_MEMORY for v in seen.own),
    ),
    Sign(
        "plausible",
        Grade.HUMAN,
        f"the same visitor had opened the page at least {UNHURRIED.seconds} s before,"
        f" and the message was sent at least {AT_LEISURE.seconds} s before",
        _plausible,
    ),
    Sign("nothing known", Grade.UNCLEAR, "none of these", lambda _seen: True),
)


def screen(seen: Circumstances) -> Sign:
    """The first sign of the table that holds; its ``grade`` is the answer's."""
    return next(sign for sign in SIGNS if sign.holds(seen))
