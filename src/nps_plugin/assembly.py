"""The parts of a ``Ratings``, made from its configuration and handed to each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from .clock import Clock
from .config import Settings, Tenant
from .errors import ConfigError, ConfigProblem, PluginError
from .model import Health, Message, WorkDone
from .plugins import Plugins, name_of
from .ports import Channel
from .responses.hearing import Hearing
from .responses.telling import tell_due
from .store.checkup import checkup
from .store.engine import Store
from .surveys.asking import Asking
from .surveys.delivery import Post, expire_due, send_due
from .surveys.intake import Intake
from .web.live import LiveDesk
from .wording.mail import word_question
from .wording.texts import check_placeholders


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that one ``Ratings`` works with."""

    settings: Settings
    clock: Clock
    store: Store
    plugins: Plugins
    subscribers: tuple[str, ...]
    channels: dict[tuple[str, str], Channel]
    intake: Intake
    hearing: Hearing
    desk: LiveDesk

    @property
    def enabled(self) -> dict[str, Tenant]:
        """The tenants that are enabled, by name."""
        return {name: tenant for name, tenant in self.settings.tenants.items() if tenant.enabled}

    def work(self, clock: Clock, limit: int) -> WorkDone:
        """One round: send, expire, tell."""
        post = Post(
            store=self.store,
            clock=clock,
            tenants=self.enabled,
            channels=self.channels,
            secrets=self.settings.page.secrets,
            subscribers=lambda: self.subscribers,
            word=self._word,
            own_text=self.intake.own_text,
        )
        sent = send_due(post, clock.now(), limit)
        expired = expire_due(post, clock.now())
        told = self.tell(clock, limit)
        return WorkDone(
            sent=sent["sent"],
            retried=sent["retried"],
            given_up=sent["given_up"],
            not_asked=sent["not_asked"],
            expired=expired,
            told=told["told"],
            failed_tellings=told["failed"],
            waiting=told["waiting"],
        )

    def tell(self, clock: Clock | None = None, limit: int = 20) -> Counter[str]:
        """Tell what is untold to the subscribers in this process."""
        if not self.subscribers:
            return Counter()
        return tell_due(self.store, self.plugins, self.settings.tenants, clock or self.clock, limit)

    def health(self, counts: Counter[str]) -> Health:
        """What ``Ratings.check()`` gives."""
        schema, problems = checkup(self.store, self.clock.now())
        for plugin in self.plugins:
            if plugin.errors:
                of = f"{plugin.name} of {plugin.distribution}"
                problems.append(f"plugin {of} failed {plugin.errors} time(s), last: {plugin.last_error}")
        missing = [name for name in self.subscribers if not self.plugins.has(name)]
        if missing:
            problems.append(f"subscribers not loaded in this process: {', '.join(missing)}; their news waits")
        return Health(schema=schema, problems=tuple(problems), counts=dict(counts))

    def _word(self, tenant: Tenant, asking: Asking) -> Message:
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
        )


def assemble(
    settings: Settings,
    engine: Engine | None,
    given: Iterable[Any],
    strict: bool,
    clock: Clock,
    counts: Counter[str],
    offer: Callable[[], None],
) -> Parts:
    """Make the parts. Raises ``ConfigError`` with every problem that only shows when the parts are put together."""
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
    store = Store(settings.database_url, engine)
    subscribers = (*named, *(name_of(one) for one in objects))
    tenants, page = settings.tenants, settings.page
    hearing = Hearing(store, clock, page.secrets, lambda: subscribers)
    intake = Intake(
        store=store,
        tenants=tenants,
        plugins=plugins,
        clock=clock,
        secrets=page.secrets,
        base_url=page.base_url,
        counts=counts,
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
        desk=LiveDesk(hearing, settings, clock, offer),
    )


def _channels(tenant: Tenant, plugins: Plugins, problems: list[ConfigProblem]) -> dict[tuple[str, str], Channel]:
    made: dict[tuple[str, str], Channel] = {}
    for name in tenant.ask.channels:
        if name == "host":
            continue
        settings = dict(tenant.channels.get(name, {}))
        adapter = settings.pop("adapter", name)
        try:
            made[tenant.name, name] = plugins.channel(str(adapter)).build(settings)
        except PluginError as error:
            problems.append(ConfigProblem("ask.channels", f"{name}: {error}", tenant=tenant.name))
        except ConfigError as error:
            # the adapter knows its own keys only; here it is known where they stand
            problems += [
                ConfigProblem(f"channels.{name}.{problem.key}", problem.expected, tenant=tenant.name)
                for problem in error.problems
            ]
    return made


def _texts(tenant: Tenant) -> list[ConfigProblem]:
    problems = []
    for locale, text in tenant.question.items():
        try:
            check_placeholders(text)
        except ValueError as error:
            problems.append(ConfigProblem(f"question.{locale}", str(error), tenant=tenant.name))
    return problems
