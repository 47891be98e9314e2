"""The component: hears from Trac that tickets close and reopen, serves the rating page, brings the commands."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote

from trac.admin.api import IAdminCommandProvider
from trac.config import BoolOption, ConfigurationError, ListOption, Option, PathOption
from trac.core import Component, implements
from trac.ticket.api import ITicketChangeListener
from trac.ticket.batch import BatchModifyModule
from trac.web.api import HTTPRequestEntityTooLarge, IRequestFilter, IRequestHandler, RequestDone

from nps_plugin import NpsError, Ratings, Receipt, Request, UnknownTicket, VerdictKind, read_toml

from . import NAME
from .facts import CLOSED, Options, closed_ticket
from .hooks import Hooks, load
from .work import check, work

_HEALS = "the ticket itself is saved; `trac-admin ENV nps work` finds the change later"
_OUT_OF_ORDER = (
    "Оценка сейчас не может быть принята, попробуйте, пожалуйста, позже.\n"
    "Your rating cannot be taken at the moment; please try again later.\n"
)
#: A form with a score, reasons and a comment is a few kilobytes at most.
_LIMIT = 64 * 1024


class _Batch(threading.local):
    """The changes of this thread's batch modification; None outside of one."""

    changes: list[tuple[int, bool, datetime]] | None = None


