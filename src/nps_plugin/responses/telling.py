"""Telling the news: due rows of the outbox, worded from the facts as they stand now, one subscriber at a time."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from ..clock import Clock
from ..config.settings import Tenant
from ..errors import UnknownTicket, trail
from ..model import AnswerRecorded, CommentReceived, DeliveryFailed, News, StandingChanged, SurveySent, VerdictReached
from ..plugins import Plugins
from ..store import outbox
from ..store.engine import Store
from ..store.tables import comments
from ..verdicts import read_verdict, standing_news
from ..wording.clean import clean_text
from .reading import read_answer
from .webhook import Webhooks

log = logging.getLogger(__name__)


def tell_due(
    store: Store,
    plugins: Plugins,
    tenants: Mapping[str, Tenant],
    clock: Clock,
    limit: int,
    webhooks: Webhooks | None = None,
) -> Counter[str]:
    """Tell what is due to the subscribers loaded here, at most ``limit`` rows; counts of told and failed.

    ``webhooks`` are for a worker alone: whoever records an answer does not wait for another host.
    """
    done: Counter[str] = Counter()
    loaded = [plugin.name for plugin in plugins if plugin.loaded]
    loaded += webhooks.names if webhooks is not None else []
    if not loaded:
        return done
    settled: tuple[outbox.Row, str, Sequence[str]] | None = None
    for left in range(limit, -1, -1):
        # what came of one telling and the claim of the next are one transaction
        with store.write() as connection:
            if settled is not None:
                done[_settle(connection, *settled, clock)] += 1
            row = outbox.claim(connection, clock.now(), loaded) if left else None
        if row is None:
            break
        settled = row, *_tell(store, plugins, tenants, row, webhooks)
    return done


def waiting(store: Store, plugins: Plugins, clock: Clock, webhooks: Iterable[str] = ()) -> int:
    """How much news is due to subscribers that are not loaded here, and waits for a process that has them."""
    with store.read() as connection:
        return outbox.waiting(
            connection, clock.now(), [*(plugin.name for plugin in plugins if plugin.loaded), *webhooks]
        )


def end_removed(store: Store, subscribers: Iterable[str], clock: Clock) -> int:
    """End the untold news of subscribers that were removed from the configuration, say so once; how much it was."""
    with store.write() as connection:
        ended = outbox.end_removed(connection, subscribers, clock.now())
    for name, count in ended.items():
        log.warning("subscriber %s is named in plugins no more: %d news to it ended untold", name, count)
    return sum(ended.values())


def _tell(
    store: Store, plugins: Plugins, tenants: Mapping[str, Tenant], row: outbox.Row, webhooks: Webhooks | None
) -> tuple[str, Sequence[str]]:
    """Tell one row; "" where the subscriber has heard, else what went wrong; and the signs that a verdict had."""
    if row.tenant not in tenants:
        # taken out of the configuration by mistake, or served by another process: the news waits
        return "its tenant is not in the configuration of the process that tried", ()
    try:
        with store.read() as connection:
            news = news_of(connection, tenants, row)
    except Exception as problem:  # noqa: BLE001 - one row that cannot be worded must not hold up the others; it is tried again
        log.error("news %s of kind %s cannot be worded: %s", row.event, row.kind, trail(problem))  # noqa: TRY400
        return f"cannot be worded: {trail(problem)}", ()
    # None: nothing left to tell of, since the person was forgotten with the answer
    signs = [sign.value for sign in news.verdict.signs] if isinstance(news, VerdictReached) else ()
    if webhooks is not None and news is not None and webhooks.has(row.subscriber):
        return webhooks.tell(row.subscriber, row.kind, news), signs
    return "" if news is None else plugins.tell(row.subscriber, f"nps_{row.kind}", news), signs


def _settle(connection: Connection, row: outbox.Row, error: str, signs: Sequence[str], clock: Clock) -> str:
    if error:
        outbox.failed(connection, row, clock.now(), error)
        return "failed"
    outbox.told(connection, row, clock.now(), signs)
    return "told"


def news_of(connection: Connection, tenants: Mapping[str, Tenant], row: outbox.Row) -> News | StandingChanged | None:
    """The news of a row, from the facts; None where they are gone."""
    tenant = tenants[row.tenant]
    head: dict[str, Any] = {"tenant": row.tenant, "event": row.event, "revision": row.revision, "at": row.at}
    if row.kind == "standing_changed":
        return standing_news(head, row.about)
    head |= {"host": row.host, "ticket": row.ticket, "closure": row.closure}
    if row.kind == "survey_sent":
        return SurveySent(**head, **row.about)
    if row.kind == "delivery_failed":
        return DeliveryFailed(**head, **row.about)
    if row.kind == "answer_recorded":
        answer = read_answer(connection, tenant, row.about["answer"])
        return None if answer is None else AnswerRecorded(**head, survey=row.about["survey"], answer=answer)
    if row.kind == "comment_received":
        text = connection.execute(
            select(comments.c.text).filter_by(tenant_id=tenant.name, comment=row.about["comment"])
        ).scalar()
        return None if text is None else CommentReceived(**head, text=clean_text(text), **row.about)
    if row.kind == "verdict_reached":
        try:
            verdict = read_verdict(connection, tenant, row.ticket, row.host, row.closure)
        except UnknownTicket:
            return None
        return VerdictReached(**head, verdict=verdict)
    raise ValueError(f"outbox: news of kind {row.kind!r} is not known to this release")
