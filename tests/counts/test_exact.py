"""Whatever happens in whatever order, and whenever it is folded: what is read equals what the facts give."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from tests.counts.brute import brute, shown
from tests.properties.drama import WAYS, Drama, Post, settings
from tests.surveys.wires import Book
from tests.verdicts.by_statement import by_statement
from tests.verdicts.by_statement import shown as shown_signs

from nps_plugin import Assignment
from nps_plugin.counts import fold, read_counts, rebuild
from nps_plugin.verdicts.sign_counts import Window, read_sign_counts

SEED = int(os.environ.get("NPS_SEED", "20261122"))
SEQUENCES = int(os.environ.get("NPS_SEQUENCES", "60"))
STEPS = 18
ZONE = ZoneInfo("Europe/Moscow")
#: Windows in months from the one that is: whole ones that folds hold, and others.
SLICES: tuple[dict[str, Any], ...] = (
    {},
    {"basis": "answered"},
    {"by": ("queue",), "since": -1},
    {"by": ("agent",), "since": 0, "until": 1},
    {"by": ("agent",), "basis": "answered", "since": -11, "until": 1},
    {"where": {"service": "net"}, "basis": "answered", "since": -2, "until": 1},
    {"where": {"agent": "olga"}, "by": ("agent",), "until": 0},
    {"by": ("level",), "since": -3, "until": 0.5},
    {"since": -0.3},
    {"by": ("queue", "priority"), "since": -5},
    {"by": ("organization",), "since": -0.6, "until": 0.5},
    {"where": {"queue": "first", "service": "mail"}, "since": -1},
    {"by": ("client",)},
    {"by": ("site",), "where": {"contract": "gold"}},
)


def window(part: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The slice with its window in times: whole months in the tenant's zone, and parts of months as so many days."""
    times = {}
    for name in {"since", "until"} & part.keys():
        months, days = divmod(part[name], 1)
        month = now.astimezone(ZONE).year * 12 + now.astimezone(ZONE).month - 1 + int(months)
        times[name] = datetime(month // 12, month % 12 + 1, 1, tzinfo=ZONE) + timedelta(days=30 * days, hours=days * 7)
    return part | times


class Busy(Drama):
    """A drama of several desks, kinds of work and clients, that is folded and looked at now and then."""

    def facts(self):
        pick = self.dice.choice
        who = self.dice.randrange(3)
        self.cast[who] = replace(self.cast[who], phone=f"+{self.number}-{who}{pick('ab')}")
        return {
            "replies": pick([None, 1, 1, 2]),
            "last_reply_length": pick([None, 10, 90]),
            "path": tuple(Assignment(agent=name) for name in pick(["", "ab", "aba", "ab a", "abab"])),
            "agent": pick(["", "olga", "oleg", "ivan"]),
            "queue": pick(["first", "second"]),
            "service": pick(["net", "mail"]),
            "priority": pick(["", "high"]),
            "contract": pick(["gold", ""]),
            "facts": pick([{}, {"site": "north"}, {"site": 'it\'s "south"'}]),
        }

    def fold_some(self):
        done = fold(self.store, self.tenant, self.dice.choice([1, 2, 7, 500]))
        return f"fold {done}"

    @property
    def store(self):
        return self.world.ratings._parts.store

    @property
    def tenant(self):
        return self.world.ratings.settings.tenants["acme"]

    def look(self):
        part = self.dice.choice(SLICES)
        self.compare(part)
        return f"look at {part}"

    def compare(self, part):
        part = window(part, self.world.clock.now())
        expected = brute(self.world, **part)
        with self.store.read() as connection:
            found = read_counts(connection, self.tenant, mix=True, times=True, **part)
        assert shown(found) == expected, part
        by = part.get("by", ())
        if by in ((), ("agent",)) and part.get("basis", "closed") == "closed":
            of = Window(since=part.get("since"), until=part.get("until"), where=part.get("where", {}))
            how = {"by": "".join(by), "now": self.world.clock.now(), "short": 50}
            with self.store.read() as connection:
                signs = read_sign_counts(connection, self.tenant, of, **how)
                assert shown_signs(signs, *by) == by_statement(connection, self.tenant, of, **how), part

    doings: ClassVar = (*Drama.doings, ("fold_some", 6), ("look", 6))


@pytest.mark.parametrize("way", WAYS)
def test_counts_are_exact_at_any_moment(make_world, way):
    book = Book()
    world = make_world(**settings(way, book), timezone="Europe/Moscow", signs={"brush_off_within": 0.5})
    for number in range(max(1, SEQUENCES // len(WAYS) // 2)):
        dice = random.Random(f"{SEED} {way} {number}")
        drama = Busy(world=world, post=Post(world, book, dice), number=number, dice=dice)
        try:
            drama.play(STEPS)
            for part in SLICES:
                drama.compare(part)
        except Exception as error:
            error.add_note(f"way {way!r}, NPS_SEED={SEED}, sequence {number}:\n  " + "\n  ".join(drama.steps))
            raise
    assert world.rows("fold_queue") == []
    assert len(world.rows("fold")) > 0
    done = rebuild(drama.store, drama.tenant)
    assert (done.equal, done.differences, done.rows) == (True, 0, len(world.rows("closure")))
