"""Whatever a help-desk hands in at closing: the closing is kept, what could not be read is named, nothing is raised."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.header import decode_header, make_header

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.world import NOON, text_of

from nps_plugin import Assignment, Client, ClosedTicket, UnknownTicket

HOURS = timedelta(hours=1)
LONG = "7" * 10_000


class Broken:
    """A value of the host's whose every use fails."""

    def __str__(self):
        raise RuntimeError("lazy and broken")

    __repr__ = __hash__ = __len__ = __iter__ = __str__


class BrokenZone(tzinfo):
    def utcoffset(self, _):
        raise RuntimeError("no zone")


FAR_EAST, FAR_WEST = timezone(14 * HOURS), timezone(-12 * HOURS)
_TIMES = st.sampled_from(
    [
        None,
        NOON,
        NOON - 5 * HOURS,
        NOON.replace(tzinfo=None),
        NOON + 400 * 24 * HOURS,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=FAR_EAST),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, tzinfo=FAR_WEST),
        datetime.max,  # noqa: DTZ901 - naive on purpose
        "2026-11-20T12:00:00Z",
        0,
    ]
)
TIMES = st.one_of(_TIMES, st.builds(lambda: NOON.replace(tzinfo=BrokenZone())))
NASTY = st.sampled_from(
    ["", " ", "a\x00b", "a\u202eb", "\ud800", "a\r\nBcc: x@example.org", LONG, "ΐ" * 250, "👍" * 300, "';--", "{brand}"]
)
ANYTHING = st.one_of(
    st.none(), st.integers(), st.floats(), st.booleans(), st.text(max_size=20), NASTY, st.binary(max_size=5), TIMES,
    st.just([]), st.just({}), st.just({"a": 1}), st.just(["a", None, 3]), st.builds(Broken), st.just(object),
    st.just(timedelta.max), st.just(timedelta.min), st.just(2**70), st.just(-1),
)  # fmt: skip
CLIENTS = st.one_of(
    ANYTHING, st.builds(Client, **dict.fromkeys(Client.__dataclass_fields__, ANYTHING)),
    st.builds(Client, id=NASTY, name=NASTY, email=NASTY, phone=NASTY, telegram=NASTY, organization=NASTY),
)  # fmt: skip
STATIONS = st.one_of(
    ANYTHING, st.lists(st.one_of(ANYTHING, st.builds(Assignment, agent=ANYTHING, queue=ANYTHING, at=TIMES)))
)
FIELDS = {
    name: ANYTHING for name in ClosedTicket.__dataclass_fields__ if name not in ("tenant", "ticket", "host", "path")
} | {
    "opened_at": st.one_of(TIMES, ANYTHING),
    "closed_at": st.one_of(TIMES, ANYTHING),
    "client": CLIENTS,
    "respondents": st.one_of(ANYTHING, st.lists(CLIENTS, max_size=3)),
    "path": STATIONS,
    "paused": st.one_of(ANYTHING, st.lists(st.tuples(TIMES, TIMES), max_size=3)),
    "facts": st.one_of(ANYTHING, st.dictionaries(NASTY, ANYTHING, max_size=3)),
    "tags": st.one_of(ANYTHING, st.lists(ANYTHING, max_size=3)),
}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_value_of_any_field_loses_a_closing(world, data):
    names = data.draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=5, unique=True))
    number = f"{len(world.rows('closure'))}-{data.draw(st.integers(0, 10**9))}"
    facts = {"opened_at": NOON - HOURS, "closed_at": NOON} | {
        name: data.draw(FIELDS[name], label=name) for name in names
    }
    # the world is strict: an error would come out
    receipt = world.ratings.ticket_closed(ClosedTicket(tenant="acme", ticket=number, **facts))
    assert receipt.recorded
    assert (receipt.survey is None) != (receipt.not_asked is None)
    receipt.to_dict()
    verdict = world.ratings.ticket_verdict("acme", number, closure=receipt.closure)
    assert verdict.closure == receipt.closure
    assert world.ratings.ticket_closed(ClosedTicket(tenant="acme", ticket=number, **facts)).repeated
    world.ratings.run_due()


@pytest.mark.parametrize(
    "name", [LONG, "a\x00b", "\ud800x", "ж" * 300, "👍" * 256, 17, 10**300], ids=lambda name: repr(name)[:12]
)
@pytest.mark.parametrize("field", ["ticket", "host"])
def test_an_odd_name_leads_to_the_same_ticket_at_every_door(world, field, name):
    key = {"ticket": "1", "host": ""} | {field: name}
    receipt = world.ratings.ticket_closed(_closed(world, **key))
    assert receipt.recorded
    world.ratings.run_due()
    assert len(world.mailbox.mails) == 1
    assert world.ratings.ticket_verdict("acme", key["ticket"], key["host"]).kind == "pending"
    assert world.ratings.ticket_closed(_closed(world, **key)).repeated
    assert world.ratings.ticket_reopened("acme", key["ticket"], NOON, key["host"]).recorded
    assert world.ratings.ticket_verdict("acme", key["ticket"], key["host"]).reopened
    assert world.ratings.ticket_closed(_closed(world, **key)).closure == 2


def _closed(world, **facts):
    client = Client(email="a@example.org")
    return ClosedTicket(tenant="acme", opened_at=NOON - HOURS, closed_at=NOON, client=client, **facts)


def test_two_odd_names_are_two_tickets(world):
    for name in (LONG, LONG + "7", "a\x00b", "ab", "a\x00\x00b"):
        assert not world.ratings.ticket_closed(_closed(world, ticket=name)).repeated
    assert len(world.rows("closure")) == 5


def test_a_name_that_had_to_be_changed_is_named(world):
    problem = world.ratings.ticket_closed(_closed(world, ticket=LONG)).problem
    assert "ticket is too long" in problem
    assert len(problem) < 1000


