"""The parts of a ``Ratings``, made from its configuration and handed to each other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from .clock import Clock
from .config import PATIENCE, SPOKEN, Settings, Tenant, Way
from .counts import fold_due
from .errors import ConfigError, ConfigProblem, PluginError, trail
from .model import Health, Message, Untold, WorkDone
from .plugins import Plugins, name_of
from .ports import Capabilities, Channel, Polled, capabilities_of
from .responses.hearing import Hearing
from .responses.inbound import Inbox
from .responses.retention import Sweep
from .responses.telling import end_removed, tell_due, waiting
from .responses.webhook import Webhooks, webhook_names
from .store import outbox
from .store.checkup import checkup, is_there
from .store.engine import Store
from .surveys.asking import Asking
from .surveys.claiming import Post
from .surveys.delivery import expire_due, send_due
from .surveys.intake import Intake
from .surveys.procedure import opened
from .surveys.whys import send_whys
from .verdicts import judge_due
from .web.door import Door
from .web.live import LiveDesk
from .wording.mail import word_question
from .wording.texts import check_placeholders, reason_choices

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that one ``Ratings`` works with."""

    settings: Settings
    clock: Clock
    store: Store
    plugins: Plugins
    #: who is told the news; whether this process handed it over, instead of the configuration naming it
    subscribers: Mapping[str, bool]
    channels: dict[tuple[str, str], Channel]
    intake: Intake
    hearing: Hearing
    desk: LiveDesk
    inbox: Inbox
    webhooks: Webhooks
    #: where each polled channel was read up to
    cursors: dict[tuple[str, str], str] = field(default_factory=dict)
    sweep: Sweep = field(default_factory=Sweep)

    @property
    def enabled(self) -> dict[str, Tenant]:
        """The tenants that are enabled, by name."""
        return {name: tenant for name, tenant in self.settings.tenants.items() if tenant.enabled}

    def work(self, clock: Clock, limit: int) -> WorkDone:
        """One round: send, expire, tell, fold, judge."""
        self.intake.note_procedures(self.enabled)
        post = Post(
            store=self.store,
            clock=clock,
            tenants=self.enabled,
            channels=self.channels,
            secrets=self.settings.page.secrets,
            subscribers=lambda: self.subscribers,
            word=self.word,
            own_text=self.intake.own_text,
        )
        for key in self.polled:
            self.poll(*key)
        sent = send_due(post, clock.now(), limit)
        sent += send_whys(post, clock.now(), limit)
        expired = expire_due(post, clock.now())
        ended = end_removed(self.store, self.subscribers, clock)
        told = self.tell(clock, limit, self.webhooks)
        folded = fold_due(self.store, self.enabled, limit, self.subscribers)
        if judge_due(self.store, self.enabled, self.subscribers, clock.now(), limit):
            told += self.tell(clock, limit, self.webhooks)
        return WorkDone(
            sent=sent["sent"],
            reminded=sent["reminded"],
            retried=sent["retried"],
            given_up=sent["given_up"],
            not_asked=sent["not_asked"],
            expired=expired,
            told=told["told"],
            failed_tellings=told["failed"],
            folded=folded,
            waiting=waiting(self.store, self.plugins, clock, self.webhooks.names),
            ended=ended,
            cleaned=self.sweep.round(
                self.store,
                self.settings.tenants,
                self.settings.retention,
                clock.now(),
                limit,
                self.settings.page.secrets,
            ),
        )

    def tell(self, clock: Clock | None = None, limit: int = 20, webhooks: Webhooks | None = None) -> Counter[str]:
        """Tell what is untold to the subscribers in this process; a worker tells the webhooks too."""
        return tell_due(self.store, self.plugins, self.settings.tenants, clock or self.clock, limit, webhooks)

    @property
    def polled(self) -> list[tuple[str, str]]:
        """The channels, by tenant and name, that are asked for what comes back."""
        return [
            key
            for key, channel in self.channels.items()
            if isinstance(channel, Polled) and getattr(channel, "polled", True)
        ]

    def poll(self, tenant: str, name: str, wait: float = 0.0) -> int:
        """Ask a channel for what came, keep it, reply; how many events there were. Never raises."""
        key = tenant, name
        channel: Any = self.channels[key]
        try:
            received = channel.poll(self.cursors.get(key, ""), wait)
            told = self.inbox.take(tenant, name, received.events)
        except Exception as error:  # noqa: BLE001 - one adapter's fault must not stop the worker
            log.error("tenant %s, channel %s: polling failed: %s", tenant, name, trail(error))  # noqa: TRY400
            return 0
        self.cursors[key] = received.cursor
        self.inbox.reply(tenant, name, told)
        return len(received.events)

    def health(self, counts: Counter[str]) -> Health:
        """What ``Ratings.check()`` gives."""
        schema, problems = checkup(
            self.store, self.clock.now(), [one.name for one in self.plugins if one.loaded], self.enabled
        )
        for plugin in self.plugins:
            if plugin.errors:
                of = f"{plugin.name} of {plugin.distribution}"
                problems.append(f"plugin {of} failed {plugin.errors} time(s), last: {plugin.last_error}")
        if schema is not None:
            problems += _untold(self.store, self.subscribers, self.plugins, self.webhooks)
        missing = [one for one in self.subscribers if not self.plugins.has(one) and not self.webhooks.has(one)]
        if missing:
            problems.append(f"subscribers not loaded in this process: {', '.join(missing)}; their news waits")
        return Health(schema=schema, problems=tuple(problems), counts=dict(counts))

    def untold(self) -> list[Untold]:
        """What ``Ratings.untold()`` gives."""
        if not is_there(self.store):
            return []
        with self.store.read() as connection:
            return outbox.untold(connection)

    def end_news(self, subscriber: str) -> int:
        """What ``Ratings.end_news()`` does."""
        with self.store.write() as connection:
            return outbox.end(connection, subscriber, self.clock.now())

    def procedures_opened(self) -> list[tuple[str, str]]:
        """What ``Ratings.procedures_opened()`` gives."""
        return opened(self.store, self.enabled.values())

    def word(self, tenant: Tenant, asking: Asking) -> Message:
        """The message of an asking, in words."""
        return word_question(
            tenant=tenant,
            survey=asking.survey,
            client=asking.client,
            message_id=asking.id,
            subject=asking.subject,
            token=asking.token,
            base_url=self.settings.page.base_url,
            locale=asking.locale,
            question=asking.question,
            at=asking.at,
            reminder=asking.reminder,
            channel=asking.channel,
            scale=asking.scale,
            service=asking.service,
            attempt=asking.attempt,
            once=asking.once,
            score=asking.score,
        )


