"""Asking rarely: nobody is asked twice within the quarantine, whatever runs at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event
from tests.surveys.wires import Book, wired

from nps_plugin import Client, DeliveryError, NotAskedReason, Ratings, SurveyState, read_mapping
from nps_plugin.surveys.quarantine import Case, try_locks

IVAN = Client(id="7", email="ivan@example.org", phone="+7 900 1234567", organization="Northwind")
OLGA = Client(id="8", email="olga@example.org", phone="+7 900 7654321", organization="Northwind")

#: SQLite has one writer at a time
only_postgresql = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


def states(world):
    return {row.ticket: row.not_asked or row.state for row in world.rows("survey")}


def test_nobody_is_asked_twice_within_the_quarantine(world):
    for number in ("1", "2"):
        world.close(number, client=IVAN)
    done = world.ratings.run_due()
    assert (done.sent, done.not_asked) == (1, 1)
    assert sorted(states(world).values()) == ["quarantine", "sent"]


def test_the_quarantine_ends(world):
    world.asked("1", client=IVAN)
    world.clock.advance(timedelta(days=30, seconds=-1))
    world.close("2", client=IVAN)
    world.ratings.run_due()
    world.clock.advance(timedelta(seconds=1))
    world.close("3", client=IVAN)
    world.ratings.run_due()
    assert states(world) == {"1": "expired", "2": "quarantine", "3": "sent"}


def test_a_quarantine_of_nothing_asks_every_time(make_world):
    world = make_world(ask={"quarantine": "0d"})
    for number in ("1", "2", "3"):
        world.asked(number, client=IVAN)


def test_a_quarantine_is_each_persons_own(world):
    world.asked("1", client=IVAN)
    world.asked("2", client=OLGA)


def test_a_quarantine_by_organization_holds_for_its_people_together(make_world):
    world = make_world(ask={"quarantine_by": "organization"})
    world.asked("1", client=IVAN)
    world.close("2", client=OLGA)
    world.asked("3", client=Client(id="9", email="a@example.org", organization="Southwind"))
    # without an organization it is the person's own
    world.asked("4", client=Client(id="10", email="b@example.org"))
    world.asked("5", client=Client(id="11", email="c@example.org"))
    assert states(world)["2"] == "quarantine"


def test_an_organizations_people_who_are_asked_about_one_closure_do_not_keep_each_other_out(make_world):
    world = make_world(ask={"quarantine_by": "organization"})
    world.close("1", client=IVAN, respondents=(OLGA,))
    assert world.ratings.run_due().sent == 2


def test_a_quarantine_is_decided_when_the_question_would_leave_not_at_closing(make_world):
    world = make_world(ask={"delay": "3d"})
    world.close("1", client=IVAN)
    world.clock.advance(timedelta(days=3))
    assert world.close("2", client=IVAN).survey is not None
    world.ratings.run_due()
    world.clock.advance(timedelta(days=3))
    world.ratings.run_due()
    assert states(world) == {"1": "sent", "2": "quarantine"}


def test_a_question_that_could_not_be_delivered_puts_nobody_into_quarantine(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"channels": ["phone"]}), strict=False)
    book.says = [DeliveryError("no such number", final=True)]
    for number in ("1", "2"):
        world.close(number, client=IVAN)
    done = world.ratings.run_due()
    assert (done.given_up, done.sent) == (1, 1)


def test_a_question_that_failed_stands_back_when_another_was_asked_meanwhile(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"channels": ["phone"]}), strict=False)
    book.says = [DeliveryError("busy")]
    for number in ("1", "2"):
        world.close(number, client=IVAN)
        world.clock.advance(timedelta(seconds=1))
    done = world.ratings.run_due()
    assert (done.retried, done.sent) == (1, 1)
    world.clock.advance(timedelta(hours=1))
    world.ratings.run_due()
    assert states(world) == {"1": "quarantine", "2": "sent"}


def test_a_question_withdrawn_while_it_failed_puts_nobody_into_quarantine(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"channels": ["phone"]}), strict=False)
    book.says = [DeliveryError("busy")]
    book.during = lambda: world.ratings.ticket_reopened("acme", "1", world.clock.now())
    world.close("1", client=IVAN)
    world.ratings.run_due()
    book.during = None
    world.close("1", client=IVAN)
    assert world.ratings.run_due().sent == 1


def test_a_ticket_reopened_after_its_question_left_is_asked_about_when_it_is_resolved_as_the_page_promised(world):
    link = world.asked("1", client=IVAN)
    world.close("2", client=IVAN)
    world.ratings.ticket_reopened("acme", "1", world.clock.now())
    assert "We will ask when it is resolved" in world.browser().get(f"/acme/{link}?lang=en").text
    world.clock.advance(timedelta(hours=1))
    world.close("1", client=IVAN)
    done = world.ratings.run_due()
    assert (done.sent, done.not_asked) == (1, 1)
    assert sorted((row.ticket, row.closure, row.not_asked or row.state) for row in world.rows("survey")) == [
        ("1", 1, "cancelled"),
        ("1", 2, "sent"),
        ("2", 1, "quarantine"),
    ]


def test_an_answered_question_keeps_its_quarantine_when_the_ticket_is_reopened(world):
    world.ratings.record_answer("acme", 3, token=world.asked("1", client=IVAN))
    world.ratings.ticket_reopened("acme", "1", world.clock.now())
    world.close("1", client=IVAN)
    assert world.ratings.run_due().not_asked == 1


def test_a_question_that_is_just_being_sent_counts_for_a_second_worker(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"channels": ["phone"]}))
    done = []

    def second_worker():
        book.during = None
        done.append(world.ratings.run_due())

    book.during = second_worker
    for number in ("1", "2"):
        world.close(number, client=IVAN)
    world.ratings.run_due()
    assert [(one.sent, one.not_asked) for one in done] == [(0, 1)]
    assert len(book.sent) == 1


def test_two_workers_that_claim_two_closings_of_one_client_at_once_ask_once(make_world):
    """D13, with two real workers on connections of their own, started together ten times."""
    world = make_world(strict=False)
    second = Ratings(read_mapping(world.config), clock=world.clock)
    for pair in range(10):
        client = Client(id=f"c{pair}", email=f"c{pair}@example.org")
        for number in ("a", "b"):
            world.close(f"{pair}{number}", client=client)
        start = threading.Barrier(2)

        def work(ratings, start=start):
            start.wait()
            ratings.run_due(limit=1)

        threads = [threading.Thread(target=work, args=(ratings,)) for ratings in (world.ratings, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # whoever found the other deciding stands back for some seconds
        world.clock.advance(timedelta(minutes=1))
        world.ratings.run_due()
    second.close()
    assert sorted(states(world).values()) == ["quarantine"] * 10 + ["sent"] * 10
    assert len(world.mailbox.mails) == 10


@only_postgresql
def test_while_another_transaction_decides_about_the_client_the_worker_does_not_wait(make_world):
    world = make_world()
    world.close(client=IVAN)
    tenant = world.ratings.settings.tenants["acme"]
    (person,) = {row.client for row in world.rows("survey")}
    with world.ratings._parts.store.write() as other:
        assert try_locks(other, tenant, Case(host="", ticket="other", closure=1, client=person))
        assert world.ratings.run_due().sent == 0
    assert world.ratings.run_due().sent == 0
    world.clock.advance(timedelta(seconds=10))
    assert world.ratings.run_due().sent == 1


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("by", ["person", "organization"])
def test_the_look_up_is_one_range_of_an_index(make_world, by):
    """PostgreSQL's planner decides by the size of the table; tests/benchmarks measures it there."""
    world = make_world(ask={"quarantine_by": by})
    asked = []
    event.listen(world.ratings._parts.store.engine, "before_cursor_execute", lambda *args: asked.append(args[2:4]))
    world.asked(client=IVAN)
    (look,) = [said for said in asked if "nps_survey.sent_at >" in said[0]]
    with world.ratings._parts.store.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {look[0]}", look[1]).all()
    column = "client" if by == "person" else "organization"
    assert f"ix_nps_survey_{column} (tenant_id=? AND {column}=? AND sent_at>?)" in str(plan)


