"""Signs on slices: how often each is seen, against before or against peers, and what is beyond chance."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verdicts.by_statement import by_statement, shown
from tests.world import World

from nps_plugin import Assignment, Client, ClosedTicket
from nps_plugin.counts import fold, rebuild
from nps_plugin.model import Sign, SignFinding
from nps_plugin.verdicts.sign_counts import JumpCounts, Window, read_sign_counts
from nps_plugin.verdicts.signs import short_reply
from nps_plugin.verdicts.traps import FLOOR, SignCount, sign_findings, sign_findings_from_counts

pytestmark = pytest.mark.both_engines

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: The signs that are counted; the deadline jump has its own test.
COUNTED = [sign for sign in Sign if sign is not Sign.DEADLINE_JUMP]


def found(*counts: SignCount, **how) -> list[SignFinding]:
    return list(sign_findings_from_counts(counts, **how))


def one(sign: Sign, own, before=None, peers=(), **how) -> SignFinding:
    (finding,) = found(SignCount(sign=sign, own=own, before=before, peers=peers), **how)
    return finding


# --- from counts


def test_more_than_before_beyond_chance_is_found_and_said_in_numbers():
    finding = one(Sign.BRUSH_OFF, (30, 200), (6, 200))
    assert finding.found
    assert (finding.share.value, finding.baseline.value) == (0.15, 0.03)
    assert finding.difference == pytest.approx(0.12)
    assert finding.sentence == (
        "Closed soon with one short reply: 15% (30 of 200); before it was 3% (6 of 200); 12 percentage points more"
        " (7\N{EN DASH}18%), beyond chance."
    )


def test_the_same_in_russian():
    finding = one(Sign.BRUSH_OFF, (30, 200), (6, 200), locale="ru")
    assert finding.sentence == (
        "Закрыто вскоре после одного короткого ответа: 15\xa0% (30 из 200) обращений; раньше было 3\xa0% (6 из 200);"
        " больше на 12 процентных пунктов (7\N{EN DASH}18\xa0%), это больше случайного."
    )


@pytest.mark.parametrize(
    ("own", "before", "said"),
    [
        ((8, 200), (6, 200), "no more than chance lets expect"),
        ((6, 200), (30, 200), "no more than chance lets expect"),
        ((10_300, 1_000_000), (9_000, 1_000_000), "no more than chance lets expect"),
        ((8, 9), (0, 500), "too few closings to compare"),
        ((60, 100), (0, 9), "too few closings to compare"),
        ((60, 100), (0, 0), "there is nothing to hold it against"),
        ((60, 100), None, "there is nothing to hold it against"),
    ],
)
def test_chance_a_trifle_and_too_few_closings_are_not_found_and_say_so(own, before, said):
    finding = one(Sign.QUICK_FIX, own, before)
    assert not finding.found
    assert said in finding.sentence


def test_a_sign_that_cannot_be_told_of_any_closing_is_left_out():
    assert found(SignCount(sign=Sign.BOUNCING, own=(0, 0))) == []


def test_several_looks_at_one_slice_are_corrected_for():
    borderline = {"own": (16, 100), "before": (7, 100)}
    assert one(Sign.BRUSH_OFF, **borderline).found
    others = [SignCount(sign=sign, own=(5, 100), before=(5, 100)) for sign in COUNTED[1:5]]
    several = found(SignCount(sign=Sign.BRUSH_OFF, **borderline), *others)
    assert not any(finding.found for finding in several)


def test_an_agent_among_peers_must_stand_out_from_their_own_spread():
    spread = [(2, 100), (25, 100), (5, 100), (30, 100), (3, 100), (22, 100), (8, 100), (28, 100)]
    alike = [(12, 100), (14, 100), (11, 100), (13, 100), (12, 100), (14, 100), (13, 100), (12, 100)]
    assert not one(Sign.BOUNCING, (28, 100), peers=spread).found
    assert one(Sign.BOUNCING, (28, 100), peers=alike).found


def test_an_agents_finding_says_that_it_is_a_reason_to_look():
    alike = [(3, 100)] * 8
    for locale, said in (("en", "A reason to look, not a measure"), ("ru", "повод посмотреть, а не мера")):
        assert said in one(Sign.BOUNCING, (30, 100), peers=alike, agent=True, locale=locale).sentence
    assert "elsewhere 3% (24 of 800)" in one(Sign.BOUNCING, (30, 100), peers=alike, agent=True).sentence


def test_of_sixty_agents_of_one_policy_fewer_than_one_is_found_and_a_real_one_is():
    """Six signs each, a real spread between agents (sd .3 logit): false findings in a whole report, seeded."""
    random_ = random.Random(20261122)
    signs, reports, false, caught = COUNTED, 30, 0, 0
    for _ in range(reports):
        counts = {
            sign: [draw(random_, 0.1, 0.3, random_.randint(30, 300)) for _ in range(59)] + [draw(random_, 0.4, 0, 100)]
            for sign in signs
        }
        for agent in range(60):
            findings = found(
                *(
                    SignCount(sign=sign, own=all_[agent], peers=[it for it in all_ if it is not all_[agent]])
                    for sign, all_ in counts.items()
                ),
                agent=True,
            )
            hit = any(finding.found for finding in findings)
            false += hit and agent < 59
            caught += hit and agent == 59
    print(f"false findings per report of 60 agents: {false / reports:.2f}; the one bad agent found: {caught}/{reports}")
    assert false / reports < 1
    assert caught == reports


def draw(random_: random.Random, mean: float, spread: float, n: int) -> tuple[int, int]:
    odds = mean / (1 - mean) * 2.718281828 ** random_.gauss(0, spread)
    return sum(random_.random() < odds / (1 + odds) for _ in range(n)), n


COUNT = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(st.tuples(COUNT, st.none() | COUNT, st.lists(COUNT, max_size=8)), max_size=6), st.booleans())
def test_whatever_the_counts_what_is_found_is_more_and_everything_is_plain_data(drawn, agent):
    counts = [SignCount(sign=sign, own=o, before=b, peers=p) for sign, (o, b, p) in zip(COUNTED, drawn, strict=False)]
    for finding in sign_findings_from_counts(counts, agent=agent):
        json.dumps(finding.to_dict(), allow_nan=False)
        assert finding.sentence.endswith(".")
        if finding.found:
            assert finding.difference >= FLOOR
            assert finding.interval[0] > 0
            assert min(finding.share.n, finding.baseline.n) >= 10


# --- the deadline

BUNCHED = (100, 220, 40, 60)
LESS, MORE, FEW = (20, 10, 20), (2, 10, 60), (1, 1, 2)


@pytest.mark.parametrize(
    ("bins", "near", "early", "is_found", "said"),
    [
        (BUNCHED, LESS, MORE, True, "their clients are less satisfied than those of tickets closed earlier"),
        (BUNCHED, MORE, LESS, False, "this alone may be sensible planning."),
        (BUNCHED, FEW, MORE, False, "answers are too few to say more"),
        ((100, 80, 70, 60), LESS, MORE, False, "no more than chance lets expect"),
    ],
)
def test_a_jump_is_found_only_where_its_clients_are_the_less_satisfied_ones(bins, near, early, is_found, said):
    (finding,) = found(jump=JumpCounts(bins=bins, near=near, early=early))
    assert (finding.sign, finding.found) == (Sign.DEADLINE_JUMP, is_found)
    assert said in finding.sentence
    json.dumps(finding.to_dict(), allow_nan=False)


def test_under_five_closings_in_a_bin_there_is_no_jump_to_speak_of():
    assert found(jump=JumpCounts(bins=(100, 220, 40, 4), near=LESS, early=MORE)) == []


def test_closings_stand_in_their_bins_and_exactly_at_the_target_is_before_it(make_world):
    world = make_world(ask={"channels": ["email"]})
    minutes = [100, 119, 121, 177, 178, 206, 207, 239, 240, 241, 278, 279, 323, 324]
    for number, worked in enumerate(minutes):
        ticket = world.ticket(str(number), took=timedelta(minutes=worked))
        world.ratings.ticket_closed(ticket)
        score = {119: 1, 121: 2, 178: 3, 207: 1, 240: 1, 241: 3}.get(worked)
        if score:
            world.ratings.record_answer("acme", score, survey=asked(world, str(number)), source="operator", by="vera")
    with world.ratings._parts.store.read() as connection:
        window = Window(since=None, until=None, where={})
        tenant = world.ratings.settings.tenants["acme"]
        counts = read_sign_counts(connection, tenant, window, now=world.clock.now(), short=None)[""].jump
    assert counts.bins == (2, 3, 2, 2)
    assert (counts.near, counts.early) == ((2, 0, 0), (0, 1, 1))


def asked(world: World, ticket: str) -> str:
    return next(row.survey for row in world.rows("survey") if row.ticket == ticket)


# --- from closings

AGENTS, QUEUES = ("olga", "petr", "vera"), ("first", "second")


def busy_month(world: World, seed: int, closings: int = 200) -> list[ClosedTicket]:
    """Closings with every sign here and there, unknown facts too."""
    random_ = random.Random(seed)
    told = []
    for number in range(closings):
        world.clock.advance(timedelta(hours=random_.choice([1, 5, 20])))
        stations = [Assignment(agent=random_.choice(("", *AGENTS)), queue=random_.choice(QUEUES)) for _ in range(4)]
        path = tuple(stations[: random_.randint(0, 4)])
        client = random_.choice(
            [None, *(Client(id=str(n), email=f"{random_.randint(0, 1)}@x.example") for n in "12345")]
        )
        worked = random_.choice([None, HOUR / 6, HOUR / 6, HOUR / 2, HOUR, 3 * HOUR])
        again = random_.random() < 0.15 and number > 20
        name = str(random_.randint(0, number - 1)) if again else str(number)
        if again and random_.random() < 0.5:
            world.ratings.ticket_reopened("acme", name, world.clock.now() - HOUR / 2)
        closed = world.ticket(
            name,
            took=random_.choice([HOUR / 4, HOUR, 4 * HOUR, 30 * HOUR]),
            worked=worked,
            client=client,
            agent=random_.choice(AGENTS),
            queue=random_.choice(QUEUES),
            service=random_.choice(["", "", "printing"]),
            path=path,
            reopened=random_.choice([None, 1]) if again else 0,
            replies=random_.choice([None, 1, 1, 1, 2]),
            last_reply_length=random_.choice([None, 5, *[300] * 12]) if number > 20 else 200,
        )
        world.ratings.ticket_closed(closed)
        told.append(closed)
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_a_slice_counts_exactly_the_signs_of_its_tickets(world, seed):
    busy_month(world, seed)
    tenant, now = world.ratings.settings.tenants["acme"], world.clock.now() + 15 * DAY
    with world.ratings._parts.store.read() as connection:
        short = short_reply(connection, tenant, now)
        whole = read_sign_counts(connection, tenant, Window(since=None, until=None, where={}), now=now, short=short)[
            ""
        ].counts
        queue = read_sign_counts(
            connection, tenant, Window(since=None, until=None, where={"queue": "first"}), now=now, short=short
        )[""].counts
        by_agent = read_sign_counts(
            connection, tenant, Window(since=None, until=None, where={}), by="agent", now=now, short=short
        )
        agents = {agent: one.counts for agent, one in by_agent.items()}
    rows = world.rows("closure")
    verdicts = {
        (row.ticket, row.closure): world.ratings.ticket_verdict("acme", row.ticket, closure=row.closure) for row in rows
    }
    seen = Counter(sign for verdict in verdicts.values() for sign in verdict.signs)
    assert set(seen) >= {Sign.BRUSH_OFF, Sign.BOUNCING, Sign.QUICK_FIX, Sign.PAUSED_CLOCK, Sign.ADDRESS_CHANGED}
    assert {sign: count for sign, (count, _) in whole.items()} == {sign: seen[sign] for sign in whole}
    in_first = Counter(sign for it in verdicts.values() if it.queue == "first" for sign in it.signs)
    assert {sign: count for sign, (count, _) in queue.items()} == {sign: in_first[sign] for sign in queue}
    charged = Counter(
        agent
        for it in verdicts.values()
        for shown in it.evidence
        if shown.sign is Sign.BOUNCING
        for agent in shown.charged
    )
    assert {agent: counts[Sign.BOUNCING][0] for agent, counts in agents.items() if agent} == {
        agent: charged[agent] for agent in AGENTS
    }
    assert whole[Sign.QUICK_FIX][1] == len(rows)
    assert whole[Sign.BOUNCING][1] == sum(bool(row.path) for row in rows)
    for agent in AGENTS:
        held = sum(agent in {station[0] for station in row.path} for row in rows)
        alone = sum(row.passes == 0 and row.credited == agent for row in rows)
        assert agents[agent][Sign.BOUNCING][1] <= held + alone


@pytest.mark.parametrize("folded", ["nothing", "the first half", "each half"])
def test_folded_or_not_a_slice_has_the_signs_that_a_look_at_every_closing_finds(world, folded):
    tenant, store = world.ratings.settings.tenants["acme"], world.ratings._parts.store
    told = busy_month(world, 3, closings=40)
    if folded != "nothing":
        fold(store, tenant)
    told += busy_month(world, 4, closings=40)
    if folded == "each half":
        fold(store, tenant)
    closed = sorted(one.closed_at for one in told)
    early, late, now = closed[20], closed[60], closed[-1] + 10 * DAY
    slices = [({}, ""), ({}, "agent"), ({"queue": "first"}, "agent"), ({"agent": "olga"}, "")]
    with store.read() as connection:
        clients = connection.exec_driver_sql("SELECT client FROM nps_closure WHERE client IS NOT NULL").scalars()
        slices.append(({"client": min(clients), "queue": "second"}, ""))
        for since, until in ((None, None), (early, late), (early - 40 * DAY, late)):
            for where, by in slices:
                window = Window(since=since, until=until, where=where)
                found = read_sign_counts(connection, tenant, window, by=by, now=now, short=50)
                expected = by_statement(connection, tenant, window, by=by, now=now, short=50)
                assert shown(found, by) == expected, (since, until, where, by)


def test_with_other_thresholds_signs_are_read_from_the_facts_until_all_is_counted_anew(world):
    busy_month(world, 4, closings=120)
    world.ratings.run_due(limit=500)
    world.config["tenants"]["acme"]["signs"] = {"bouncing_from": 3, "paused_over": 0.8, "quick_fix_within": "3d"}
    world.ratings.reload(world.config)
    tenant, store = world.ratings.settings.tenants["acme"], world.ratings._parts.store

    def same() -> bool:
        with store.read() as connection:
            now = world.clock.now()
            window = Window(since=now - 20 * DAY, until=None, where={})
            found = read_sign_counts(connection, tenant, window, now=now, short=50)
            return shown(found) == by_statement(connection, tenant, window, now=now, short=50)

    assert same()
    world.close("one more", path=(Assignment(agent="olga"), Assignment(agent="petr")))
    assert same()
    fold(store, tenant)
    assert world.rows("fold_queue") == []
    assert same()
    assert rebuild(store, tenant).equal


def test_bouncing_is_charged_to_who_passed_it_on_and_not_to_who_got_it(world):
    def passed(number: str, *agents: str) -> None:
        path = tuple(Assignment(agent=agent, queue="first") for agent in agents)
        world.close(number, agent=agents[-1], path=path)

    for number in range(40):
        passed(f"a{number}", "petr", "vera", "olga") if number < 20 else passed(f"a{number}", "olga")
        passed(f"b{number}", "vera")
        passed(f"c{number}", "petr")
    findings = {
        agent: next(it for it in read(world, agent=agent) if it.sign is Sign.BOUNCING)
        for agent in ("olga", "petr", "vera")
    }
    assert {agent: (it.share.count, it.share.n) for agent, it in findings.items()} == {
        "olga": (0, 40),
        "petr": (20, 60),
        "vera": (20, 60),
    }
    assert not findings["olga"].found


def read(world: World, since=None, until=None, **where) -> tuple[SignFinding, ...]:
    tenant = world.ratings.settings.tenants["acme"]
    with world.ratings._parts.store.read() as connection:
        return sign_findings(
            connection, tenant, since=since, until=until, basis="closed", where=where, now=world.clock.now() + 30 * DAY
        )


def of(sign: Sign, findings: tuple[SignFinding, ...]) -> SignFinding:
    return next(finding for finding in findings if finding.sign is sign)


def test_a_queue_is_held_against_itself_in_the_same_time_before(world):
    start = world.clock.now()
    for number in range(120):
        world.clock.advance(HOUR)
        worked = HOUR if number >= 60 and number % 2 else None
        world.close(str(number), took=10 * HOUR, worked=worked, queue="first", client=None)
        world.close(f"s{number}", took=10 * HOUR, worked=HOUR, queue="second", client=None)
    middle, end = start + timedelta(hours=60, minutes=30), start + timedelta(hours=120, minutes=30)

    paused = {
        queue: next(it for it in read(world, middle, end, queue=queue) if it.sign is Sign.PAUSED_CLOCK)
        for queue in QUEUES
    }
    assert (paused["first"].share.count, paused["first"].baseline.count) == (30, 0)
    assert (paused["first"].found, paused["second"].found) == (True, False)
    assert paused["second"].baseline.value == 1


def test_who_is_not_asked_is_counted_by_agent_and_for_reasons_of_the_ticket_alone(make_world):
    world = make_world(ask={"quarantine": "0s"})
    for number in range(60):
        for agent in AGENTS:
            hidden = agent == "petr" and number % 3 == 0
            client = None if hidden else Client(email=f"{agent}{number}@example.org")
            world.close(f"{agent}{number}", agent=agent, client=client)
    world.ratings.opt_out("acme", Client(email="late@example.org"))
    world.close("optedout", agent="vera", client=Client(email="late@example.org"))

    shares = {agent: of(Sign.NOT_ASKED_SHARE, read(world, agent=agent)) for agent in AGENTS}
    assert {agent: (it.share.count, it.share.n) for agent, it in shares.items()} == {
        "olga": (0, 60),
        "petr": (20, 60),
        "vera": (0, 61),
    }
    assert [agent for agent, it in shares.items() if it.found] == ["petr"]
    assert not [it for it in read(world) if it.sign is Sign.NOT_ASKED_SHARE]


def test_quick_fixes_are_counted_of_closings_that_are_old_enough_for_one(world):
    world.close("1")
    world.clock.advance(13 * DAY)
    world.close("2")
    tenant = world.ratings.settings.tenants["acme"]
    with world.ratings._parts.store.read() as connection:
        counts = read_sign_counts(
            connection, tenant, Window(since=None, until=None, where={}), now=world.clock.now() + DAY, short=None
        )
    assert counts[""].counts[Sign.QUICK_FIX] == (0, 1)


def test_an_empty_slice_has_no_findings(world):
    assert read(world, queue="nowhere") == read(world, agent="nobody") == ()
