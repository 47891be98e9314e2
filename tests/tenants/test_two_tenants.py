"""Two tenants with the same tickets, clients and hosts: what one does is nowhere to be seen at the other.

The same story is played twice: once as it was drawn, once with one tenant's part left out.
What the other tenant sees must be the same in both.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.world import BASE, World, nonce_of, text_of

from nps_plugin import (
    Client,
    ClosedTicket,
    Evidence,
    LinkRefused,
    NpsError,
    Ratings,
    Request,
    TokenUnknown,
    UnknownCall,
    UnknownSurvey,
)

TENANTS = ("acme", "rival")
HOSTS = ("", "second")
SECOND = timedelta(seconds=1)


class Side:
    """One play of the story: a library with both tenants, and the links that reached their clients."""

    def __init__(self, world: World) -> None:
        self.world, self.ratings, self.browser = world, world.ratings, world.browser()
        self.tokens: dict[str, list[str]] = {tenant: [] for tenant in TENANTS}

    def token(self, tenant: str, which: int) -> str:
        there = self.tokens[tenant]
        return there[which % len(there)] if there else "A" * 22

    def answer(self, tenant: str, which: int) -> str:
        there = [row["answer"] for row in sorted(answers_of(self, tenant), key=lambda row: row["at"])]
        return there[which % len(there)] if there else "none"

    def collect(self) -> None:
        """Take in the mails that arrived."""
        for mail in sorted(self.world.mailbox.mails, key=lambda mail: str(mail["To"])):
            found = re.search(rf"{BASE}/(\w+)/([\w-]{{22}})", text_of(mail))
            assert found is not None
            self.tokens[found.group(1)].append(found.group(2))
        self.world.mailbox.clear()


def other(tenant: str) -> str:
    return TENANTS[1 - TENANTS.index(tenant)]


def person(which: int) -> Client:
    return Client(
        id=str(which % 2),
        name=f"Client {which % 2}",
        email=f"c{which % 2}@example.org",
        phone=f"+7 900 {which % 2}",
        organization="North",
    )


def ticket(which: int) -> dict[str, Any]:
    return {"ticket": str(which % 3), "host": HOSTS[which % 2]}


def answers_of(side: Side, tenant: str) -> list[dict[str, Any]]:
    return [answer for row in side.ratings.export(tenant) for survey in row["surveys"] for answer in survey["answers"]]


@contextmanager
def foreign(*expected: type[Exception]) -> Iterator[None]:
    """What is the other tenant's is unknown here."""
    with pytest.raises(expected):
        yield


# --- one driver for every public method that names a tenant: (side, tenant, number) -> what that tenant saw


def ticket_closed(side: Side, tenant: str, which: int) -> Any:
    now = side.world.clock.now()
    closed = ClosedTicket(
        tenant=tenant,
        opened_at=now - timedelta(hours=which),
        closed_at=now,
        client=person(which),
        respondents=(person(which + 1),) if which % 5 == 0 else (),
        agent="olga",
        **ticket(which),
    )
    return side.ratings.ticket_closed(closed).to_dict()


def ticket_reopened(side: Side, tenant: str, which: int) -> Any:
    facts = ticket(which)
    return side.ratings.ticket_reopened(tenant, facts["ticket"], side.world.clock.now(), facts["host"]).to_dict()


def record_answer(side: Side, tenant: str, which: int) -> Any:
    with foreign(TokenUnknown):
        side.ratings.record_answer(other(tenant), 1, token=side.token(tenant, which))
    for row in side.ratings.export(tenant):
        for survey in row["surveys"]:
            with foreign(UnknownSurvey):
                side.ratings.record_answer(other(tenant), 1, survey=survey["survey"], source="operator", by="boris")
    return side.ratings.record_answer(
        tenant,
        1 + which % 3,
        token=side.token(tenant, which),
        comment=f"{tenant} says {which}",
        evidence=Evidence(agent="Mozilla", address="203.0.113.0/24"),
    ).to_dict()


def rate(side: Side, tenant: str, which: int) -> Any:
    facts = ticket(which)
    return side.ratings.rate(tenant, facts["ticket"], 1 + which % 3, by="client", host=facts["host"]).to_dict()


def accept_answer(side: Side, tenant: str, which: int) -> Any:
    answer = side.answer(tenant, which)
    with foreign(NpsError):
        side.ratings.accept_answer(other(tenant), answer, by="boris", why="mine")
    return side.ratings.accept_answer(tenant, answer, by="boris", why="a person").to_dict()


