"""Forgetting a person: what is personal goes, what counts stays, nobody asks again."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.world import send, token_of

from nps_plugin import AnswerRefused, Client, Secret, UnknownTenant
from nps_plugin.store import tables

DAY = timedelta(days=1)
IVAN = Client(id="7", name="Ivan Petrov", email="Ivan@Example.org", phone="+7 900 1", telegram="@ivan")
#: What of a person must be nowhere once they are forgotten.
PERSONAL = ("ivan", "petrov", "+7 900 1", "it still burns")


def everything(world) -> dict[str, list[dict]]:
    return {name: [dict(row._mapping) for row in world.rows(name)] for name in names()}


def names() -> list[str]:
    return [name.removeprefix("nps_") for name in tables.metadata.tables]


def counting(world, *kept: str) -> dict[str, list[dict]]:
    """What counts, which is all of these tables but the marks of addresses."""
    return {name: [dict(row._mapping) | {"addresses": ""} for row in world.rows(name)] for name in kept}


def found_in(world) -> set[str]:
    """The tables in which anything of Ivan stands."""
    return {
        name
        for name, rows in everything(world).items()
        for row in rows
        if any(mark in json.dumps(row, default=str, ensure_ascii=False).casefold() for mark in PERSONAL)
    }


def heard(world, number: str = "17", score: int = 1, client: Client = IVAN) -> str:
    """A ticket closed, asked about and answered with a comment; its token."""
    token = world.asked(number, client=client, subject="Ivan's printer")
    send(world.browser(), token, score)
    world.ratings.record_answer("acme", score, token=token, comment="It still burns", reasons=["speed"])
    return token


def test_nothing_personal_is_left(often):
    heard(often)
    assert found_in(often) >= {"client", "contact", "comment"}
    visits = len(often.rows("evidence"))
    assert visits
    done = often.ratings.forget_client("acme", Client(id="7"))
    assert found_in(often) == set()
    assert (done.persons, done.contacts, done.comments, done.messages, done.surveys) == (1, 1, 1, 1, 0)
    assert done.evidence == visits
    assert done.suppressed == 4, "the id and three addresses"
    assert often.rows("message") == often.rows("evidence") == []


def test_what_counts_stays(often):
    heard(often)
    kept = ("closure", "answer", "answer_reason", "answer_mark", "survey")
    before = counting(often, *kept)
    verdict = often.ratings.ticket_verdict("acme", "17")
    often.ratings.forget_client("acme", Client(id="7"))
    assert counting(often, *kept) == before
    assert often.ratings.ticket_verdict("acme", "17") == verdict
    assert verdict.score == 1


def test_a_link_of_somebody_forgotten_is_unknown(often):
    token = heard(often)
    often.ratings.forget_client("acme", Client(id="7"))
    page = often.browser().get(f"/acme/{token}")
    assert page.status_code == 404
    assert "Acme" not in page.text


def test_a_planned_question_is_not_asked_and_its_closure_stays(often):
    receipt = often.close(client=IVAN)
    assert receipt.survey is not None
    done = often.ratings.forget_client("acme", Client(id="7"))
    assert done.surveys == 1
    assert often.ratings.run_due().sent == 0
    assert [(row.state, row.not_asked) for row in often.rows("survey")] == [("not_asked", "opted_out")]
    assert often.ratings.ticket_verdict("acme", "17").kind == "not_asked"


def test_a_question_that_is_out_runs_out_as_unanswered_and_nobody_is_reminded(make_world):
    world = make_world(ask={"remind_after": "3d"})
    world.asked(client=IVAN)
    world.ratings.forget_client("acme", IVAN)
    world.clock.advance(4 * DAY)
    done = world.ratings.run_due()
    assert (done.sent, done.reminded) == (0, 0)
    world.clock.advance(30 * DAY)
    world.ratings.run_due()
    assert world.ratings.ticket_verdict("acme", "17").kind == "unanswered"


@pytest.mark.parametrize(
    "again",
    [
        Client(id="7", name="Ivan Petrov"),
        Client(email="ivan@example.ORG", name="Ivan Petrov"),
        Client(phone="+7 900 1", name="Ivan Petrov"),
        Client(id="8", email="ivan@example.org", name="Ivan Petrov"),
    ],
    ids=["id", "email", "phone", "a new id with the old address"],
)
def test_who_comes_again_is_not_asked_and_not_written_down(often, again):
    heard(often)
    often.ratings.forget_client("acme", Client(id="7"))
    receipt = often.close("18", client=again)
    assert receipt.recorded
    assert receipt.not_asked.reason == "opted_out"
    assert found_in(often) == set()
    assert often.rows("client") == []


def test_a_forgotten_respondent_is_not_written_down_either(often):
    often.ratings.forget_client("acme", IVAN)
    receipt = often.close(client=Client(id="9"), respondents=(IVAN,))
    assert receipt.others[0].reason == "opted_out"
    assert found_in(often) == set()


def test_an_address_of_long_ago_is_suppressed_too(often):
    heard(often, client=Client(id="7", email="old@example.org"))
    heard(often, "18", client=Client(id="7", email="new@example.org"))
    often.ratings.forget_client("acme", Client(id="7"))
    for number, address in (("19", "old@example.org"), ("20", "new@example.org")):
        assert often.close(number, client=Client(email=address)).not_asked.reason == "opted_out"
    assert often.close("21", client=Client(email="else@example.org")).survey is not None


def test_repeats_change_nothing(often):
    heard(often)
    often.ratings.forget_client("acme", IVAN)
    before = everything(often)
    often.clock.advance(DAY)
    again = often.ratings.forget_client("acme", IVAN)
    assert everything(often) == before
    assert set(again.to_dict().values()) == {"acme", 0}


def test_somebody_never_seen_is_suppressed(often):
    done = often.ratings.forget_client("acme", "email:a@example.org")
    assert (done.persons, done.suppressed) == (0, 1)
    assert often.close(client=Client(email="A@example.org")).not_asked.reason == "opted_out"
    assert often.rows("client") == []


def test_forgetting_wins_over_an_earlier_and_a_later_opt_out(often):
    often.close(client=IVAN)
    often.ratings.opt_out("acme", IVAN)
    often.ratings.forget_client("acme", IVAN)
    often.ratings.opt_out("acme", IVAN)
    assert {row.why for row in often.rows("suppression")} == {"forgotten"}
    often.close("18", client=IVAN)
    assert often.rows("client") == []


def test_what_came_without_an_id_from_the_address_is_theirs(often):
    heard(often, "1", client=Client(email="ivan@example.org"))
    heard(often, "2")
    assert often.ratings.forget_client("acme", Client(id="7")).persons == 2
    assert found_in(often) == set()


def test_by_the_address_the_one_id_that_has_it_is_found(often):
    heard(often)
    assert often.ratings.forget_client("acme", "email:IVAN@example.org").persons == 1
    assert found_in(often) == set()


def test_of_several_people_who_share_an_address_only_the_one_named_is_forgotten(often):
    office = "office@example.org"
    heard(often, "1", client=Client(id="7", email=office, name="Ivan Petrov"))
    heard(often, "2", client=Client(id="8", email=office, name="Olga"))
    heard(often, "3", client=Client(email=office))
    by_address = often.ratings.forget_client("acme", Client(email=office))
    assert (by_address.persons, by_address.shared) == (1, 2), "only what came without an id"
    by_id = often.ratings.forget_client("acme", Client(id="7"))
    assert (by_id.persons, by_id.shared) == (1, 1)
    assert [row.name for row in often.rows("client")] == ["Olga"]
    assert len(often.rows("comment")) == 1


@pytest.mark.parametrize("nobody", ["", "7", "id:", "name:Ivan", Client(name="Ivan"), Client(), 7, None])
def test_who_names_nobody_is_told_so(often, nobody):
    for ask in (often.ratings.forget_client, often.ratings.export_person):
        with pytest.raises(ValueError, match="client: expected"):
            ask("acme", nobody)


def test_an_unknown_tenant_is_named(often):
    with pytest.raises(UnknownTenant, match="nobody"):
        often.ratings.forget_client("nobody", IVAN)


def test_who_unsubscribes_by_a_link_is_not_asked_on_any_address(often):
    token = often.asked(client=IVAN)
    often.browser().post(f"/acme/{token}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
    assert often.close("18", client=Client(phone="+7 900 1")).not_asked.reason == "opted_out"


# --- whatever happened before


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["close", "answer", "comment", "reopen", "work", "wait", "opt_out"]),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from([1, 2, 3]),
    ),
    min_size=3,
    max_size=12,
)
#: What is told of a verdict that a planned question can still change.
PLANNED = {"scheduled", "sending"}


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, number=st.integers(0, 10**9))
def test_whatever_happened_before_counts_and_verdicts_stay(often, steps, number):
    people = {
        "1": Client(id=f"i{number}", email=f"i{number}@example.org"),
        "2": Client(id=f"o{number}", email="o@x.org"),
    }
    people["3"] = people["1"]
    ratings, tokens = often.ratings, {}
    for what, which, score in steps:
        ticket = f"{number}-{which}"
        if what == "close":
            often.close(ticket, client=people[which], took=timedelta(hours=2 * score))
        elif what == "reopen":
            ratings.ticket_reopened("acme", ticket, often.clock.now())
        elif what == "wait":
            often.clock.advance(timedelta(hours=9))
        elif what == "opt_out":
            ratings.opt_out("acme", people[which])
        elif what == "work":
            often.mailbox.clear()
            ratings.run_due()
            tokens |= {
                mail["To"].addresses[0].username + str(n): token_of(mail) for n, mail in enumerate(often.mailbox.mails)
            }
        else:
            for token in list(tokens.values())[: int(which)]:
                with suppress(AnswerRefused):
                    ratings.record_answer(
                        "acme", score, token=token, comment="It still burns" if what == "comment" else None
                    )
    kept = ("closure", "answer", "answer_reason", "answer_mark", "reopening")
    before = counting(often, *kept)
    planned = {(row.ticket, row.closure) for row in often.rows("survey") if row.state in PLANNED}
    verdicts = {(row.ticket, row.closure): verdict_on(often, row) for row in often.rows("closure")}
    counts = Counter(row.state for row in often.rows("survey"))
    done = ratings.forget_client("acme", people["1"])
    assert counting(often, *kept) == before
    after = {(row.ticket, row.closure): verdict_on(often, row) for row in often.rows("closure")}
    assert {key: after[key] for key in verdicts if key not in planned} == {
        key: verdict for key, verdict in verdicts.items() if key not in planned
    }
    still = Counter(row.state for row in often.rows("survey"))
    assert sum(counts.values()) == sum(still.values())
    assert still["not_asked"] == counts["not_asked"] + done.surveys
    assert not any(row.key == people["1"].key for row in often.rows("client"))
    ratings.run_due()
    assert {row.client for row in often.rows("comment")} <= {row.client for row in often.rows("client")}


def verdict_on(world, row):
    return world.ratings.ticket_verdict("acme", row.ticket, closure=row.closure)


# --- the secrets change


def rotated(world, *secrets: str):
    """The same database under other secrets."""
    world.config["page"]["secrets"] = [Secret(text) for text in secrets]
    world.ratings.reload(world.config)


OLD, NEW = "a secret of the tests, long enough", "another secret, as long as the first"


def test_an_opt_out_holds_while_its_secret_is_configured(often):
    often.ratings.opt_out("acme", IVAN)
    rotated(often, NEW, OLD)
    assert often.close(client=IVAN).not_asked.reason == "opted_out"


def test_without_its_secret_an_opt_out_is_lost_for_who_did_not_come_by(often):
    often.ratings.opt_out("acme", IVAN)
    rotated(often, NEW)
    assert often.close(client=IVAN).survey is not None


@pytest.mark.parametrize("as_respondent", [False, True])
def test_who_comes_by_is_known_under_the_new_secret_from_then_on(often, as_respondent):
    often.ratings.forget_client("acme", IVAN)
    rotated(often, NEW, OLD)
    often.close(**({"respondents": (IVAN,)} if as_respondent else {"client": IVAN}))
    rotated(often, NEW)
    assert often.close("18", client=IVAN).not_asked.reason == "opted_out"
    assert IVAN.phone not in {row.phone for row in often.rows("client")}
