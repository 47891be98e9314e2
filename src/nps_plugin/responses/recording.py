"""Recording an answer: one row added, its words and circumstances beside it, the news of it written with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..config.settings import Tenant
from ..errors import (
    AnswerLocked,
    AnswerRefused,
    SurveyCancelled,
    SurveyExpired,
    TokenUnknown,
    UnknownReason,
    UnknownSurvey,
)
from ..links import is_token, token_digest
from ..model import AnswerState, Effect, Evidence, Grade, Recorded, SurveyState
from ..store.ids import new_id
from ..store.names import fitting, storable
from ..store.prepared import row_of
from ..store.scales import scale_of
from ..store.tables import answer_reasons, answers, comments, messages, surveys
from ..store.upsert import insert_or
from ..wording.clean import kept_text
from ..wording.texts import reason_choices
from .arbiter import LOCKED, Coming, Standing, Visitor, rule, window_start
from .circumstances import keep_evidence, standing_of, visits_of
from .indicators import checked, keep_indicators
from .marking import Ledger
from .screening import SUBMITTED, Circumstances, screen

#: A longer comment is cut here; pages say so beforehand.
COMMENT_LIMIT = 10_000
#: So many comments stand with one answer; beyond, only what comes from whoever gave the answer that counts is kept.
COMMENTS = 20
#: By which way an answer comes, and whether somebody has to stand in for it by name.
SOURCES: Mapping[str, bool] = {"client": False, "portal": True, "operator": True, "import": True}


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as it comes in, from whatever way it comes."""

    score: object
    reasons: Sequence[str] = ()
    #: what is said of indicators, by their names
    indicators: Mapping[str, Any] = field(default_factory=dict)
    comment: str | None = field(default=None, repr=False)
    source: str = "client"
    by: str = ""
    channel: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    #: when the message was sent by whose link it comes
    asked_at: datetime | None = None
    #: the token of that link
    token: str | None = field(default=None, repr=False)
    #: what is known of who answers, where nothing is to be screened: a tap, a key
    grade: Grade | None = None
    #: the scale of that message, as its row has it; None: the survey's
    scale: Mapping[str, Any] | None = None


def survey_by_token(connection: Connection, tenant: str, token: str, *, hold: bool = False) -> Any:
    """The message row of a token, with its survey. Raises ``TokenUnknown``; another tenant's token is unknown here.

    ``hold``: nobody deletes it before the transaction ends.
    """
    row = None
    if is_token(token):
        key = {"tenant_id": tenant, "token_digest": token_digest(token)}
        row = row_of(connection, messages, key, lock="share" if hold else "")
    if row is None:
        raise TokenUnknown(f"tenant {tenant}: no message has this link; it may be cut short, or the survey was deleted")
    return row


