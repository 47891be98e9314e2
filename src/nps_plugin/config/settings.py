"""The configuration once it is read and checked: frozen dataclasses, nothing of TOML left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ..model import Band, Scale
from .secret import Secret

EMPTY: Mapping[str, Any] = MappingProxyType({})

#: What may follow a low key on the telephone: nothing, a question for reasons, an operator's call, a link.
AFTER_LOW = ("nothing", "menu", "operator", "link")
#: How a telephone asks: how long, and how often.
PATIENCE = ("ring", "wait", "repeat")
#: The recordings of a channel, beside those of the services.
SPOKEN = ("thanks", "again", "menu")

#: Text by locale: {"ru": ..., "en": ...}
Texts = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Brand:
    """How the tenant shows itself. ``logo`` is (media type, bytes), read when the configuration is."""

    name: str
    colour: str
    sender: str
    logo: tuple[str, bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class WhyCall:
    """After which answers an operator calls to learn why: the bands, and the share of them."""

    bands: frozenset[Band]
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Whom to ask, when, over what."""

    delay: timedelta
    channels: tuple[str, ...]
    attempts: Mapping[str, int]
    expires_after: timedelta
    edit_window: timedelta
    ask_why: frozenset[Band]
    #: when each channel may be used: minutes since midnight where the client lives, (from, until), sorted, apart
    hours: Mapping[str, tuple[tuple[int, int], ...]]
    #: how often the clients of one closure are contacted at most: questions, tries that they notice, reminders
    max_contacts: int
    #: how long nobody is asked again; zero asks every time
    quarantine: timedelta
    #: person or organization: whose last question starts the quarantine
    quarantine_by: str
    #: the share of tickets that is asked about, 0 to 1
    sample: float
    #: how long after the question one reminder leaves; None for never
    remind_after: timedelta | None
    #: None: no operator calls after an answer
    why_call: WhyCall | None = None


@dataclass(frozen=True, kw_only=True)
class Own:
    """What a service or a level has of its own; None and empty: as the tenant has it."""

    question: Texts = field(default_factory=dict)
    #: the files recorded for a service, by language, absolute
    recording: Mapping[str, str] = field(default_factory=dict)
    delay: timedelta | None = None
    channels: tuple[str, ...] | None = None
    attempts: Mapping[str, int] = field(default_factory=dict)
    hours: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def over(self, ask: Ask) -> Ask:
        """The plan with this laid over it; tries and hours channel by channel."""
        if self.delay is None and self.channels is None and not self.attempts and not self.hours:
            return ask
        return replace(
            ask,
            delay=ask.delay if self.delay is None else self.delay,
            channels=ask.channels if self.channels is None else self.channels,
            attempts={**ask.attempts, **self.attempts},
            hours={**ask.hours, **self.hours},
        )


@dataclass(frozen=True, kw_only=True)
class Rate:
    """So many messages in so much time, over all workers: "30/s"."""

    count: int
    per: timedelta

    def __str__(self) -> str:
        return f"{self.count} in {self.per}"


@dataclass(frozen=True, kw_only=True)
class Way:
    """What the core keeps of a channel's settings; the rest is its adapter's."""

    #: its own scale, else the tenant's
    scale: Scale | None = None
    rate: Rate | None = None
    question: Texts = field(default_factory=dict)
    #: what follows a score that is asked for reasons: one of :data:`AFTER_LOW`
    after_low: str = "nothing"
    #: recordings by language, absolute: after the key, before the repeated question, the question for reasons
    thanks: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[str, str] = field(default_factory=dict)
    menu: Mapping[str, str] = field(default_factory=dict)
    #: the reason that each key stands for there
    menu_keys: Mapping[str, str] = field(default_factory=dict)
    #: how a telephone asks: seconds that it rings, seconds for a key, how often the question is played again
    ring: int = 30
    wait: int = 8
    repeat: int = 1


