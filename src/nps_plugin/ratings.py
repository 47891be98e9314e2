"""``Ratings``: what a host holds. It puts the parts together; the parts do the work."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .answering import Answering
from .base import shown
from .calling import Calling
from .clock import Clock, ManualClock, SystemClock
from .config import Settings, read_mapping, read_toml
from .errors import ConfigError, ConfigProblem, NpsError, trail
from .facade import HookFacade
from .judging import Judging
from .linking import Linking
from .model import (
    Client,
    ClosedTicket,
    Forgotten,
    Health,
    LogEntry,
    NotAskedReason,
    Receipt,
    ReopenedTicket,
    TicketVerdict,
    Untold,
    WorkDone,
)
from .voicing import Voicing
from .web.http import Request, Response

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from .assembly import Parts
    from .plugins import Plugins

log = logging.getLogger(__name__)
#: As many of each kind does one round of the worker.
_ROUND = 100


class Ratings(Answering, Calling, Judging, Linking, Voicing):
    """The library of one host process: closings in, questions out, answers in, verdicts out.

    ``config`` is a mapping in the shape of docs/configuration.md (or settings already read), ``engine`` the host's
    SQLAlchemy engine where our tables live in its database, ``plugins`` objects with hook implementations (modules or
    instances) or names of installed plugins. ``strict`` lets errors out instead of containing them; for tests.

    Raises :class:`~nps_plugin.errors.ConfigError` with every problem of the configuration.
    """

    def __init__(
        self,
        config: Mapping[str, Any] | Settings,
        engine: Engine | None = None,
        plugins: Iterable[Any] = (),
        strict: bool = False,
        clock: Clock | None = None,
    ) -> None:
        # the parts bring the tables, the pages and the wording: whoever only imports us should not wait for them
        from .assembly import assemble

        settings = config if isinstance(config, Settings) else read_mapping(config)
        self._strict = strict
        self._path: Path | None = None
        self._assembled_with = (engine, tuple(plugins))
        self._reloading = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._parts: Parts = assemble(
            settings, *self._assembled_with, strict, clock or SystemClock(), self._counts, offer=self._offer
        )
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        self.hook = HookFacade(self)

    @classmethod
    def open(
        cls, path: str | Path, plugins: Iterable[Any] = (), strict: bool = False, clock: Clock | None = None
    ) -> Self:
        """Read a TOML file and make the object. Tables in a file of our own are upgraded at first use."""
        made = cls(read_toml(path), plugins=plugins, strict=strict, clock=clock)
        made._path = Path(path).absolute()
        return made

    # --- the host tells -------------------------------------------------------------------------------------------

    def ticket_closed(self, ticket: ClosedTicket, connection: Any = None) -> Receipt:
        """Record a closing, once for each resolution, and plan the question to the client.

        ``connection``: the host's Connection, Session or scoped_session; joined where a transaction is open on it and
        the database is ours. Never raises (unless strict), sends nothing and commits nothing of the host's: the
        receipt's ``recorded`` and ``problem`` say how it went.
        """
        return self._contained("ticket_closed", lambda: self._parts.intake.closed(ticket, connection), ticket)

    def ticket_reopened(
        self, tenant: str, ticket: str, at: datetime | None, host: str = "", connection: Any = None
    ) -> Receipt:
        """Record that a closed ticket was taken up again: an unanswered question about it is withdrawn.

        Contained as in :meth:`ticket_closed`.
        """
        reopened = ReopenedTicket(tenant=tenant, ticket=ticket, at=at, host=host)
        return self._contained("ticket_reopened", lambda: self._parts.intake.reopened(reopened, connection), reopened)

    def reconcile(self, tenant: str, since: datetime) -> int:
        """Ask the loaded help-desks for the tickets closed since then and record those that gave no event; how many."""
        self._tenant(tenant)
        added = 0
        for name in self._parts.plugins.helpdesks:
            helpdesk = self._parts.plugins.helpdesk(name).load()(self)
            for ticket in helpdesk.closed_since(tenant, since):
                receipt = self.ticket_closed(ticket)
                added += receipt.recorded and not receipt.repeated
        return added

    # --- the client answers ---------------------------------------------------------------------------------------

    def opt_out(self, tenant: str, client: Client) -> None:
        """Ask this person no more."""
        self._parts.hearing.opt_out(self._tenant(tenant), client)

    # --- persons --------------------------------------------------------------------------------------------------

    def forget_client(self, tenant: str, client: Client | str) -> Forgotten:
        """Delete what is personal of a person, keep what counts, and never ask them again; see docs/privacy.md.

        ``client``: a Client, or its key such as ``"id:7"`` or ``"email:a@b.example"``. They need not be known: the id
        and the addresses given are suppressed all the same. Repeats change nothing. Returns how much was deleted.
        """
        from .responses.forgetting import forget
        from .surveys.facts import as_client

        settings, person = self._tenant(tenant), as_client(client)
        with self._parts.store.write() as connection:
            return forget(connection, settings, person, self.settings.page.secrets, self._parts.clock.now())

    def export_person(self, tenant: str, client: Client | str) -> dict[str, Any]:
        """Everything kept about a person, JSON-ready, and nothing of anybody else; ``client`` as in
        :meth:`forget_client`.

        Keys: ``tenant``, ``profiles``, ``surveys`` (each with ``ticket_facts``, ``contact``, ``messages``,
        ``answers`` with their reasons, indicators and comments, ``comments`` without a score, ``calls``, ``visits``),
        ``voices``, ``not_to_be_asked``, ``shared_with`` (others with an id of their own who share an address; nothing
        of theirs is in it). Somebody unknown gives empty lists.
        """
        from .responses.exporting import export_person
        from .surveys.facts import as_client

        settings, person = self._tenant(tenant), as_client(client)
        with self._parts.store.read() as connection:
            return export_person(connection, settings, person, self.settings.page.secrets)

    def export(self, tenant: str) -> Iterator[dict[str, Any]]:
        """Every closure of a tenant, JSON-ready: its facts, KPI, ``verdict`` and ``surveys`` with their ``answers``.

        Clients are surrogate keys; comments are as they were written. Read as it is iterated, a page at a time.
        """
        from .responses.exporting import export

        return export(self._parts.store, self._tenant(tenant))

    def handle(self, request: Request) -> Response:
        """Answer a request to the rating page.

        The host calls ``response.after`` once the body is sent, if it is set.
        """
        from .web.handle import handle

        return handle(request, self._parts.desk)

    @property
    def wsgi(self) -> Callable[..., Iterable[bytes]]:
        """The pages as a WSGI application, to mount where ``page.base_url`` points."""
        from .web.wsgi import wsgi_app

        # each request takes the parts in force: the application stays mounted when the configuration is read again
        def application(environ: Any, start_response: Any) -> Iterable[bytes]:
            return wsgi_app(self._parts.desk)(environ, start_response)

        return application

    # --- what stands ----------------------------------------------------------------------------------------------

    def ticket_verdict(self, tenant: str, ticket: str, host: str = "", closure: int | None = None) -> TicketVerdict:
        """The verdict on a ticket's last closure, or on the one named.

        Raises ``UnknownTenant`` or ``UnknownTicket``.
        """
        return self._parts.hearing.verdict(self._tenant(tenant), ticket, host, closure)

    def survey_log(self, tenant: str, ticket: str, host: str = "") -> tuple[LogEntry, ...]:
        """Everything that happened to the questions about a ticket, oldest first: why this client got this, or nothing.

        Holds no address and no comment. Raises ``UnknownTenant`` or ``UnknownTicket``.
        """
        from .surveys.facts import ticket_name
        from .surveys.log import read_log

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            return read_log(connection, settings, ticket_name(ticket), ticket_name(host))

    def not_asked_counts(
        self, tenant: str, since: datetime | None = None, until: datetime | None = None
    ) -> dict[NotAskedReason, int]:
        """How many people were not asked, for every reason there is, of the closings recorded from ``since`` until
        before ``until`` (aware; None: all)."""
        from .surveys.log import count_not_asked

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            return count_not_asked(connection, settings, since, until)

    @property
    def plugins(self) -> Plugins:
        """What is loaded, from where, and how often it failed."""
        return self._parts.plugins

    @property
    def settings(self) -> Settings:
        """The configuration in force."""
        return self._parts.settings

    def check(self) -> Health:
        """Schema and health: what is overdue, what failed, what to do. Never raises for what it finds."""
        return self._parts.health(self._counts)

    def upgrade(self) -> None:
        """Bring the tables to this release; the same as ``nps-plugin db upgrade``."""
        self._parts.store.upgrade()

    def untold(self) -> list[Untold]:
        """What news waits for whom, by subscriber: how much, how much of it failed before, how much was ended."""
        return self._parts.untold()

    def end_news(self, subscriber: str) -> int:
        """Give up the news that waits for a subscriber that will not come back; how much it was."""
        return self._parts.end_news(subscriber)

    def procedures_opened(self) -> list[tuple[str, str]]:
        """(tenant, change) for each change of the configuration that opens a new procedure against the one in use.

        Answers before it are not compared with those after it. Ask before the new configuration is used:
        ``nps-plugin config check`` does.
        """
        return self._parts.procedures_opened()

    def reload(self, config: Mapping[str, Any] | Settings | None = None) -> None:
        """Put another configuration in force: the file that was opened, read again, or the one given.

        Whole or not at all: raises :class:`~nps_plugin.errors.ConfigError` or
        :class:`~nps_plugin.errors.PluginError` for one that cannot be used, and the old one stays. What runs now ends
        with the old one. Plugins that were handed over stay, and see their error counts kept; those that the
        configuration names are loaded or left out anew. ``database.url`` cannot change: that needs a restart.
        """
        from .assembly import assemble

        if config is None:
            if self._path is None:
                raise ValueError("reload: this object was made from a mapping; give the new one: reload(config)")
            config = read_toml(self._path)
        settings = config if isinstance(config, Settings) else read_mapping(config)
        with self._reloading:
            old = self._parts
            if self._assembled_with[0] is None and settings.database_url != old.settings.database_url:
                raise ConfigError([ConfigProblem("database.url", "cannot change while running; restart to change it")])
            parts = assemble(
                settings,
                *self._assembled_with,
                self._strict,
                old.clock,
                self._counts,
                offer=self._offer,
                store=old.store,
            )
            parts.plugins.remember(old.plugins)
            # one assignment: whoever took the old parts goes on with them, the next one takes the new
            self._parts = parts

    # --- the worker -----------------------------------------------------------------------------------------------

    def run_due(self, now: datetime | None = None, limit: int = _ROUND) -> WorkDone:
        """One round of the worker: send what is due, close what is over, tell the untold, fold; ``limit`` of each."""
        return self._parts.work(ManualClock(now) if now is not None else self._parts.clock, limit)

    def start_worker(self, every: float = 30.0) -> None:
        """Run the worker in a thread of this process, every so many seconds, until :meth:`close`. For small hosts."""
        if self._worker is not None and self._worker.is_alive():
            return
        self._stop.clear()
        self._worker = threading.Thread(
            target=self.work, args=(self._stop, every), name="nps-plugin worker", daemon=True
        )
        self._worker.start()

    def work(
        self, stop: threading.Event, every: float = 30.0, report: Callable[[WorkDone], None] | None = None
    ) -> None:
        """Be the worker until ``stop`` is set: a round, then ``every`` seconds of rest; none while there is much to do.

        A round that fails (a lock, a server that restarts) is logged and counted, and the next one comes.
        """
        while not stop.is_set():
            rest, began = every, self._parts.clock.now()
            try:
                done = self.run_due()
            except Exception as error:  # noqa: BLE001 - a worker that dies in silence would ask nobody any more
                self._counts["worker_failed"] += 1
                log.error("a round of the worker failed, the next one in %s s: %s", every, trail(error))  # noqa: TRY400
            else:
                if report is not None:
                    report(done)
                # a full round: the queue is longer than one round takes; a long one was one of slow providers
                took = (self._parts.clock.now() - began).total_seconds()
                rest = 0.0 if max(done.sent, done.told, done.folded) >= _ROUND else max(0.0, every - took)
            stop.wait(rest)

    def close(self) -> None:
        """Stop the worker's thread and let go of the database."""
        self._stop.set()
        if self._worker is not None and self._worker is not threading.current_thread():
            self._worker.join()
        self._parts.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- within ---------------------------------------------------------------------------------------------------

    def _contained(self, what: str, do: Callable[[], Receipt], about: Any) -> Receipt:
        try:
            receipt = do()
        except Exception as error:  # the host's closing is sacred: whatever broke here, the ticket closes
            if self._strict:
                raise
            self._counts[f"{what}_failed"] += 1
            where = f"tenant {shown(getattr(about, 'tenant', '?'))}, ticket {shown(getattr(about, 'ticket', '?'))}"
            # not log.exception: its message may hold the row
            log.error("%s failed for %s; reconcile will record it: %s", what, where, trail(error))  # noqa: TRY400
            hint = str(error) if isinstance(error, NpsError) else type(error).__name__
            return Receipt(recorded=False, problem=f"{what}: {where}: {hint}")
        if receipt.problem:
            self._counts[f"{what}_with_problem"] += 1
        return receipt
