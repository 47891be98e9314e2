"""The plan: services and levels of their own, recordings, rates, lanes, a provider that is down for a day."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import Engine, event
from tests.channels.gateway import Gateway, Gateways, reached_by
from tests.surveys.wires import Book
from tests.world import World, text_of

from nps_plugin import Client, ConfigError, DeliveryError, Ratings

IVAN = Client(id="7", name="Ivan", email="ivan@example.org", phone="+79161234567", locale="ru")


@pytest.fixture
def book():
    return Book()


def person(number, **more):
    return Client(id=str(number), email=f"c{number}@example.org", phone=f"+7916{number:07d}", **more)


def test_a_service_is_asked_in_its_own_way(make_world, book):
    loan = {"channels": ["phone"], "delay": "3d", "question": {"en": "How was the loan?"}}
    world = make_world(**reached_by(book, ask={"channels": ["email"]}, services={"loan": loan}))
    world.close("1", client=person(1), service="loan")
    world.close("2", client=person(2), service="mail")
    world.ratings.run_due()
    assert book.sent == []
    assert len(world.mailbox.mails) == 1
    world.clock.advance(timedelta(days=3))
    world.ratings.run_due()
    assert [(message.question, message.service) for message in book.sent] == [("How was the loan?", "loan")]


def test_a_level_stands_over_a_service(make_world, book):
    settings = reached_by(
        book,
        ask={"channels": ["email"]},
        services={"loan": {"channels": ["email"], "question": {"en": "How was the loan?"}}},
        levels={"head": {"channels": ["phone"], "question": {"en": "How do you find our work?"}}},
    )
    world = make_world(**settings)
    world.close("1", client=person(1, level="head"), service="loan")
    world.close("2", client=person(2), service="loan")
    world.ratings.run_due()
    assert [message.question for message in book.sent] == ["How do you find our work?"]
    assert "How was the loan?" in text_of(world.mailbox.mails[0])


def test_each_of_several_respondents_is_asked_by_the_plan_of_their_level(make_world, book):
    world = make_world(**reached_by(book, ask={"channels": ["email"]}, levels={"head": {"channels": ["phone"]}}))
    world.close("1", client=person(1), respondents=(person(2, level="head"),))
    world.ratings.run_due()
    assert (len(book.sent), len(world.mailbox.mails)) == (1, 1)


def test_without_a_recording_nobody_is_called_and_the_next_channel_asks(make_world, book, tmp_path):
    (tmp_path / "loan.wav").write_bytes(b"RIFF")
    recorded = {"loan": {"recording": {"ru": str(tmp_path / "loan.wav")}}}
    world = make_world(**reached_by(book, {"needs_recording": True}, services=recorded))
    world.close("1", client=person(1, locale="ru"), service="loan")
    world.close("2", client=person(2, locale="en"), service="loan")
    world.close("3", client=person(3, locale="ru"), service="mail")
    world.ratings.run_due()
    assert [message.recording for message in book.sent] == [str(tmp_path / "loan.wav")]
    assert len(world.mailbox.mails) == 2


def test_where_nothing_but_the_telephone_is_left_the_reason_is_the_recording(make_world, book):
    world = make_world(**reached_by(book, {"needs_recording": True}, ask={"channels": ["phone"]}))
    world.close("1", client=IVAN)
    assert world.ratings.run_due().not_asked == 1
    assert world.rows("survey")[0].not_asked == "no_recording"


def test_a_scale_longer_than_a_channel_can_show_is_refused_by_name(make_world, book):
    with pytest.raises(ConfigError, match=r"channels\.phone\.scale: expected a scale of at most 10 points"):
        make_world(**reached_by(book, {"points": 10}, scale="nps-11"))
    make_world(**reached_by(book, {"points": 10}, scale="nps-11", phone={"scale": "keypad-10"}))


def test_a_rate_holds_over_all_workers_and_what_it_puts_off_leaves_in_time(make_world, book):
    world = make_world(**reached_by(book, ask={"channels": ["phone"]}, phone={"rate": "3/m"}))
    for number in range(8):
        world.close(str(number), client=person(number))
    sent = []
    for _ in range(4):
        before = len(book.sent)
        world.ratings.run_due()
        world.ratings.run_due()
        sent.append(len(book.sent) - before)
        world.clock.advance(timedelta(minutes=1))
    assert sent == [3, 3, 2, 0]


def test_two_hundred_planned_calls_do_not_delay_a_mail(make_world, book):
    world = make_world(**reached_by(book, ask={"channels": ["email"]}, services={"loan": {"channels": ["phone"]}}))
    for number in range(200):
        world.close(f"call {number}", client=person(number), service="loan")
    world.clock.advance(timedelta(minutes=1))
    for number in range(20):
        world.close(f"mail {number}", client=person(1000 + number))
    world.ratings.run_due(limit=60)
    assert len(world.mailbox.mails) == 20


class Slow(BaseHTTPRequestHandler):
    """A gateway of calls that answers after a second."""

    world: World
    calls: list[int]

    def do_POST(self):
        self.calls.append(len(self.world.mailbox.mails))
        self.world.clock.advance(timedelta(seconds=1))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_a_provider_that_answers_slowly_delays_no_mail_of_any_tenant_and_is_not_starved(make_world):
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/call"
        world = make_world(
            ask={"channels": ["email"]},
            services={"loan": {"channels": ["sms"]}},
            channels={
                "sms": {
                    "adapter": "sms-http",
                    "url": url,
                    "fields": {"to": "{phone}", "text": "{text}"},
                    "success": {"status": [200]},
                }
            },
        )
        Slow.calls, Slow.world = [], world
        for number in range(30):
            world.close(f"call {number}", client=person(number), service="loan")
        world.clock.advance(timedelta(minutes=1))
        tenants = {**world.config["tenants"], "other": world.config["tenants"]["acme"]}
        with Ratings({**world.config, "tenants": tenants}, clock=world.clock) as ratings:
            for number in range(20):
                mail = world.ticket(f"mail {number}", client=person(1000 + number))
                world.ratings.ticket_closed(mail)
                ratings.ticket_closed(replace(mail, tenant="other"))
            ratings.run_due(limit=44)
        server.shutdown()
    # one call while all mails leave; then the calls have the rest of the round
    assert (Slow.calls, len(world.mailbox.mails)) == ([0, 40, 40, 40], 40)
    in_turn = ["/acme/" in str(mail["List-Unsubscribe"]) for mail in world.mailbox.mails]
    assert sum(in_turn[:20]) == 10


def test_a_round_of_slow_calls_ends_so_that_verdicts_are_told_between(make_world, book):
    world = make_world(**reached_by(book, ask={"channels": ["phone"]}))
    for number in range(35):
        world.close(str(number), client=person(number))
    book.during = lambda: world.clock.advance(timedelta(seconds=1))
    assert [world.ratings.run_due().sent for _ in range(2)] == [30, 5]


def test_a_rate_holds_across_two_workers_at_once(make_world, book):
    world = make_world(**reached_by(book, ask={"channels": ["phone"]}, phone={"rate": "5/m"}))
    for number in range(12):
        world.close(str(number), client=person(number))
    with Ratings(world.config, plugins=[Gateways()], clock=world.clock) as second:
        together = threading.Barrier(2)

        def work(ratings):
            together.wait()
            ratings.run_due()

        threads = [threading.Thread(target=work, args=(each,)) for each in (world.ratings, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(book.sent) == len({message.ticket for message in book.sent}) == 5


def test_calls_that_a_rate_puts_off_do_not_use_up_the_round(make_world, book):
    settings = reached_by(
        book, ask={"channels": ["email"]}, services={"loan": {"channels": ["phone"]}}, phone={"rate": "1/d"}
    )
    world = make_world(**settings)
    for number in range(50):
        world.close(f"call {number}", client=person(number), service="loan")
    for number in range(10):
        world.close(f"mail {number}", client=person(1000 + number))
    world.ratings.run_due(limit=12)
    assert (len(book.sent), len(world.mailbox.mails)) == (1, 10)


def test_a_gateway_that_is_down_for_a_day_loses_nothing_and_sends_nothing_twice(make_world, book):
    world = make_world(
        **reached_by(book, ask={"channels": ["phone"], "attempts": {"phone": 2}}, phone={"rate": "10/m"})
    )
    for number in range(25):
        world.close(str(number), client=person(number))

    def down():
        raise DeliveryError("gateway: ConnectionError", down=True)

    book.during, tries = down, []
    for _ in range(24):
        done = world.ratings.run_due()
        tries.append(done.retried)
        world.clock.advance(timedelta(hours=1))
    assert max(tries) <= 2
    assert book.sent == []
    book.during = None
    per_minute = []
    while sum(per_minute) < 25 or per_minute[-3:] != [0, 0, 0]:
        before = len(book.sent)
        world.ratings.run_due()
        per_minute.append(len(book.sent) - before)
        world.clock.advance(timedelta(minutes=1))
        assert len(per_minute) < 60 * 3
    assert sorted(message.ticket for message in book.sent) == sorted(map(str, range(25)))
    assert max(per_minute) <= 10


def test_a_channel_s_round_is_one_and_ends_with_the_worker_s(make_world, book):
    rounds = []

    @contextmanager
    def one(self):
        rounds.append("in")
        yield
        rounds.append("out")

    Gateway.round = one
    try:
        world = make_world(**reached_by(book, ask={"channels": ["phone"]}))
        for number in range(3):
            world.close(str(number), client=person(number))
        world.ratings.run_due()
    finally:
        del Gateway.round
    assert len(book.sent) == 3
    assert rounds == ["in", "out"]


def test_a_question_of_a_channel_that_is_gone_leaves_over_the_next_of_its_plan(make_world, book):
    world = make_world(**reached_by(book, ask={"delay": "3d"}))
    world.close(client=person(1))
    acme = world.config["tenants"]["acme"]
    del acme["channels"]["phone"]
    acme["ask"]["channels"] = ["email"]
    world.ratings.reload(world.config)
    world.clock.advance(timedelta(days=3))
    world.ratings.run_due()
    assert book.sent == []
    assert len(world.mailbox.mails) == 1


def test_a_worker_that_dies_in_the_only_try_ends_neither_the_channel_nor_the_plan(make_world, book):
    world = make_world(**reached_by(book, ask={"attempts": {"phone": 1}}))
    world.close(client=person(1))

    def dies():
        raise KeyboardInterrupt

    book.during = dies
    for ended in range(2):
        with pytest.raises(KeyboardInterrupt):
            world.ratings.run_due()
        world.clock.advance(timedelta(minutes=10))
        assert [row.state for row in world.rows("survey")] == ["sending"], ended
    # what kills every worker does not go on for ever
    world.ratings.run_due()
    assert [row.state for row in world.rows("survey")] == ["given_up"]


def test_a_worker_that_died_once_in_the_only_try_is_followed_by_one_that_calls(make_world, book):
    world = make_world(**reached_by(book, ask={"attempts": {"phone": 1}}))
    world.close(client=person(1))
    book.says = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.ratings.run_due()
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().sent == 1
    assert len(book.sent) == 1


def test_what_left_is_kept_though_the_database_fails_before_the_next(make_world, book):
    world = make_world(**reached_by(book))
    for number in (1, 2):
        world.close(str(number), client=person(number))
    # long enough for the round to look again for what came due
    book.during = lambda: world.clock.advance(timedelta(seconds=2))

    def breaks(_connection, _cursor, statement, *_):
        if book.sent and "GROUP BY nps_survey.tenant_id, nps_survey.lane" in statement:
            raise ConnectionError("the database is away")

    event.listen(Engine, "before_cursor_execute", breaks)
    with pytest.raises(ConnectionError):
        world.ratings.run_due()
    event.remove(Engine, "before_cursor_execute", breaks)
    world.clock.advance(timedelta(minutes=11))
    world.ratings.run_due()
    assert sorted(message.ticket for message in book.sent) == ["1", "2"]