def assemble(
    settings: Settings,
    engine: Engine | None,
    given: Iterable[Any],
    strict: bool,
    clock: Clock,
    counts: Counter[str],
    offer: Callable[[], None],
    store: Store | None = None,
) -> Parts:
    """Make the parts. Raises ``ConfigError`` with every problem that only shows when the parts are put together.

    ``store``: the one that is open already, where the configuration is read again.
    """
    given = tuple(given)
    named = tuple(dict.fromkeys([*settings.plugins, *(one for one in given if isinstance(one, str))]))
    objects = tuple(one for one in given if not isinstance(one, str))
    plugins = Plugins(strict=strict)
    plugins.load(named, objects)
    problems: list[ConfigProblem] = []
    channels: dict[tuple[str, str], Channel] = {}
    for tenant in settings.tenants.values():
        problems += _texts(tenant)
        if tenant.enabled:
            channels |= _channels(tenant, plugins, problems)
    if problems:
        raise ConfigError(problems)
    store = store or Store(settings.database_url, engine)
    subscribers = {one if isinstance(one, str) else name_of(one): True for one in given}
    subscribers |= dict.fromkeys(settings.plugins, False)
    tenants, page = settings.tenants, settings.page
    enabled = {name: tenant for name, tenant in tenants.items() if tenant.enabled}
    subscribers |= webhook_names(enabled.values())
    hearing = Hearing(store, clock, page.secrets, lambda: subscribers, counts)
    intake = Intake(
        store=store,
        tenants=tenants,
        plugins=plugins,
        clock=clock,
        secrets=page.secrets,
        base_url=page.base_url,
        counts=counts,
    )
    inbox = Inbox(
        store=store,
        clock=clock,
        tenants=enabled,
        channels=channels,
        secrets=page.secrets,
        base_url=page.base_url,
        subscribers=lambda: subscribers,
        counts=counts,
    )
    door = Door(
        tenants=enabled,
        channels=channels,
        inbox=inbox,
        close=intake.closed,
        store=store,
        clock=clock,
        base_url=page.base_url,
        offer=offer,
    )
    return Parts(
        settings=settings,
        clock=clock,
        store=store,
        plugins=plugins,
        subscribers=subscribers,
        channels=channels,
        intake=intake,
        hearing=hearing,
        desk=LiveDesk(hearing, settings, clock, offer, door),
        inbox=inbox,
        webhooks=Webhooks(enabled, clock),
    )


