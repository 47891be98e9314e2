"""Random sequences of everything that can happen to tickets and their clients, and what must hold whatever happened.

Every sequence has a host name of its own, so that thousands share one database without meeting each other.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, ClassVar

from sqlalchemy import select
from tests.surveys.wires import Book, Wires
from tests.world import BASE, World

from nps_plugin import AnswerRefused, Client, DeliveryError, Evidence, LogEvent, Message, UnknownTicket
from nps_plugin.store import tables

TARGET = timedelta(hours=4)
TOKEN = re.compile(rf"{BASE}/acme/([\w-]{{22}})")
NOTICED = {"sending", "sent", "unanswered"}
AGENTS = ("Firefox on the desk", "Safari on a telephone", "Mimecast scanner", "")
#: How a tenant may ask: laid over channels phone and chat.
WAYS: dict[str, dict[str, Any]] = {
    "usual": {"remind_after": "3d"},
    "always": {"quarantine": "0d", "delay": "1d", "max_contacts": 2, "remind_after": "2d"},
    "organization": {"quarantine_by": "organization", "sample": 0.7},
    "hours": {"hours": {"phone": "10:00-12:00"}, "attempts": {"phone": 2, "chat": 2}, "quarantine": "7d"},
    "host": {"channels": ["host"], "quarantine": "5d"},
}


def settings(way: str, book: Book) -> dict[str, Any]:
    """What ``make_world`` needs for one way of asking."""
    ask = {"channels": ["phone", "chat"]} | WAYS[way]
    wires = {"phone": {"adapter": "wire", "book": book}, "chat": {"adapter": "wire", "book": book, "by": "telegram"}}
    channels = {name: wire for name, wire in wires.items() if name in ask["channels"]}
    return {"ask": ask, "channels": channels, "plugins": [Wires()], "strict": True}


class Post:
    """Everything that left, with its time, by survey; what is due to fail fails by the dice."""

    def __init__(self, world: World, book: Book, dice: random.Random) -> None:
        self.left: defaultdict[str, list[tuple[datetime, Message]]] = defaultdict(list)
        self.world, self.dice = world, dice
        book.during, book.after = self.maybe_fail, self.keep

    def maybe_fail(self) -> None:
        drawn = self.dice.random()
        if drawn < 0.06:
            raise DeliveryError("busy, +7 900 1234567")
        if drawn < 0.12:
            raise DeliveryError("nobody picked up", noticed=True)
        if drawn < 0.16:
            raise DeliveryError("no such number", final=True)

    def keep(self, message: Message) -> None:
        self.left[message.survey].append((self.world.clock.now(), message))


@dataclass
class Closing:
    """What the help-desk told, to hold against what was kept."""

    ticket: str
    closure: int
    met: bool
    respondents: tuple[Client | None, ...]
    closed: datetime
    #: from when on nobody may be asked about it
    over: datetime | None = None


@dataclass
class Drama:
    """One sequence."""

    world: World
    post: Post
    number: int
    dice: random.Random
    steps: list[str] = field(default_factory=list)
    closings: dict[tuple[str, int], Closing] = field(default_factory=dict)
    #: from when on nobody may write to them: opted out or forgotten, by the client's place in the cast
    left_alone: dict[int, datetime] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.host = f"h{self.number}"
        self.cast = [
            Client(id=f"{self.host}-{n}", phone=f"+{self.number}-{n}", telegram=f"@{self.host}-{n}", **more)
            for n, more in enumerate(({}, {"organization": self.host}, {"organization": self.host}))
        ]
        # reached by the second channel only, known by no id, and by nothing at all
        self.cast.append(Client(telegram=f"@{self.host}-3", timezone="Asia/Vladivostok"))
        self.cast.append(Client(name="Nobody"))

    def play(self, steps: int) -> None:
        """Do that many random things, then let time pass until nothing is left to do."""
        names, weights = zip(*self.doings, strict=True)
        for _ in range(steps):
            (do,) = self.dice.choices(names, weights)
            self.steps.append(getattr(self, do)())
        for days in (1, 2, 4, 8, 29, 29):
            self.world.clock.advance(timedelta(days=days))
            self.world.ratings.run_due(limit=500)

    # --- what can happen

    #: How often each of them does, against the others.
    doings: ClassVar[tuple[tuple[str, int], ...]] = (
        *(("close", 6), ("repeat", 1), ("reopen", 3), ("work", 7), ("wait", 5), ("answer", 6)),
        *(("opt_out", 2), ("forget", 1), ("rule", 2), ("rate", 1), ("visit", 1)),
    )

    def facts(self) -> dict[str, Any]:
        """What the host knows of a ticket besides."""
        return {"agent": ""}

    def close(self) -> str:
        ticket = self.dice.choice("abc")
        took = self.dice.choice([timedelta(hours=1), timedelta(hours=9)])
        people = self.dice.sample(self.cast, self.dice.choice([1, 1, 1, 2, 3]))
        if self.dice.random() < 0.1:
            people.append(people[0])
        receipt = self.world.close(
            ticket, host=self.host, took=took, client=people[0], respondents=tuple(people[1:]), **self.facts()
        )
        assert receipt.recorded, receipt.problem
        assert (receipt.survey is None) != (receipt.not_asked is None)
        key = (ticket, receipt.closure)
        if not receipt.repeated:
            now = self.world.clock.now()
            self._end(ticket, receipt.closure - 1)
            self.closings[key] = Closing(ticket, receipt.closure, took <= TARGET, tuple(people), now)
            for outcome in (receipt.survey, *receipt.others):
                if getattr(outcome, "_buttons", None) is not None:
                    self.tokens.append(_token(outcome.buttons("text")))
        return f"close {ticket} for {len(people)}: {receipt.not_asked or receipt.survey.state}"

    def repeat(self) -> str:
        if not self.closings:
            return "repeat nothing"
        ticket, closure = self.dice.choice(list(self.closings))
        assert self.world.close(ticket, host=self.host, closure=closure).repeated
        return f"repeat {ticket}/{closure}"

    def reopen(self) -> str:
        ticket = self.dice.choice("abc")
        closures = [closure for known, closure in self.closings if known == ticket]
        if closures:
            self.world.ratings.ticket_reopened("acme", ticket, self.world.clock.now(), self.host)
            self._end(ticket, max(closures))
        return f"reopen {ticket}"

    def _end(self, ticket: str, through: int) -> None:
        for (known, closure), closing in self.closings.items():
            if known == ticket and closure <= through and closing.over is None:
                closing.over = self.world.clock.now()

    def work(self) -> str:
        return f"work {self.world.ratings.run_due(limit=self.dice.choice([1, 500]))}"

    def wait(self) -> str:
        by = self.dice.choice(
            [timedelta(minutes=7), timedelta(hours=5), timedelta(hours=23), timedelta(days=1), timedelta(days=9)]
        )
        self.world.clock.advance(by)
        return f"wait {by}"

    def answer(self) -> str:
        token = self._some_token()
        if token is None:
            return "answer nothing"
        evidence = Evidence(agent=self.dice.choice(AGENTS), address=self.dice.choice(["192.0.2.0/24", ""]))
        try:
            recorded = self.world.ratings.record_answer(
                "acme", self.dice.choice([1, 2, 3]), token=token, evidence=evidence
            )
        except AnswerRefused as error:
            return f"answer refused: {type(error).__name__}"
        self.answers.append(recorded.answer.id)
        return f"answer {recorded.answer.score}: {recorded.effect}"

    def visit(self) -> str:
        token = self._some_token()
        if token is not None:
            self.world.browser().get(f"/acme/{token}?s=1").close()
        return "visit"

    def rate(self) -> str:
        ticket, who = self.dice.choice("abc"), self.dice.choice(self.cast)
        try:
            recorded = self.world.ratings.rate("acme", ticket, self.dice.choice([1, 2, 3]), by=who.key, host=self.host)
        except (AnswerRefused, UnknownTicket) as error:
            return f"rate refused: {type(error).__name__}"
        self.answers.append(recorded.answer.id)
        return f"rate {recorded.answer.score}: {recorded.effect}"

    def rule(self) -> str:
        if not self.answers:
            return "rule nothing"
        answer = self.dice.choice(self.answers)
        rule = self.dice.choice([self.world.ratings.accept_answer, self.world.ratings.withdraw_answer])
        return f"{rule.__name__}: {rule('acme', answer, 'boss', 'the dice said so').effect}"

    def opt_out(self) -> str:
        return self._leave_alone(self.world.ratings.opt_out)

    def forget(self) -> str:
        return self._leave_alone(self.world.ratings.forget_client)

    def _leave_alone(self, do: Callable[[str, Client], Any]) -> str:
        who = self.dice.randrange(4)
        if self.dice.random() < 0.5:
            return "leave nobody alone"
        do("acme", self.cast[who])
        self.left_alone.setdefault(who, self.world.clock.now())
        return f"{do.__name__} {who}"

    def _some_token(self) -> str | None:
        found = [*self.tokens, *(_token(message.text) for _, message in self._mails())]
        return self.dice.choice(found) if found else None

    def _mails(self) -> Iterator[tuple[datetime, Message]]:
        ours = {client.telegram for client in self.cast if client.telegram}
        for mails in self.post.left.values():
            yield from (mail for mail in mails if mail[1].client.telegram in ours)

    # --- what must hold

    def check(self) -> Counter[str]:
        """Raise AssertionError where something does not hold; how often each rule was put to the test."""
        surveys = self._rows("survey", host=self.host)
        ids = [row.survey for row in surveys]
        messages, answers = (
            self._rows("message", survey=ids),
            self._rows("answer", survey=ids),
        )
        tried: Counter[str] = Counter()
        tried["surveys"] += self.check_one_survey_or_reason(surveys)
        tried["answers"] += self.check_answers(surveys, answers)
        tried["mails"] += self.check_mails(surveys)
        tried["pairs in quarantine"] += self.check_quarantine(surveys, answers)
        tried["reminders"] += self.check_messages(surveys, messages, answers)
        tried["verdicts"] += self.check_verdicts(surveys, answers)
        tried["ends explained"] += self.check_log(surveys)
        for row in surveys:
            tried[f"end: {row.not_asked or row.state}"] += 1
        return tried

    def check_one_survey_or_reason(self, surveys: list[Any]) -> int:
        found = defaultdict(list)
        for row in surveys:
            found[row.ticket, row.closure].append(row.respondent)
            assert row.state not in ("scheduled", "sending", "sent"), f"{row.state} is no end"
            assert (row.state == "not_asked") == (row.not_asked is not None)
        told = {key: list(range(len(closing.respondents))) for key, closing in self.closings.items()}
        assert {key: sorted(numbers) for key, numbers in found.items()} == told, "one survey or reason a respondent"
        return len(surveys)

    def check_answers(self, surveys: list[Any], answers: list[Any]) -> int:
        counted = Counter(row.survey for row in answers if row.state == "counted")
        assert all(number == 1 for number in counted.values()), "one answer counts"
        state = {row.survey: row.state for row in surveys}
        for survey, reached in state.items():
            assert (reached == "answered") == (survey in counted), "answered, and no answer counts"
        return len(answers)

    def check_mails(self, surveys: list[Any]) -> int:
        checked = 0
        alone = {self.cast[who].telegram: since for who, since in self.left_alone.items()}
        for row in surveys:
            closing = self.closings[row.ticket, row.closure]
            for at, message in self.post.left.get(row.survey, []):
                checked += 1
                client = message.client.telegram
                assert at <= alone.get(client, at), f"a mail to {client}, who wants none"
                assert closing.over is None or at <= closing.over, "a mail after the reopening"
                respondent = closing.respondents[row.respondent]
                assert respondent is not None
                assert client == respondent.telegram, "a mail to somebody else"
        return checked

    def check_quarantine(self, surveys: list[Any], answers: list[Any]) -> int:
        ask = self.world.ratings.settings.tenants["acme"].ask
        asked = defaultdict(list)
        twice: Counter[tuple[str, int, str]] = Counter()
        for row in surveys:
            by_organization = ask.quarantine_by == "organization" and row.organization
            first = min((at for at, _ in self.post.left.get(row.survey, [])), default=None)
            if ask.channels == ("host",):
                first = row.sent_at
            if first is not None:
                twice[row.ticket, row.closure, row.client] += 1
                whose = row.organization if by_organization else row.client
                asked[whose].append((first, (row.ticket, row.closure), row.survey))
        assert all(number == 1 for number in twice.values()), "one person asked twice about one closure"

        def promised(earlier: tuple[Any, ...], later: tuple[Any, ...]) -> bool:
            """Whether the earlier question was withdrawn unanswered, and the later one is about the same ticket."""
            (_, (ticket, closure), survey), (at, (again, _), _) = earlier, later
            over = self.closings[ticket, closure].over
            signs = [sign for row in answers if row.survey == survey for sign in self._signs(row)]
            # what happens at one moment of the clock has an order that is kept nowhere
            counts = {sum(sign for when, sign in signs if when < at), sum(sign for when, sign in signs if when <= at)}
            return ticket == again and over is not None and over <= at and 0 in counts

        checked = 0
        for questions in asked.values():
            for one, other in combinations(sorted(questions), 2):
                checked += 1
                apart = one[1] == other[1] or other[0] - one[0] >= ask.quarantine
                assert apart or promised(one, other), f"asked again after {other[0] - one[0]}"
        return checked

    def check_messages(self, surveys: list[Any], messages: list[Any], answers: list[Any]) -> int:
        ask = self.world.ratings.settings.tenants["acme"].ask
        of = {row.survey: row for row in surveys}
        contacts: Counter[tuple[str, int]] = Counter()
        reminders: Counter[str] = Counter()
        for message in messages:
            row = of[message.survey]
            contacts[row.ticket, row.closure] += message.outcome in NOTICED
            if message.kind == "reminder":
                reminders[row.survey] += message.outcome in NOTICED
                assert ask.remind_after is not None
                assert message.created_at >= row.sent_at + ask.remind_after
                assert message.created_at < row.expires_at
                assert message.expires_at == row.expires_at, "a reminder prolongs nothing"
        assert all(number <= ask.max_contacts for number in contacts.values()), "contacted too often"
        assert all(number <= 1 for number in reminders.values()), "one reminder"
        for answer in answers:
            for message in messages:
                late = message.survey == answer.survey and message.kind == "reminder" and message.outcome in NOTICED
                assert not (late and answer.state == "counted" and answer.at < message.created_at) or (
                    # what was provisional or suspect is nobody's answer until somebody rules
                    answer.answer in self.answers and self._ruled(answer.answer)
                ), "reminded after the answer"
        return sum(reminders.values())

    def _signs(self, answer: Any) -> Iterator[tuple[datetime, int]]:
        """When an answer came to count (+1) and ceased to (-1), as its marks tell."""
        marks = sorted(self._rows("answer_mark", answer=answer.answer), key=lambda row: (row.at, row.mark))
        counts = answer.grade != "scanner" and (marks[0].state != "counted" if marks else answer.state == "counted")
        if counts:
            yield answer.at, 1
        for mark in marks:
            if (mark.state == "counted") != counts:
                counts = not counts
                yield mark.at, 1 if counts else -1

    def _ruled(self, answer: str) -> bool:
        return bool(self._rows("answer_mark", answer=answer))

    def check_verdicts(self, surveys: list[Any], answers: list[Any]) -> int:
        order = ["dissatisfied", "neutral", "satisfied"]
        corners = {
            (True, "satisfied"): "confirmed",
            (True, "dissatisfied"): "watermelon",
            (False, "satisfied"): "forgiven",
            (False, "dissatisfied"): "failed",
        }
        for (ticket, closure), closing in self.closings.items():
            ours = {row.survey: row for row in surveys if (row.ticket, row.closure) == (ticket, closure)}
            bands = [row.band for row in answers if row.survey in ours and row.state == "counted"]
            if bands:
                expected = corners.get((closing.met, min(bands, key=order.index)), "lukewarm")
            elif all(row.state == "not_asked" for row in ours.values()):
                expected = "not_asked"
            else:
                expected = "unanswered"
            found = self.world.ratings.ticket_verdict("acme", ticket, self.host, closure)
            assert found.kind == expected, f"{ticket}/{closure}: {found.kind} instead of {expected}"
        return len(self.closings)

    def check_log(self, surveys: list[Any]) -> int:
        logs = {
            ticket: self.world.ratings.survey_log("acme", ticket, self.host)
            for ticket in {row.ticket for row in surveys}
        }
        for row in surveys:
            said = [entry for entry in logs[row.ticket] if entry.survey == row.survey]
            what = {entry.what for entry in said}
            if row.state == "answered":
                ruled = any(entry.what == LogEvent.MARKED and "is counted now" in entry.detail for entry in said)
                assert what & {LogEvent.ANSWERED, LogEvent.CHANGED} or ruled, "answered, and the log does not know"
            else:
                (end,) = [entry for entry in said if entry.what == row.state]
                assert row.not_asked is None or row.not_asked in end.detail, f"no reason in {end.detail!r}"
            sent = len(self.post.left.get(row.survey, []))
            if self._kept(row):
                told = sum(entry.what in (LogEvent.SENT, LogEvent.REMINDED) for entry in said)
                assert row.channel == "host" or told == sent, f"{sent} left, the log tells of {told}"
            assert not any("1234567" in entry.detail for entry in said), "a number in the log"
        return len(surveys)

    def _kept(self, row: Any) -> bool:
        """Whether the messages to that respondent are there still: nobody has forgotten them."""
        respondent = self.closings[row.ticket, row.closure].respondents[row.respondent]
        return respondent not in [self.cast[who] for who in self.left_alone]

    def _rows(self, table: str, **where: Any) -> list[Any]:
        found = tables.metadata.tables[f"nps_{table}"]
        query = select(found)
        for name, value in where.items():
            query = query.where(found.c[name].in_(value) if isinstance(value, list) else found.c[name] == value)
        with self.world.ratings._parts.store.read() as connection:
            return list(connection.execute(query))


def _token(text: str) -> str:
    found = TOKEN.search(text)
    assert found is not None
    return found.group(1)
