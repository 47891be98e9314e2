"""The way back in: answers, visits, opt-outs, and the verdicts that stand, for every tenant of one ``Ratings``."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Tenant
from ..errors import TokenUnknown
from ..model import Answer, AnswerState, Client, Effect, Evidence, Recorded, TicketVerdict
from ..store.engine import Store
from ..surveys.facts import as_client, ticket_name
from ..surveys.optout import opt_out, opt_out_client
from ..verdicts import read_verdict
from . import portal
from .looking import Look, look
from .reading import list_answers
from .recording import Given, Taken, asked_at, survey_by_token, take, visit
from .ruling import Decision, decide

log = logging.getLogger(__name__)


class Hearing:
    """Each method is one transaction."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        secrets: Sequence[Secret],
        subscribers: Callable[[], Iterable[str]],
        counts: Counter[str],
    ) -> None:
        self._store, self._clock, self._secrets, self._subscribers = store, clock, secrets, subscribers
        self._counts = counts

    def record(
        self, tenant: Tenant, score: object, *, token: str | None = None, survey: str | None = None, **given: Any
    ) -> Recorded:
        """Store an answer to the survey of a token or id; ``given`` as in :class:`~.recording.Given`."""
        now = self._clock.now()
        with self._store.write() as connection:
            taken = self._take(connection, tenant, score, token, survey, given, now)
            return taken.ledger.recorded(taken.answer, taken.effect)

    def take(self, tenant: Tenant, score: object, *, token: str, **given: Any) -> Effect:
        """The same for a page, which needs to know what it did and nothing else."""
        now = self._clock.now()
        with self._store.write() as connection:
            return self._take(connection, tenant, score, token, None, given, now).effect

    def _take(
        self,
        connection: Connection,
        tenant: Tenant,
        score: object,
        token: str | None,
        survey: str | None,
        given: dict[str, Any],
        now: datetime,
    ) -> Taken:
        if token is not None:
            message = survey_by_token(connection, tenant.name, token)
            survey, given["channel"] = message.survey, message.channel
            given |= {"asked_at": asked_at(message, now), "token": token, "scale": message.scale}
        taken = take(connection, tenant, str(survey), Given(score=score, **given), self._subscribers(), now)
        if taken.dropped:
            self._counts["answers_dropped"] += 1
            log.warning(
                "tenant %s: survey %s has as many answers and comments of strangers as are kept; one more was dropped",
                tenant.name, survey,
            )  # fmt: skip
        return taken

    def rate(
        self, tenant: Tenant, ticket: str, score: object, by: str, host: str = "", closure: int | None = None
    ) -> Recorded:
        """Store the answer of a client who is logged in to the host's portal."""
        given = Given(score=score, source=portal.PORTAL, channel=portal.PORTAL, by=by)
        with self._store.write() as connection:
            return portal.rate(
                connection, tenant, ticket_name(ticket), given, self._subscribers(), self._clock.now(),
                host=ticket_name(host), closure=closure,
            )  # fmt: skip

    def decide(self, tenant: Tenant, decision: Decision) -> Recorded:
        """Let an answer count, or take it out of the counts."""
        with self._store.write() as connection:
            return decide(connection, tenant, decision, self._subscribers(), self._clock.now())

    def answers(
        self, tenant: Tenant, states: Iterable[AnswerState], ticket: str | None, host: str, limit: int
    ) -> tuple[Answer, ...]:
        """The answers in these states, the newest first."""
        name = None if ticket is None else ticket_name(ticket)
        with self._store.read() as connection:
            return list_answers(connection, tenant, states=states, ticket=name, host=ticket_name(host), limit=limit)

    def look(self, tenant: Tenant, token: str) -> Look:
        """What a link stands for."""
        with self._store.read() as connection:
            return look(connection, tenant, token, self._clock.now())

    def known(self, tenant: str, token: str) -> bool:
        """Whether a token leads anywhere; as much work for any tenant's name, so that its time tells none of them."""
        with self._store.read() as connection:
            try:
                survey_by_token(connection, tenant, token)
            except TokenUnknown:
                return False
            return True

    def visit(self, tenant: Tenant, token: str, link: str, evidence: Evidence, score: int | None = None) -> None:
        """Append a visit row."""
        with self._store.write() as connection:
            visit(connection, tenant.name, token, link, evidence, self._clock.now(), score)

    def opt_out_token(self, tenant: Tenant, token: str) -> None:
        """Ask the person behind a message no more."""
        with self._store.write() as connection:
            message = survey_by_token(connection, tenant.name, token)
            opt_out(connection, tenant, message.client, self._secrets[:1], self._clock.now())

    def opt_out(self, tenant: Tenant, client: Client) -> None:
        """Ask this person no more; they need not be known yet."""
        now = self._clock.now()
        with self._store.write() as connection:
            opt_out_client(connection, tenant, as_client(client), self._secrets, now)

    def verdict(self, tenant: Tenant, ticket: str, host: str = "", closure: int | None = None) -> TicketVerdict:
        """The verdict that stands on a ticket."""
        with self._store.read() as connection:
            return read_verdict(connection, tenant, ticket_name(ticket), ticket_name(host), closure)
