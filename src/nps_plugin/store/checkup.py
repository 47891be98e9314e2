"""What the tables say of the library's health."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from ..errors import SchemaOutOfDate
from ..model import SurveyState
from .engine import Store
from .tables import fold_queue, outbox, surveys

#: Due for longer than this: no worker can be running.
OVERDUE = timedelta(minutes=10)
#: Waiting for longer than this to be folded into the counts: reports stay exact, and get slow.
UNFOLDED = timedelta(hours=1)


def is_there(store: Store) -> bool:
    """Whether there is a database with our tables in it. Looking makes none, as opening our own file would."""
    file = store.engine.url.database
    if store.own_file and (file in (None, "", ":memory:") or not Path(str(file)).exists()):
        return False
    return store.revision() is not None


def checkup(store: Store, now: datetime, loaded: Iterable[str], tenants: Iterable[str]) -> tuple[str | None, list[str]]:
    """The tables' revision, and what needs a person, each with what to do. Never raises for what it finds."""
    problems: list[str] = []
    served = list(tenants)
    try:
        store.ready()
        schema = store.revision()
        with store.read() as connection:
            asked = connection.execute(
                select(func.count(), func.min(surveys.c.due_at)).where(
                    # a sending that outlived its lease is due again
                    surveys.c.state.in_([SurveyState.SCHEDULED.value, SurveyState.SENDING.value]),
                    # what is due to a tenant that is disabled or gone waits for it, not for a worker
                    surveys.c.tenant_id.in_(served),
                    surveys.c.due_at < now - OVERDUE,
                )
            ).one()
            told = connection.execute(
                select(func.count(), func.min(outbox.c.due_at)).where(
                    # news for a subscriber that is not loaded here is another worker's work
                    outbox.c.told_at.is_(None),
                    outbox.c.ended_at.is_(None),
                    outbox.c.subscriber.in_(list(loaded)),
                    outbox.c.tenant_id.in_(served),
                    outbox.c.due_at < now - OVERDUE,
                )
            ).one()
            counting = connection.execute(
                select(func.count(), func.min(fold_queue.c.at)).where(
                    fold_queue.c.tenant_id.in_(served), fold_queue.c.at < now - UNFOLDED
                )
            ).one()
    except SchemaOutOfDate as error:
        return None, [str(error)]
    except Exception as error:  # noqa: BLE001 - a check reports what is broken instead of breaking itself
        return None, [f"the database cannot be read ({type(error).__name__}); check database.url and the server"]
    for count, since, what in ((*asked, "surveys"), (*told, "news"), (*counting, "changes to be counted")):
        if count:
            problems.append(
                f"{count} {what} overdue since {since:%Y-%m-%d %H:%M} UTC: no worker seems to run;"
                " start `nps-plugin work`, `manage.py nps_work` or ratings.start_worker()"
            )
    return schema, problems
