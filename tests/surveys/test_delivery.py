"""The worker's part: due questions leave, failures are kept and tried again, nothing is asked twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.world import send, text_of, token_of

from nps_plugin import Client, DeliveryError, Registration, SurveyState, hookimpl


class Talks:
    """A channel that does as it is told; stands for a provider at the world's edge."""

    said: list[Exception | None]
    sent: list[object]

    def __init__(self, settings):
        self.settings = settings

    def reaches(self, client):
        return bool(client.phone)

    def send(self, message):
        if type(self).said:
            error = type(self).said.pop(0)
            if error is not None:
                raise error
        type(self).sent.append(message)
        from nps_plugin import Delivery

        return Delivery(reference="r")


class Pigeon:
    nps_name = "pigeons"

    @hookimpl
    def nps_register_channels(self):
        return [Registration("pigeon", f"{__name__}:Talks")]


class Listens:
    nps_name = "listener"

    def __init__(self):
        self.heard = []

    @hookimpl
    def nps_survey_sent(self, news):
        self.heard.append(news)

    @hookimpl
    def nps_delivery_failed(self, news):
        self.heard.append(news)


@pytest.fixture(autouse=True)
def _fresh_pigeons():
    Talks.said, Talks.sent = [], []


@pytest.fixture
def pigeons(make_world):
    """A tenant that asks by pigeon, then by mail."""

    def make(**settings):
        ask = {"channels": ["pigeon", "email"], "attempts": {"pigeon": 2}}
        ears = Listens()
        world = make_world(ask=ask, plugins=[Pigeon(), ears], strict=False, **settings)
        world.ears = ears
        return world

    return make


def person(**addresses):
    return Client(id="7", **addresses)


def test_a_question_waits_for_its_delay(make_world):
    world = make_world(ask={"delay": "3d"})
    world.close()
    world.clock.advance(timedelta(days=3, seconds=-1))
    assert world.ratings.run_due().sent == 0
    world.clock.advance(timedelta(seconds=1))
    assert world.ratings.run_due().sent == 1
    assert world.ratings.run_due().sent == 0


def test_the_time_to_answer_runs_from_the_sending(make_world):
    world = make_world(ask={"expires_after": "2d"})
    token = world.asked()
    world.clock.advance(timedelta(days=2))
    assert world.browser().get(f"/acme/{token}").status_code == 410
    assert world.ratings.run_due().expired == 1
    assert world.ratings.ticket_verdict("acme", "17").kind == "unanswered"


def test_a_reopened_ticket_is_not_asked_about(world):
    world.close()
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    assert world.ratings.run_due().sent == 0


def test_who_opts_out_after_the_closing_is_not_asked(world):
    receipt = world.close()
    world.ratings.opt_out("acme", Client(email="client17@example.org"))
    assert world.ratings.run_due().sent == 0
    assert world.ratings.ticket_verdict("acme", "17").kind == "not_asked"
    assert receipt.survey is not None


def test_the_next_channel_takes_over_where_the_first_cannot_reach_the_client(pigeons):
    world = pigeons()
    world.close(client=person(email="a@example.org"))
    assert world.ratings.run_due().sent == 1
    assert len(world.mailbox.mails) == 1
    assert Talks.sent == []


def test_nobody_is_asked_without_an_address(pigeons):
    world = pigeons()
    world.close(client=person())
    assert world.ratings.run_due().not_asked == 1
    assert world.rows("survey")[0].not_asked == "no_address"


def test_a_passing_failure_is_tried_again_on_the_same_channel_when_the_provider_says(pigeons):
    world = pigeons()
    Talks.said = [DeliveryError("busy", retry_after=90)]
    world.close(client=person(phone="1", email="a@example.org"))
    assert world.ratings.run_due().retried == 1
    world.clock.advance(timedelta(seconds=89))
    assert world.ratings.run_due().sent == 0
    world.clock.advance(timedelta(seconds=1))
    assert world.ratings.run_due().sent == 1
    assert len(Talks.sent) == 1
    assert [type(news).__name__ for news in world.ears.heard] == ["DeliveryFailed", "SurveySent"]


def test_after_the_last_attempt_the_next_channel_is_used_at_once(pigeons):
    world = pigeons()
    Talks.said = [DeliveryError("busy"), DeliveryError("busy")]
    world.close(client=person(phone="1", email="a@example.org"))
    world.ratings.run_due()
    world.clock.advance(timedelta(hours=1))
    assert world.ratings.run_due().retried == 1
    assert world.ratings.run_due().sent + len(world.mailbox.mails) >= 1
    assert token_of(world.mailbox.mails[0])


