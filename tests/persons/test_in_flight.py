"""A person is forgotten while an answer or a closing of theirs is on its way: nothing personal is left."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, event, text
from tests.world import NOON

from nps_plugin import Client, Evidence, TokenUnknown
from nps_plugin.responses.forgetting import forget
from nps_plugin.responses.voices import record_voice

IVAN = Client(id="7", email="ivan@example.org")
PERSONAL = ("client", "contact", "message", "comment", "evidence")
#: SQLite has one writer at a time
pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


def during_the_forgetting(world, do):
    """Run ``do`` while IVAN is being forgotten and not yet gone; the error that it raised."""
    parts = world.ratings._parts
    tenant = parts.settings.tenants["acme"]
    raised = []

    def run():
        try:
            do()
        except TokenUnknown as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    with parts.store.write() as connection:
        forget(connection, tenant, IVAN, parts.settings.page.secrets, NOON)
        thread.start()
        waits(world)
    thread.join()
    return raised


def waits(world):
    """Come back once somebody waits for a lock."""
    engine = create_engine(world.config["database"]["url"])
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(100_000):
            if connection.execute(waiting).scalar():
                break
        else:
            pytest.fail("nobody waits: the two did not meet")
    engine.dispose()


def personal(world):
    """What of IVAN is kept, by table."""
    return {name: len(rows) for name in PERSONAL if (rows := world.rows(name))} | (
        {"closure": len(marked)} if (marked := [row for row in world.rows("closure") if row.addresses]) else {}
    )


def forget_ivan(world):
    world.ratings.forget_client("acme", IVAN)


@contextmanager
def in_the_middle(world, do, of):
    """Do something in a thread of its own, once, right before the first statement that holds ``of``."""
    engine, done = world.ratings._parts.store.engine, []

    def before(_connection, _cursor, statement, *_rest):
        if of in statement and not done:
            done.append(threading.Thread(target=do))
            done[0].start()
            done[0].join()

    event.listen(engine, "before_cursor_execute", before)
    yield
    event.remove(engine, "before_cursor_execute", before)
    assert done, f"no statement holds {of!r}"


def an_hour_later(world):
    world.clock.advance(timedelta(hours=1))
    return world.ratings.run_due()


def test_a_voice_that_is_being_kept_during_the_forgetting_keeps_no_words(often):
    often.close("1", client=IVAN)
    parts = often.ratings._parts
    tenant = parts.settings.tenants["acme"]
    forgetting = threading.Thread(target=forget_ivan, args=[often])
    with parts.store.write() as connection:
        record_voice(
            connection, tenant, parts.settings.page.secrets, NOON, source="interview", text="Ivan: hello", by="anna",
            client=IVAN, score=None, indicators=None, level="", organization="", participants=1, at=None, slices={},
        )  # fmt: skip
        forgetting.start()
        waits(often)
    forgetting.join()
    assert [row.text for row in often.rows("voice")] == [""]


KNOWN = pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])


@pytest.fixture
def seen(often, known):
    """A world that knows IVAN, or nobody yet."""
    if known:
        often.close("1", client=IVAN)
    often.ratings.run_due()
    often.mailbox.clear()
    return often


@pytest.mark.parametrize(
    ("known", "as_respondent"),
    # a respondent who is known is written, and so waited for
    [(True, False), (False, False), (False, True)],
    ids=["known client", "unknown client", "unknown respondent"],
)
def test_a_closing_that_was_committed_after_the_forgetting_is_forgotten_too(seen, known, as_respondent):
    who = {"respondents": [IVAN], "client": None} if as_respondent else {"client": IVAN}
    engine = create_engine(seen.config["database"]["url"])
    with engine.begin() as host:
        seen.ratings.ticket_closed(seen.ticket("2", **who), connection=host)
        forget_ivan(seen)
    engine.dispose()
    assert personal(seen), "the two did not meet"
    an_hour_later(seen)
    assert personal(seen) == {}
    assert seen.mailbox.mails == []
    assert len(seen.rows("closure")) == 1 + known
    an_hour_later(seen)  # the counts hear that its addresses are gone
    assert an_hour_later(seen).anything is False


@KNOWN
def test_a_closing_whose_look_up_came_before_the_forgetting_leaves_nothing(seen, known):
    first = "INSERT INTO nps_closure" if known else "INSERT INTO nps_client"
    with in_the_middle(seen, lambda: forget_ivan(seen), of=first):
        seen.close("2", client=IVAN)
    assert personal(seen), "the two did not meet"
    an_hour_later(seen)
    assert personal(seen) == {}
    assert seen.mailbox.mails == []


@pytest.mark.parametrize("known", [True])
def test_a_closing_that_is_waited_for_leaves_nothing(seen):
    engine = create_engine(seen.config["database"]["url"])
    thread = threading.Thread(target=forget_ivan, args=[seen])
    with engine.begin() as host:
        # the profile changed, so its row is locked until the host commits
        seen.ratings.ticket_closed(seen.ticket("2", client=Client(id="7", email="new@example.org")), connection=host)
        thread.start()
        waits(seen)
    thread.join()
    engine.dispose()
    an_hour_later(seen)
    assert personal(seen) == {}
    assert seen.mailbox.mails == []


@pytest.mark.parametrize("known", [True])
def test_who_shares_an_address_with_somebody_forgotten_stays(seen):
    olga = Client(id="8", email="ivan@example.org")
    seen.close("3", client=olga)
    seen.close("4", client=Client(email="ivan@example.org"))
    seen.ratings.run_due()
    engine = create_engine(seen.config["database"]["url"])
    with engine.begin() as host:
        seen.ratings.ticket_closed(seen.ticket("2", client=IVAN), connection=host)
        forget_ivan(seen)
    engine.dispose()
    an_hour_later(seen)
    assert {row.key for row in seen.rows("client")} == {"id:8", "email:ivan@example.org"}
    assert len(seen.rows("contact")) == 2


def test_an_answer_that_waited_for_the_forgetting_finds_its_link_gone(world):
    token = world.asked(client=IVAN)
    seen = Evidence(agent="Firefox of Ivan", address="192.0.2.0/24")
    raised = during_the_forgetting(
        world, lambda: world.ratings.record_answer("acme", 1, token=token, comment="I am Ivan", evidence=seen)
    )
    assert raised
    assert [world.rows(name) for name in ("answer", "comment", "evidence", "message", "contact", "client")] == [[]] * 6


def test_a_visit_that_waited_for_the_forgetting_leaves_nothing(world):
    token = world.asked(client=IVAN)
    hearing, tenant = world.ratings._parts.hearing, world.ratings._parts.settings.tenants["acme"]
    raised = during_the_forgetting(
        world, lambda: hearing.visit(tenant, token, "opened", Evidence(agent="Firefox of Ivan"), None)
    )
    assert raised
    assert world.rows("evidence") == []
