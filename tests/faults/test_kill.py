"""kill -9 of real processes: no verdict, no closing that was committed and no question is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool
from tests.channels.gateway import WORD, reached_by
from tests.faults.actor import Diary
from tests.surveys.wires import Book
from tests.world import merged

from nps_plugin import Client, Ratings
from nps_plugin.store.outbox import LEASE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def sessions(engine: Engine) -> set[int]:
    """The server's sessions with this database, by number; SQLite has none."""
    if engine.dialect.name == "sqlite":
        return set()
    asked = text(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    with engine.connect() as connection:
        return set(connection.execute(asked).scalars())


def buried(engine: Engine, before: set[int]) -> None:
    """Come back once the server has seen that a process died, and let go of its locks, in its own time."""
    for _ in range(100_000):
        if sessions(engine) <= before:
            return
    pytest.fail("a session outlives its process")


@pytest.fixture
def killed(world, tmp_path):
    """Runs the actor until it kills itself; the world's own clock goes on for whoever comes after it."""
    config = merged(world.config, {"page": {"secrets": []}})
    (tmp_path / "config.json").write_text(json.dumps(config))
    return act(tmp_path, create_engine(world.config["database"]["url"], poolclass=NullPool))


def act(tmp_path: Path, engine: Engine):
    def run(scenario: str, where: str, about: str) -> int:
        before = sessions(engine)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.faults.actor", scenario, where),
                *(str(tmp_path / "config.json"), str(tmp_path / "heard"), about),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        buried(engine, before)
        return done.returncode

    return run


def lines(tmp_path: Path) -> list[str]:
    path = tmp_path / "heard"
    return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def worker(world, tmp_path):
    """A fresh process' library with the same subscriber, once the leases of the dead are over."""
    made = Ratings(world.config, plugins=[Diary(tmp_path / "heard")], clock=world.clock)
    yield made
    made.close()


def test_the_actor_lives_where_nothing_kills_it(world, killed, tmp_path):
    assert killed("answer", "never", world.asked()) == 0
    assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("where", ["after commit", "during telling", "told, not marked"])
def test_a_verdict_is_told_however_the_process_dies_after_the_commit(world, killed, worker, tmp_path, where):
    assert killed("answer", where, world.asked()) == -signal.SIGKILL
    before = lines(tmp_path)
    assert len(before) == (where == "told, not marked")
    world.clock.advance(LEASE)
    worker.run_due()
    told = lines(tmp_path)
    # at least once: the one that was told and not marked comes again, with the event that it had
    assert len(told) == len(before) + 1
    assert {line.split()[1:][1] for line in told} == {"watermelon"}
    assert len({line.split()[0] for line in told}) == 1
    world.clock.advance(timedelta(days=1))
    assert worker.run_due().told == 0
    assert [row for row in world.rows("outbox") if row.told_at is None] == []


def test_an_answer_that_was_not_committed_is_not_there_and_can_be_given_again(world, killed, worker, tmp_path):
    token = world.asked()
    assert killed("answer", "before commit", token) == -signal.SIGKILL
    assert world.rows("answer") == []
    assert world.rows("outbox") == []
    worker.record_answer("acme", 1, token=token)
    assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize(("where", "kept"), [("before commit", 0), ("after commit", 1)])
def test_a_closing_is_there_whole_or_not_at_all_and_a_repeat_completes_it(world, killed, mailbox, where, kept):
    assert killed("close", where, "99") == -signal.SIGKILL
    assert len(world.rows("closure")) == len(world.rows("survey")) == len(world.rows("contact")) == kept
    receipt = world.close("99")
    assert receipt.recorded
    assert receipt.repeated == bool(kept)
    assert len(world.rows("survey")) == 1
    assert world.ratings.run_due().sent == 1
    assert len(mailbox.mails) == 1


@pytest.fixture
def called(make_world):
    """A world whose client was called over a provider that is to report what came of it."""
    book = Book()
    made = make_world(**reached_by(book, {"pending": True, "report_within": None}, ask={"attempts": {"phone": 2}}))
    made.book = book
    made.close(client=Client(id="7", phone="+79161234567", email="a@example.org"))
    assert made.ratings.run_due().sent == 1
    return made


@pytest.mark.parametrize(("where", "kept"), [("before commit", False), ("after commit", True)])
def test_a_report_that_its_worker_did_not_outlive_counts_once_when_the_provider_repeats_it(
    called, tmp_path, where, kept
):
    config = merged(called.config, {"page": {"secrets": []}})
    config["tenants"]["acme"]["channels"]["phone"].pop("book")
    (tmp_path / "config.json").write_text(json.dumps(config))
    run = act(tmp_path, create_engine(called.config["database"]["url"], poolclass=NullPool))

    assert run("report", where, WORD) == -signal.SIGKILL
    assert len(called.rows("inbound_event")) == kept
    assert [row.outcome for row in called.rows("message")] == ["unanswered" if kept else "sent"]
    # the provider had no answer of ours, and tells it again; then once more
    for _ in range(2):
        assert run("report", "never", WORD) == 0
    (survey,) = called.rows("survey")
    assert (survey.state, survey.attempts) == ("scheduled", 1)
    assert [row.outcome for row in called.rows("message")] == ["unanswered"]
    called.clock.advance(timedelta(minutes=5))
    assert called.ratings.run_due().sent == 1
    assert len(called.book.sent) == 2


@pytest.mark.parametrize(("where", "mails"), [("claimed, not sent", 0), ("sent, not marked", 1)])
def test_a_question_is_asked_again_after_the_lease_when_its_worker_died(world, killed, mailbox, where, mails):
    world.close()
    assert killed("mail", where, "") == -signal.SIGKILL
    assert len(mailbox.mails) == mails
    assert world.ratings.run_due().sent == 0  # it may still be on its way
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().sent == 1
    assert len(mailbox.mails) == mails + 1
    assert [row.state for row in world.rows("survey")] == ["sent"]
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().sent == 0
