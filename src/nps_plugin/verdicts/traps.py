"""Signs on a slice: how often each is seen, against before or against peers, and what is beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import asin, exp, log, sqrt
from typing import Any

from sqlalchemy import Connection

from ..config.settings import Minimum, Tenant
from ..model import Share, Sign, SignFinding
from ..statistics import (
    Difference,
    adjusted_p,
    deadline_jump,
    newcombe,
    normal_two_sided,
    overdispersion,
    theta,
    wilson,
)
from ..wording.sign_sentences import finding_sentence, jump_sentence
from .sign_counts import Count, JumpCounts, Window, read_sign_counts
from .signs import short_reply

#: The least difference in shares that is worth a word, however sure.
FLOOR = 0.02
#: The share of false findings among those of a slice (of all agents, where agents are held against each other).
FALSE_SHARE = 0.05
#: With so many peers their own spread is known, and a peer must stand out from that, not from chance alone.
LEAST_PEERS = 5
#: Answers on either side of the deadline's last stretch that it takes to compare them.
LEAST_ANSWERS = 5
#: The variance that is left of a standard normal value winsorised at its 10th and 90th percentile.
_WINSORISED = 0.6787


@dataclass(frozen=True, kw_only=True)
class SignCount:
    """One sign on one slice as (seen, known) closings, and what to hold it against: the same slice ``before``, or its
    ``peers`` one by one (the other agents). Both given: the peers count."""

    sign: Sign
    own: Count
    before: Count | None = None
    peers: Sequence[Count] = ()


def sign_findings_from_counts(
    counts: Sequence[SignCount],
    *,
    jump: JumpCounts | None = None,
    minimum: Minimum | None = None,
    agent: bool = False,
    locale: str = "en",
) -> tuple[SignFinding, ...]:
    """What is found in counts; docs/traps.md has the rules.

    A difference (Newcombe) is found where it is at least ``FLOOR``, its interval is above 0, there are
    ``minimum.ratings`` closings on both sides, and its p stands after Benjamini-Hochberg. Against 5 peers or more, p is
    that of standing out from the spread that all of them share, and all of their p count in Benjamini-Hochberg.
    ``agent``: the slice is a person's work, and its sentences say what that means. A deadline jump is found only where
    clients of tickets closed just before the deadline are also the less satisfied ones.
    """
    least = (minimum or Minimum()).ratings
    family: list[float] = []
    compared = [_compare(one, least, family) for one in counts]
    jumped = None if jump is None else _jump(jump)
    if jumped is not None:
        family.append(jumped.p)
    corrected = dict(zip(family, adjusted_p(family), strict=True))
    found = []
    for one, (finding, against, enough) in zip(counts, compared, strict=True):
        p, interval, difference = finding.p, finding.interval, finding.difference
        sure = enough and p is not None and interval is not None and difference is not None
        if sure and corrected[p] <= FALSE_SHARE and interval[0] > 0 and difference >= FLOOR:  # type: ignore[index,operator]
            finding = replace(finding, found=True)
        if one.own[1] or finding.baseline is not None:
            said = finding_sentence(finding, locale, against=against, enough=enough, agent=agent)
            found.append(replace(finding, sentence=said))
    if jump is not None and jumped is not None:
        found.append(_judge_jump(jump, jumped, corrected[jumped.p] <= FALSE_SHARE, agent, locale))
    return tuple(found)


def sign_findings(
    connection: Connection,
    tenant: Tenant,
    *,
    since: datetime | None,
    until: datetime | None,
    basis: str = "closed",  # noqa: ARG001 - every reader of a slice is asked alike
    where: Mapping[str, str],
    now: datetime,
    shared: dict[Any, Any] | None = None,
) -> tuple[SignFinding, ...]:
    """The signs on a slice of a tenant's closings.

    An agent is held against the other agents of the same slice; anything else against itself in the time of the same
    length before ``since``, and without ``since`` against nothing. Signs are of closings: they go by the closing time
    whatever the ``basis``. ``shared``: what reads of one snapshot have in common, kept there for the next.
    """
    shared = {} if shared is None else shared
    end = until or now
    if ("short", end) not in shared:
        shared["short", end] = short_reply(connection, tenant, end)
    short = shared["short", end]
    agent = where.get("agent")
    window = Window(since=since, until=until, where=where)
    if agent is not None:
        team = Window(since=since, until=until, where={name: it for name, it in where.items() if name != "agent"})
        whose = ("agents", since, until, *sorted(team.where.items()))
        if whose not in shared:
            shared[whose] = read_sign_counts(connection, tenant, team, by="agent", now=now, short=short)
        mine = shared[whose].get(agent)
        own = {} if mine is None else mine.counts
        peers = [one.counts for name, one in shared[whose].items() if name not in ("", agent)]
        counts = [
            SignCount(sign=sign, own=own[sign], peers=[one[sign] for one in peers if sign in one])
            for sign in Sign
            if sign in own
        ]
    else:
        mine = read_sign_counts(connection, tenant, window, now=now, short=short).get("")
        own = {} if mine is None else mine.counts
        before: Mapping[Sign, Count] = {}
        if since is not None:
            earlier = Window(since=since - (end - since), until=since, where=where)
            found = read_sign_counts(connection, tenant, earlier, now=now, short=short).get("")
            before = {} if found is None else found.counts
        counts = [SignCount(sign=sign, own=own[sign], before=before.get(sign)) for sign in Sign if sign in own]
    return sign_findings_from_counts(
        counts,
        jump=None if mine is None else mine.jump,
        minimum=tenant.minimum,
        agent=agent is not None,
        locale=tenant.locale,
    )


def _compare(one: SignCount, least: int, family: list[float]) -> tuple[SignFinding, str, bool]:
    """The finding so far, what it is held against, and whether there is enough to compare. Adds to the family of p."""
    peers = [peer for peer in one.peers if peer[1]]
    finding = SignFinding(sign=one.sign, share=_share(one.own))
    base = (sum(seen for seen, _ in peers), sum(known for _, known in peers)) if peers else one.before
    if base is None or not base[1]:
        return finding, "", False
    against = "peers" if peers else "before"
    difference = newcombe(*one.own, *base)
    enough = min(one.own[1], base[1]) >= least
    finding = replace(finding, baseline=_share(base))
    if difference is None:
        return finding, against, False
    finding = replace(
        finding,
        difference=difference.estimate,
        interval=(difference.interval.low, difference.interval.high),
        p=difference.p,
    )
    if not enough:
        return finding, against, False
    large = [peer for peer in peers if peer[1] >= least]
    if len(large) + 1 >= LEAST_PEERS:
        finding = replace(finding, p=_among(one.own, large, difference, family))
    else:
        family.append(difference.p)
    return finding, against, True


def _among(own: Count, peers: Sequence[Count], difference: Difference, family: list[float]) -> float:
    """p of standing out from the peers' own spread; the p of all of them go into the family."""
    ps = [normal_two_sided(z) for z in _against_spread([own, *peers])]
    ps[0] = max(ps[0], difference.p)
    family.extend(ps)
    return ps[0]