def asked_at(message: Any, now: datetime) -> datetime | None:
    """When a message was sent, for screening; None for the host's own, which its client may have on the screen."""
    if message.channel == "host":
        return None
    # what comes before the channel has reported: some gateways follow links while they still take the mail in
    return now if message.outcome == "sending" else message.created_at


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What recording an answer did, without the reading back that a page does not need."""

    ledger: Ledger
    answer: str
    effect: Effect
    #: the answer, or the comment with it, was one too many of this survey and is not kept
    dropped: bool = False


def record(
    connection: Connection, tenant: Tenant, survey_id: str, given: Given, subscribers: Iterable[str], now: datetime
) -> Recorded:
    """Record one answer, and read back what stands now. Raises as :func:`take`."""
    taken = take(connection, tenant, survey_id, given, subscribers, now)
    return taken.ledger.recorded(taken.answer, taken.effect)


def take(
    connection: Connection, tenant: Tenant, survey_id: str, given: Given, subscribers: Iterable[str], now: datetime
) -> Taken:
    """Record one answer, or the words that come with the score that stands. Raises ``AnswerRefused`` or
    ``UnknownSurvey``."""
    row = lock_survey(connection, tenant, survey_id)
    if given.token is not None and connection.dialect.name != "sqlite":
        # its person may have been forgotten while the lock was waited for; SQLite has one writer at a time
        survey_by_token(connection, tenant.name, given.token)
    ledger = Ledger(connection=connection, tenant=tenant, survey=row, now=now, subscribers=subscribers)
    scale = scale_of(dict(given.scale or row.scale), tenant.scale)
    score = scale.check(given.score)
    _check_reasons(tenant, given.reasons)
    said_of = checked(tenant, given.indicators)
    _check_source(ledger, given)
    standing = standing_of(connection, tenant.name, survey_id)
    _check_open(row, standing, now)
    if given.scale is not None and dict(given.scale) != row.scale:
        if any(answer.state is not AnswerState.IGNORED for answer in standing):
            # scores on two scales cannot be held against each other
            raise AnswerLocked(f"survey {survey_id} is answered on scale {row.scale['name']}")
        connection.execute(
            update(surveys).filter_by(tenant_id=tenant.name, survey=survey_id).values(scale=dict(given.scale))
        )
    grade = given.grade or _grade(connection, tenant.name, row, given, now)
    text = kept_text(str(given.comment or ""), COMMENT_LIMIT).strip()
    visitor = Visitor(
        agent=given.evidence.agent, address=given.evidence.address, source=given.source, by=fitting(given.by)
    )
    coming = Coming(score=score, visitor=visitor, grade=grade, worded=bool(text or given.reasons or said_of))
    ruling = rule(standing, coming, now=now, edit_window=tenant.ask.edit_window)
    if ruling is LOCKED:
        raise AnswerLocked(
            f"survey {survey_id} is answered, and an answer may change for {tenant.ask.edit_window} only"
        )
    if ruling.effect is Effect.DROPPED:
        return Taken(ledger=ledger, answer=str(ruling.about), effect=ruling.effect, dropped=True)
    states = {answer.id: answer.state for answer in standing}
    why = "changed by the client" if ruling.effect is Effect.CHANGED else "a person answered"
    ledger.supersede(ruling.supersedes, states, why)
    answer = ruling.about
    if ruling.state is not None:
        answer = _add(connection, tenant.name, row, scale.band(score).value, coming, ruling.state, given, now)
        if ruling.state is AnswerState.COUNTED:
            ledger.count()
    assert answer is not None  # noqa: S101 - a ruling has an answer to point to or makes one
    if ruling.effect is Effect.CONFIRMED:
        ledger.mark(answer, AnswerState.COUNTED, was=states[answer], by=given.by, why="a person said the same")
    if ruling.state is not None or given.evidence != Evidence():
        # a repeat speaks for its answer only where it makes it count: another person's repeat is no right to change it
        whose = answer if ruling.state is not None or ruling.effect is Effect.CONFIRMED else None
        keep_evidence(
            connection, tenant.name, survey_id, row.client, SUBMITTED, given.evidence, now, answer=whose, score=score
        )
    heard = ruling.effect in (Effect.RECORDED, Effect.CHANGED, Effect.CONFIRMED)
    counted = heard or states.get(answer) is AnswerState.COUNTED
    dropped = (
        not heard and given.source == "client" and _crowded(connection, tenant.name, standing, answer, visitor, text)
    )
    said = "" if dropped else text
    words = _add_words(connection, tenant.name, row.client, answer, given.reasons, said, now)
    words |= keep_indicators(
        connection, tenant.name, answer, said_of,
        may_change=ruling.state is not None or _may_change(standing, answer, visitor, tenant, now),
        instead_of=ruling.supersedes if ruling.effect is Effect.CHANGED else (),
        source=given.source, by=visitor.by, now=now,
    )  # fmt: skip
    if heard:
        ledger.close_question()
    if counted and (heard or words):
        ledger.tell(("answer_recorded", "verdict_reached") if heard else ("answer_recorded",), answer)
    return Taken(ledger=ledger, answer=answer, effect=ruling.effect, dropped=dropped)


def add_indicators(
    connection: Connection, tenant: Tenant, survey: str, given: Given, subscribers: Iterable[str], now: datetime
) -> bool:
    """Add what is said of indicators to the answer that counts, where it says nothing of them yet; whether anything
    was added."""
    row = lock_survey(connection, tenant, survey)
    key = {"tenant_id": tenant.name, "survey": survey, "state": AnswerState.COUNTED.value}
    answer = connection.execute(select(answers.c.answer).filter_by(**key)).scalar()
    if answer is None:
        return False
    added = keep_indicators(
        connection, tenant.name, answer, checked(tenant, given.indicators),
        may_change=False, source=given.source, by=fitting(given.by), now=now,
    )  # fmt: skip
    if added:
        ledger = Ledger(connection=connection, tenant=tenant, survey=row, now=now, subscribers=subscribers)
        ledger.tell(("answer_recorded",), answer)
    return added


def lock_survey(connection: Connection, tenant: Tenant, survey: str) -> Any:
    """The row of a survey, ours until the transaction ends: of two answers at once one comes first."""
    row = None
    # what the database could not even be asked for is no survey either
    if storable(survey) == survey:
        key = {"tenant_id": tenant.name, "survey": survey}
        row = row_of(connection, surveys, key, lock="update")
    if row is None:
        raise UnknownSurvey(f"tenant {tenant.name}: there is no survey {survey!r:.80}")
    return row


def visit(
    connection: Connection, tenant: str, token: str, link: str, evidence: Evidence, now: datetime, score: int | None
) -> None:
    """Append a visit to the page; nothing else is touched."""
    # held, so that a forgetting of its person comes before it or after it
    row = survey_by_token(connection, tenant, token, hold=True)
    keep_evidence(connection, tenant, row.survey, row.client, link, evidence, now, score=score)


def _check_source(ledger: Ledger, given: Given) -> None:
    tenant = ledger.tenant.name
    if given.source not in SOURCES:
        raise AnswerRefused(f"tenant {tenant}: no source {given.source!r:.60}; there are {', '.join(SOURCES)}")
    if SOURCES[given.source]:
        if not given.by.strip():
            raise AnswerRefused(f"tenant {tenant}: an answer of source {given.source!r} needs by=, who entered it")
        ledger.refuse_own_agent(given.by, "enter the answer")


def _check_open(row: Any, standing: Sequence[Standing], now: datetime) -> None:
    """Refuse what comes too late, unless an answer counts, which may be repeated or changed."""
    if any(answer.state is AnswerState.COUNTED for answer in standing):
        return
    if row.state == SurveyState.CANCELLED:
        raise SurveyCancelled(f"ticket {row.ticket} was reopened; its client is asked again when it is resolved")
    if row.expires_at <= now:
        raise SurveyExpired(f"survey {row.survey}: the time to answer ended at {row.expires_at.isoformat()}")


def _grade(connection: Connection, tenant: str, row: Any, given: Given, now: datetime) -> Grade:
    """Screening is for what comes over links. For an operator and the host's portal a person stands by name."""
    if given.source != "client":
        return Grade.HUMAN if given.source in ("operator", "portal") else Grade.UNCLEAR
    if given.evidence == Evidence():
        return Grade.UNCLEAR
    visits = visits_of(connection, tenant, row.survey, now)
    seen = Circumstances(evidence=given.evidence, at=now, visits=visits, asked_at=given.asked_at)
    return screen(seen).grade


