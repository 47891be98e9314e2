"""The way back in: answers, visits, opt-outs, and the verdicts that stand, for every tenant of one ``Ratings``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Tenant
from ..model import Client, Evidence, Recorded, TicketVerdict
from ..store.engine import Store
from ..surveys.facts import as_client, ticket_name
from ..surveys.optout import opt_out, opt_out_client
from ..verdicts import read_verdict
from .looking import Look, look
from .recording import Given, record, survey_by_token, visit


class Hearing:
    """Each method is one transaction."""

    def __init__(
        self, store: Store, clock: Clock, secrets: Sequence[Secret], subscribers: Callable[[], Iterable[str]]
    ) -> None:
        self._store, self._clock, self._secrets, self._subscribers = store, clock, secrets, subscribers

    def record(
        self, tenant: Tenant, score: object, *, token: str | None = None, survey: str | None = None, **given: Any
    ) -> Recorded:
        """Store an answer to the survey of a token or id; ``given`` as in :class:`~.recording.Given`."""
        with self._store.write() as connection:
            if token is not None:
                message = survey_by_token(connection, tenant.name, token)
                survey, given["channel"] = message.survey, message.channel
            return record(
                connection, tenant, str(survey), Given(score=score, **given), self._subscribers(), self._clock.now()
            )

    def look(self, tenant: Tenant, token: str) -> Look:
        """What a link stands for."""
        with self._store.read() as connection:
            return look(connection, tenant, token, self._clock.now())

    def visit(self, tenant: Tenant, token: str, link: str, evidence: Evidence) -> None:
        """Append a visit row."""
        with self._store.write() as connection:
            visit(connection, tenant.name, token, link, evidence, self._clock.now())

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
