"""What the core asks of an adapter: narrow Protocols, and how an adapter is named without being imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from .errors import PluginError
from .model import Client, ClosedTicket, Delivery, Message


@runtime_checkable
class Channel(Protocol):
    """A way to reach a client. One object per tenant and channel, built from that tenant's own settings.

    The class itself is called as ``Class(settings)`` with the mapping under ``[tenants.x.channels.<name>]`` (without
    ``adapter`` and ``scale``) and raises :class:`~nps_plugin.errors.ConfigError` for settings that it cannot use.
    """

    def reaches(self, client: Client) -> bool:
        """Whether the client has an address on this channel."""
        ...

    def send(self, message: Message) -> Delivery:
        """Hand the message over. Raises :class:`~nps_plugin.errors.DeliveryError`, final or to be retried."""
        ...


@runtime_checkable
class Helpdesk(Protocol):
    """A help-desk that can be asked for its closings, so that those which gave no event are healed."""

    def closed_since(self, tenant: str, since: datetime) -> Iterable[ClosedTicket]:
        """The tickets of the tenant that are closed now and were closed (or changed) since then."""
        ...


@dataclass(frozen=True)
class Registration:
    """An adapter by name, with where its class stands: ``"package.module:Class"``. Nothing is imported until it is
    used."""

    name: str
    target: str

    def load(self) -> Any:
        """The class itself. Raises :class:`~nps_plugin.errors.PluginError` where it cannot be imported."""
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise PluginError(
                f"adapter {self.name!r}: {self.target} cannot be imported ({error}); is the extra"
                f" nps-plugin[{self.name}] installed?"
            ) from error

    def build(self, settings: Mapping[str, Any]) -> Any:
        """A new object for one tenant. Registered classes hold no tenant's state."""
        return self.load()(settings)
