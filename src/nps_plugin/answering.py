"""The methods of ``Ratings`` about answers: recorded, listed, ruled on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .base import Base
from .model import Answer, AnswerState, Evidence, Recorded


class Answering(Base):
    """What ``Ratings`` inherits: every way in which an answer comes in, and what people decide about it."""

    def record_answer(
        self,
        tenant: str,
        score: int | str,
        *,
        token: str | None = None,
        survey: str | None = None,
        comment: str | None = None,
        reasons: Sequence[str] = (),
        indicators: Mapping[str, Any] | None = None,
        source: str = "client",
        by: str | None = None,
        evidence: Evidence | None = None,
    ) -> Recorded:
        """Store an answer to a survey (by the token of a message, or by the survey's id; exactly one of them).

        An equal score is a repeat, and adds reasons and comment to the answer that stands; docs/hearing.md tells what
        becomes of a different one. ``indicators``: what the client says of those agreed on, by name, each "yes",
        "partly" or "no" (docs/indicators.md); never part of the score. ``source``: ``client``, or ``operator``,
        ``portal``, ``import`` with ``by``, who entered it, and who may not be the ticket's own agent. ``evidence``:
        what is known of a visitor, for screening.

        Raises :class:`~nps_plugin.errors.AnswerRefused` (its subclasses say why), ``UnknownTenant`` or
        ``UnknownSurvey``.
        """
        if (token is None) == (survey is None):
            raise ValueError("record_answer: give exactly one of token= and survey=")
        recorded = self._parts.hearing.record(
            self._tenant(tenant),
            score,
            token=token,
            survey=survey,
            comment=comment,
            reasons=reasons,
            indicators=indicators or {},
            source=source,
            by=by or "",
            evidence=evidence or Evidence(),
        )
        self._offer()
        return recorded

    def rate(
        self, tenant: str, ticket: str, score: int | str, by: str, host: str = "", closure: int | None = None
    ) -> Recorded:
        """Store the answer of a client who is logged in to the host's portal; it closes the question on every channel.

        ``by``: the client's id or address there, kept with the answer. The last closure unless named. Raises
        ``UnknownTicket``, or ``AnswerRefused`` where the ticket was reopened, its time to answer is over, its client
        is not asked, or ``by`` is its own agent.
        """
        recorded = self._parts.hearing.rate(self._tenant(tenant), str(ticket), score, by, host, closure)
        self._offer()
        return recorded

    def answers(
        self,
        tenant: str,
        state: AnswerState | str | Iterable[AnswerState | str] | None = None,
        ticket: str | None = None,
        host: str = "",
        limit: int = 100,
    ) -> tuple[Answer, ...]:
        """Answers, the newest first: in a state or several, of a ticket or of all.

        ``state=("provisional", "suspect")`` lists those that wait for a ruling. Raises ``ValueError`` for a state that
        there is not.
        """
        wanted = () if state is None else (state,) if isinstance(state, str) else tuple(state)
        states = [AnswerState(one) for one in wanted]
        return self._parts.hearing.answers(self._tenant(tenant), states, ticket, host, limit)

    def accept_answer(self, tenant: str, answer: str, by: str, why: str) -> Recorded:
        """Rule that an answer counts, a provisional or suspect one above all; the one that counted is superseded.

        ``by`` and ``why`` are kept. Raises ``UnknownAnswer``, or ``AnswerRefused`` where one of them is empty or ``by``
        is the ticket's own agent.
        """
        return self._ruled(tenant, answer, AnswerState.COUNTED, by, why)

    def withdraw_answer(self, tenant: str, answer: str, by: str, why: str) -> Recorded:
        """Rule that an answer does not count. It is kept, and the verdict falls back to what counts then.

        Raises as :meth:`accept_answer`.
        """
        return self._ruled(tenant, answer, AnswerState.WITHDRAWN, by, why)

    def _ruled(self, tenant: str, answer: str, to: AnswerState, by: str, why: str) -> Recorded:
        from .responses.ruling import Decision

        decision = Decision(answer=answer, to=to, by=by, why=why)
        recorded = self._parts.hearing.decide(self._tenant(tenant), decision)
        self._offer()
        return recorded