@dataclass(frozen=True, kw_only=True)
class KpiRule:
    """A resolution-time target for the tickets that it matches. Empty tuples match everything."""

    resolve_within: timedelta
    calendar: str = ""
    priority: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    organization: tuple[str, ...] = ()
    contract: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CalendarSettings:
    """Working hours by weekday (0 = Monday): minutes since local midnight, (from, until), until <= 1440; sorted,
    apart."""

    hours: Mapping[int, tuple[tuple[int, int], ...]]
    timezone: ZoneInfo
    #: country, optionally with a subdivision ("RU", "DE-BY"), as the `holidays` package knows it; "" for none
    holidays: str = ""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is agreed: the share of closings that meet the KPI, the share of satisfied answers. None: nothing is."""

    kpi_share: float | None = None
    satisfied_share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Targets(Target):
    """The tenant's targets, and special ones by service, queue or organization; never by agent."""

    service: Mapping[str, Target] = field(default_factory=dict)
    queue: Mapping[str, Target] = field(default_factory=dict)
    organization: Mapping[str, Target] = field(default_factory=dict)

    def of(self, where: Mapping[str, str]) -> Target:
        """The targets of a slice: of its service, else queue, else organization, else the tenant's; each alone."""
        named = [
            getattr(self, dimension).get(where[dimension])
            for dimension in ("service", "queue", "organization")
            if dimension in where
        ]
        found = [one for one in named if one is not None]
        return Target(
            kpi_share=next((one.kpi_share for one in found if one.kpi_share is not None), self.kpi_share),
            satisfied_share=next(
                (one.satisfied_share for one in found if one.satisfied_share is not None), self.satisfied_share
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Signs:
    """From where on something is a sign that work is done for the clock (docs/traps.md)."""

    #: a ticket reopened, or the same client and service back, within this time
    quick_fix_within: timedelta = timedelta(days=14)
    #: resolved in under this share of the target, with one reply
    brush_off_within: float = 0.1
    #: and a reply shorter than this quantile of the tenant's
    brush_off_shorter: float = 0.1
    #: passed on so often or more
    bouncing_from: int = 2
    #: the clock stood still for more than this share of the client's time
    paused_over: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """The least data that a verdict needs (docs/verdicts.md); may be raised, never lowered."""

    #: answers for a level, and met and missed ones for a link
    ratings: int = 10
    #: effective clients (Kish)
    clients: int = 8
    #: periods for a trend or a trap
    periods: int = 8
    #: answers from which a share is shown at all
    shown: int = 5


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One indicator that was agreed on, asked after the score."""

    criterion: str
    #: the tenant's own; empty: as it ships
    text: Texts = field(default_factory=dict)
    #: after which scores it is asked
    bands: frozenset[Band] = frozenset(Band)


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where answers and verdicts are told, and what signs them."""

    url: str = field(repr=False)
    secret: Secret
    timeout: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """One tenant's settings, complete with defaults."""

    name: str
    enabled: bool
    locale: str
    timezone: ZoneInfo
    brand: Brand
    scale: Scale
    question: Texts
    attribution: str
    internal_clients: tuple[str, ...]
    ask: Ask
    kpi: tuple[KpiRule, ...]
    calendars: Mapping[str, CalendarSettings]
    #: the tenant's own reasons, code -> texts, shown before the shipped ones
    reasons: Mapping[str, Texts]
    #: what was agreed on, in the order of the configuration
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    #: the tenant's own names of criteria
    criteria: Mapping[str, Texts] = field(default_factory=dict)
    targets: Targets = field(default_factory=Targets)
    signs: Signs = field(default_factory=Signs)
    minimum: Minimum = field(default_factory=Minimum)
    #: settings for each channel's adapter, by channel name, with the adapter's name
    channels: Mapping[str, Mapping[str, Any]] = field(repr=False)
    ways: Mapping[str, Way] = field(default_factory=dict)
    services: Mapping[str, Own] = field(default_factory=dict)
    levels: Mapping[str, Own] = field(default_factory=dict)
    webhook: Webhook | None = None
    #: what signs the closings that come in at the door
    closures_secret: Secret | None = None

    def plan_of(self, service: str = "", level: str = "") -> Ask:
        """How somebody of that level is asked about that service: the level's own over the service's over ``ask``."""
        return self._level(level).over(self._service(service).over(self.ask))

    def scale_on(self, channel: str) -> Scale:
        """The scale on which an answer to a message over that channel stands."""
        return self._way(channel).scale or self.scale

    def rate_on(self, channel: str) -> Rate | None:
        """How fast messages may leave over that channel."""
        return self._way(channel).rate

    def question_on(self, channel: str, service: str = "", level: str = "") -> Texts:
        """The tenant's own question: the level's, the service's, the channel's, the tenant's, language by language; the
        tenant's only where the channel has no scale of its own, since it may speak of that scale."""
        way = self._way(channel)
        general = self.question if way.scale in (None, self.scale) else EMPTY
        return {**general, **way.question, **self._service(service).question, **self._level(level).question}

    def way_of(self, channel: str) -> Way:
        """What the core keeps of a channel's settings."""
        return self._way(channel)

    def recording_of(self, service: str, locale: str) -> str:
        """The file recorded for a service in that language; "" where there is none."""
        return self._service(service).recording.get(locale, "")

    def country_of(self, channel: str) -> str:
        """The country code of numbers that are written without one, where the channel's adapter is told it."""
        return str(self.channels.get(channel, {}).get("country_code", ""))

    def adapter_of(self, channel: str) -> str:
        """What stands behind a channel's name."""
        return str(self.channels.get(channel, {}).get("adapter", channel))

    @property
    def all_channels(self) -> tuple[str, ...]:
        """Every channel of every plan, in order of first mention."""
        plans = [self.ask.channels, *(own.channels or () for own in (*self.services.values(), *self.levels.values()))]
        return tuple(dict.fromkeys(name for plan in plans for name in plan))

    def _service(self, name: str) -> Own:
        return self.services.get(name, _NONE)

    def _level(self, name: str) -> Own:
        return self.levels.get(name, _NONE)

    def _way(self, name: str) -> Way:
        return self.ways.get(name, _PLAIN)


_NONE, _PLAIN = Own(), Way()


@dataclass(frozen=True, kw_only=True)
class Page:
    """Where the rating page stands, and what signs its forms. ``base_url`` has no trailing slash."""

    base_url: str
    secrets: tuple[Secret, ...]
    trusted_proxies: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long what is personal is kept; the worker deletes it after that. What counts stays."""

    comments: timedelta = timedelta(days=730)
    #: addresses, links and who a person is, since their last closing
    contacts: timedelta = timedelta(days=365)
    #: visits to the page and the circumstances of answers
    evidence: timedelta = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole configuration."""

    plugins: tuple[str, ...]
    #: may hold a password
    database_url: str = field(repr=False)
    page: Page
    tenants: Mapping[str, Tenant]
    retention: Retention = field(default_factory=Retention)