def _untold(store: Store, subscribers: Mapping[str, bool], plugins: Plugins, webhooks: Webhooks) -> Iterator[str]:
    """What news waits for whom, where this process cannot tell it or telling it fails."""
    with store.read() as connection:
        standing = outbox.untold(connection)
    for one in standing:
        since = f"{one.since:%Y-%m-%d %H:%M} UTC" if one.since else ""
        if one.untold and one.subscriber not in subscribers:
            yield (
                f"{one.untold} news since {since} wait for {one.subscriber}, which this process does not have: start"
                f" the one that has it, or give them up with `nps-plugin end-news {one.subscriber}`"
            )
        elif one.untold and not plugins.has(one.subscriber) and not webhooks.has(one.subscriber):
            yield f"{one.untold} news since {since} wait for {one.subscriber}, which is not loaded in this process"
        elif one.failed:
            yield f"{one.failed} news could not be told to {one.subscriber} so far; they are tried again"


def _channels(tenant: Tenant, plugins: Plugins, problems: list[ConfigProblem]) -> dict[tuple[str, str], Channel]:
    made: dict[tuple[str, str], Channel] = {}
    for name in tenant.all_channels:
        if name == "host":
            continue
        settings = dict(tenant.channels.get(name, {}))
        adapter = settings.pop("adapter", name)
        try:
            channel = made[tenant.name, name] = plugins.channel(str(adapter)).build(settings)
            points, scale = capabilities_of(channel).points, tenant.scale_on(name)
            if len(scale.points) > points:
                text = (
                    f"expected a scale of at most {points} points, which is what {adapter} can show; {scale.name} has"
                    f' {len(scale.points)}: give this channel its own, such as scale = "faces-3"'
                )
                problems.append(ConfigProblem(f"channels.{name}.scale", text, tenant=tenant.name))
            problems += _spoken_problems(tenant, name, capabilities_of(channel))
        except PluginError as error:
            problems.append(ConfigProblem("ask.channels", f"{name}: {error}", tenant=tenant.name))
        except ConfigError as error:
            # the adapter knows its own keys only; here it is known where they stand
            problems += [
                ConfigProblem(f"channels.{name}.{problem.key}", problem.expected, tenant=tenant.name)
                for problem in error.problems
            ]
    return made


def _spoken_problems(tenant: Tenant, name: str, can: Capabilities) -> Iterator[ConfigProblem]:
    """What does not fit a telephone, or stands at a channel that is none."""
    way, scale, where = tenant.way_of(name), tenant.scale_on(name), f"channels.{name}"
    if can.keys and not 0 <= scale.low <= scale.high <= 9:
        text = f"expected a scale within 0 to 9, one key for each score; {scale.name} is {scale.low} to {scale.high}"
        yield ConfigProblem(f"{where}.scale", f'{text}: give this channel its own, such as "keypad-10"', tenant.name)
    spoken = [key for key in (*SPOKEN, "after_low", *PATIENCE) if getattr(way, key) != getattr(Way(), key)]
    for key in spoken if not can.needs_recording else ():
        yield ConfigProblem(f"{where}.{key}", "is for a channel that plays recordings; this one does not", tenant.name)
    known = [code for code, _ in reason_choices(tenant, tenant.locale)]
    for key, code in way.menu_keys.items():
        if code not in known:
            yield ConfigProblem(f"{where}.menu_keys.{key}", f"expected one of {', '.join(known)}", tenant.name)


def _texts(tenant: Tenant) -> list[ConfigProblem]:
    problems = []
    places = {"question": tenant.question}
    places |= {f"channels.{name}.question": way.question for name, way in tenant.ways.items()}
    places |= {f"services.{name}.question": own.question for name, own in tenant.services.items()}
    places |= {f"levels.{name}.question": own.question for name, own in tenant.levels.items()}
    for where, texts in places.items():
        for locale, text in texts.items():
            try:
                check_placeholders(text)
            except ValueError as error:
                problems.append(ConfigProblem(f"{where}.{locale}", str(error), tenant=tenant.name))
    return problems
