"""Each sign of the table holds where it should, and not a step beyond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_plugin import Evidence, Grade
from nps_plugin.responses.screening import SIGNS, Circumstances, Visit, screen

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"
HOME = "203.0.113.0/24"
DAY = timedelta(days=1)


def visit(link="sent", *, ago=10.0, agent=BROWSER, address=HOME, score=None, grade=None):
    at = NOW - timedelta(seconds=ago)
    return Visit(link=link, at=at, agent=agent, address=address, score=score, grade=grade)


def sign(*visits, agent=BROWSER, address=HOME, prefetch=False, asked=DAY):
    evidence = Evidence(agent=agent, address=address, prefetch=prefetch)
    asked_at = None if asked is None else NOW - asked
    return screen(Circumstances(evidence=evidence, at=NOW, visits=visits, asked_at=asked_at)).name


def test_a_person_who_looked_at_the_page_is_plausible():
    assert sign(visit(ago=2)) == "plausible"
    assert sign(visit(ago=1.9)) == "nothing known"
    assert sign(visit(ago=1700), asked=None) == "plausible"
    assert sign(visit(ago=20), asked=timedelta(seconds=59)) == "nothing known"


def test_what_the_request_says_of_itself():
    assert sign(visit(), prefetch=True) == "prefetch"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 BingPreview/1.0b", "scanner's name"),
        ("TelegramBot (like TwitterBot)", "scanner's name"),
        ("Mimecast-URL-Scan", "scanner's name"),
        ("curl/8.9", "tool"),
        ("Mozilla/5.0 HeadlessChrome/140.0", "tool"),
        ("Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) Chrome/140.0 Mobile", "plausible"),
        ("Mozilla/5.0 (Windows NT 10.0) Teams/25 Edg/140.0", "plausible"),
    ],
)
def test_agent_strings(agent, name):
    assert sign(visit(agent=agent), agent=agent) == name


@pytest.mark.parametrize("address", ["", "127.0.0.0/24", "::/48"])
def test_on_this_machine_neither_tools_nor_haste_make_a_scanner(address):
    assert sign(visit(agent="curl/8", address=address), agent="curl/8", address=address) == "plausible"
    assert sign(visit(ago=0, address=address), address=address, asked=timedelta(0)) == "nothing known"
    two = visit(ago=9, score=1, address=address), visit(ago=9, score=2, address=address)
    assert sign(*two, address=address) == "plausible"


def test_the_decoy_is_held_against_its_visitor_for_ten_minutes():
    opened = visit(ago=5)
    assert sign(opened, visit("decoy", ago=600)) == "decoy"
    assert sign(opened, visit("decoy", ago=601)) == "plausible"
    assert sign(opened, visit("decoy", address="192.0.2.0/24")) == "plausible"
    assert sign(opened, visit("decoy", agent="another")) == "plausible"


def test_without_a_visit_of_its_own_an_answer_is_known_by_its_company():
    assert sign(visit("decoy", agent="another", address="192.0.2.0/24")) == "decoy"
    assert sign(visit(agent="another")) == "nothing known"
    assert sign() == "nothing known"
    # a telephone in another network
    assert sign(visit(address="192.0.2.0/24")) == "plausible"
    assert sign(visit(address="192.0.2.0/24"), visit("decoy", address="192.0.2.0/24")) == "decoy"


def test_a_burst_of_links():
    three = visit(ago=125, score=1), visit(ago=122, score=2), visit(ago=120, score=3)
    assert sign(*three) != "burst"
    three = visit(ago=24, score=1), visit(ago=22, score=2), visit(ago=19, score=3)
    assert sign(*three) == "burst"
    assert sign(three[0], three[1], visit(ago=18.9, score=3)) == "plausible"
    assert sign(three[0], three[1], visit(ago=19, score=2)) == "plausible"
    assert sign(visit(ago=9, score=1), visit(ago=8, score=2)) == "two at once"
    assert sign(visit(ago=9, score=1), visit(ago=7.9, score=2)) == "plausible"


def test_prefetched_links_are_no_burst_and_no_opening():
    fetched = [visit("prefetched", ago=0.2, score=score) for score in (1, 2, 3)]
    assert sign(*fetched) == "nothing known"
    assert sign(*fetched, visit(ago=5)) == "plausible"


def test_nobody_is_that_fast():
    assert sign(visit(ago=0.9)) == "instant"
    assert sign(visit(ago=1)) == "nothing known"
    assert sign(visit(ago=5), asked=timedelta(seconds=9.9)) == "haste"
    assert sign(visit(ago=5), asked=timedelta(seconds=10)) == "nothing known"


def test_the_visitor_of_a_scanners_answer_is_known_for_two_minutes():
    before = visit("submitted", ago=119, grade=Grade.SCANNER)
    assert sign(visit(ago=130), before) == "seen before"
    assert sign(visit(ago=130), visit("submitted", ago=121, grade=Grade.SCANNER)) == "plausible"
    assert sign(visit(ago=130), visit("submitted", ago=119, grade=Grade.HUMAN)) == "plausible"
    # the opening was in another network; its answers are not forgotten with that
    assert sign(before, visit(ago=130, address="192.0.2.0/24")) == "seen before"


def test_visits_long_ago_and_later_ones_say_nothing():
    assert sign(visit("decoy", ago=-5), visit(ago=5)) == "plausible"
    assert sign(visit(ago=1801)) == "nothing known"


visits = st.builds(
    visit,
    st.sampled_from(["sent", "opened", "prefetched", "decoy", "submitted"]),
    ago=st.floats(0, 4000),
    agent=st.sampled_from([BROWSER, "curl/8", ""]),
    address=st.sampled_from([HOME, "", "127.0.0.0/24"]),
    score=st.none() | st.integers(1, 3),
    grade=st.none() | st.sampled_from(list(Grade)),
)


@given(st.lists(visits, max_size=12), st.sampled_from([BROWSER, "curl/8", ""]), st.sampled_from([HOME, ""]))
def test_every_answer_has_a_grade_and_the_order_of_the_visits_is_no_matter(some, agent, address):
    name = sign(*some, agent=agent, address=address)
    assert name in {one.name for one in SIGNS}
    assert sign(*reversed(some), agent=agent, address=address) == name
