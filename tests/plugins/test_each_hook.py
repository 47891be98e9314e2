"""One test for each declared hook, named for it: when it fires, with what, and what comes of what it returns.

tests/docs/test_hooks_documented.py demands one here for every hook of NpsSpec.
"""

from __future__ import annotations

import sys
import types
from datetime import timedelta

import pytest

from nps_plugin import Client, Commented, Delivery, DeliveryError, Exclusion, NpsSpec, Registration, hookimpl


class Notes(NpsSpec):
    """Writes down every call of an observing or hearing hook."""

    nps_name = "notes"

    def __init__(self):
        self.calls = []

    @hookimpl
    def nps_ticket_closed(self, closed, connection):
        self.calls.append(("closed", closed, connection))

    @hookimpl
    def nps_ticket_reopened(self, reopened, connection):
        self.calls.append(("reopened", reopened, connection))

    @hookimpl
    def nps_survey_sent(self, news):
        self.calls.append(("sent", news))

    @hookimpl
    def nps_delivery_failed(self, news):
        self.calls.append(("failed", news))

    @hookimpl
    def nps_answer_recorded(self, news):
        self.calls.append(("answer", news))

    @hookimpl
    def nps_comment_received(self, news):
        self.calls.append(("comment", news))

    @hookimpl
    def nps_verdict_reached(self, news):
        self.calls.append(("verdict", news))

    @hookimpl
    def nps_standing_changed(self, news):
        self.calls.append(("standing", news))

    def about(self, kind):
        return [call[1] for call in self.calls if call[0] == kind]


@pytest.fixture
def notes():
    return Notes()


def test_hook_nps_ticket_closed(make_world, notes):
    world = make_world(plugins=[notes])
    world.close()
    world.close()  # a repeat is no closure
    ((_, closed, connection),) = notes.calls
    assert (closed.ticket, closed.closure, connection) == ("17", 1, None)
    with world.ratings._parts.store.engine.begin() as host:
        world.ratings.ticket_closed(world.ticket("18"), connection=host)
        assert notes.calls[-1][2] is host


def test_hook_nps_ticket_reopened(make_world, notes):
    world = make_world(plugins=[notes])
    world.close()
    for _ in range(2):
        world.ratings.ticket_reopened("acme", "17", world.clock.now())
    (reopened,) = notes.about("reopened")
    assert (reopened.tenant, reopened.ticket, reopened.at) == ("acme", "17", world.clock.now())


def test_hook_nps_exclude_from_survey(make_world):
    class Excludes:
        def __init__(self, name, tag):
            self.nps_name, self.tag = name, tag

        @hookimpl
        def nps_exclude_from_survey(self, closed):
            return Exclusion(why=f"it is {self.tag}") if self.tag in closed.tags else None

    world = make_world(plugins=[Excludes("a", "spam"), Excludes("b", "test")])
    assert world.close("1").survey is not None
    refused = world.close("2", tags=("spam", "test")).not_asked
    assert (refused.reason, refused.detail) == ("excluded", "it is spam; it is test")
    assert world.close("3", tags=("test",)).not_asked.detail == "it is test"


def test_hook_nps_work_time(make_world):
    class Clock:
        def __init__(self, name, hours):
            self.nps_name, self.hours = name, hours

        @hookimpl
        def nps_work_time(self, closed):
            return None if self.hours is None else timedelta(hours=self.hours)

    world = make_world(plugins=[Clock("c", 1), Clock("b", 5), Clock("a", None)])
    assert world.close("1").kpi.worked == timedelta(hours=5)  # the first by name that knows
    assert world.close("2", worked=timedelta(hours=3)).kpi.worked == timedelta(hours=3)  # the ticket's own wins


def test_hook_nps_message_text(make_world, mailbox):
    class Asks:
        nps_name = "asks"

        @hookimpl
        def nps_message_text(self, survey):
            return f"Was {survey.ticket} solved?" if survey.ticket == "1" else None

    world = make_world(plugins=[Asks()])
    token = world.asked("1")
    assert "Was 1 solved?" in mailbox.mails[-1].get_body(("plain",)).get_content()
    assert "Was 1 solved?" in world.browser().get(f"/acme/{token}").text
    world.asked("2")
    assert "Was 2 solved?" not in mailbox.mails[-1].get_body(("plain",)).get_content()


def test_hook_nps_survey_sent(make_world, notes):
    world = make_world(plugins=[notes])
    receipt = world.close()
    assert notes.about("sent") == []
    world.ratings.run_due()
    (news,) = notes.about("sent")
    assert (news.survey, news.channel, news.ticket, news.revision) == (receipt.survey.id, "email", "17", 1)