class NpsPlugin(Component):
    """Asks the clients of closed tickets one question and writes the verdict on the ticket."""

    implements(ITicketChangeListener, IRequestFilter, IRequestHandler, IAdminCommandProvider)

    config_file = PathOption("nps-plugin", "config", "nps.toml", "The library's configuration, beside trac.ini.")
    tenant = Option("nps-plugin", "tenant", "", "The tenant in that configuration whose tickets these are.")
    host = Option("nps-plugin", "host", "", "Which help-desk of the tenant this is, where it has several.")
    service_field = Option("nps-plugin", "service_field", "", "The field of a ticket that names the service.")
    not_asked_resolutions = ListOption(
        "nps-plugin", "not_asked_resolutions", "duplicate, invalid", doc="Resolutions about which nobody is asked."
    )
    author = Option("nps-plugin", "author", "client-rating", "Who signs the comments with the verdict.")
    write_verdicts = BoolOption("nps-plugin", "write_verdicts", "true", "Whether the verdict is written on the ticket.")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ratings: Ratings | None = None
        self._batch = _Batch()
        #: what went wrong in this process, by what was being done
        self.problems: Counter[str] = Counter()

    @property
    def options(self) -> Options:
        """What trac.ini says of tickets."""
        return Options(
            tenant=self.tenant,
            host=self.host,
            service_field=self.service_field,
            not_asked_resolutions=frozenset(self.not_asked_resolutions),
            author=self.author,
        )

    def ratings(self) -> Ratings:
        """The ``Ratings`` of this environment in this process. Raises what keeps it from being made."""
        with self._lock:
            if self._ratings is None:
                settings = read_toml(self.config_file)
                if self.tenant not in settings.tenants:
                    raise ConfigurationError(
                        f"trac.ini, [nps-plugin] tenant: {self.tenant!r} is no tenant of {self.config_file}; there are:"
                        f" {', '.join(settings.tenants)}"
                    )
                hooks = Hooks(
                    self.env, self.options, settings.tenants[self.tenant].locale, write_verdicts=self.write_verdicts
                )
                # named for other processes; here these hooks bear that name
                others = tuple(name for name in settings.plugins if name != NAME)
                self._ratings = Ratings(replace(settings, plugins=others), plugins=[hooks])
            return self._ratings

    # --- ITicketChangeListener: Trac has committed, unless it is a batch; whatever we raised would reach the user

    def ticket_created(self, ticket: Any) -> None:
        """Notice a ticket that is created closed."""
        if ticket["status"] == CLOSED:
            self._moved(ticket, was_closed=False)

    def ticket_changed(self, ticket: Any, comment: str, author: str, old_values: dict[str, Any]) -> None:
        """Notice a change of status from open to closed or back."""
        if "status" in old_values:
            self._moved(ticket, was_closed=old_values["status"] == CLOSED)

    def ticket_change_deleted(self, ticket: Any, cdate: datetime, changes: dict[str, tuple[str, str]]) -> None:
        """Notice that the change was undone which closed or reopened the ticket."""
        if "status" in changes:
            self._moved(ticket, was_closed=changes["status"][1] == CLOSED)

    def ticket_deleted(self, ticket: Any) -> None:
        """Withdraw the question about a ticket that is gone, where it is still open."""
        if ticket["status"] != CLOSED:
            return
        with self._contained(f"deleting ticket {ticket.id}", "its client may still be asked"):
            number, ratings = str(ticket.id), self.ratings()
            try:
                verdict = ratings.ticket_verdict(self.tenant, number, host=self.host)
            except UnknownTicket:
                return
            if verdict.kind is VerdictKind.PENDING:
                self._look_at(ratings.ticket_reopened(self.tenant, number, datetime.now(UTC), host=self.host), number)

    def _moved(self, ticket: Any, *, was_closed: bool) -> None:
        change = (ticket.id, ticket["status"] == CLOSED, ticket["changetime"])
        if was_closed == change[1]:
            return
        if self._batch.changes is None:
            self._tell(*change)
        else:
            self._batch.changes.append(change)

    def _tell(self, number: int, closed: bool, at: datetime) -> None:
        with self._contained(f"handing over ticket {number}", _HEALS):
            ticket = load(self.env, number)
            # a batch that failed was rolled back
            if ticket is None or (ticket["status"] == CLOSED) != closed:
                return
            ratings = self.ratings()
            if closed:
                receipt = ratings.ticket_closed(closed_ticket(self.env, ticket, self.options, seen=True))
            else:
                receipt = ratings.ticket_reopened(self.tenant, str(number), at, host=self.host)
            self._look_at(receipt, str(number))

    def _look_at(self, receipt: Receipt, number: str) -> None:
        if not receipt.recorded and receipt.problem:
            self.problems["recording"] += 1
            self.log.error("ticket %s was not recorded: %s; %s", number, receipt.problem, _HEALS)

    @contextmanager
    def _contained(self, what: str, todo: str) -> Iterator[None]:
        """Let nothing of ours reach Trac: errors are logged with what to do, and counted."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a ticket closes, whatever is wrong with us
            self._failed(what, error, todo)

    def _failed(self, what: str, error: Exception, todo: str) -> None:
        self.problems[what.split(" ", 1)[0]] += 1
        # a wrong file or setting is told whole; below the first line of a database's error stand its values
        known = isinstance(error, (NpsError, ConfigurationError, OSError))
        said = f"{type(error).__name__}: {error}" if known else f"{type(error).__name__}: {error}".split("\n", 1)[0]
        self.log.error("%s failed (%s); %s", what, said, todo)

    # --- IRequestFilter: a batch modification is one transaction, and is told of when that is over

    def pre_process_request(self, req: Any, handler: Any) -> Any:
        """Stand around the handler of batch modifications; every other is left as it is."""
        return _AfterBatch(self, handler) if isinstance(handler, BatchModifyModule) else handler

    def post_process_request(self, req: Any, template: Any, data: Any, metadata: Any) -> tuple[Any, Any, Any]:
        """Change nothing."""
        return template, data, metadata

    def batch(self, handler: Any, req: Any) -> Any:
        """Run a batch modification, then tell of its changes."""
        changes: list[tuple[int, bool, datetime]] = []
        self._batch.changes = changes
        try:
            return handler.process_request(req)
        finally:
            self._batch.changes = None
            for change in changes:
                self._tell(*change)

    # --- IRequestHandler: the page behind the links in messages

    def match_request(self, req: Any) -> bool:
        """Whether the path is ``/rate`` or below."""
        ours: bool = req.path_info == "/rate" or req.path_info.startswith("/rate/")
        if ours and req.method == "POST":
            length = req.get_header("Content-Length") or "0"
            if not length.isdecimal() or int(length) > _LIMIT:
                raise HTTPRequestEntityTooLarge("a rating is smaller than that")
            # the page's own signed nonce protects its form; who comes from a mail has no cookie that Trac could check
            req.args["__FORM_TOKEN"] = req.form_token
        return ours

    def process_request(self, req: Any) -> None:
        """Answer with the library's page."""
        try:
            ours = self.ratings().handle(_request(req))
        except Exception as error:  # noqa: BLE001 - a client sees no traceback of ours
            self._failed("showing the rating page", error, "see `trac-admin ENV nps check`")
            req.send_header("Retry-After", "300")
            req.send(_OUT_OF_ORDER.encode(), "text/plain;charset=utf-8", 503)
            return
        req.send_response(ours.status)
        for name, value in ours.headers:
            req.send_header(name, value)
        req.end_headers()
        if req.method != "HEAD":
            req.write(ours.body)
        if ours.after is not None:
            with self._contained("telling the news after a rating", "the worker tells it"):
                ours.after()
        raise RequestDone

    # --- IAdminCommandProvider

    def get_admin_commands(self) -> Iterator[tuple[Any, ...]]:
        """``nps work`` and ``nps check``."""
        said = "Send what is due, tell verdicts to the tickets, find changes that gave no event; without end, or once."
        yield ("nps work", "[once]", said, None, lambda mode="": work(self, once=mode == "once"))
        yield ("nps check", "", "Say whether client ratings work, and what to do if not.", None, lambda: check(self))


class _AfterBatch:
    """The handler of batch modifications, with us behind it; in all else it is that handler."""

    def __init__(self, plugin: NpsPlugin, handler: Any) -> None:
        self._plugin, self._handler = plugin, handler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handler, name)

    def process_request(self, req: Any) -> Any:
        """Let it work, then tell what it changed."""
        return self._plugin.batch(self._handler, req)


def _request(req: Any) -> Request:
    query = {name: tuple(values) for name, values in parse_qs(req.query_string, keep_blank_values=True).items()}
    form: dict[str, tuple[str, ...]] = {}
    for name, value in req.arg_list if req.method == "POST" else ():
        # Trac reads both into one
        if name not in query and isinstance(value, str):
            form[name] = (*form.get(name, ()), value)
    headers = {name[5:].lower().replace("_", "-"): value for name, value in req.environ.items() if name[:5] == "HTTP_"}
    return Request(
        method=req.method,
        # as it was sent: the library decodes it
        path=quote(req.base_path + req.path_info, safe="/"),
        query=query,
        form=form,
        headers=headers,
        remote=req.remote_addr or "",
    )