def _check_reasons(tenant: Tenant, reasons: Sequence[str]) -> None:
    known = [code for code, _ in reason_choices(tenant, tenant.locale)]
    unknown = [reason for reason in reasons if reason not in known]
    if unknown:
        raise UnknownReason(f"tenant {tenant.name}: no reason {unknown[0]!r:.60}; there are {', '.join(known)}")


def _add(
    connection: Connection,
    tenant: str,
    survey: Any,
    band: str,
    coming: Coming,
    state: AnswerState,
    given: Given,
    now: datetime,
) -> str:
    answer = new_id(now)
    connection.execute(
        insert(answers).values(
            tenant_id=tenant,
            answer=answer,
            survey=survey.survey,
            score=coming.score,
            band=band,
            state=state.value,
            grade=coming.grade.value,
            at=now,
            source=given.source,
            by=coming.visitor.by,
            channel=given.channel,
        )
    )
    return answer


def _may_change(standing: Sequence[Standing], answer: str, visitor: Visitor, tenant: Tenant, now: datetime) -> bool:
    """Whether this visitor may say something else of an indicator than the answer did: as with scores."""
    start = window_start(standing)
    inside = start is None or now <= start + tenant.ask.edit_window
    return inside and any(visitor in one.visitors for one in standing if one.id == answer)


def _crowded(
    connection: Connection, tenant: str, standing: Sequence[Standing], answer: str, visitor: Visitor, text: str
) -> bool:
    """Whether so many comments stand with an answer that another one, of a stranger, has no room."""
    one = next((one for one in standing if one.id == answer), None)
    if not text or one is None or (one.state is AnswerState.COUNTED and visitor in one.visitors):
        return False
    there = set(connection.execute(select(comments.c.text).filter_by(tenant_id=tenant, answer=answer)).scalars())
    return len(there) >= COMMENTS and text not in there


def _add_words(
    connection: Connection,
    tenant: str,
    client: str | None,
    answer: str,
    reasons: Sequence[str],
    text: str,
    now: datetime,
) -> bool:
    """Add reasons and a comment that are not there yet; whether anything was added."""
    added = False
    for reason in reasons:
        row = insert_or(connection, answer_reasons).values(tenant_id=tenant, answer=answer, reason=reason, at=now)
        written = row.on_conflict_do_nothing().returning(answer_reasons.c.reason)
        added = connection.execute(written).first() is not None or added
    if not text:
        return added
    there = connection.execute(select(comments.c.text).filter_by(tenant_id=tenant, answer=answer)).scalars()
    if text in set(there):
        return added
    connection.execute(
        insert(comments).values(tenant_id=tenant, comment=new_id(now), answer=answer, client=client, text=text, at=now)
    )
    return True
