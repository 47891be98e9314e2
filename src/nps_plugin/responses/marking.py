"""Changes of an answer's state: a mark for each, the counts' queue and the news in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..config.settings import Tenant
from ..errors import AnswerRefused
from ..model import Answer, AnswerState, CallKind, Effect, Recorded, SurveyState
from ..store import outbox
from ..store.call_tables import LINK
from ..store.folding import queue_fold
from ..store.ids import new_id
from ..store.tables import answer_marks, answers, calls, closures, reopenings, surveys
from ..store.upsert import insert_or
from ..verdicts import read_verdict
from .reading import read_answer


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """One survey, locked, whose answers change now."""

    connection: Connection
    tenant: Tenant
    #: the row of the survey
    survey: Any
    now: datetime
    subscribers: Iterable[str]

    def count(self) -> None:
        """Queue that an answer of this closure came into the counts or left them."""
        queue_fold(self.connection, now=self.now, tenant=self.tenant.name, **self._closure)

    def mark(self, answer: str, state: AnswerState, *, was: AnswerState, by: str = "", why: str) -> None:
        """Change the state of an answer: the row says when, by whom and why."""
        key = {"tenant_id": self.tenant.name, "answer": answer}
        self.connection.execute(update(answers).filter_by(**key).values(state=state.value))
        row = key | {"mark": new_id(self.now), "state": state.value, "at": self.now, "by": by, "why": why}
        self.connection.execute(insert(answer_marks).values(row))
        if AnswerState.COUNTED in (was, state):
            self.count()

    def supersede(self, gone: Iterable[str], was: Mapping[str, AnswerState], why: str) -> None:
        """Let answers give way, whatever they were."""
        for answer in gone:
            self.mark(answer, AnswerState.SUPERSEDED, was=was[answer], why=why)

    def supersede_counted(self, *, by: str = "", why: str) -> None:
        """Let the answer that counts give way, where one does."""
        counted = select(answers.c.answer).filter_by(
            tenant_id=self.tenant.name, survey=self.survey.survey, state=AnswerState.COUNTED.value
        )
        for answer in self.connection.execute(counted).scalars().all():
            self.mark(answer, AnswerState.SUPERSEDED, was=AnswerState.COUNTED, by=by, why=why)

    def close_question(self) -> None:
        """An answer counts: nobody is asked any more."""
        self._state(SurveyState.ANSWERED)
        self._ask_why()

    def _ask_why(self) -> None:
        """Note that an operator may call to learn why, or that a link is sent for it.

        Whether a call is drawn is decided when the queue is looked at.
        """
        tenant = self.tenant
        wanted = tenant.ask.why_call
        if wanted is None and not any(way.after_low in ("operator", "link") for way in tenant.ways.values()):
            return
        key = {"tenant_id": tenant.name, "survey": self.survey.survey}
        counted = select(answers.c.band, answers.c.channel).filter_by(**key, state=AnswerState.COUNTED.value)
        given = self.connection.execute(counted).first()
        if given is None:
            return
        after = tenant.way_of(given.channel).after_low if given.band in tenant.ask.ask_why else ""
        kinds = {CallKind.WHY.value} if wanted is not None and given.band in wanted.bands else set()
        kinds |= {"operator": {CallKind.WHY.value}, "link": {LINK}}.get(after, set())
        there = set(self.connection.execute(select(calls.c.kind).filter_by(**key)).scalars())
        for kind in kinds - there:
            link = {"call": new_id(self.now), "due_at": self.now} if kind == LINK else {"call": self.survey.survey}
            row = key | link | {"kind": kind, "client": self.survey.client, "created_at": self.now}
            self.connection.execute(insert_or(self.connection, calls).values(row).on_conflict_do_nothing())

    def open_question(self) -> None:
        """No answer counts any more: the question is where it would be, had none come."""
        if self.connection.execute(select(reopenings.c.at).filter_by(**self._key)).first() is not None:
            self._state(SurveyState.CANCELLED)
        elif self.survey.expires_at is not None and self.survey.expires_at <= self.now:
            self._state(SurveyState.EXPIRED)
        else:
            self._state(SurveyState.SCHEDULED if self.survey.sent_at is None else SurveyState.SENT)

    def tell(self, kinds: Sequence[str], answer: str) -> None:
        """Write news about an answer for every subscriber."""
        for kind in kinds:
            outbox.put(
                self.connection, self.subscribers, kind=kind, tenant=self.tenant.name, now=self.now,
                survey=self.survey.survey, answer=answer, **self._closure,
            )  # fmt: skip

    def recorded(self, answer: str, effect: Effect) -> Recorded:
        """The answer as it stands now, with the verdict."""
        survey = self.survey
        verdict = read_verdict(self.connection, self.tenant, survey.ticket, survey.host, survey.closure)
        found: Answer | None = read_answer(self.connection, self.tenant, answer)
        assert found is not None  # noqa: S101 - it was read or written in this transaction
        return Recorded(answer=found, verdict=verdict, effect=effect)

    def refuse_own_agent(self, by: str, what: str) -> None:
        """Raise ``AnswerRefused`` where a person would speak about their own ticket: the one credited, or its assignee.

        Who is measured by a score must not enter it, nor rule on it.
        """
        row = self.connection.execute(select(closures.c.credited, closures.c.agent).filter_by(**self._key)).one()
        own = {name.strip().casefold() for name in (row.credited, row.agent)} - {""}
        if by.strip().casefold() in own:
            raise AnswerRefused(
                f"tenant {self.tenant.name}: {by.strip()!r:.80} is the agent of ticket {self.survey.ticket!r:.80},"
                f" so another person has to {what}"
            )

    @property
    def _closure(self) -> dict[str, Any]:
        return {"host": self.survey.host, "ticket": self.survey.ticket, "closure": self.survey.closure}

    @property
    def _key(self) -> dict[str, Any]:
        return {"tenant_id": self.tenant.name, **self._closure}

    def _state(self, state: SurveyState) -> None:
        key = {"tenant_id": self.tenant.name, "survey": self.survey.survey}
        self.connection.execute(
            update(surveys).filter_by(**key).values(state=state.value, not_asked=None, state_at=self.now)
        )
