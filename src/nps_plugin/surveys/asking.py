"""A message that asks: its token, its wording, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..config.settings import Tenant
from ..links import new_token, token_digest
from ..model import Client, Scale, Survey
from ..store.ids import new_id
from ..store.scales import scale_row
from ..store.tables import messages
from ..store.upsert import add
from ..wording.catalogue import locale_for
from ..wording.texts import question_for

#: The kind of a message that only asks why: its link leads to the reasons of a score that is known.
WHY = "why"


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A message about to leave. The token exists here and in the message, nowhere else."""

    id: str
    survey: Survey
    client: Client = field(repr=False)
    subject: str = field(repr=False)
    locale: str
    question: str = field(repr=False)
    token: str = field(repr=False)
    at: datetime
    #: the second message of a survey, to somebody who has not answered the first
    reminder: bool = False
    channel: str = ""
    #: the scale on which an answer to it stands
    scale: Scale
    service: str = ""
    attempt: int = 1
    #: see ``Message.once``
    once: str = ""
    #: the score that is known, where it only asks why
    score: int | None = None


def begin_message(connection: Connection, *args: Any, **about: Any) -> Asking:
    """Make a message and its token for a survey, and write it; see :func:`new_message`."""
    asking, row = new_message(*args, **about)
    add(connection, messages, row)
    return asking


def new_message(
    tenant: Tenant,
    survey: Survey,
    contact: Any,
    *,
    channel: str,
    text: str | None,
    outcome: str,
    now: datetime,
    kind: str = "question",
    service: str = "",
    level: str = "",
    attempt: int = 1,
    address: str = "",
    once: str = "",
    detail: str = "",
) -> tuple[Asking, dict[str, Any]]:
    """A message and its token for a survey, and its row in ``nps_message``, yet to be written.

    ``contact`` is the survey's row in ``nps_contact``. ``text`` is a plugin's question, if any. ``outcome`` is
    "sending" until the channel reports, "sent" for the host's own. ``kind`` is "question" or "reminder". The token
    lives as long as the survey. ``once``: by what a provider knows the try before it has given a reference.
    ``address`` is the mark of the address that it goes to, see ``store.addresses``.
    """
    locale = locale_for(contact.locale, tenant.locale)
    way = tenant.ways.get(channel)
    scale = survey.scale if way is None or way.scale is None else way.scale
    question = text or question_for(
        tenant,
        locale,
        ticket=survey.ticket,
        subject=contact.subject,
        scale=scale.name,
        texts=tenant.question_on(channel, service, level),
    )
    token, message = new_token(), new_id(now)
    row = {
        "tenant_id": tenant.name,
        "token_digest": token_digest(token),
        "message": message,
        "survey": survey.id,
        "client": contact.client,
        "channel": channel,
        "kind": kind,
        "locale": locale,
        "question": question,
        "scale": scale_row(scale),
        "created_at": now,
        "expires_at": survey.expires_at,
        "outcome": outcome,
        "detail": detail,
        "reference": once,
        "address": address,
    }
    names = ("name", "email", "phone", "telegram", "locale", "timezone")
    asking = Asking(
        id=message,
        survey=survey,
        client=Client(**{name: getattr(contact, name) for name in names}),
        subject=contact.subject,
        locale=locale,
        question=question,
        token=token,
        at=now,
        reminder=kind == "reminder",
        channel=channel,
        scale=scale,
        service=service,
        attempt=attempt,
        once=once or message,
    )
    return asking, row
