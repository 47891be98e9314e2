"""History taken into the store: once, silently, and never pooled with what we ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.imports.conftest import HEADER, but, row

from nps_plugin import Client, ClosedTicket, ConfigError, NpsError, UnknownTenant

COLUMNS = but(columns={"client": "client"})


@pytest.fixture
def rows():
    return [
        row(n, took=2 if n % 3 else 6, score="" if n % 5 == 0 else n % 3 + 1, client=f"c{n % 4}") for n in range(30)
    ]


def test_history_comes_in_once_and_nobody_is_asked_or_told(world, desk, rows):
    path = desk.write([*rows, row("open", closed=""), row("bad", score=9)])
    first = world.ratings.import_answers("acme", path, COLUMNS, by="anna")
    assert (first.closures, first.answers, first.known, first.open) == (30, 24, 0, 1)
    assert [(one.row, one.field) for one in first.refused_rows] == [(33, "score")]
    counts = {table: len(world.rows(table)) for table in ("closure", "survey", "answer", "client", "fold_queue")}
    assert counts == {"closure": 30, "survey": 30, "answer": 24, "client": 4, "fold_queue": 30}
    again = world.ratings.import_answers("acme", path, COLUMNS, by="anna")
    assert (again.closures, again.answers, again.known) == (0, 0, 30)
    assert counts == {table: len(world.rows(table)) for table in counts}
    done = world.ratings.run_due()
    assert (done.sent, done.told, world.mailbox.mails) == (0, 0, [])
    assert world.rows("outbox") == []
    assert {answer.source for answer in world.ratings.answers("acme")} == {"import"}
    assert {answer.by for answer in world.ratings.answers("acme")} == {"anna"}


def test_a_ticket_has_the_verdict_of_its_row(world, desk):
    world.ratings.import_answers("acme", desk.write([row(1, score=1), row(2, took=6), row(3, score="")]), COLUMNS)
    kinds = [world.ratings.ticket_verdict("acme", str(number)).kind for number in (1, 2, 3)]
    assert kinds == ["watermelon", "forgiven", "unanswered"]
    verdict = world.ratings.ticket_verdict("acme", "1")
    assert (verdict.agent, verdict.queue, verdict.score) == ("olga", "mail", 1)
    assert verdict.kpi.worked == timedelta(hours=2)
    assert verdict.kpi.target == timedelta(hours=4)
    assert verdict.answered_at == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_an_import_of_the_same_file_says_what_judge_says(world, desk):
    from nps_plugin import judge

    made = [
        row(n, took=2 if n % 3 else 6, score=(3, 3, 1, 2)[n % 4], day=n % 20 + 1, client=f"c{n % 11}")
        for n in range(80)
    ]
    path = desk.write(made)
    world.ratings.import_answers("acme", path, COLUMNS)
    judged, stored = judge(path, COLUMNS), world.ratings.verdict("acme")
    assert stored.quadrants == judged.quadrants
    assert stored.score.share == pytest.approx(judged.score.share)
    assert stored.score.interval == pytest.approx(judged.score.interval)
    assert stored.association.crude_interval_d == pytest.approx(judged.link.interval_d)


def test_it_is_a_procedure_of_its_own(world, desk, rows):
    world.ratings.import_answers("acme", desk.write(rows), COLUMNS)
    survey = world.close("live").survey
    world.ratings.record_answer("acme", 3, survey=survey.id)
    ours = {one.procedure for one in world.rows("survey") if one.ticket == "live"}
    theirs = {one.procedure for one in world.rows("survey") if one.ticket != "live"}
    assert len(theirs) == len(ours) == 1
    assert theirs.isdisjoint(ours)
    assert all(one.startswith("import-") for one in theirs)
    verdict = world.ratings.verdict("acme")
    assert verdict.answered + sum(one.answered for one in verdict.others) == 25
    assert len(verdict.others) == 1


def test_what_was_asked_elsewhere_opens_no_procedure_here(world, desk, rows):
    world.ratings.import_answers("acme", desk.write(rows), COLUMNS)
    assert world.ratings.procedures_opened() == []


def test_what_the_host_told_already_stays(world, desk):
    closed = datetime(2026, 1, 5, 10, tzinfo=UTC)
    known = ClosedTicket(tenant="acme", ticket="1", opened_at=closed, closed_at=closed, client=Client(id="c1"))
    world.ratings.ticket_closed(known)
    later = row(1, closed="2026-01-05 12:00:00", score=1)
    done = world.ratings.import_answers("acme", desk.write([row(1), later]), COLUMNS)
    assert (done.closures, done.known) == (1, 1)
    assert [one.closure for one in world.rows("closure")] == [1, 2]
    assert world.ratings.ticket_verdict("acme", "1", closure=2).score == 1


def test_without_a_kpi_in_the_file_the_tenants_own_rules_count(world, desk):
    columns = but(columns={"client": "client"}, targets={"resolve_within": None})
    del columns["targets"]["resolve_within"]
    world.ratings.import_answers("acme", desk.write([row(1, took=3), row(2, took=5)]), columns)
    assert [world.ratings.ticket_verdict("acme", number).kpi.met for number in "12"] == [True, False]


def test_somebody_forgotten_is_not_known_again(world, desk, rows):
    world.ratings.forget_client("acme", "id:c1")
    world.ratings.import_answers("acme", desk.write(rows), COLUMNS)
    assert len(world.rows("client")) == 3
    assert "c1" not in {one.key.partition(":")[2] for one in world.rows("client")}


def test_an_address_makes_the_same_person_as_the_hosts_closings_do(world, desk):
    world.close("live", client=Client(email="ivan@example.org"))
    world.ratings.import_answers("acme", desk.write([row(1, client="Ivan@example.org")]), COLUMNS)
    assert len(world.rows("client")) == 1


def test_a_ticket_without_a_number_is_refused_and_the_column_is_a_must(world, desk):
    done = world.ratings.import_answers("acme", desk.write([row(""), row(2)]), COLUMNS)
    assert (done.closures, [(one.row, one.field) for one in done.refused_rows]) == (1, [(2, "ticket")])
    with pytest.raises(ConfigError, match=r"columns\.ticket"):
        world.ratings.import_answers("acme", desk.path, {"columns": {"score": "score"}})
    with pytest.raises(UnknownTenant):
        world.ratings.import_answers("nobody", desk.path, COLUMNS)
    with pytest.raises(NpsError, match="cannot be read"):
        world.ratings.import_answers("acme", desk.folder / "nowhere.csv", COLUMNS)
    assert len(world.rows("closure")) == 1


def test_a_file_of_many_transactions_comes_in_whole(world, desk):
    many = [row(n, client=f"c{n % 700}", score=n % 4 or "") for n in range(4500)]
    seen = []
    done = world.ratings.import_answers("acme", desk.write(many), COLUMNS, progress=seen.append)
    assert (done.closures, done.answers) == (4500, 3375)
    assert seen
    assert seen[-1] == desk.path.stat().st_size
    assert len({one.survey for one in world.rows("survey")}) == 4500


def test_two_hosts_of_one_tenant_may_have_the_same_numbers(world, desk, rows):
    world.ratings.import_answers("acme", desk.write(rows), COLUMNS)
    assert world.ratings.import_answers("acme", desk.path, COLUMNS, host="second").closures == 30


CONTACTS = {
    "columns": {"ticket": "number", "closed_at": "closed", "opened_at": "opened", "email": "mail", "subject": "what"}
}


def test_closings_of_a_file_are_asked_about_once(world, desk):
    from nps_plugin.imports.closing import close_tickets

    now = world.clock.now()
    times = [(now - timedelta(hours=3)).isoformat(), now.isoformat()]
    header = (*HEADER[:3], "mail", "what")
    path = desk.write(
        [["1", *times, "ivan@example.org", "Printer"], ["2", *times, "", ""], ["3", times[0], "", "x@example.org", ""],
         ["", *times, "", ""], ["5", "x", times[1], "", ""]],
        header=header,
    )  # fmt: skip
    done = close_tickets(world.ratings.ticket_closed, "acme", path, CONTACTS)
    assert (done.closures, done.asked, done.known, done.open) == (2, 1, 0, 1)
    assert [(one.row, one.field) for one in done.refused_rows] == [(5, "ticket"), (6, "opened_at")]
    again = close_tickets(world.ratings.ticket_closed, "acme", path, CONTACTS)
    assert (again.closures, again.asked, again.known) == (0, 0, 2)
    world.ratings.run_due()
    assert [mail["To"] for mail in world.mailbox.mails] == ["ivan@example.org"]
    assert world.ratings.ticket_verdict("acme", "1").kpi.met is True