@pytest.mark.parametrize("ticket", ["", " ", None], ids=repr)
def test_a_closing_without_a_ticket_is_refused_by_a_problem(make_world, ticket):
    world = make_world(strict=False)
    for receipt in (
        world.ratings.ticket_closed(_closed(world, ticket=ticket)),
        world.ratings.ticket_reopened("acme", ticket, NOON),
    ):
        assert not receipt.recorded
        assert "no ticket id" in receipt.problem


@pytest.mark.parametrize("tenant", ["nobody", "", None, 7, [], {}, Broken(), "acme\x00", LONG], ids=lambda _: "")
def test_a_tenant_that_is_not_configured_is_a_problem(make_world, tenant):
    world = make_world(strict=False)
    for receipt in (
        world.ratings.ticket_closed(ClosedTicket(tenant=tenant, ticket="1", opened_at=None, closed_at=None)),
        world.ratings.ticket_reopened(tenant, "1", NOON),
    ):
        assert not receipt.recorded
        assert receipt.problem
        assert len(receipt.problem) < 500


@pytest.mark.parametrize("closed", [None, 7, "17", {"tenant": "acme"}, Broken()], ids=lambda _: "")
def test_what_is_no_ticket_is_a_problem(make_world, closed):
    receipt = make_world(strict=False).ratings.ticket_closed(closed)
    assert not receipt.recorded
    assert receipt.problem


@pytest.mark.parametrize(
    "at",
    [
        None,
        "now",
        NOON.replace(tzinfo=None),
        datetime.max.replace(tzinfo=FAR_WEST),
        datetime.min.replace(tzinfo=FAR_EAST),
    ],
    ids=lambda _: "",
)
def test_a_reopening_is_kept_whatever_its_time(world, at):
    world.close()
    assert world.ratings.ticket_reopened("acme", "17", at).recorded
    assert [row.at for row in world.rows("reopening")] == [world.clock.now()]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (NOON + 24 * HOURS, "closed_at"),
        (NOON.replace(tzinfo=None), "closed_at"),
        (datetime(1970, 1, 1, tzinfo=UTC), "closed_at"),
        (datetime(1, 1, 1, tzinfo=FAR_EAST), "closed_at"),
        (datetime(9999, 12, 31, tzinfo=FAR_WEST), "closed_at"),
    ],
    ids=["tomorrow", "naive", "epoch", "year 1", "year 9999"],
)
def test_an_impossible_closing_time_is_named_and_unknown(world, given, said):
    receipt = world.close(closed_at=given)
    assert receipt.recorded
    assert said in receipt.problem
    assert receipt.kpi.met is None
    assert receipt.survey is not None, "the client is asked all the same"
    assert [row.closed_at for row in world.rows("closure")] == [None]


def test_an_address_that_is_too_long_is_left_out_not_cut(world):
    address = "a" * 250 + "@example.org"
    receipt = world.close(client=Client(id="7", email=address, phone="1"))
    assert "client.email" in receipt.problem
    assert address not in receipt.problem
    assert [(row.email, row.phone) for row in world.rows("client")] == [("", "1")]


@pytest.mark.parametrize(
    "name",
    [
        "Eve\r\nBcc: all@example.org",
        "Eve\nSubject: won",
        "Eve\x00\x0b\x1b",
        "\u202eEve\u2066",
        "\ud800Eve",
        '"Eve" <x@y>, z',
    ],
    ids=repr,
)
def test_a_name_stays_a_name_in_the_mail_that_arrives(world, name):
    token = world.asked(client=Client(name=name, email="eve@example.org"), subject=name)
    (mail,) = world.mailbox.mails
    assert token
    assert [address.addr_spec for address in mail["To"].addresses] == ["eve@example.org"]
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject")) == 1
    shown = str(make_header(decode_header(mail["To"]))) + str(mail["Subject"]) + text_of(mail) + text_of(mail, "html")
    assert not set(shown) & set("\x00\x0b\x1b\u202e\u2066\ud800")


@pytest.mark.parametrize(
    "address",
    ["eve@example.org\r\nBcc: all@example.org", "eve@example.org, all@example.org", "eve@example.org\x00",
     "eve@\u202egro",
     "<eve@example.org>", "eve", "@", "a@b@c", "eve@example.org" + "x" * 300],
    ids=repr,
)  # fmt: skip
def test_an_odd_address_gets_no_mail_or_one_to_itself_only(world, address):
    world.close(client=Client(id="7", email=address))
    world.ratings.run_due()
    for mail in world.mailbox.mails:
        assert [to.addr_spec for to in mail["To"].addresses] == ["eve@example.org"]
        assert mail["Bcc"] is None


def test_nothing_is_known_of_a_ticket_that_was_never_closed(world):
    for ticket in ("none", "", None, LONG, "\x00", "\ud800", Broken()):
        with pytest.raises(UnknownTicket):
            world.ratings.ticket_verdict("acme", ticket)


def test_closings_with_the_longest_names_are_counted(world):
    # as little as a database can make of a text: no two characters alike in order, of the widest sort
    dice = random.Random(5)
    names = ["".join(chr(dice.randrange(0x20000, 0x2A6D0)) for _ in range(255)) for _ in range(6)]
    agent, queue, service, priority, organization, level = names
    person = Client(id="7", email="ivan@example.org", organization=organization, level=level)
    world.close(agent=agent, queue=queue, service=service, priority=priority, client=person)
    world.ratings.run_due()
    assert world.rows("fold_queue") == []
    (kept,) = world.rows("closure")
    assert queue.startswith(kept.queue)
    assert len(kept.queue) > 100
    assert world.ratings.verdict("acme", queue=kept.queue).kpi.met == 1
