"""Steps about what many answers say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from nps_plugin import Client, NpsSpec, SliceVerdict, hookimpl
from tests.verdicts.history import MET, MISSED, SETTINGS, History

HAPPY = {"faces-3": 3, "stars-5": 5}


class Desk(NpsSpec):
    """The help-desk's manager: looks, and hears what changes."""

    nps_name = "desk"

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.history: History
        self.verdict: SliceVerdict
        self.changed_at: datetime

    @hookimpl
    def nps_standing_changed(self, news: Any) -> None:
        if not news.where:
            self.heard.append((news.before and str(news.before.level), str(news.after.level)))

    def closed(self, number: int, satisfied: int, took: timedelta, scale: str = "faces-3") -> None:
        self.history.rated(*[HAPPY[scale]] * satisfied, *[1] * (number - satisfied), took=took)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@given("a help-desk that wants 90% of tickets in time and 80% of clients satisfied")
def _wants(make_world: Any, desk: Desk) -> None:
    desk.history = History(make_world(plugins=[desk], **SETTINGS))


@given(parsers.parse("{number:d} tickets in time, of whose clients {satisfied:d} are satisfied"))
def _in_time(desk: Desk, number: int, satisfied: int) -> None:
    desk.closed(number, satisfied, MET)


@given(parsers.parse("{number:d} tickets that took too long, of whose clients {satisfied:d} are satisfied"))
def _late(desk: Desk, number: int, satisfied: int) -> None:
    desk.closed(number, satisfied, MISSED)


@given(parsers.parse("{number:d} tickets of one client in time, each rated satisfied"))
def _one_client(desk: Desk, number: int) -> None:
    desk.history.rated(*[3] * number, client=Client(id="1"))


@given(parsers.parse("{number:d} tickets that took too long, whose clients do not answer"))
def _silent(desk: Desk, number: int) -> None:
    desk.history.rated(*[None] * number, took=MISSED)


@when("the manager looks at the whole")
def _looks(desk: Desk) -> None:
    desk.verdict = desk.history.world.ratings.verdict("acme")


@when("the worker has been there")
def _worker(desk: Desk) -> None:
    desk.history.work()


@when(parsers.parse("the desk changes to the scale {scale}"))
def _changes(desk: Desk, scale: str) -> None:
    world = desk.history.world
    world.clock.advance(timedelta(days=1))
    desk.changed_at = world.clock.now()
    world.config["tenants"]["acme"]["scale"] = scale  # type: ignore[index]
    world.ratings.reload(world.config)
    world.ratings.run_due()


@when(parsers.parse("{number:d} more tickets in time come, of whose clients {satisfied:d} are satisfied"))
def _more(desk: Desk, number: int, satisfied: int) -> None:
    desk.closed(number, satisfied, MET, "stars-5")


@then(parsers.parse("the level is {level} and the link is {link}"))
def _level(desk: Desk, level: str, link: str) -> None:
    assert (desk.verdict.level, desk.verdict.link) == (level, link)


@then(parsers.parse('the headline is "{text}"'))
def _headline(desk: Desk, text: str) -> None:
    assert desk.verdict.headline == text


@then(parsers.parse('the sentence has "{text}"'))
def _sentence(desk: Desk, text: str) -> None:
    assert text in desk.verdict.sentence


@then(parsers.parse('a note has "{text}"'))
def _note(desk: Desk, text: str) -> None:
    assert any(text in note for note in desk.verdict.notes), desk.verdict.notes


@then(parsers.parse("the standing of the whole is {level}"))
def _standing(desk: Desk, level: str) -> None:
    standing = desk.history.world.ratings.standing("acme")
    assert standing is not None
    assert standing.level == level


@then(parsers.parse("the desk heard that the whole went from {before} to {after}"))
def _heard(desk: Desk, before: str, after: str) -> None:
    assert desk.heard[-1] == (before, after)


@then(parsers.parse('the time before and after the change are not comparable, since "{change}"'))
def _not_comparable(desk: Desk, change: str) -> None:
    found = desk.history.world.ratings.compare("acme", (None, desk.changed_at), (desk.changed_at, None))
    assert (found.comparable, found.changes) == (False, (change,))