def withdraw_answer(side: Side, tenant: str, which: int) -> Any:
    answer = side.answer(tenant, which)
    with foreign(NpsError):
        side.ratings.withdraw_answer(other(tenant), answer, by="boris", why="mine")
    return side.ratings.withdraw_answer(tenant, answer, by="boris", why="an error").to_dict()


def opt_out(side: Side, tenant: str, which: int) -> Any:
    return side.ratings.opt_out(tenant, person(which))


def forget_client(side: Side, tenant: str, which: int) -> Any:
    return side.ratings.forget_client(tenant, person(which)).to_dict()


def export_person(side: Side, tenant: str, which: int) -> Any:
    return side.ratings.export_person(tenant, person(which))


def export(side: Side, tenant: str, _: int) -> Any:
    return list(side.ratings.export(tenant))


def answers(side: Side, tenant: str, _: int) -> Any:
    return [answer.to_dict() for answer in side.ratings.answers(tenant)]


def not_asked_counts(side: Side, tenant: str, _: int) -> Any:
    return {str(reason): count for reason, count in side.ratings.not_asked_counts(tenant).items()}


def survey_log(side: Side, tenant: str, which: int) -> Any:
    return [entry.to_dict() for entry in side.ratings.survey_log(tenant, **ticket(which))]


def ticket_verdict(side: Side, tenant: str, which: int) -> Any:
    return side.ratings.ticket_verdict(tenant, **ticket(which)).to_dict()


def rebuild(side: Side, tenant: str, _: int) -> Any:
    return side.ratings.rebuild(tenant).to_dict()


def scale_advice(side: Side, tenant: str, _: int) -> Any:
    return side.ratings.scale_advice(tenant).to_dict()


def kpi_advice(side: Side, tenant: str, which: int) -> Any:
    where = ({}, {"agent": "olga"}, {"client": person(which)})[which % 3]
    return side.ratings.kpi_advice(tenant, **where).to_dict()


def verdict(side: Side, tenant: str, which: int) -> Any:
    where = ({}, {"agent": "olga"}, {"client": person(which)})[which % 3]
    return side.ratings.verdict(tenant, **where).to_dict()


def standing(side: Side, tenant: str, which: int) -> Any:
    found = side.ratings.standing(tenant, **({"agent": "olga"} if which % 2 else {}))
    return None if found is None else found.to_dict()


def compare(side: Side, tenant: str, which: int) -> Any:
    at = side.world.clock.now() - timedelta(hours=which)
    return side.ratings.compare(tenant, (None, at), (at, None)).to_dict()


def calls(side: Side, tenant: str, which: int) -> Any:
    queue, operator = side.ratings.calls, f"operator {which % 2}"
    for call in queue.due(other(tenant), "anna"):
        for attempt in (queue.claim, queue.script):
            with foreign(UnknownCall):
                attempt(tenant, call.id, operator)
        with foreign(UnknownCall):
            queue.done(tenant, call.id, operator, "refused")
        queue.release(tenant, call.id, "anna")
    seen = []
    for call in queue.due(tenant, operator)[:1]:
        queue.claim(tenant, call.id, operator)
        seen.append(queue.script(tenant, call.id, operator).to_dict())
        if which % 3 == 0:
            found = {"cause": "speed", "finding": "our_fault"}
            seen.append(queue.done(tenant, call.id, operator, "reached", **found).to_dict())
    return [[call.to_dict() for call in queue.due(tenant, operator)], seen]


def staff(side: Side, tenant: str, which: int) -> Any:
    seat = side.ratings.staff(tenant, user=f"operator {which % 2}", locale="en")
    for call in side.ratings.calls.due(other(tenant), "anna"):
        assert seat(Request(method="GET", path=f"/staff/calls/{call.id}")).status == 404
    page = seat(Request(method="GET", path="/staff/calls"))
    return [page.status, page.body.decode().count("<li>")]


def channel(side: Side, tenant: str, which: int) -> Any:
    return type(side.ratings.channel(tenant, "email")).__name__


def link(side: Side, tenant: str, which: int) -> Any:
    with pytest.raises(LinkRefused, match=f"tenant {tenant}, channel email"):
        side.ratings.link(tenant, person(which), "email")