def _against_spread(counts: Sequence[Count]) -> list[float]:
    """How far each share lies from the mean, in units of chance and of the spread that all share.

    Spiegelhalter's additive overdispersion (2005) on the scale of asin sqrt (Anscombe 1948), where shares near 0 are
    not skewed: with the shares themselves, 60 agents of one policy gave 3 false findings a report, with this under 0.5.
    """
    values = [asin(sqrt((seen + 3 / 8) / (known + 3 / 4))) for seen, known in counts]
    chance = [1 / (4 * known + 2) for _, known in counts]
    weights = [1 / each for each in chance]
    m, total = len(counts), sum(weights)
    room = total - sum(weight * weight for weight in weights) / total
    spread, centre = 0.0, _mean(values, weights)
    # once about the plain mean, once more about the mean in which large teams' agents do not drown the others
    for _ in range(2):
        z = [(value - centre) / sqrt(each) for value, each in zip(values, chance, strict=True)]
        _, phi = overdispersion(z, weights)
        spread = max(0.0, (m * phi / _WINSORISED - (m - 1)) / room)
        centre = _mean(values, [1 / (each + spread) for each in chance])
    return [(value - centre) / sqrt(each + spread) for value, each in zip(values, chance, strict=True)]


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


@dataclass(frozen=True)
class _Jumped:
    p: float
    expected: float
    less_happy: bool | None


def _jump(counts: JumpCounts) -> _Jumped | None:
    found = deadline_jump(*counts.bins)
    if found is None:
        return None
    a, _, _, d = (n + 0.5 for n in counts.bins)
    odds = exp((log(a) - log(d)) / 3)
    less_happy = None
    if min(sum(counts.near), sum(counts.early)) >= LEAST_ANSWERS:
        # P(near > early) + P(equal)/2: under a half, clients of tickets closed just in time are the less satisfied ones
        beats = theta(counts.early, counts.near)
        less_happy = None if beats is None else beats.value < 0.5
    return _Jumped(found.p, odds / (1 + odds), less_happy)


def _judge_jump(counts: JumpCounts, jumped: _Jumped, significant: bool, agent: bool, locale: str) -> SignFinding:
    _, b, c, _ = counts.bins
    share = _share((b, b + c))
    assert share.value is not None  # noqa: S101 - a jump has closings in every bin
    finding = SignFinding(
        sign=Sign.DEADLINE_JUMP,
        share=share,
        baseline=Share(value=jumped.expected),
        difference=share.value - jumped.expected,
        p=jumped.p,
        found=significant and jumped.less_happy is True,
    )
    said = jump_sentence(finding, locale, bunched=significant, less_happy=jumped.less_happy, agent=agent)
    return replace(finding, sentence=said)


def _share(count: Count) -> Share:
    seen, known = count
    if not known:
        return Share()
    low, high = wilson(seen, known)
    return Share(count=seen, n=known, value=seen / known, interval=(low, high))
