"""The hooks. A plugin is a module or object with methods marked ``@hookimpl``; a class may inherit :class:`NpsSpec`,
and is then type-checked. See docs/hooks.md for when each fires."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from .model import (
        AnswerRecorded,
        ClosedTicket,
        CommentReceived,
        DeliveryFailed,
        Exclusion,
        ReopenedTicket,
        StandingChanged,
        Survey,
        SurveySent,
        VerdictReached,
    )
    from .ports import Registration

#: The marker name, the entry-point group and the project name of the plugin system.
PROJECT = "nps_plugin"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class NpsSpec:
    """All hooks of the library. An implementation may leave out arguments that it does not need."""

    @hookspec
    def nps_ticket_closed(self, closed: ClosedTicket, connection: Any) -> None:
        """Observe a closing, once per new closure, after its rows are written. What it returns is ignored.

        :param closed: the ticket as the host gave it.
        :param connection: the host's SQLAlchemy connection where the closing joined its transaction (each observer then
            runs in a savepoint of its own), else None.
        """

    @hookspec
    def nps_ticket_reopened(self, reopened: ReopenedTicket, connection: Any) -> None:
        """Observe a reopening, after its row is written. Arguments as for :meth:`nps_ticket_closed`."""

    @hookspec
    def nps_exclude_from_survey(self, closed: ClosedTicket) -> Exclusion | None:
        """Say that the client of this ticket must not be asked, and why. Any exclusion wins; each reason is stored."""

    @hookspec(firstresult=True)
    def nps_work_time(self, closed: ClosedTicket) -> timedelta | None:
        """The resolution time on the host's SLA clock, where the ticket does not bring it. The first answer counts."""

    @hookspec(firstresult=True)
    def nps_message_text(self, survey: Survey) -> str | None:
        """The question to put into this survey's message instead of the configured one. The first answer counts."""

    @hookspec
    def nps_survey_sent(self, news: SurveySent) -> None:
        """News: a question left for the client. At least once."""

    @hookspec
    def nps_delivery_failed(self, news: DeliveryFailed) -> None:
        """News: a question could not be delivered. At least once."""

    @hookspec
    def nps_answer_recorded(self, news: AnswerRecorded) -> None:
        """News: a score was stored, or reasons or a comment were added. At least once."""

    @hookspec
    def nps_comment_received(self, news: CommentReceived) -> None:
        """News: a client wrote over a channel without a score. At least once."""

    @hookspec
    def nps_verdict_reached(self, news: VerdictReached) -> None:
        """News: the verdict on a ticket was reached or corrected. At least once."""

    @hookspec
    def nps_standing_changed(self, news: StandingChanged) -> None:
        """News: the verdict on an agent, queue, service or the whole changed its level, link or trap. At least once."""

    @hookspec
    def nps_register_channels(self) -> Iterable[Registration]:
        """The channels that this plugin brings, by name. Asked once, when ``Ratings`` is made."""
        return ()

    @hookspec
    def nps_register_helpdesks(self) -> Iterable[Registration]:
        """The help-desks that this plugin brings, by name. Asked once, when ``Ratings`` is made."""
        return ()
