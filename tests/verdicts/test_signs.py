"""Signs on one ticket: seen at once, each with its evidence; what is unknown is no sign."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.world import World

from nps_plugin import Assignment, Client, Secret
from nps_plugin.model import Sign
from nps_plugin.store.addresses import address_marks, changed_kinds
from nps_plugin.verdicts.passing import Holder, hand_overs

pytestmark = pytest.mark.both_engines

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def path(*stations: str) -> tuple[Assignment, ...]:
    """Stations as "agent@queue"; "@queue" where nobody held it."""
    return tuple(Assignment(agent=one.split("@")[0], queue=one.split("@")[1]) for one in stations)


def signs(world: World, number: str = "17", closure: int | None = None) -> dict[Sign, str]:
    verdict = world.ratings.ticket_verdict("acme", number, closure=closure)
    assert verdict.signs == tuple(one.sign for one in verdict.evidence)
    return {one.sign: one.sentence for one in verdict.evidence}


def evidence(world: World, number: str = "17", closure: int | None = None):
    (only,) = world.ratings.ticket_verdict("acme", number, closure=closure).evidence
    return only


def usual_replies(world: World, lengths=range(40, 240, 10)) -> None:
    """Tickets that say what a usual reply is here: 20 of them, the shortest of 40 characters."""
    for number, length in enumerate(lengths):
        world.close(f"usual{number}", replies=2, last_reply_length=length, client=None)


# --- brush-off

SHORT = {"replies": 1, "last_reply_length": 12, "took": timedelta(minutes=20)}


def test_one_short_reply_and_closed_at_once_is_a_brush_off(world):
    usual_replies(world)

    world.close(**SHORT)

    one = evidence(world)
    assert one.sign is Sign.BRUSH_OFF
    assert one.charged == ("olga",)
    assert dict(one.seen) == {"replies": 1, "length": 12, "short": 50, "took": 1200, "target": 14400}
    assert one.sentence == (
        "One reply, of 12 characters (one of 50 or more is not a short one here), and closed after 20 min of a target"
        " of 4 h."
    )


@pytest.mark.parametrize(
    "change",
    [
        {"replies": 2},
        {"replies": 0},
        {"replies": None},
        {"last_reply_length": 50},
        {"last_reply_length": None},
        {"took": timedelta(minutes=24)},
        {"closed_at": None},
    ],
    ids=str,
)
def test_anything_else_or_unknown_is_none(world, change):
    usual_replies(world)

    world.close(**SHORT | change)

    assert signs(world) == {}


def test_the_clock_decides_how_soon_it_was_and_not_the_night(world):
    usual_replies(world)

    world.close(**SHORT | {"took": 15 * HOUR, "worked": timedelta(minutes=20)})

    assert Sign.BRUSH_OFF in signs(world)


def test_with_fewer_than_twenty_replies_nobody_can_say_what_a_short_one_is(world):
    usual_replies(world, range(40, 220, 10))

    world.close(**SHORT)

    assert signs(world) == {}


def test_later_replies_do_not_make_an_earlier_one_short(world):
    world.close(**SHORT)
    world.clock.advance(HOUR)

    usual_replies(world)

    assert signs(world) == {}


def test_a_zero_clock_is_at_once(world):
    usual_replies(world)

    world.close(**SHORT | {"worked": timedelta(0)})

    assert Sign.BRUSH_OFF in signs(world)


# --- bouncing


def test_passed_on_twice_is_bouncing_and_charged_to_those_who_passed_it_on(world):
    world.close(agent="vera", path=path("olga@first", "petr@first", "olga@first", "vera@second"))

    one = evidence(world)
    assert (one.sign, one.charged) == (Sign.BOUNCING, ("olga", "petr"))
    assert dict(one.seen) == {"passed": 3, "by": "olga (2), petr (1)"}
    assert one.sentence == "Passed on 3 times: olga (2), petr (1)."


@pytest.mark.parametrize(
    ("stations", "givers"),
    [
        (["olga@first", "petr@first"], ["olga"]),
        (["@first", "olga@first"], []),
        (["olga@first", "olga@second"], []),
        (["olga@first", "@second", "petr@second"], ["olga"]),
        (["@first", "@second", "@third"], ["", ""]),
        (["@first", "olga@second"], [""]),
        (["olga@first"], []),
        ([], []),
    ],
    ids=str,
)
def test_to_pass_on_is_to_give_away_and_to_take_is_not(stations, givers):
    assert [one.agent for one in hand_overs(path(*stations))] == givers


@given(st.lists(st.builds(Holder, st.sampled_from(["", "a", "b"]), st.sampled_from(["x", "y"]))))
def test_nobody_passes_on_more_often_than_the_ticket_moved(stations):
    given_away = hand_overs(stations)
    assert len(given_away) <= max(0, len(stations) - 1)
    assert set(given_away) <= set(stations)


def test_a_queue_that_passes_on_is_named_where_no_agent_is(world):
    world.close(path=path("@first", "@second", "@third"))

    one = evidence(world)
    assert (one.charged, one.seen["by"]) == ((), "first (1), second (1)")


def test_a_ticket_without_path_or_passed_on_once_is_not_bouncing(make_world):
    world = make_world(signs={"bouncing_from": 3})
    world.close("1")
    world.close("2", path=path("olga@first", "petr@first", "vera@first"))

    assert signs(world, "1") == signs(world, "2") == {}


# --- quick fix


def back(world: World, number: str = "18", **facts) -> None:
    usual = {"client": Client(email="client17@example.org"), "took": HOUR}
    world.close(number, **usual | facts)


def test_reopened_soon_is_a_quick_fix(world):
    world.close()
    world.clock.advance(2 * HOUR)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())

    one = evidence(world)
    assert (one.sign, dict(one.seen)) == (Sign.QUICK_FIX, {"after": 7200, "reopened": 1})
    assert one.sentence == "Reopened 2 h after the closing."


def test_a_reopening_that_nobody_told_of_shows_by_the_next_closing(world):
    world.close()
    world.clock.advance(3 * DAY)
    world.close(reopened=1)

    assert Sign.QUICK_FIX in signs(world, closure=1)
    assert signs(world, closure=2) == {}


def test_reopened_late_is_none(world):
    world.close()
    world.clock.advance(15 * DAY)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())

    assert signs(world) == {}


def test_the_same_client_back_about_the_same_service_puts_the_sign_on_the_earlier_ticket(world):
    world.close(service="printing", queue="first")
    assert signs(world) == {}
    world.clock.advance(3 * DAY)

    back(world, service="printing", queue="second")

    one = evidence(world)
    assert dict(one.seen) == {"after": 3 * 86400 - 3600, "ticket": "18", "service": "printing"}
    assert one.sentence == "The same client was back about the same service, printing, after 2 days 23 h: ticket 18."
    assert signs(world, "18") == {}


@pytest.mark.parametrize(
    ("earlier", "later", "sign"),
    [
        ({"queue": "first"}, {"queue": "first"}, True),
        ({"queue": "first"}, {"queue": "second"}, False),
        ({"service": "a", "queue": "first"}, {"service": "b", "queue": "first"}, False),
        ({}, {}, False),
        ({"queue": "first", "client": None}, {"queue": "first", "client": None}, False),
        ({"queue": "first"}, {"queue": "first", "client": Client(email="another@example.org")}, False),
        ({"queue": "first"}, {"queue": "first", "host": "second"}, False),
    ],
    ids=str,
)
def test_the_same_matter_is_the_service_else_the_queue(world, earlier, later, sign):
    world.close(**earlier)
    world.clock.advance(3 * DAY)
    back(world, **later)

    assert (Sign.QUICK_FIX in signs(world)) is sign


def test_a_ticket_that_was_open_already_is_nobody_coming_back(world):
    world.close(queue="first")
    world.clock.advance(HOUR)
    back(world, queue="first", took=2 * HOUR)

    assert signs(world) == {}


def test_back_after_the_time_of_the_configuration_is_none(make_world):
    world = make_world(signs={"quick_fix_within": "2d"})
    world.close(queue="first")
    world.clock.advance(3 * DAY)
    back(world, queue="first")

    assert signs(world) == {}


# --- paused clock


def paused(world: World, hours: float, **facts) -> None:
    start = world.clock.now() - 10 * HOUR
    world.close(took=10 * HOUR, paused=((start, start + hours * HOUR),), **facts)


def test_a_clock_that_mostly_stood_still_is_a_sign(world):
    paused(world, 6)

    one = evidence(world)
    assert one.sign is Sign.PAUSED_CLOCK
    assert dict(one.seen) == {"still": 6 * 3600, "of": 10 * 3600, "share": 0.6}
    assert one.sentence == "The clock stood still for 6 h of 10 h."


def test_half_the_time_is_none(world):
    paused(world, 5)

    assert signs(world) == {}


def test_the_hosts_own_clock_is_held_against_the_calendar(world):
    world.close(took=10 * HOUR, worked=HOUR)

    assert evidence(world).seen["still"] == 9 * 3600


def test_a_night_is_no_standing_still_where_the_target_has_a_calendar(make_world):
    # 20 November 2026 is a Friday, 12:00 UTC: opened on Thursday at 16:00, an hour before the office closes
    world = make_world(
        kpi=[{"resolve_within": "8h", "calendar": "office"}],
        calendars={"office": {"hours": {"mon-fri": "09:00-17:00"}}},
    )
    world.close("1", took=20 * HOUR)
    world.close("2", took=20 * HOUR, worked=HOUR)

    assert signs(world, "1") == {}
    assert dict(evidence(world, "2").seen) == {"still": 3 * 3600, "of": 4 * 3600, "share": 0.75}


def test_a_ticket_without_times_has_no_sign_of_the_clock(world):
    world.close(opened_at=None, worked=HOUR)

    assert signs(world) == {}


# --- address changed


def test_another_address_than_at_the_clients_last_closing_is_a_sign(world):
    world.close(client=Client(id="7", email="a@example.org", phone="1"))
    world.clock.advance(DAY)
    world.close("18", client=Client(id="7", email="b@example.org", phone="1"))

    one = evidence(world, "18")
    assert (one.sign, dict(one.seen)) == (Sign.ADDRESS_CHANGED, {"kinds": "email", "before": "17"})
    assert one.sentence == "The client's address (e-mail) is another one than at the closing of ticket 17."
    assert signs(world) == {}


@pytest.mark.parametrize(
    "later",
    [
        Client(id="7", email="A@Example.org "),
        Client(id="7", phone="1"),
        Client(id="7", email="a@example.org", phone="2"),
        Client(id="8", email="b@example.org"),
        None,
    ],
    ids=str,
)
def test_the_same_address_or_one_more_or_less_is_none(world, later):
    world.close(client=Client(id="7", email="a@example.org"))
    world.clock.advance(DAY)
    world.close("18", client=later)

    assert signs(world, "18") == {}


def test_a_client_known_by_address_alone_is_followed_through_the_reopenings_of_a_ticket(world):
    world.close(client=Client(email="a@example.org"))
    world.clock.advance(20 * DAY)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    world.close(client=Client(email="agents-own@example.org"))

    assert list(signs(world, closure=2)) == [Sign.ADDRESS_CHANGED]


def test_no_address_is_kept_and_of_somebody_forgotten_no_mark_either(world):
    client = Client(id="7", email="a@example.org")
    world.close(client=client)
    (row,) = world.rows("closure")
    assert len(row.addresses) == 40
    assert "example" not in row.addresses

    world.ratings.forget_client("acme", client)
    world.close("18", client=client)

    assert [row.addresses for row in world.rows("closure")] == ["", ""]


ADDRESSES = st.builds(
    Client, **{kind: st.sampled_from(["", "a@b", "c@d", "c@d "]) for kind in ("email", "phone", "telegram")}
)


@given(ADDRESSES, ADDRESSES)
def test_marks_tell_which_addresses_changed_and_only_by_the_same_secret(before, now):
    def known(client: Client) -> dict[str, str]:
        return {kind: getattr(client, kind).strip() for kind in ("email", "phone", "telegram")}

    secret, other = Secret("one"), Secret("another")
    marks = address_marks(secret, "acme", before), address_marks(secret, "acme", now)
    first, second = known(before), known(now)
    assert changed_kinds(*marks) == tuple(
        kind for kind in first if first[kind] and second[kind] and first[kind] != second[kind]
    )
    assert changed_kinds(marks[0], address_marks(other, "acme", now)) == ()
    assert changed_kinds(marks[0], address_marks(secret, "rival", now)) == ()


# --- all of them


def test_signs_are_said_in_the_tenants_language_and_are_plain_data(make_world):
    world = make_world(locale="ru")
    world.close(took=10 * HOUR, worked=HOUR, path=path("olga@a", "petr@a", "vera@a"))

    data = world.ratings.ticket_verdict("acme", "17").to_dict()
    assert data["signs"] == ["bouncing", "paused_clock"]
    assert [one["sentence"] for one in data["evidence"]] == [
        "Передавали дальше, раз: 2. Кто: olga (1), petr (1).",
        "Часы стояли 9 ч из 10 ч.",
    ]


def test_a_plain_ticket_has_no_sign(world):
    world.close()

    verdict = world.ratings.ticket_verdict("acme", "17")
    assert (verdict.signs, verdict.evidence) == ((), ())
