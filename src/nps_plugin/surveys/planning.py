"""Planning the questions of a closing: a survey or a reason for each respondent, written for all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from ..config.settings import Ask
from ..model import Client, NotAsked, NotAskedReason, Survey, SurveyState
from ..store.ids import new_id
from ..store.persons import FORGOTTEN, suppressions_of, surrogates
from ..store.scales import scale_row
from ..store.tables import contacts, messages, surveys
from ..store.upsert import add
from ..wording.buttons import word_buttons
from ..wording.catalogue import locale_for
from .asking import new_message
from .eligibility import in_sample, not_asked
from .facts import usable
from .quarantine import Case, asked_lately_each, try_locks_each

if TYPE_CHECKING:
    from .closing import Closing


@dataclass(frozen=True, kw_only=True)
class Respondent:
    """Somebody to ask about a closure: the ticket's client, or one of the further respondents."""

    client: Client | None
    #: the surrogate key; None for a nobody, and for somebody forgotten
    person: str | None
    suppressed: bool
    #: nobody knew them until this closing
    fresh: bool = False


def others_of(connection: Connection, closing: Closing) -> list[Respondent]:
    """The further respondents, in two statements however many they are."""
    others, tenant, now = closing.closed.respondents, closing.tenant.name, closing.now
    if not others:
        return []
    why = suppressions_of(connection, tenant, others, closing.secrets, now)
    named = [other for other, reason in zip(others, why, strict=True) if reason != FORGOTTEN]
    keys = surrogates(connection, tenant, named, now)
    return [
        Respondent(client=other, person=None if reason == FORGOTTEN else keys.get(other.key), suppressed=bool(reason))
        for other, reason in zip(others, why, strict=True)
    ]


def plan(
    connection: Connection, closing: Closing, closure: int, people: Sequence[Respondent]
) -> list[Survey | NotAsked]:
    """A survey or a reason for each respondent, written for all of them together."""
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    sampled = in_sample(tenant, closed, closing.secrets)
    reasons = [
        not_asked(
            tenant,
            closed,
            one.client,
            exclusions=closing.exclusions,
            suppressed=one.suppressed,
            earlier=[before.client for before in people[:number] if before.client is not None],
            sampled=sampled,
            now=now,
        )
        for number, one in enumerate(people)
    ]
    plans = [tenant.plan_of(closed.service, one.client.level if one.client else "") for one in people]
    # the host's own message goes to the ticket's client: what one of them is asked by it, is decided for all of them
    if plans[0].channels == ("host",):
        reasons = _claimed_by_host(connection, closing, closure, people, reasons)
    outcomes: list[Survey | NotAsked] = []
    asked, reached, said = [], [], []
    for number, (one, plan_of_one, reason) in enumerate(zip(people, plans, reasons, strict=True)):
        survey = _survey(closing, closure, plan_of_one, reason)
        asked.append(_row(closing, survey, number, one, reason))
        if reason is not None:
            outcomes.append(reason)
            continue
        contact = _contact(closing, survey, one)
        if survey.state is SurveyState.SENT:
            # the host words and sends its own message, so nothing of the person is kept for it
            survey, message = _with_buttons(closing, survey, SimpleNamespace(**contact))
            said.append(message)
        else:
            reached.append(contact)
        outcomes.append(survey)
    add(connection, surveys, *asked)
    add(connection, contacts, *reached)
    add(connection, messages, *said)
    return outcomes


def _row(
    closing: Closing, survey: Survey, number: int, respondent: Respondent, reason: NotAsked | None
) -> dict[str, object]:
    tenant, client = closing.tenant, respondent.client
    by_host = survey.state is SurveyState.SENT
    return {
        "tenant_id": survey.tenant,
        "survey": survey.id,
        "host": survey.host,
        "ticket": survey.ticket,
        "closure": survey.closure,
        "respondent": number,
        "client": respondent.person,
        "organization": client.organization if client else "",
        "level": client.level if client else "",
        "procedure": closing.procedure,
        "state": survey.state.value,
        "not_asked": None if reason is None else reason.reason.value,
        "detail": "" if reason is None else reason.detail,
        "scale": scale_row(tenant.scale),
        "channels": list(survey.channels),
        "lane": survey.channels[0],
        "channel": "host" if by_host else "",
        "locale": locale_for(client.locale, tenant.locale) if by_host and client else "",
        "planned_for": survey.due_at,
        "due_at": survey.expires_at if by_host else survey.due_at,
        "sent_at": closing.now if by_host else None,
        "state_at": closing.now,
        "expires_at": survey.expires_at,
        "attempts": 0,
    }


