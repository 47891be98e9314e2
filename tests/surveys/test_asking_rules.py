"""Hours, sample, contacts, respondents: who is asked, when, how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.surveys.wires import Book, wired
from tests.world import NOON, send, token_of

from nps_plugin import Client, ConfigError, DeliveryError, NotAskedReason, Secret, SurveyState, read_mapping
from nps_plugin.surveys.hours import opens_at, zone_of

IVAN = Client(id="7", email="ivan@example.org", phone="+7 900 1234567")
OLGA = Client(id="8", email="olga@example.org", phone="+7 900 7654321")
NIGHT = NOON.replace(hour=22)
TEN_TO_SEVEN = ((600, 1140),)


# --- hours


@pytest.mark.parametrize(
    ("now", "zone", "opens"),
    [
        ("2026-11-20T10:00", "UTC", "2026-11-20T10:00"),
        ("2026-11-20T18:59", "UTC", "2026-11-20T18:59"),
        ("2026-11-20T19:00", "UTC", "2026-11-21T10:00"),
        ("2026-11-20T09:59", "UTC", "2026-11-20T10:00"),
        ("2026-11-20T06:00", "Europe/Moscow", "2026-11-20T07:00"),
        ("2026-11-20T21:30", "Asia/Vladivostok", "2026-11-21T00:00"),
        # the clocks change in the night between; ten o'clock on the wall stays ten o'clock
        ("2026-03-28T20:00", "Europe/Berlin", "2026-03-29T08:00"),
        ("2026-10-24T20:00", "Europe/Berlin", "2026-10-25T09:00"),
    ],
)
def test_hours_open_by_the_wall_clock_of_the_client(now, zone, opens):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert opens_at(TEN_TO_SEVEN, ZoneInfo(zone), at) == datetime.fromisoformat(opens).replace(tzinfo=UTC)


def test_several_hours_of_a_day_open_in_turn():
    lunch = ((540, 720), (840, 1260))
    assert opens_at(lunch, ZoneInfo("UTC"), NOON) == NOON.replace(hour=14)
    assert opens_at(lunch, ZoneInfo("UTC"), NOON.replace(hour=14)) == NOON.replace(hour=14)


def test_an_hour_that_the_clocks_skip_opens_as_soon_as_it_can():
    skipped = ((150, 170),)  # 02:30-02:50 on the night when 02:00 becomes 03:00
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    opens = opens_at(skipped, ZoneInfo("Europe/Berlin"), at)
    assert at < opens < at + timedelta(days=1, hours=2)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "\0"])
def test_a_time_zone_that_is_none_is_the_tenants(name):
    assert zone_of(name, ZoneInfo("Europe/Moscow")) == ZoneInfo("Europe/Moscow")


def test_nobody_is_called_at_night_by_their_own_clock(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"hours": {"phone": "10:00-19:00"}}), timezone="Europe/Moscow")
    world.clock.set(NIGHT)
    world.close("1", client=IVAN)
    far = Client(id="9", phone="+7 423 1", timezone="Asia/Vladivostok")
    world.clock.set(NIGHT.replace(hour=23))
    world.close("2", client=far)
    world.ratings.run_due()
    assert book.sent == []
    assert world.mailbox.mails == []
    world.clock.set(NOON.replace(day=21, hour=0))
    world.ratings.run_due()
    assert [message.client.phone for message in book.sent] == ["+7 423 1"]
    world.clock.set(NOON.replace(day=21, hour=7))
    world.ratings.run_due()
    assert len(book.sent) == 2


def test_a_channel_that_does_not_open_before_the_survey_runs_out_gives_way_to_the_next(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"hours": {"phone": "10:00-19:00"}, "expires_after": "2h"}))
    world.clock.set(NIGHT)
    world.close(client=IVAN)
    world.ratings.run_due()
    assert (len(book.sent), len(world.mailbox.mails)) == (0, 1)


# --- sample


def test_a_share_of_the_tickets_is_asked_about_and_always_the_same(make_world):
    world = make_world(ask={"sample": 0.25, "delay": "1d"})
    first = {number: world.close(str(number)).survey is not None for number in range(200)}
    assert 25 <= sum(first.values()) <= 75
    again = {number: world.close(str(number)).survey is not None for number in range(200)}
    assert again == first
    assert world.ratings.not_asked_counts("acme")[NotAskedReason.SAMPLED_OUT] == 200 - sum(first.values())
    # a ticket that was left out stays left out when it is closed again, and nobody gains by reopening it
    left_out = next(str(number) for number, asked in first.items() if not asked)
    world.ratings.ticket_reopened("acme", left_out, world.clock.now())
    assert world.close(left_out).not_asked.reason is NotAskedReason.SAMPLED_OUT


def test_the_sample_cannot_be_foreseen_without_the_secret(make_world):
    drawn = []
    for secret in ("one secret of the tests, long", "another one, also long enough"):
        world = make_world(ask={"sample": 0.5, "delay": "1d"})
        world.ratings.reload(world.config | {"page": {**world.config["page"], "secrets": [Secret(secret)]}})
        drawn.append([world.close(str(number)).survey is not None for number in range(40)])
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize(("share", "asked"), [(0, 0), (1, 20), (1.0, 20)])
def test_a_sample_of_none_and_of_all(make_world, share, asked):
    world = make_world(ask={"sample": share, "delay": "1d"})
    assert sum(world.close(str(number)).survey is not None for number in range(20)) == asked


def test_who_may_not_be_asked_is_told_for_that_and_not_for_the_sample(make_world):
    world = make_world(ask={"sample": 0})
    receipt = world.close(client=Client(email="a@example.org", consent=False))
    assert receipt.not_asked.reason is NotAskedReason.NO_CONSENT


# --- contacts


def rang():
    return DeliveryError("nobody picked up", noticed=True)


def test_calls_that_rang_and_mails_count_together_until_enough_is_enough(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"attempts": {"phone": 2}, "max_contacts": 2}), strict=False)
    book.says = [rang(), rang()]
    world.close(client=IVAN)
    for _ in range(3):
        world.ratings.run_due()
        world.clock.advance(timedelta(hours=1))
    assert world.mailbox.mails == []
    (row,) = world.rows("survey")
    # it rang twice, so the client was asked, in a way
    assert (row.state, row.detail) == ("given_up", "max_contacts")
    assert world.ratings.ticket_verdict("acme", "17").kind == "unanswered"


def test_tries_that_nobody_noticed_do_not_count(make_world):
    book = Book()
    world = make_world(**wired(book, ask={"attempts": {"phone": 4}, "max_contacts": 1}), strict=False)
    book.says = [DeliveryError("no line")] * 3
    world.close(client=IVAN)
    for _ in range(4):
        world.ratings.run_due()
        world.clock.advance(timedelta(hours=3))
    assert len(book.sent) == 1


def test_the_cap_is_the_closures_not_each_respondents(make_world):
    world = make_world(ask={"max_contacts": 2})
    others = tuple(Client(id=str(number), email=f"c{number}@example.org") for number in range(3))
    world.close(client=IVAN, respondents=others)
    done = world.ratings.run_due()
    assert (done.sent, done.not_asked) == (2, 2)
    assert world.ratings.not_asked_counts("acme")[NotAskedReason.MAX_CONTACTS] == 2


def test_no_address_is_said_only_when_no_channel_is_left(make_world):
    book = Book()
    world = make_world(**wired(book), strict=False)
    book.says = [DeliveryError("no such number", final=True)]
    world.close("1", client=IVAN)
    world.close("2", client=Client(id="9"))
    done = world.ratings.run_due()
    assert (done.sent, done.not_asked) == (1, 1)
    assert {row.ticket: row.not_asked for row in world.rows("survey")} == {"1": None, "2": "no_address"}


# --- respondents


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (IVAN, IVAN, True),
        (IVAN, Client(id="99", email="IVAN@example.org"), True),
        (IVAN, Client(phone=IVAN.phone), True),
        (Client(telegram="@ivan"), Client(id="5", telegram="@ivan"), True),
        # two people of one office
        (IVAN, Client(id="99", phone=IVAN.phone, email="b@example.org"), False),
        (IVAN, OLGA, False),
    ],
)
def test_one_person_is_asked_once_about_a_closure(world, first, second, same):
    receipt = world.close(client=first, respondents=(second,))
    assert receipt.survey is not None
    if same:
        assert receipt.others[0].reason is NotAskedReason.DUPLICATE
    else:
        assert receipt.others[0].state is SurveyState.SCHEDULED


def test_a_reopening_withdraws_the_questions_to_all_respondents(world):
    world.close(client=IVAN, respondents=(OLGA,))
    world.ratings.run_due(limit=1)
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    world.ratings.run_due()
    assert [row.state for row in world.rows("survey")] == ["cancelled", "cancelled"]
    assert len(world.mailbox.mails) == 1


def test_of_several_respondents_the_least_satisfied_makes_the_verdict(world):
    world.close(client=IVAN, respondents=(OLGA,))
    world.ratings.run_due()
    tokens = [token_of(mail) for mail in world.mailbox.mails]
    send(world.browser(), tokens[0], 3)
    assert world.ratings.ticket_verdict("acme", "17").kind == "confirmed"
    send(world.browser(), tokens[1], 1)
    assert world.ratings.ticket_verdict("acme", "17").kind == "watermelon"


# --- configuration


@pytest.mark.parametrize(
    ("ask", "key", "words"),
    [
        ({"hours": {"fax": "10:00-19:00"}}, "ask.hours", "no such channel"),
        ({"hours": {"email": "19:00-10:00"}}, "ask.hours.email", "does not run from an earlier"),
        ({"hours": {"email": "all day"}}, "ask.hours.email", "expected hours such as"),
        ({"hours": {"host": "10:00-19:00"}, "channels": ["host"]}, "ask.hours", "the host sends"),
        ({"sample": 2}, "ask.sample", "a share from 0 to 1"),
        ({"sample": True}, "ask.sample", "a share from 0 to 1"),
        ({"quarantine_by": "people"}, "ask.quarantine_by", "expected one of person, organization"),
        ({"quarantine": 30}, "ask.quarantine", "a length of time"),
        ({"max_contacts": 0}, "ask.max_contacts", "a whole number from 1"),
        ({"remind_after": "28d"}, "ask.remind_after", "less than expires_after"),
        ({"remind_after": "0s"}, "ask.remind_after", "greater than zero"),
        ({"remind_after": "3d", "channels": ["host"]}, "ask.remind_after", "cannot be sent again"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(ask, key, words):
    acme = {"brand": {"sender": "a@acme.example"}, "ask": ask}
    page = {"base_url": "https://help.example.org", "secrets": [Secret("a secret of the tests, long enough")]}
    with pytest.raises(ConfigError) as error:
        read_mapping({"page": page, "tenants": {"acme": acme}})
    (problem,) = error.value.problems
    assert problem.key == key
    assert words in problem.expected


def test_a_closing_leaves_one_row_for_the_counts_and_a_repeat_none(world):
    world.close()
    world.close()
    (row,) = world.rows("fold_queue")
    assert (row.ticket, row.closure) == ("17", 1)
