"""Nothing personal in a log, a result's text or an error's, whatever goes well or wrong, at the loudest level."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import pytest
from sqlalchemy import text
from tests.world import nonce_of

from nps_plugin import Client, ClosedTicket, DeliveryError, Ratings, Registration, hookimpl

MARKS = {
    "name": "Zephyrina Quux",
    "email": "zephyrina.quux@example.org",
    "phone": "+7 999 4242424",
    "telegram": "@zephyquux",
    "subject": "Quuxian-printer-on-fire",
    "comment": "Quuxian-comment-of-a-person",
}
ZEPHYRINA = Client(id="4711", **{name: MARKS[name] for name in ("name", "email", "phone", "telegram")})


class Loud:
    """A plugin and a channel that fail with everything they know in the message."""

    nps_name = "loud"

    def __init__(self) -> None:
        self.fails = False

    @hookimpl
    def nps_register_channels(self):
        return [Registration("loud", "tests.persons.test_nothing_in_logs:LoudChannel")]

    @hookimpl
    def nps_ticket_closed(self, closed):
        self._fail(closed)

    @hookimpl
    def nps_exclude_from_survey(self, closed):
        self._fail(closed)

    @hookimpl
    def nps_answer_recorded(self, news):
        self._fail(news)

    def _fail(self, about):
        if self.fails:
            raise RuntimeError(f"loud: {about!r} {MARKS}")


class LoudChannel:
    """Refuses by a provider's words that repeat the address, then breaks, then works."""

    tokens: ClassVar[list[str]] = []
    errors: ClassVar[list[Exception]] = []

    def __init__(self, settings):
        pass

    def reaches(self, client):
        return bool(client.email)

    def send(self, message):
        from nps_plugin import Delivery

        repr(message)
        LoudChannel.tokens.append(message.text.split("/acme/")[1][:22])
        if LoudChannel.errors:
            raise LoudChannel.errors.pop()
        return Delivery(reference="1")


class Heard:
    """Everything that was said: logs, and the texts of results and errors."""

    def __init__(self, caplog):
        self.caplog, self.said = caplog, []

    def __call__(self, do):
        try:
            result = do()
        except Exception as error:  # noqa: BLE001 - what it says is looked at
            self.said += [str(error), repr(error)]
            return None
        self.said += [str(result), repr(result)]
        return result

    def marks(self, *more: str) -> set[str]:
        formatter = logging.Formatter()
        # the SMTP server and the browser of the tests are not ours
        logs = [formatter.format(one) for one in self.caplog.records if one.name not in ("mail.log", "asyncio")]
        everything = "\n".join([*self.said, *logs]).casefold()
        return {mark for mark in [*MARKS.values(), *more, "zephyrina", "4242424"] if mark.casefold() in everything}


@pytest.fixture
def loud(make_world):
    LoudChannel.tokens.clear()
    LoudChannel.errors.clear()
    plugin = Loud()
    world = make_world(plugins=[plugin], strict=False, ask={"quarantine": "0s", "channels": ["loud"]}, channels={})
    world.plugin = plugin
    return world


def close(world, number, **facts):
    return world.ratings.ticket_closed(world.ticket(number, client=ZEPHYRINA, subject=MARKS["subject"], **facts))