def _contact(closing: Closing, survey: Survey, respondent: Respondent) -> dict[str, object]:
    client = respondent.client
    assert client is not None and respondent.person is not None  # noqa: S101 - else not_asked() has given no_address
    return {
        "tenant_id": survey.tenant,
        "survey": survey.id,
        "client": respondent.person,
        "name": client.name,
        "email": client.email,
        "phone": client.phone,
        "telegram": client.telegram,
        "locale": client.locale,
        "timezone": client.timezone,
        "subject": closing.closed.subject,
        "at": closing.now,
    }


def _claimed_by_host(
    connection: Connection,
    closing: Closing,
    closure: int,
    people: Sequence[Respondent],
    reasons: Sequence[NotAsked | None],
) -> list[NotAsked | None]:
    """What the worker decides at the claim, decided at closing where the host's own message asks at once."""
    closed, tenant = closing.closed, closing.tenant
    decided = list(reasons)
    cases = {
        number: Case(
            host=closed.host,
            ticket=closed.ticket,
            closure=closure,
            client=one.person or "",
            organization=one.client.organization if one.client else "",
        )
        for number, one in enumerate(people)
        # whom nobody knew until this closing was never asked; another closing of theirs at once waits for our new row
        if reasons[number] is None and not (one.fresh and tenant.ask.quarantine_by == "person")
    }
    if cases:
        free = try_locks_each(connection, tenant, list(cases.values()))
        lately = asked_lately_each(connection, tenant, list(cases.values()), closing.now)
        for number, is_free, was_asked in zip(cases, free, lately, strict=True):
            if not is_free:
                why = "another question to this client is being sent"
                decided[number] = NotAsked(reason=NotAskedReason.QUARANTINE, detail=why)
            elif was_asked:
                decided[number] = NotAsked(reason=NotAskedReason.QUARANTINE)
    left = tenant.ask.max_contacts
    for number, reason in enumerate(decided):
        if reason is None and left <= 0:
            decided[number] = NotAsked(reason=NotAskedReason.MAX_CONTACTS)
        left -= reason is None
    return decided


def _survey(closing: Closing, closure: int, ask: Ask, reason: NotAsked | None) -> Survey:
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    by_host = ask.channels == ("host",)
    due_at = now if by_host else (usable(closed.closed_at) or now) + ask.delay
    state = SurveyState.SENT if by_host else SurveyState.SCHEDULED
    return Survey(
        id=new_id(now),
        tenant=tenant.name,
        host=closed.host,
        ticket=closed.ticket,
        closure=closure,
        state=state if reason is None else SurveyState.NOT_ASKED,
        scale=tenant.scale,
        due_at=due_at,
        expires_at=max(due_at, now) + ask.expires_after,
        channels=ask.channels,
    )


def _with_buttons(closing: Closing, survey: Survey, contact: Any) -> tuple[Survey, dict[str, Any]]:
    """The survey with links for the host's own message, and the row of that message with its token."""
    tenant = closing.tenant
    asking, message = new_message(
        tenant,
        survey,
        contact,
        channel="host",
        text=closing.own_text(survey),
        outcome="sent",
        now=closing.now,
        service=closing.closed.service,
    )

    def buttons(form: str) -> str:
        return word_buttons(
            form,
            tenant=tenant,
            survey=survey,
            token=asking.token,
            base_url=closing.base_url,
            locale=asking.locale,
            question=asking.question,
        )

    return replace(survey, _buttons=buttons), message