def listen(side: Side, tenant: str, which: int) -> Any:
    with pytest.raises(LinkRefused, match=f"tenant {tenant}, channel email"):
        side.ratings.listen(tenant, "email", threading.Event())


def client_history(side: Side, tenant: str, which: int) -> Any:
    whose = {"organization": "North"} if which % 2 else {"client": person(which)}
    return side.ratings.client_history(tenant, **whose).to_dict()


def report(side: Side, tenant: str, which: int) -> Any:
    made = side.ratings.report(tenant, last=2, by=((), "agent", ("agent", "queue"))[which % 3])
    # what brands are called is configured, and the page shows no more than what is told here
    return [made.rows(), made.details().to_dict()]


def import_answers(side: Side, tenant: str, which: int) -> Any:
    path = Path(tempfile.mkdtemp()) / f"{tenant}.csv"
    path.write_text(f"ticket,closed,score,client\n{which % 3},2026-11-0{which % 3 + 1},{which % 3 + 1},{which % 2}\n")
    columns = {
        "scale": "faces-3",
        "columns": {"ticket": "ticket", "closed_at": "closed", "score": "score", "client": "client"},
    }
    done = side.ratings.import_answers(tenant, path, columns, host=HOSTS[which % 2])
    shutil.rmtree(path.parent)
    return done.to_dict()


def indicators(side: Side, tenant: str, which: int) -> Any:
    side.ratings.record_answer(
        tenant, 1 + which % 3, token=side.token(tenant, which), indicators={"solved": ("yes", "no")[which % 2]}
    )
    return side.ratings.indicators(tenant, by=("level", "queue")[which % 2]).to_dict()


def record_voice(side: Side, tenant: str, which: int) -> Any:
    return side.ratings.record_voice(tenant, by="olga", text=f"{tenant} says {which}", client=person(which)).to_dict()


def voices(side: Side, tenant: str, _: int) -> Any:
    return [one.to_dict() for one in side.ratings.voices(tenant)]


def withdraw_voice(side: Side, tenant: str, which: int) -> Any:
    there = side.ratings.voices(tenant)
    for voice in there[:1]:
        with foreign(NpsError):
            side.ratings.withdraw_voice(other(tenant), voice.id, by="boris", why="mine")
        side.ratings.withdraw_voice(tenant, voice.id, by="boris", why="an error")
    return len(there)


def reconcile(side: Side, tenant: str, _: int) -> Any:
    return side.ratings.reconcile(tenant, side.world.clock.now() - timedelta(days=1))


DRIVERS: dict[str, Callable[[Side, str, int], Any]] = {
    driver.__name__: driver
    for driver in (
        ticket_closed, ticket_reopened, record_answer, rate, accept_answer, withdraw_answer, opt_out, forget_client,
        export_person, export, answers, not_asked_counts, survey_log, ticket_verdict, reconcile,
        verdict, standing, compare, client_history, report, scale_advice, kpi_advice, import_answers,
        rebuild, calls, staff, channel, link, listen, indicators, record_voice, voices, withdraw_voice,
    )
}  # fmt: skip
#: Public names of Ratings that name no tenant: they are the operator's.
OF_THE_OPERATOR = {
    "open", "check", "close", "reload", "upgrade", "run_due", "start_worker", "work", "plugins", "settings",
    "end_news", "untold", "procedures_opened",
    # the pages, driven below
    "handle", "wsgi",
}  # fmt: skip


# --- the pages


def look(side: Side, tenant: str, which: int) -> Any:
    token = side.token(tenant, which)
    assert side.browser.get(f"/{other(tenant)}/{token}?s=1").status_code == 404
    page = side.browser.get(f"/{tenant}/{token}?s=1")
    assert other(tenant) not in page.text
    return page.status_code


def send(side: Side, tenant: str, which: int) -> Any:
    token = side.token(tenant, which)
    page = side.browser.get(f"/{tenant}/{token}")
    if page.status_code != 200 or "<form" not in page.text:
        return page.status_code
    form = {"nonce": nonce_of(page), "score": 1 + which % 3}
    stolen = side.browser.post(f"/{other(tenant)}/{token}", data=form)
    stolen.close()
    assert stolen.status_code == 404
    response = side.browser.post(f"/{tenant}/{token}", data=form)
    response.close()
    return response.status_code


