"""What the core asks of an adapter: narrow Protocols, and how an adapter is named without being imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from .errors import PluginError
from .model import Answered, Client, ClosedTicket, Delivery, Message, Received, Request

#: The built-in channel: the question waits in a queue for a person who calls.
OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a channel can do. What it does not declare is not asked of it."""

    #: the most points of a scale that it can show; a tenant's longer scale is a mistake in the configuration
    points: int = 11
    #: it asks why by itself, with the reasons of ``Message`` or ``Answered``
    reasons: bool = False
    #: it takes words
    comments: bool = False
    #: ``send`` only hands over; what became of the message comes later, as :class:`~nps_plugin.model.Reported`
    pending: bool = False
    #: after how long a message without a report has failed, where ``pending``; None waits as long as the survey
    report_within: timedelta | None = None
    #: phone, telegram or email, where what comes back names the client by that address alone: there is then one open
    #: question to an address at a time
    address: str = ""
    #: but several questions may be open there, most of what comes back names its own; the rest is about the newest
    several: bool = False
    #: it plays what is recorded for the service and language; without a recording the next channel takes over
    needs_recording: bool = False
    #: a score is one key of a telephone: a scale must lie within 0 to 9
    keys: bool = False


@runtime_checkable
class Channel(Protocol):
    """A way to reach a client. One object per tenant and channel, built from that tenant's own settings.

    The class itself is called as ``Class(settings)`` with the mapping under ``[tenants.x.channels.<name>]`` (without
    ``adapter``, ``scale``, ``rate`` and ``question``, which are the core's) and raises
    :class:`~nps_plugin.errors.ConfigError` for settings that it cannot use. It is used by several threads at once.
    docs/write-a-channel.md tells how to write one; ``nps_plugin.testing.ChannelContract`` says whether it holds.
    """

    capabilities: Capabilities

    def reaches(self, client: Client) -> bool:
        """Whether the client has an address on this channel. Without any network."""
        ...

    def send(self, message: Message) -> Delivery:
        """Hand the message over. Raises :class:`~nps_plugin.errors.DeliveryError`, final or to be retried.

        Always with a timeout. Neither secrets nor the client's name, addresses and texts stand in what is raised.
        """
        ...


def capabilities_of(channel: object) -> Capabilities:
    """What a channel declares; the plain ones for one that declares nothing."""
    declared = getattr(channel, "capabilities", None)
    return declared if isinstance(declared, Capabilities) else Capabilities()


@runtime_checkable
class Connected(Protocol):
    """A channel that may keep its connection from one message to the next."""

    def round(self) -> AbstractContextManager[object]:
        """While this is entered, what this thread sends may go over one connection; afterwards none is left open."""
        ...


@runtime_checkable
class Inbound(Protocol):
    """A channel to whose door ``/hooks/<tenant>/<channel>`` its provider posts what comes back."""

    def receive(self, request: Request) -> Received:
        """Read a request. Raises :class:`~nps_plugin.errors.Forged`, before anything is read, where its signature or
        secret is not right (compared in constant time).

        Never raises for what it cannot read: that gives no events. Touches no network. The same request read again
        gives the same events. ``request.url`` is the address that the provider called.
        """
        ...

    def reply(self, answered: Answered) -> None:
        """Tell the client what became of an event: after it is stored, outside any transaction. May do nothing.

        Raises :class:`~nps_plugin.errors.DeliveryError`; it is not tried again.
        """
        ...


@runtime_checkable
class Polled(Protocol):
    """A channel that is asked for what comes back, where its provider cannot reach us. It has ``reply`` too.

    The worker asks once a round, unless it has an attribute ``polled`` that is False: then ``Ratings.listen`` does,
    or the provider posts to the door.
    """

    def poll(self, cursor: str, wait: float) -> Received:
        """What came since ``cursor`` ("" at the start of a process; else ``Received.cursor`` of what was kept last).

        May wait that many seconds for something to come. Raises :class:`~nps_plugin.errors.DeliveryError`.
        """
        ...

    def reply(self, answered: Answered) -> None:
        """As :meth:`Inbound.reply`."""
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
