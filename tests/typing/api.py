"""What a type checker must accept: a host's use of Ratings, and plugins. Never run; test_types.py has it checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, assert_type

from nps_plugin import (
    AnswerRecorded,
    Call,
    CallDone,
    CallOutcome,
    CallScript,
    Capabilities,
    Channel,
    Client,
    ClientHistory,
    ClosedTicket,
    CommentReceived,
    Comparison,
    Delivery,
    DeliveryFailed,
    Exclusion,
    Finding,
    Health,
    Helpdesk,
    HistoryEntry,
    Imported,
    Judgement,
    KpiAdvice,
    Level,
    Link,
    Message,
    NotAsked,
    NpsSpec,
    Ratings,
    Rebuilt,
    Receipt,
    Recorded,
    RefusedRow,
    Registration,
    ReopenedTicket,
    Report,
    Request,
    Response,
    ScaleAdvice,
    SeenSign,
    SliceVerdict,
    Standing,
    StandingChanged,
    Survey,
    SurveySent,
    TicketVerdict,
    Untold,
    VerdictReached,
    WorkDone,
    hookimpl,
    judge,
)


class Observer(NpsSpec):
    """A plugin class that inherits the specification, with every hook as it is declared."""

    nps_name = "observer"

    @hookimpl
    def nps_ticket_closed(self, closed: ClosedTicket, connection: Any) -> None:
        assert_type(closed.closure, int | None)

    @hookimpl
    def nps_ticket_reopened(self, reopened: ReopenedTicket, connection: Any) -> None:
        assert_type(reopened.ticket, str)

    @hookimpl
    def nps_exclude_from_survey(self, closed: ClosedTicket) -> Exclusion | None:
        return Exclusion(why="monitoring") if "monitoring" in closed.tags else None

    @hookimpl
    def nps_work_time(self, closed: ClosedTicket) -> timedelta | None:
        return timedelta(hours=1)

    @hookimpl
    def nps_message_text(self, survey: Survey) -> str | None:
        return f"How was {survey.ticket}?"

    @hookimpl
    def nps_survey_sent(self, news: SurveySent) -> None:
        assert_type(news.channel, str)

    @hookimpl
    def nps_delivery_failed(self, news: DeliveryFailed) -> None:
        assert_type(news.final, bool)

    @hookimpl
    def nps_answer_recorded(self, news: AnswerRecorded) -> None:
        assert_type(news.answer.score, int)

    @hookimpl
    def nps_comment_received(self, news: CommentReceived) -> None:
        assert_type(news.text, str)

    @hookimpl
    def nps_verdict_reached(self, news: VerdictReached) -> None:
        assert_type(news.verdict, TicketVerdict)
        assert_type(news.revision, int)

    @hookimpl
    def nps_standing_changed(self, news: StandingChanged) -> None:
        assert_type(news.before, Standing | None)
        assert_type(news.after.level, Level)
        assert_type(news.where, Mapping[str, str])

    @hookimpl
    def nps_register_channels(self) -> Iterable[Registration]:
        return [Registration("pigeon", "ours:Pigeon")]

    @hookimpl
    def nps_register_helpdesks(self) -> Iterable[Registration]:
        return [Registration("desk", "ours:Desk")]


class Pigeon:
    """A channel by its shape alone."""

    capabilities = Capabilities(points=5)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def reaches(self, client: Client) -> bool:
        return bool(client.phone)

    def send(self, message: Message) -> Delivery:
        return Delivery(reference=message.id)


class Desk:
    """A help-desk by its shape alone."""

    def closed_since(self, tenant: str, since: datetime) -> Iterable[ClosedTicket]:
        return [ClosedTicket(tenant=tenant, ticket="17", opened_at=since, closed_at=since)]


def adapters() -> tuple[Channel, Helpdesk]:
    return Pigeon({}), Desk()


def host(now: datetime, connection: object) -> None:
    ratings = Ratings.open("nps.toml", plugins=[Observer()])
    Ratings({"tenants": {}}, strict=True)
    ticket = ClosedTicket(
        tenant="acme", ticket="17", opened_at=now, closed_at=now, client=Client(email="a@example.org")
    )
    receipt = ratings.ticket_closed(ticket, connection=connection)
    assert_type(receipt, Receipt)
    assert_type(receipt.survey, Survey | None)
    assert_type(receipt.not_asked, NotAsked | None)
    assert_type(receipt.problem, str | None)
    assert_type(receipt.kpi.met if receipt.kpi else None, bool | None)
    if receipt.survey:
        assert_type(receipt.survey.buttons("html"), str)
    assert_type(ratings.ticket_reopened("acme", "17", now), Receipt)
    assert_type(ratings.record_answer("acme", 3, token="t", comment="Thanks", reasons=["speed"]), Recorded)
    assert_type(ratings.ticket_verdict("acme", "17"), TicketVerdict)
    assert_type(ratings.ticket_verdict("acme", "17").evidence, tuple[SeenSign, ...])
    assert_type(ratings.import_answers("acme", "history.csv", {"columns": {"score": "csat"}}, by="anna"), Imported)
    assert_type(judge("tickets.csv", "columns.toml"), Judgement)
    assert_type(judge("tickets.csv").refused_rows, tuple[RefusedRow, ...])
    assert_type(ratings.scale_advice("acme"), ScaleAdvice)
    assert_type(ratings.kpi_advice("acme", queue="first", client=Client(id="7")), KpiAdvice)
    assert_type(ratings.verdict("acme", since=now, agent="olga", client=Client(id="7")), SliceVerdict)
    assert_type(ratings.verdict("acme").score.share, float | None)
    assert_type(ratings.verdict("acme").link, Link)
    assert_type(ratings.standing("acme", queue="mail"), SliceVerdict | None)
    assert_type(ratings.compare("acme", before=(None, now), after=(now, None), queue="mail"), Comparison)
    assert_type(ratings.client_history("acme", client="id:7").entries, tuple[HistoryEntry, ...])
    assert_type(ratings.client_history("acme", organization="North"), ClientHistory)
    report = ratings.report("acme", "quarter", 4, by=("agent", "queue"), basis="answered", agent="olga", queue="mail")
    assert_type(report, Report)
    assert_type(report.rows(), list[dict[str, Any]])
    assert_type(report.html("ru"), str)
    assert_type(report.xlsx(), bytes)
    assert_type(ratings.report("acme", client=Client(id="7")).pictures(), dict[str, str])
    for call in ratings.calls.due("acme", "anna", limit=5):
        assert_type(ratings.calls.claim("acme", call.id, "anna"), Call)
        assert_type(ratings.calls.script("acme", call.id, "anna"), CallScript)
        done = ratings.calls.done("acme", call.id, "anna", CallOutcome.REACHED, cause="speed", finding="our_fault")
        assert_type(done, CallDone)
        assert_type(done.note.finding, Finding | None)
        assert_type(done.recorded, Recorded | None)
        ratings.calls.release("acme", call.id, "anna")
    staff = ratings.staff("acme", user="anna", role="manager", locale="ru")
    assert_type(staff(Request(method="GET", path="/staff/calls")), Response)
    assert_type(ratings.run_due(limit=10), WorkDone)
    assert_type(ratings.rebuild("acme"), Rebuilt)
    assert_type(ratings.check(), Health)
    assert_type(ratings.untold(), list[Untold])
    assert_type(ratings.reconcile("acme", now), int)
    assert_type(ratings.handle(Request(method="GET", path="/acme/x")), Response)
    ratings.reload()
    ratings.reload({"tenants": {}})
    ratings.start_worker(every=30)
    ratings.close()


def in_hooks(ratings: Ratings, closed: ClosedTicket, reopened: ReopenedTicket, survey: Survey) -> None:
    """The typed facade has the types of the methods of Ratings."""
    assert_type(ratings.hook.nps_ticket_closed(closed=closed), Receipt)
    assert_type(ratings.hook.nps_ticket_closed(closed, connection=None), Receipt)
    assert_type(ratings.hook.nps_ticket_reopened(reopened=reopened), Receipt)
    assert_type(ratings.hook.nps_exclude_from_survey(closed=closed), list[Exclusion])
    assert_type(ratings.hook.nps_work_time(closed=closed), timedelta | None)
    assert_type(ratings.hook.nps_message_text(survey=survey), str | None)
    assert_type(ratings.hook.nps_register_channels(), list[Registration])