def unsubscribe(side: Side, tenant: str, which: int) -> Any:
    token, form = side.token(tenant, which), {"List-Unsubscribe": "One-Click"}
    assert side.browser.post(f"/{other(tenant)}/{token}/unsubscribe", data=form).status_code == 404
    return side.browser.post(f"/{tenant}/{token}/unsubscribe", data=form).status_code


def logo(side: Side, tenant: str, which: int) -> Any:
    assert side.browser.get(f"/{other(tenant)}/{side.token(tenant, which)}/logo").status_code == 404
    return side.browser.get(f"/{tenant}/{side.token(tenant, which)}/logo").status_code


PAGES = (look, send, unsubscribe, logo)
EVERYTHING = {**DRIVERS, **{page.__name__: page for page in PAGES}}
#: What only reads, for looking at everything in the end.
READS = (
    export_person,
    answers,
    voices,
    not_asked_counts,
    survey_log,
    ticket_verdict,
    look,
    export,
    scale_advice,
    kpi_advice,
)


def test_every_public_method_has_a_driver_here():
    public = {name for name in dir(Ratings) if not name.startswith("_")}
    assert public - OF_THE_OPERATOR == set(DRIVERS)
    assert public >= OF_THE_OPERATOR, "and none that is gone"


# --- the property

# closing and sending first, so that there is something to see
WEIGHTED = [*EVERYTHING, *["ticket_closed", "work"] * 4, *["send", "record_answer"] * 2, "wait"]
STEPS = st.lists(
    st.tuples(st.sampled_from(TENANTS), st.sampled_from(WEIGHTED), st.integers(0, 11)), min_size=10, max_size=30
)


def play(world: World, steps: list[tuple[str, str, int]], only: str | None, seen_by: str) -> list[str]:
    """What one tenant saw of a story, as text without the ids, which are drawn anew each time."""
    side, seen = Side(world), []
    world.mailbox.clear()
    for tenant, what, which in steps:
        world.clock.advance(SECOND)
        if what == "work":
            side.ratings.run_due()
            side.collect()
        elif what == "wait":
            world.clock.advance(timedelta(hours=5))
        elif only in (None, tenant):
            saw = observed(side, EVERYTHING[what], tenant, which)
            if tenant == seen_by:
                seen.append(f"{what}: {saw}")
    for read in READS:
        seen += [f"{read.__name__}: {observed(side, read, seen_by, which)}" for which in range(6)]
    return seen


def observed(side: Side, driver: Callable[[Side, str, int], Any], tenant: str, which: int) -> str:
    try:
        saw = driver(side, tenant, which)
    except NpsError as refused:
        saw = type(refused).__name__
    text = json.dumps(saw, default=str, sort_keys=True)
    assert other(tenant) not in text
    return json.dumps(ordered(json.loads(re.sub(r"\b[0-9a-f]{32}\b", "id", text))))


def ordered(value: Any) -> Any:
    """The same with every list in an order that does not come from the ids."""
    if isinstance(value, dict):
        return {key: ordered(one) for key, one in value.items()}
    return sorted((ordered(one) for one in value), key=json.dumps) if isinstance(value, list) else value


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS, watched=st.sampled_from(TENANTS))
def test_what_one_tenant_does_the_other_never_sees(make_two, steps, watched):
    assert play(make_two(), steps, None, watched) == play(make_two(), steps, watched, watched)


@pytest.fixture
def make_two(make_world: Callable[..., World]) -> Callable[[], World]:
    def make() -> World:
        world = make_world(
            indicators={"use": ["solved"]},
            ask={"quarantine": "0s", "why_call": {"bands": ["satisfied", "dissatisfied"]}},
        )
        acme = world.config["tenants"]["acme"]
        world.config["tenants"]["rival"] = acme | {"brand": {"name": "Other", "sender": "Other <o@other.example>"}}
        world.ratings.reload(world.config)
        return world

    return make


def test_the_property_can_fail(make_two):
    """Somebody who tells one tenant's news to the other is seen."""
    steps = [("acme", "ticket_closed", 1), ("rival", "ticket_closed", 2)]
    one, two = make_two(), make_two()
    leaky = one.ratings.ticket_closed
    one.ratings.ticket_closed = lambda closed: [
        leaky(ClosedTicket(**{**vars(closed), "tenant": tenant})) for tenant in TENANTS
    ][TENANTS.index(closed.tenant)]
    assert play(one, steps, None, "acme") != play(two, steps, "acme", "acme")