def story(world, heard):
    """Everything once: what goes well, then what is refused."""
    ratings: Ratings = world.ratings
    heard(lambda: close(world, "1"))
    heard(lambda: close(world, "1"))
    heard(lambda: close(world, "2", respondents=(ZEPHYRINA,), reopened=MARKS["name"], closed_at=MARKS["name"]))
    heard(
        lambda: ratings.ticket_closed(
            ClosedTicket(tenant="acme", ticket="3", opened_at=None, closed_at=None, client=MARKS)
        )
    )
    heard(lambda: close(world, "4", facts={"a": 1}, path=ZEPHYRINA, tags=ZEPHYRINA, worked=ZEPHYRINA, paused=ZEPHYRINA))
    heard(ratings.run_due)
    for token in LoudChannel.tokens[:2]:
        heard(lambda token=token: ratings.record_answer("acme", 1, token=token, comment=MARKS["comment"]))
        heard(lambda token=token: ratings.record_answer("acme", 9, token=token, comment=MARKS["comment"]))
        heard(lambda token=token: ratings.record_answer("acme", 1, token=token[::-1], comment=MARKS["comment"]))
        heard(
            lambda token=token: ratings.record_answer(
                "acme", 1, token=token, reasons=["nope"], comment=MARKS["comment"]
            )
        )
        browser = world.browser()
        page = browser.get(f"/acme/{token}?s=1")
        if 'name="nonce"' in page.text:
            form = {"nonce": nonce_of(page), "score": 1, "comment": MARKS["comment"]}
            browser.post(f"/acme/{token}", data=form).close()
            browser.post(f"/acme/{token[::-1]}", data=form).close()
        browser.post(f"/acme/{token}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
    heard(lambda: ratings.ticket_reopened("acme", "1", world.clock.now()))
    heard(lambda: ratings.ticket_verdict("acme", "1"))
    heard(lambda: ratings.ticket_verdict("acme", "nope"))
    heard(lambda: ratings.survey_log("acme", "1"))
    heard(lambda: ratings.not_asked_counts("acme"))
    heard(lambda: ratings.opt_out("acme", ZEPHYRINA))
    heard(lambda: ratings.forget_client("nobody", ZEPHYRINA))
    heard(lambda: ratings.export_person("acme", MARKS["name"]))
    heard(ratings.check)
    heard(lambda: list(ratings.plugins))
    heard(ratings.untold)
    heard(lambda: ratings.settings)
    world.clock.advance(timedelta(days=2))
    heard(ratings.run_due)
    heard(lambda: ratings.export_person("acme", ZEPHYRINA) and None)
    heard(lambda: ratings.forget_client("acme", ZEPHYRINA))


def test_when_all_goes_well(loud, caplog):
    caplog.set_level(logging.DEBUG)
    heard = Heard(caplog)
    story(loud, heard)
    assert LoudChannel.tokens
    assert heard.marks(*LoudChannel.tokens) == set()


def test_when_plugins_and_channels_break_with_it_on_their_lips(loud, caplog):
    caplog.set_level(logging.DEBUG)
    heard = Heard(caplog)
    loud.plugin.fails = True
    said = f"550 no mailbox {MARKS['email'].upper()} for {MARKS['name']}, user zephyrina.quux unknown"
    LoudChannel.errors += [DeliveryError(said, final=True), RuntimeError(said), DeliveryError(said)]
    story(loud, heard)
    assert not LoudChannel.errors
    assert heard.marks(*LoudChannel.tokens) == set()


@pytest.mark.parametrize(
    "table", ["client", "contact", "comment", "survey", "message", "evidence", "outbox", "closure"]
)
def test_when_a_table_is_gone(loud, caplog, table):
    close(loud, "0")
    loud.ratings.run_due()
    caplog.set_level(logging.DEBUG)
    heard = Heard(caplog)
    with loud.ratings._parts.store.write() as connection:
        connection.execute(text(f"ALTER TABLE nps_{table} RENAME TO nps_gone"))
    story(loud, heard)
    assert heard.marks(*LoudChannel.tokens) == set()
    with suppress(Exception), loud.ratings._parts.store.write() as connection:
        connection.execute(text(f"ALTER TABLE nps_gone RENAME TO nps_{table}"))


def test_news_holds_nothing_personal(loud):
    said = f"550 no mailbox {MARKS['email']}"
    LoudChannel.errors += [DeliveryError(said)]
    loud.plugin.fails = True
    close(loud, "1")
    loud.ratings.run_due()
    loud.clock.advance(timedelta(days=1))
    loud.ratings.run_due()
    loud.ratings.record_answer("acme", 1, token=LoudChannel.tokens[-1], comment=MARKS["comment"])
    loud.ratings.run_due()
    kept = repr([row._mapping for row in loud.rows("outbox")]).casefold()
    assert "delivery_failed" in kept
    assert "answer_recorded" in kept
    assert not {mark for mark in MARKS.values() if mark.casefold() in kept}


def test_the_marks_are_found_where_they_are(caplog):
    caplog.set_level(logging.DEBUG)
    heard = Heard(caplog)
    logging.getLogger("anything").debug("sent to %s", MARKS["email"])
    heard(lambda: MARKS["comment"])
    assert heard.marks() == {MARKS["email"], MARKS["comment"], "zephyrina"}
