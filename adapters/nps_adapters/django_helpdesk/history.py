"""What a ticket's follow-ups and their changes tell: who held it, when it rested, how often it was reopened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nps_plugin import Assignment, Interval

from .names import field_names, matched, title_patterns

#: How long before the closing was seen its follow-up may be dated: django-helpdesk dates it, then renders the comment.
_BEFORE = timedelta(seconds=60)


@dataclass(frozen=True)
class History:
    """The follow-ups of one ticket, oldest first, and their changes by follow-up."""

    ticket: Any
    followups: Sequence[Any]
    changes: Sequence[Any]
    closed_statuses: frozenset[int]

    @classmethod
    def read(cls, ticket: Any, closed_statuses: frozenset[int]) -> History:
        """Read it from the database that the ticket came from."""
        from helpdesk.models import FollowUp, TicketChange

        using = ticket._state.db
        followups = FollowUp.objects.using(using).filter(ticket=ticket).select_related("user").order_by("date", "id")
        changes = TicketChange.objects.using(using).filter(followup__ticket=ticket)
        changes = changes.select_related("followup").order_by("followup__date", "followup_id", "id")
        return cls(ticket, list(followups), list(changes), closed_statuses)

    def _statuses(self) -> Iterable[tuple[Any, bool]]:
        """Follow-ups that set a status, with whether that is a closed one; not those merged in from other tickets."""
        merged = title_patterns("[Merged from #%(id)d] %(title)s")
        for followup in self.followups:
            if followup.new_status is not None and not matched(merged, followup.title):
                yield followup, followup.new_status in self.closed_statuses

    def closing(self, seen: datetime | None) -> Any:
        """The follow-up that closed the ticket, or None where none was written.

        ``seen`` is when the change of status was seen; without it, the one that the follow-ups themselves tell.
        """
        first = None
        for followup, closed in self._statuses():
            if seen is not None and followup.date < seen - _BEFORE:
                continue
            if not closed:
                first = None
            elif first is None:
                first = followup
        return first

    def reopened(self) -> int:
        """How often a follow-up took the ticket from a closed status back to an open one."""
        count, was_closed = 0, False
        for _followup, closed in self._statuses():
            count += was_closed and not closed
            was_closed = closed
        return count

    def replies(self) -> list[Any]:
        """Public follow-ups with a text, written in the help-desk by its staff."""
        from helpdesk.decorators import is_helpdesk_staff

        return [
            followup
            for followup in self.followups
            if followup.public
            and (followup.comment or "").strip()
            and not followup.message_id
            and followup.user is not None
            and is_helpdesk_staff(followup.user)
        ]

    def paused(self, until: datetime | None) -> tuple[Interval, ...]:
        """When the ticket was on hold, as far as follow-ups tell. A hold that still lasts ends at the closing."""
        names, intervals, since = field_names("On Hold"), [], None
        for change in self.changes:
            if change.field not in names:
                continue
            if change.new_value == "True":
                since = since or change.followup.date
            elif since is not None:
                intervals.append((since, change.followup.date))
                since = None
        if since is not None and until is not None:
            intervals.append((since, until))
        return tuple(interval for interval in intervals if interval[0] < interval[1])

    def path(self) -> tuple[Assignment, ...]:
        """The stations of the ticket: agents by user name ("" for nobody), queues by slug.

        A hand-over that left no trace (REST PATCH, admin) shows as a last station at an unknown time.
        """
        moves = sorted((*self._owner_moves(), *self._queue_moves()), key=lambda move: move.at)
        agent = next((move.before for move in moves if move.kind == "agent"), self._assigned())
        queue = next((move.before for move in moves if move.kind == "queue"), self.ticket.queue.slug)
        stations = [Assignment(agent=agent, queue=queue, at=self.ticket.created)]
        for move in moves:
            agent, queue = (move.after, queue) if move.kind == "agent" else (agent, move.after)
            self._arrive(stations, Assignment(agent=agent, queue=queue, at=move.at))
        self._arrive(stations, Assignment(agent=self._assigned(), queue=self.ticket.queue.slug))
        return tuple(stations)

    @staticmethod
    def _arrive(stations: list[Assignment], station: Assignment) -> None:
        if (station.agent, station.queue) == (stations[-1].agent, stations[-1].queue):
            return
        # owner and queue changed in one follow-up: one station, not two
        if station.at is not None and station.at == stations[-1].at:
            stations[-1] = station
        else:
            stations.append(station)

    def _assigned(self) -> str:
        user = self.ticket.assigned_to
        return "" if user is None else str(user.get_username())

    def _owner_moves(self) -> list[_Move]:
        owner, nobody = field_names("Owner"), field_names("Unassigned")
        shown = self._user_names()

        def name(value: str | None) -> str:
            return "" if not value or value == "None" or value in nobody else shown.get(value, value)

        found = [
            _Move("agent", change.followup.date, name(change.old_value), name(change.new_value))
            for change in self.changes
            if change.field in owner
        ]
        # in bulk, nothing but the title of a follow-up tells it
        assigned = title_patterns("Assigned to {username} in bulk update", "Assigned to %(username)s in bulk update")
        dropped = title_patterns("Unassigned in bulk update")
        bulk = [
            (followup.date, match["username"] if (match := matched(assigned, followup.title)) else "")
            for followup in self.followups
            if matched(assigned, followup.title) or matched(dropped, followup.title)
        ]
        for at, after in bulk:
            earlier = [move for move in found if move.at <= at]
            later = [move for move in found if move.at > at]
            # who held it before a first bulk assignment is not written anywhere
            before = max(earlier, key=lambda move: move.at).after if earlier else ""
            found = [*earlier, _Move("agent", at, before, after), *later]
        return found

    def _queue_moves(self) -> list[_Move]:
        from helpdesk.models import Queue

        names = field_names("Queue")
        changes = [change for change in self.changes if change.field in names]
        if not changes:
            return []
        slugs = {str(pk): slug for pk, slug in Queue.objects.using(self.ticket._state.db).values_list("pk", "slug")}
        return [
            _Move("queue", change.followup.date, slugs.get(change.old_value, ""), slugs.get(change.new_value, ""))
            for change in changes
        ]

    def _user_names(self) -> dict[str, str]:
        """How a change shows a user (``str(user)``) -> user name; the same unless the site has its own user model."""
        users = [followup.user for followup in self.followups] + [self.ticket.assigned_to]
        return {str(user): str(user.get_username()) for user in users if user is not None}


@dataclass(frozen=True)
class _Move:
    """The ticket went from one agent, or one queue, to another."""

    kind: str
    at: datetime
    before: str
    after: str
