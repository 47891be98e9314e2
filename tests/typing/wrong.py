"""What a type checker must report: each line with a mark, with that error, and no other line. Never run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nps_plugin import Channel, Client, ClosedTicket, NpsSpec, Ratings, Receipt, SurveySent, hookimpl


class TooMuch(NpsSpec):
    @hookimpl
    def nps_ticket_closed(self, closed: ClosedTicket, session: Any, more: int) -> None:  # WRONG: override
        pass


class WrongNews(NpsSpec):
    @hookimpl
    def nps_verdict_reached(self, news: SurveySent) -> None:  # WRONG: override
        pass


class WrongResult(NpsSpec):
    @hookimpl
    def nps_work_time(self, closed: ClosedTicket) -> int:  # WRONG: override
        print(closed.no_such_fact)  # WRONG: attr-defined
        return 1


class NoChannel:
    def reaches(self, client: Client) -> bool:
        return True


def adapters() -> Channel:
    return NoChannel()  # WRONG: return-value


def host(ratings: Ratings, closed: ClosedTicket, now: datetime) -> None:
    ClosedTicket(tenant="acme", ticket="17", closed_at=now)  # WRONG: call-arg
    ClosedTicket("acme", "17", now, now)  # WRONG: call-arg
    closed.queue = "billing"  # WRONG: misc
    ratings.ticket_closed("17")  # WRONG: arg-type
    ratings.ticket_close(closed)  # WRONG: attr-defined
    ratings.record_answer("acme", 3.5, token="t")  # WRONG: arg-type
    ratings.record_answer("acme", 3, "t")  # WRONG: call-arg
    receipt: Receipt = ratings.hook.nps_work_time(closed=closed)  # WRONG: assignment
    receipt.survey.buttons("html")  # WRONG: union-attr
    ratings.hook.nps_ticket_closed(ticket=closed)  # WRONG: call-arg
    ratings.hook.nps_ticket_clsoed(closed=closed)  # WRONG: attr-defined