# --- the host's own message


def test_a_host_that_asks_itself_keeps_the_quarantine_at_closing(make_world):
    world = make_world(ask={"channels": ["host"]})
    assert world.close("1", client=IVAN).survey.buttons("text")
    second = world.close("2", client=IVAN)
    assert second.survey is None
    assert second.not_asked.reason is NotAskedReason.QUARANTINE
    world.clock.advance(timedelta(days=30))
    assert world.close("3", client=IVAN).survey is not None
    # nothing is left for the worker to look at
    assert all(row.due_at == row.expires_at for row in world.rows("survey") if row.state == "sent")
    # a token for each question that was asked and for no other, and nothing of the person beside it
    assert len(world.rows("message")) == 2
    assert world.rows("contact") == []


@only_postgresql
def test_a_host_that_closes_two_tickets_of_a_client_at_once_asks_once_and_does_not_wait(make_world):
    world = make_world(ask={"channels": ["host"]})
    world.close("0", client=OLGA)
    engine = world.ratings._parts.store.engine
    with engine.connect() as one, engine.connect() as two, one.begin(), two.begin():
        world.clock.advance(timedelta(days=40))
        first = world.ratings.ticket_closed(world.ticket("1", client=OLGA), connection=one)
        second = world.ratings.ticket_closed(world.ticket("2", client=OLGA), connection=two)
    assert first.survey is not None
    assert second.not_asked.reason is NotAskedReason.QUARANTINE


def test_max_contacts_holds_for_the_hosts_own_messages_too(make_world):
    world = make_world(ask={"channels": ["host"], "max_contacts": 1})
    receipt = world.close(client=IVAN, respondents=(OLGA,))
    assert receipt.survey.state is SurveyState.SENT
    assert receipt.others[0].reason is NotAskedReason.MAX_CONTACTS
