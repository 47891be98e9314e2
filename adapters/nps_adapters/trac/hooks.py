"""What the library asks and tells: whom not to ask, the verdict for the ticket, the closings that gave no event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from trac.resource import ResourceNotFound
from trac.ticket.model import Ticket
from trac.util.datefmt import to_utimestamp

from nps_plugin import Exclusion, Registration, VerdictKind, hookimpl

from . import NAME
from .facts import CLOSED, Options, changes_of, closed_ticket

if TYPE_CHECKING:
    from nps_plugin import ClosedTicket, Ratings, VerdictReached

_SAYS_NOTHING = frozenset((VerdictKind.PENDING, VerdictKind.UNANSWERED, VerdictKind.NOT_ASKED))
#: Trac shows nothing of such a block; it is how a repeated delivery is told.
_MARK = "{{{{{{\n#!comment\nnps-plugin {closure}.{revision}\n}}}}}}"
_MARKED = re.compile(r"\{\{\{\s+#!comment\s+nps-plugin (\d+)\.(\d+)\s+\}\}\}")
_TITLES = {
    "en": ("Client rating", "Client rating corrected"),
    "ru": ("Оценка клиента", "Оценка клиента исправлена"),
}


class TracHelpdesk:
    """Finds closings that gave no event: SQL, or a process that died in between."""

    def __init__(self, env: Any, options: Options, ratings: Ratings | None = None) -> None:
        del ratings
        self._env, self._options = env, options

    def closed_since(self, tenant: str, since: datetime) -> Iterator[ClosedTicket]:
        """The tickets that are closed now and were closed since then, oldest first.

        Where no change tells the closing, a ticket counts that was changed since then; its closing time is unknown.
        """
        if tenant != self._options.tenant:
            return
        for number in changed_since(self._env, since, "="):
            ticket = load(self._env, number)
            if ticket is not None and ticket["status"] == CLOSED:
                closed = closed_ticket(self._env, ticket, self._options, seen=False)
                if closed.closed_at is None or closed.closed_at >= since:
                    yield closed


def changed_since(env: Any, since: datetime, is_closed: str) -> list[int]:
    """The numbers of the tickets changed since then, closed ones ("=") or open ones ("<>")."""
    query = f"SELECT id FROM ticket WHERE status {is_closed} %s AND changetime >= %s ORDER BY id"  # noqa: S608
    return [int(number) for (number,) in env.db_query(query, (CLOSED, to_utimestamp(since)))]


def load(env: Any, number: int) -> Any:
    """The ticket as it stands in the database now, None where it is gone."""
    try:
        return Ticket(env, number)
    except ResourceNotFound:
        return None


@dataclass(frozen=True)
class _Bound(Registration):
    """A process may serve several environments, so this one's help-desk is not found by its class alone."""

    make: Any = field(compare=False)

    def load(self) -> Any:
        """What makes the help-desk."""
        return self.make


class Hooks:
    """The plugin of one environment's ``Ratings``."""

    nps_name = NAME

    def __init__(self, env: Any, options: Options, locale: str, *, write_verdicts: bool = True) -> None:
        self._env, self._options, self._locale, self._writes = env, options, locale, write_verdicts

    @hookimpl
    def nps_register_helpdesks(self) -> list[Registration]:
        """The help-desk itself, for ``reconcile``."""
        make = partial(TracHelpdesk, self._env, self._options)
        return [_Bound(NAME, f"{TracHelpdesk.__module__}:{TracHelpdesk.__name__}", make)]

    @hookimpl
    def nps_exclude_from_survey(self, closed: ClosedTicket) -> Exclusion | None:
        """Nobody is asked about a ticket whose resolution says that no work was done."""
        resolution = closed.facts.get("resolution", "")
        if self._is_ours(closed) and resolution in self._options.not_asked_resolutions:
            return Exclusion(why=f"closed as {resolution}")
        return None

    @hookimpl
    def nps_verdict_reached(self, news: VerdictReached) -> None:
        """Write the verdict on the ticket, once per revision; a changed one adds a comment, none is altered."""
        if not self._writes or not self._is_ours(news) or not news.ticket.isdecimal():
            return
        number, author = int(news.ticket), self._options.author
        with self._env.db_transaction as db:
            # one writer at a time, so that page and worker do not both write the same news
            db("UPDATE ticket SET changetime=changetime WHERE id=%s", (number,))
            ticket = load(self._env, number)
            if ticket is None:
                self._env.log.info("ticket %s is gone; the verdict on it is not written", number)
                return
            said = [
                change.new for change in changes_of(ticket) if change.field == "comment" and change.author == author
            ]
            marks = [(int(mark[1]), int(mark[2]), text) for text in said for mark in _MARKED.finditer(text)]
            before = max((mark for mark in marks if mark[0] == news.closure), default=None)
            if before is None and news.verdict.kind in _SAYS_NOTHING:
                return
            text = news.verdict.sentence
            if before is not None and (before[1] >= news.revision or f"\n\n{text}\n\n" in before[2]):
                return
            titles = _TITLES["ru" if self._locale.startswith("ru") else "en"]
            score = "" if news.verdict.score is None else f": {news.verdict.score}"
            title = f"'''{titles[before is not None]}{score}'''"
            mark = _MARK.format(closure=news.closure, revision=news.revision)
            # a save without a status reaches our own listener too, which has nothing to do then
            ticket.save_changes(author, f"{title}\n\n{text}\n\n{mark}")

    def _is_ours(self, about: ClosedTicket | VerdictReached) -> bool:
        return (about.tenant, about.host) == (self._options.tenant, self._options.host)
