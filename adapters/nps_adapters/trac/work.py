"""The commands of ``trac-admin ENV nps``."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from trac.admin.api import AdminCommandError
from trac.util.text import printout

from nps_plugin import NpsError, UnknownTicket

from .facts import CLOSED
from .hooks import changed_since, load

if TYPE_CHECKING:
    from nps_plugin import Ratings

    from .component import NpsPlugin

#: Seconds between two rounds, rounds between two searches for what gave no event, and how far such a search looks back.
_EVERY, _ROUNDS, _BACK = 30.0, 20, timedelta(days=2)


def work(plugin: NpsPlugin, *, once: bool) -> None:
    """Be the worker until SIGTERM or SIGINT, or for one round. A round that fails is logged, and the next one comes."""
    stop = threading.Event()
    if not once:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    rounds = 0
    while not stop.is_set():
        try:
            _round(plugin, plugin.ratings(), search=rounds % _ROUNDS == 0)
        except Exception as error:
            if once:
                raise
            plugin.log.error("a round of the worker failed, the next one in %g s: %s", _EVERY, error)  # noqa: TRY400
        if once:
            return
        rounds += 1
        stop.wait(_EVERY)


def _round(plugin: NpsPlugin, ratings: Ratings, *, search: bool) -> None:
    since = datetime.now(UTC) - _BACK
    if search:
        reopened, closed = heal_reopenings(plugin, ratings, since), ratings.reconcile(plugin.tenant, since)
        if reopened or closed:
            printout(f"nps work: {closed} closing(s) and {reopened} reopening(s) found that had given no event")
    while (done := ratings.run_due()).anything:
        printout("nps work: " + ", ".join(f"{name} {count}" for name, count in done.to_dict().items() if count))


def heal_reopenings(plugin: NpsPlugin, ratings: Ratings, since: datetime) -> int:
    """Tell of tickets that are open, were changed since then, and whose last closure nobody knows to be over."""
    found = 0
    for number in changed_since(plugin.env, since, "<>"):
        try:
            over = ratings.ticket_verdict(plugin.tenant, str(number), host=plugin.host).reopened
        except UnknownTicket:
            continue
        # looked at again, since it may have been closed and recorded meanwhile
        ticket = None if over else load(plugin.env, number)
        if ticket is not None and ticket["status"] != CLOSED:
            found += ratings.ticket_reopened(plugin.tenant, str(number), None, host=plugin.host).recorded
    return found


def check(plugin: NpsPlugin) -> None:
    """Print what is wrong; an error where anything is."""
    try:
        health = plugin.ratings().check()
    except (NpsError, OSError) as error:
        raise AdminCommandError(str(error)) from error
    if not health.ok:
        raise AdminCommandError("; ".join(health.problems))
    printout(f"All is well; the tables are at {health.schema}.")
