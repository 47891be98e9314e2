"""The methods of ``Ratings`` about channels that clients come to by themselves: connected with a client, and listened
to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .base import Base
from .errors import LinkRefused

if TYPE_CHECKING:
    from .model import Client

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
