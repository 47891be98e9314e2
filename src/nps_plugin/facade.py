"""The hooks as typed methods, for hosts that think in hooks. Each has the effect of the method of ``Ratings``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import (
        AnswerRecorded,
        ClosedTicket,
        CommentReceived,
        DeliveryFailed,
        Exclusion,
        Receipt,
        ReopenedTicket,
        StandingChanged,
        Survey,
        SurveySent,
        VerdictReached,
    )
    from .ports import Registration
    from .ratings import Ratings


class HookFacade:
    """``ratings.hook``: callers never touch the hook relay, and what they call is contained."""

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    def nps_ticket_closed(self, closed: ClosedTicket, connection: Any = None) -> Receipt:
        """The same as ``ratings.ticket_closed(closed, connection)``."""
        return self._ratings.ticket_closed(closed, connection)

    def nps_ticket_reopened(self, reopened: ReopenedTicket, connection: Any = None) -> Receipt:
        """The same as ``ratings.ticket_reopened(...)``."""
        return self._ratings.ticket_reopened(reopened.tenant, reopened.ticket, reopened.at, reopened.host, connection)

    def nps_exclude_from_survey(self, closed: ClosedTicket) -> list[Exclusion]:
        """Every exclusion that the plugins give."""
        return self._ratings.plugins.call("nps_exclude_from_survey", closed=closed)

    def nps_work_time(self, closed: ClosedTicket) -> timedelta | None:
        """The first plugin's resolution time."""
        found: timedelta | None = self._ratings.plugins.first("nps_work_time", closed=closed)
        return found

    def nps_message_text(self, survey: Survey) -> str | None:
        """The first plugin's question."""
        found: str | None = self._ratings.plugins.first("nps_message_text", survey=survey)
        return found

    def nps_survey_sent(self, news: SurveySent) -> None:
        """Tell every plugin in this process, once."""
        self._ratings.plugins.call("nps_survey_sent", news=news)

    def nps_delivery_failed(self, news: DeliveryFailed) -> None:
        """Tell every plugin in this process, once."""
        self._ratings.plugins.call("nps_delivery_failed", news=news)

    def nps_answer_recorded(self, news: AnswerRecorded) -> None:
        """Tell every plugin in this process, once."""
        self._ratings.plugins.call("nps_answer_recorded", news=news)

    def nps_comment_received(self, news: CommentReceived) -> None:
        """Tell every plugin in this process, once."""
        self._ratings.plugins.call("nps_comment_received", news=news)

    def nps_verdict_reached(self, news: VerdictReached) -> None:
        """Tell every plugin in this process, once."""
        self._ratings.plugins.call("nps_verdict_reached", news=news)

    def nps_standing_changed(self, news: StandingChanged) -> None:
        """Tell every plugin in this process, once."""
        self._ratings.plugins.call("nps_standing_changed", news=news)

    def nps_register_channels(self) -> list[Registration]:
        """All channels that plugins bring."""
        return [one for some in self._ratings.plugins.call("nps_register_channels") for one in some]

    def nps_register_helpdesks(self) -> list[Registration]:
        """All help-desks that plugins bring."""
        return [one for some in self._ratings.plugins.call("nps_register_helpdesks") for one in some]
