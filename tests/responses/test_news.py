"""News reaches every subscriber at least once, in the words of the facts as they stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.world import World, send

from nps_plugin import Client, Ratings, hookimpl


class Hears:
    def __init__(self, name="hears", broken=0):
        self.nps_name, self.broken, self.heard = name, broken, []

    @hookimpl
    def nps_verdict_reached(self, news):
        if self.broken:
            self.broken -= 1
            raise RuntimeError("not now")
        self.heard.append(news)

    @hookimpl
    def nps_answer_recorded(self, news):
        self.heard.append(news)


def kinds(plugin):
    return [(type(news).__name__, news.revision) for news in plugin.heard]


def test_a_host_without_a_worker_hears_at_once(make_world):
    ears = Hears()
    world = make_world(plugins=[ears])
    send(world.browser(), world.asked(), 1)
    assert kinds(ears) == [("AnswerRecorded", 1), ("VerdictReached", 1)]
    news = ears.heard[1]
    assert (news.tenant, news.ticket, news.closure, news.verdict.kind) == ("acme", "17", 1, "watermelon")


def test_the_page_answers_before_the_news_is_told(make_world):
    ears = Hears()
    world = make_world(plugins=[ears])
    token, browser = world.asked(), world.browser()
    from tests.world import nonce_of

    page = browser.get(f"/acme/{token}?s=1")
    response = browser.post(f"/acme/{token}", data={"nonce": nonce_of(page), "score": "1"}, buffered=False)
    next(response.iter_encoded())
    assert ears.heard == []
    response.close()
    assert len(ears.heard) == 2


@pytest.mark.both_engines
def test_a_changed_answer_is_told_again_with_the_next_revision(make_world):
    ears = Hears()
    world = make_world(plugins=[ears])
    token = world.asked()
    world.ratings.record_answer("acme", 1, token=token)
    world.ratings.record_answer("acme", 3, token=token)
    verdicts = [news for news in ears.heard if type(news).__name__ == "VerdictReached"]
    assert [(news.revision, news.verdict.kind) for news in verdicts] == [(1, "watermelon"), (2, "confirmed")]
    assert verdicts[0].event != verdicts[1].event


def signs_told(plugin) -> list[tuple[str, int, list[str]]]:
    news = [one for one in plugin.heard if type(one).__name__ == "VerdictReached"]
    return [(one.ticket, one.revision, [sign.value for sign in one.verdict.signs]) for one in news]


def later(world: World, **by: int) -> None:
    world.clock.advance(timedelta(**by))
    for _ in ("counts", "tells"):
        world.ratings.run_due(limit=500)


def test_a_quick_fix_that_shows_after_the_verdict_is_told_with_it_once(make_world):
    ears = Hears()
    world = make_world(plugins=[ears], ask={"channels": ["host"]})
    reopened, back = (world.close(name, client=Client(id=name), queue="first") for name in ("1", "2"))
    for receipt in (reopened, back):
        world.ratings.record_answer("acme", 3, survey=receipt.survey.id)
    later(world, hours=1)
    world.ratings.ticket_reopened("acme", "1", world.clock.now())
    later(world, hours=1)
    world.clock.advance(timedelta(hours=1))
    world.close("3", client=Client(id="2"), queue="first", took=timedelta(hours=1))
    later(world, hours=1)
    assert signs_told(ears) == [("1", 1, []), ("2", 1, []), ("1", 2, ["quick_fix"]), ("2", 2, ["quick_fix"])]
    # the counts hear of both tickets again, and nothing new shows
    later(world, hours=1)
    world.close("4", client=Client(id="2"), queue="first", took=timedelta(minutes=1))
    world.close("1", client=Client(id="1"), reopened=1)
    later(world, hours=1)
    assert len(signs_told(ears)) == 4


def test_a_verdict_that_told_of_it_already_or_was_never_told_is_not_told_again(make_world):
    ears = Hears()
    world = make_world(plugins=[ears], ask={"channels": ["host"]})
    receipt = world.close("1", client=Client(id="1"), queue="first")
    world.close("2", client=Client(id="2"))
    world.clock.advance(timedelta(hours=2))
    for client in "12":
        world.close(f"again {client}", client=Client(id=client), queue="first", took=timedelta(hours=1))
    world.clock.advance(timedelta(hours=1))
    world.ratings.record_answer("acme", 3, survey=receipt.survey.id)
    later(world, hours=1)
    assert signs_told(ears) == [("1", 1, ["quick_fix"])]


def test_words_that_come_later_are_told_and_the_verdict_is_not_told_again(make_world):
    ears = Hears()
    world = make_world(plugins=[ears])
    token = world.asked()
    world.ratings.record_answer("acme", 1, token=token)
    world.ratings.record_answer("acme", 1, token=token, comment="Slow")
    world.ratings.record_answer("acme", 1, token=token, comment="Slow")
    assert kinds(ears) == [("AnswerRecorded", 1), ("VerdictReached", 1), ("AnswerRecorded", 2)]
    assert ears.heard[2].answer.comment == "Slow"


def test_a_subscriber_that_fails_is_told_again_later_and_the_others_do_not_wait(make_world):
    broken, well = Hears("broken", broken=2), Hears("well")
    world = make_world(plugins=[broken, well], strict=False)
    world.ratings.record_answer("acme", 1, token=world.asked())
    assert len(well.heard) == 2
    assert kinds(broken) == [("AnswerRecorded", 1)]
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().failed_tellings == 1
    world.clock.advance(timedelta(minutes=10))
    assert world.ratings.run_due().told == 1
    assert kinds(broken)[-1] == ("VerdictReached", 1)
    assert any("broken" in problem and "nps_verdict_reached" in problem for problem in world.ratings.check().problems)


def test_news_waits_for_a_subscriber_that_is_not_loaded_in_this_process(database, mailbox):
    ears = Hears()
    first = World(database(), mailbox, plugins=[ears])
    token = first.asked()
    ears.broken = 99
    first.ratings._strict = False
    first.ratings.plugins._strict = False
    first.ratings.record_answer("acme", 1, token=token)
    first.ratings.close()
    without = Ratings(first.config, plugins=[Hears("other")], clock=first.clock)
    first.clock.advance(timedelta(hours=1))
    assert without.run_due().waiting == 1
    without.close()
    later = Hears()
    with Ratings(first.config, plugins=[later], clock=first.clock) as again:
        assert again.run_due().told == 1
    assert kinds(later) == [("VerdictReached", 1)]


def test_no_news_is_written_where_nobody_listens(world):
    world.ratings.record_answer("acme", 1, token=world.asked())
    assert world.rows("outbox") == []


@pytest.mark.both_engines
def test_an_answer_and_its_news_are_written_together_or_not_at_all(make_world, monkeypatch):
    from nps_plugin.store import outbox

    world = make_world(plugins=[Hears()])
    token = world.asked()

    def full(*_args, **_values):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", full)
        with pytest.raises(OSError, match="disk full"):
            world.ratings.record_answer("acme", 1, token=token)
    assert world.rows("answer") == []
    world.ratings.record_answer("acme", 1, token=token)
    assert len(world.rows("answer")) == 1


def test_no_comment_and_no_address_stands_in_the_outbox(make_world):
    world = make_world(plugins=[Hears()])
    world.ratings.record_answer("acme", 1, token=world.asked(), comment="My name is Ivan")
    assert "Ivan" not in str(world.rows("outbox"))
    assert "example.org" not in str(world.rows("outbox"))
