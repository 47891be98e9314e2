"""The methods of ``Ratings`` about channels that clients come to by themselves: connected with a client, and listened
to."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .base import Base
from .errors import DeliveryError, LinkRefused, trail

if TYPE_CHECKING:
    from .model import Client

log = logging.getLogger(__name__)
#: Seconds of rest after a poll that failed: the first, doubled each time up to the last.
_RESTS = (1.0, 60.0)
#: How long a link is good that connects a client with an address.
LINK_LIFE = timedelta(days=30)


class Linking(Base):
    """What ``Ratings`` inherits: a tenant's channels, and the links to them."""

    def channel(self, tenant: str, name: str) -> Any:
        """The tenant's channel of that name, as its adapter made it. Raises ``UnknownTenant``, or ``LinkRefused``
        naming those there are."""
        self._tenant(tenant)
        found = self._parts.channels.get((tenant, name))
        if found is None:
            there = ", ".join(channel for owner, channel in self._parts.channels if owner == tenant) or "none"
            raise LinkRefused(f"tenant {tenant}: no channel {name!r:.60} is configured; there are {there}")
        return found

    def link(self, tenant: str, client: Client | str, channel: str = "telegram", life: timedelta = LINK_LIFE) -> str:
        """An address that connects a client with a channel once they open it, such as a chat with a bot: to be shown
        behind the host's login, or sent to the client; who has it is taken for them.

        ``client``: a Client, or its key such as ``"id:7"``; who is not known yet becomes known. Good for ``life``.
        Raises ``LinkRefused`` where the channel has no such links or the client was forgotten, ``ValueError`` for a
        nobody, ``UnknownTenant``.
        """
        from .links import ClientLinks
        from .store.persons import FORGOTTEN, suppressions_of, surrogates
        from .surveys.facts import as_client

        settings, where, person = self._tenant(tenant), self.channel(tenant, channel), as_client(client)
        if not hasattr(where, "link"):
            raise LinkRefused(f"tenant {tenant}, channel {channel}: clients are not connected with it by a link")
        secrets, now = self._parts.settings.page.secrets, self._parts.clock.now()
        with self._parts.store.write() as connection:
            if suppressions_of(connection, settings.name, [person], secrets, now) == [FORGOTTEN]:
                raise LinkRefused(f"tenant {tenant}: this person was forgotten, and nothing is kept of them again")
            known = surrogates(connection, settings.name, [person], now)[person.key]
        # asks the provider for the bot's name where it is not configured, so after the transaction
        return str(where.link(ClientLinks(secrets, self._parts.clock).issue(settings.name, known, life)))

    def listen(self, tenant: str, channel: str, stop: threading.Event, *, wait: float = 20.0) -> None:
        """Poll a channel until ``stop`` is set, each call waiting up to ``wait`` seconds for something to come.

        What came is kept before the next batch is asked for, so a crash repeats at most one batch, and repeats do
        nothing. One that fails is asked again after a rest. Raises ``LinkRefused`` where the channel is not polled.
        """
        cursor, rest = "", _RESTS[0]
        while True:
            # taken anew each time: the configuration may have been read again
            where = self.channel(tenant, channel)
            if not hasattr(where, "poll"):
                raise LinkRefused(
                    f"tenant {tenant}, channel {channel}: it is not polled; its provider posts to the door"
                )
            try:
                received = where.poll(cursor, wait)
                inbox = self._parts.inbox
                told = inbox.take(tenant, channel, received.events)
            except Exception as error:  # noqa: BLE001 - a poller that dies in silence would hear nobody any more
                asked = getattr(error, "retry_after", None)
                why = error.reason if isinstance(error, DeliveryError) else trail(error)
                pause = min(_RESTS[1], asked or rest)
                log.warning("tenant %s, channel %s: polling failed, again in %g s: %s", tenant, channel, pause, why)
                rest = min(_RESTS[1], rest * 2)
                stop.wait(pause)
            else:
                cursor, rest = received.cursor, _RESTS[0]
                inbox.reply(tenant, channel, told)
                if told:
                    self._offer()
            if stop.is_set():
                return