def test_a_refusal_is_final_for_its_channel_and_the_last_refusal_for_the_question(pigeons):
    world = pigeons()
    Talks.said = [DeliveryError("no such pigeonhole", final=True)]
    world.mailbox.answers["a@example.org"] = "550 no such user"
    world.close(client=person(phone="1", email="a@example.org"))
    done = world.ratings.run_due()
    assert (done.retried, done.given_up) == (1, 1)
    (row,) = world.rows("survey")
    assert row.state == SurveyState.GIVEN_UP.value
    assert "550" in row.detail
    finals = [news.final for news in world.ears.heard]
    assert finals == [False, True]
    assert world.ratings.ticket_verdict("acme", "17").kind == "unanswered"


def test_a_channel_that_breaks_loses_no_question_and_shows_no_secret(pigeons, caplog):
    world = pigeons()
    Talks.said = [RuntimeError("token=hunter2")]
    world.close(client=person(phone="1"))
    assert world.ratings.run_due().retried == 1
    assert "hunter2" not in str(world.rows("message")) + str(world.rows("survey"))
    world.clock.advance(timedelta(hours=1))
    assert world.ratings.run_due().sent == 1


def test_a_worker_that_died_while_sending_is_followed_by_another_after_its_lease(make_world, monkeypatch):
    world = make_world()
    world.close()
    from nps_adapters.email.channel import EmailChannel

    def dies(self, message):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(EmailChannel, "send", dies)
        with pytest.raises(KeyboardInterrupt):
            world.ratings.run_due()
    assert world.ratings.run_due().sent == 0
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().sent == 1


def test_a_plugins_text_is_the_question_in_mail_and_page(make_world):
    class Asks:
        nps_name = "asks"

        @hookimpl
        def nps_message_text(self, survey):
            return f"Did we repair ticket {survey.ticket}?"

    world = make_world(plugins=[Asks()])
    token = world.asked()
    assert "Did we repair ticket 17?" in text_of(world.mailbox.mails[0])
    assert "Did we repair ticket 17?" in world.browser().get(f"/acme/{token}").text


def test_the_clients_own_language_wins_over_the_tenants(make_world):
    world = make_world(locale="en")
    world.asked("1", client=Client(email="a@example.org", locale="ru-RU"))
    world.asked("2", client=Client(email="b@example.org"))
    assert "Плохо" in text_of(world.mailbox.mails[0])
    assert "Bad" in text_of(world.mailbox.mails[1])


def test_overdue_questions_without_a_worker_are_a_problem_that_names_what_to_start(world):
    world.close()
    assert world.ratings.check().ok
    world.clock.advance(timedelta(minutes=11))
    (problem,) = world.ratings.check().problems
    assert "nps-plugin work" in problem
    world.ratings.run_due()
    assert world.ratings.check().ok


def test_a_client_quicker_than_the_workers_bookkeeping_keeps_the_answer(make_world, monkeypatch):
    from nps_adapters.email.channel import EmailChannel

    world = make_world()
    really = EmailChannel.send

    def send_and_be_answered(self, message):
        delivery = really(self, message)
        assert send(world.browser(), token_of(world.mailbox.mails[-1]), 3).status_code == 200
        return delivery

    monkeypatch.setattr(EmailChannel, "send", send_and_be_answered)
    world.close()
    world.ratings.run_due()
    assert world.rows("survey")[0].state == "answered"
    assert world.ratings.ticket_verdict("acme", "17").kind == "confirmed"


def test_one_adapter_that_breaks_before_sending_does_not_stop_the_worker(pigeons, monkeypatch):
    def breaks(self, client):
        raise RuntimeError("no map")

    monkeypatch.setattr(Talks, "reaches", breaks)
    world = pigeons()
    world.close(client=person(phone="1", email="a@example.org"))
    assert world.ratings.run_due().sent == 1
    assert len(world.mailbox.mails) == 1


def test_a_receipt_that_is_none_does_not_send_the_message_again(pigeons, monkeypatch):
    sent = []
    monkeypatch.setattr(Talks, "send", lambda self, message: sent.append(message))
    world = pigeons()
    world.close(client=person(phone="1"))
    assert world.ratings.run_due().sent == 1
    world.clock.advance(timedelta(days=1))
    world.ratings.run_due()
    assert len(sent) == 1


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), -5, 1e12])
def test_a_wait_that_cannot_be_is_not_believed(pigeons, seconds):
    world = pigeons()
    Talks.said = [DeliveryError("busy", retry_after=seconds)]
    world.close(client=person(phone="1"))
    assert world.ratings.run_due().retried == 1
    world.clock.advance(timedelta(minutes=5))
    assert world.ratings.run_due().sent == 1


def test_a_sending_that_no_worker_outlives_is_given_up_in_the_end(make_world, monkeypatch):
    from nps_adapters.email.channel import EmailChannel

    world = make_world(ask={"attempts": {"email": 3}, "max_contacts": 50})
    world.close()

    def dies(self, message):
        raise KeyboardInterrupt

    monkeypatch.setattr(EmailChannel, "send", dies)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            world.ratings.run_due()
        world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().given_up == 1
    assert world.ratings.ticket_verdict("acme", "17").kind == "unanswered"