def test_hook_nps_delivery_failed(make_world, notes, mailbox):
    mailbox.answers["client17@example.org"] = "550 no such user"
    world = make_world(plugins=[notes])
    receipt = world.close()
    world.ratings.run_due()
    (news,) = notes.about("failed")
    assert (news.survey, news.channel, news.final) == (receipt.survey.id, "email", True)
    assert "550" in news.reason


def test_hook_nps_answer_recorded(make_world, notes):
    world = make_world(plugins=[notes])
    token = world.asked()
    world.ratings.record_answer("acme", 1, token=token)
    world.ratings.record_answer("acme", 1, token=token, comment="Slow")
    assert [(news.answer.score, news.answer.comment or "") for news in notes.about("answer")] == [(1, ""), (1, "Slow")]


def test_hook_nps_comment_received(make_world, notes):
    world = make_world(plugins=[notes])
    token = world.asked()
    wrote = Commented(event="1", at=world.clock.now(), token=token, text="It still smokes")
    world.ratings._parts.inbox.take("acme", "email", [wrote, wrote])
    world.ratings.run_due()
    assert [(news.ticket, news.channel, news.text) for news in notes.about("comment")] == [
        ("17", "email", "It still smokes")
    ]


def test_hook_nps_verdict_reached(make_world, notes):
    world = make_world(plugins=[notes])
    token = world.asked()
    world.ratings.record_answer("acme", 1, token=token)
    world.ratings.record_answer("acme", 3, token=token)
    assert [(news.revision, news.verdict.kind) for news in notes.about("verdict")] == [
        (1, "watermelon"),
        (2, "confirmed"),
    ]


def test_hook_nps_standing_changed(make_world, notes):
    targets = {"kpi_share": 0.9, "satisfied_share": 0.8}
    world = make_world(plugins=[notes], targets=targets, ask={"channels": ["host"], "quarantine": "0s"})

    def rated(numbers, score):
        for number in numbers:
            world.close(str(number), queue="mail", agent="")
            world.ratings.rate("acme", str(number), score, by="client")
        world.ratings.run_due()
        told = sorted(notes.about("standing"), key=lambda news: len(news.where))
        notes.calls.clear()
        return told

    assert rated(range(5), 3) == [], "too few to say anything, as before"
    whole, queue = rated(range(5, 30), 3)
    assert (whole.tenant, whole.where, whole.revision) == ("acme", {}, 1)
    assert (queue.where, queue.before.level, queue.after.level) == ({"queue": "mail"}, "undecided", "healthy")
    assert queue.headline == "The KPI and the satisfied share both reach their targets"
    assert rated(range(30, 31), 3) == [], "nothing changed"
    whole, queue = rated(range(31, 81), 1)
    assert (queue.revision, queue.before.level, queue.after.level) == (2, "healthy", "watermelon")
    assert whole.event != queue.event


class Pigeon:
    """A channel that keeps what it carries."""

    carried: list[str] = []  # noqa: RUF012 - the class is all that a registration names

    def __init__(self, settings):
        self.loft = settings["loft"]

    def reaches(self, client):
        return bool(client.phone)

    def send(self, message):
        if message.client.phone == "0":
            raise DeliveryError("no such loft", final=True)
        Pigeon.carried.append(f"{self.loft}: {message.client.phone}")
        return Delivery(reference="ring 1")


class Desk:
    """A help-desk with one ticket that gave no event."""

    def __init__(self, ratings):
        self.ratings = ratings

    def closed_since(self, tenant, since):
        from nps_plugin import ClosedTicket

        return [ClosedTicket(tenant=tenant, ticket="lost", opened_at=since, closed_at=since)]


@pytest.fixture
def brings(monkeypatch):
    """A plugin with a channel and a help-desk whose classes stand in a module of their own."""
    module = types.ModuleType("pigeon_post")
    module.Pigeon, module.Desk = Pigeon, Desk
    monkeypatch.setitem(sys.modules, "pigeon_post", module)
    Pigeon.carried.clear()

    class Brings(NpsSpec):
        nps_name = "brings"
        asked = 0

        @hookimpl
        def nps_register_channels(self):
            Brings.asked += 1
            return [Registration("pigeon", "pigeon_post:Pigeon")]

        @hookimpl
        def nps_register_helpdesks(self):
            return [Registration("desk", "pigeon_post:Desk")]

    return Brings()


def test_hook_nps_register_channels(make_world, brings):
    world = make_world(plugins=[brings], ask={"channels": ["pigeon"]}, channels={"pigeon": {"loft": "roof"}})
    world.close(client=Client(phone="+15550100"))
    assert world.ratings.run_due().sent == 1
    assert Pigeon.carried == ["roof: +15550100"]
    assert brings.asked == 1  # once, when Ratings is made


def test_hook_nps_register_helpdesks(make_world, brings):
    world = make_world(plugins=[brings])
    assert world.ratings.reconcile("acme", world.clock.now() - timedelta(days=1)) == 1
    assert [row.ticket for row in world.rows("closure")] == ["lost"]
