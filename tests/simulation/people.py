"""Experiments on agents and on signs."""

from __future__ import annotations

import random

from nps_plugin.model import PeerMark, Sign
from nps_plugin.verdicts.peers import judge_peers
from nps_plugin.verdicts.traps import SignCount, sign_findings_from_counts

from .agents import Team
from .latent import expit, logit
from .tables import Check, Judge, Table, many
from .tenants import (
    seeded,
)

TEAMS: dict[str, Team] = {
    "sixty alike, spread .3": Team(),
    "one bad among them": Team(bad=1),
    "two bad": Team(bad=2),
    "no spread at all": Team(spread=0.0),
    "12 answers each": Team(spread=0.0, answers=12, uneven=False),
    "200 answers each, one bad": Team(answers=200, bad=1),
    "20 clients each, sd 1.2, one bad": Team(clients=20, client_sd=1.2, bad=1),
    "40 clients of sizes 1/r, sd 1.2, one bad": Team(clients=40, client_sd=1.2, skew=1, bad=1),
    "share .95, 15 answers": Team(share=0.95, answers=15, spread=0.0),
    "five agents": Team(agents=5),
}


def agents(_: Judge, size: int = 1) -> Table:
    """Agents who are like the others must not be accused; one who is not must be found."""
    rows, checks = [], []
    count = many(size, 30, 400)
    for name, team in TEAMS.items():
        false = below = found = 0
        for number in range(count):
            report = judge_peers(team.report(seeded(f"team {name}", number)))
            marks = [one.mark for one in report.agents]
            ordinary = marks[: team.agents - team.bad]
            false += sum(one in {PeerMark.BELOW, PeerMark.ABOVE} for one in ordinary)
            below += ordinary.count(PeerMark.BELOW)
            found += marks[team.agents - team.bad :].count(PeerMark.BELOW)
        bad = f"{found / count / team.bad:.2f}" if team.bad else ""
        rows.append((name, f"{false / count:.2f}", f"{below / count:.2f}", bad))
        checks.append(Check(what=f"agents accused, {name}", measured=false / count, tenants=count, bound=1.0))
    return Table(
        title="Agents against their peers",
        note="Per report; 85 % satisfied on easy kinds of tickets, fewer on hard ones, each agent with a mix of its"
        " own, 60 answers on average; the bad one reaches 55 %. Methods: .69 accused, 1.97 of 2 found.",
        columns=("team", "accused though ordinary", "of them as below", "bad found"),
        rows=tuple(rows),
        checks=tuple(checks),
    )


_SHARES = {
    Sign.BRUSH_OFF: 0.04,
    Sign.BOUNCING: 0.08,
    Sign.QUICK_FIX: 0.1,
    Sign.PAUSED_CLOCK: 0.12,
    Sign.NOT_ASKED_SHARE: 0.2,
    Sign.ADDRESS_CHANGED: 0.02,
}


def seen(closings: int, shares: dict[Sign, float], dice: random.Random) -> dict[Sign, tuple[int, int]]:
    """Each sign as (seen, known) closings."""
    return {sign: (sum(dice.random() < share for _ in range(closings)), closings) for sign, share in shares.items()}


def signs(_: Judge, size: int = 1) -> Table:
    """Signs against the time before, and an agent's against those of the peers."""
    rows, checks = [], []
    count = many(size, 40, 600)
    planted: dict[str, Sign | None] = {"nothing": None} | {f"{sign} +.12": sign for sign in _SHARES}
    for name, sign in planted.items():
        cells = []
        for closings, against_peers in ((100, False), (400, False), (100, True), (400, True)):
            hits, false = 0, 0.0
            for number in range(count):
                dice = seeded(f"signs {name} {closings} {against_peers}", number)
                found = _found_signs(closings, sign, against_peers, dice)
                hits += sign in found
                false += len(found - {sign}) / max(1, len(found))
            cells.append((f"{hits / count:.2f} / " if sign else "") + f"{false / count:.3f}")
            where = "peers" if against_peers else "before"
            what = f"false share of signs, {name}, {closings} closings against {where}"
            checks.append(Check(what=what, measured=false / count, tenants=count, bound=0.05))
            if sign and closings == 400 and not against_peers:
                what = f"{sign} found in 400 closings against before"
                checks.append(Check(what=what, measured=hits / count, tenants=count, bound=0.8, at_most=False))
        rows.append((name, *cells))
    return Table(
        title="Signs",
        note="Six signs on one slice, seen in 2 to 20 % of closings; one of them 12 points more often than in as many"
        " closings before, or than in those of 15 agents whose own shares differ (sd .3 on the logit scale). Found /"
        " false share of what was found.",
        columns=("planted", "100, against before", "400", "100, against peers", "400"),
        rows=tuple(rows),
        checks=tuple(checks),
    )


def _found_signs(closings: int, planted: Sign | None, against_peers: bool, dice: random.Random) -> set[Sign]:
    def own_way() -> dict[Sign, float]:
        spread = 0.3 if against_peers else 0.0
        return {sign: expit(logit(share) + dice.gauss(0, spread)) for sign, share in _SHARES.items()}

    own = own_way()
    if planted:
        own[planted] = min(0.9, _SHARES[planted] + 0.12)
    mine = seen(closings, own, dice)
    others = [seen(closings, own_way(), dice) for _ in range(15 if against_peers else 1)]
    counts = [
        SignCount(sign=sign, own=mine[sign], peers=[one[sign] for one in others])
        if against_peers
        else SignCount(sign=sign, own=mine[sign], before=others[0][sign])
        for sign in _SHARES
    ]
    return {one.sign for one in sign_findings_from_counts(counts, agent=against_peers) if one.found}
