"""Plugins: found by name, loaded when named, each implementation contained, every error counted and shown."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from .errors import PluginError
from .hookspecs import PROJECT, NpsSpec
from .model import Plain
from .ports import Registration

log = logging.getLogger(__name__)
DISABLED = "NPS_PLUGIN_DISABLED"


@dataclass(kw_only=True)
class LoadedPlugin(Plain):
    """What is known of one plugin: from where it came and how often an implementation of it failed."""

    name: str
    distribution: str
    loaded: bool = True
    errors: int = 0
    last_error: str = ""
    hooks: tuple[str, ...] = field(default=())


class Plugins:
    """The plugins of one ``Ratings``. Nothing is loaded until :meth:`load`; nothing is shared between two of them."""

    def __init__(self, *, strict: bool = False) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(NpsSpec)
        self._strict = strict
        self._known: dict[str, LoadedPlugin] = {}
        self._channels: dict[str, Registration] = {}
        self._helpdesks: dict[str, Registration] = {}

    def load(self, names: Iterable[str] = (), objects: Iterable[Any] = ()) -> None:
        """Load plugins by entry-point name, then those handed over as objects.

        A plugin that cannot be imported is logged and listed, and loading goes on. Raises
        :class:`~nps_plugin.errors.PluginError` for a name that is not installed, a duplicate or a misspelt hook.
        """
        disabled = {name.strip() for name in os.environ.get(DISABLED, "").split(",") if name.strip()}
        for name in names:
            if name not in disabled and name not in self._known:
                self._load_named(name)
        for plugin in objects:
            name = name_of(plugin)
            if name not in disabled:
                self._register(plugin, name, f"{type(plugin).__module__ or '?'} (handed over by the host)")
        self._check_names()
        self._collect()

    def load_adapter(self, name: str) -> None:
        """Load the entry point of an adapter that the configuration names, if there is one and it is not loaded yet."""
        if name not in self._known and any(point.name == name for point in entry_points(group=PROJECT)):
            self._load_named(name)
            self._check_names()
            self._collect()

    def channel(self, name: str) -> Registration:
        """The registration of a channel. Raises :class:`~nps_plugin.errors.PluginError` naming those there are."""
        if name not in self._channels:
            self.load_adapter(name)
        return _found(self._channels, name, "channel")

    def helpdesk(self, name: str) -> Registration:
        """The registration of a help-desk, as :meth:`channel`."""
        return _found(self._helpdesks, name, "help-desk")

    @property
    def helpdesks(self) -> tuple[str, ...]:
        """The names of the help-desks that the loaded plugins bring."""
        return tuple(sorted(self._helpdesks))

    def __iter__(self) -> Iterator[LoadedPlugin]:
        return iter(sorted(self._known.values(), key=lambda plugin: plugin.name))

    def has(self, name: str) -> bool:
        """Whether a plugin of that name is loaded in this process."""
        return name in self._known and self._known[name].loaded

    def implements(self, name: str, hook: str) -> bool:
        """Whether that plugin implements the hook."""
        return any(impl.plugin_name == name for impl in self._implementations(hook))

    def call(
        self, hook: str, *, guard: Callable[[], AbstractContextManager[Any]] = nullcontext, **values: Any
    ) -> list[Any]:
        """Call each implementation by itself, in the order of the plugins' names; what is not None comes back.

        A failing one is logged, counted and left behind, unless strict. ``guard`` makes a context for each call.
        """
        results = []
        for impl in self._implementations(hook):
            try:
                with guard():
                    result = self._run(impl, values)
            except Exception as error:  # noqa: BLE001 - one plugin's fault is neither the host's nor another plugin's
                self._failed(impl.plugin_name, hook, error)
                continue
            if result is not None:
                results.append(result)
        return results

    def first(self, hook: str, **values: Any) -> Any:
        """The first result that is not None, in the order of the plugins' names; None where there is none."""
        for impl in self._implementations(hook):
            try:
                result = self._run(impl, values)
            except Exception as error:  # noqa: BLE001 - contained, as in call()
                self._failed(impl.plugin_name, hook, error)
                continue
            if result is not None:
                return result
        return None

    def tell(self, name: str, hook: str, news: Any) -> str:
        """Tell one subscriber. Returns "" when it returned, else what went wrong (it is told again later)."""
        for impl in self._implementations(hook):
            if impl.plugin_name == name:
                try:
                    self._run(impl, {"news": news})
                except Exception as error:  # noqa: BLE001 - contained; the outbox keeps the row
                    self._failed(name, hook, error)
                    return f"{type(error).__name__}: {error}"[:500]
        return ""

    def _implementations(self, hook: str) -> list[Any]:
        caller = getattr(self._manager.hook, hook)
        return sorted(caller.get_hookimpls(), key=lambda impl: impl.plugin_name)

    @staticmethod
    def _run(impl: Any, values: dict[str, Any]) -> Any:
        return impl.function(*(values[name] for name in impl.argnames))

    def _failed(self, name: str, hook: str, error: Exception) -> None:
        known = self._known[name]
        known.errors += 1
        known.last_error = f"{hook}: {type(error).__name__}: {error}"[:500]
        if self._strict:
            raise error
        log.error("plugin %s of %s failed in %s", name, known.distribution, hook, exc_info=error)

    def _load_named(self, name: str) -> None:
        points = [point for point in entry_points(group=PROJECT) if point.name == name]
        if not points:
            there = ", ".join(sorted({point.name for point in entry_points(group=PROJECT)})) or "none"
            raise PluginError(f"plugins: no plugin {name!r} is installed; installed are: {there}")
        if len({point.value for point in points}) > 1:
            both = " and ".join(sorted(_distribution(point) for point in points))
            raise PluginError(f"plugins: {name!r} is brought by {both}; uninstall one of them")
        try:
            plugin = points[0].load()
        except Exception as error:  # a broken plugin must not keep the help-desk from starting
            if self._strict:
                raise
            log.warning("plugin %s of %s cannot be loaded", name, _distribution(points[0]), exc_info=error)
            self._known[name] = LoadedPlugin(
                name=name,
                distribution=_distribution(points[0]),
                loaded=False,
                errors=1,
                last_error=f"cannot be loaded: {type(error).__name__}: {error}"[:500],
            )
            return
        self._register(plugin, name, _distribution(points[0]))

    def _register(self, plugin: Any, name: str, distribution: str) -> None:
        if name in self._known:
            raise PluginError(f"plugins: {name!r} is brought by {self._known[name].distribution} and {distribution}")
        try:
            self._manager.register(plugin, name=name)
        except ValueError as error:
            raise PluginError(f"plugins: {name!r} of {distribution} is registered already ({error})") from error
        except pluggy.PluginValidationError as error:
            raise PluginError(f"plugin {name!r} of {distribution}: {error}") from error
        callers = self._manager.get_hookcallers(plugin) or []
        self._known[name] = LoadedPlugin(
            name=name, distribution=distribution, hooks=tuple(sorted(caller.name for caller in callers))
        )

    def _check_names(self) -> None:
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            plugin = self._manager.get_name(error.plugin)
            known = self._known.get(str(plugin))
            raise PluginError(f"plugin {plugin!r} of {known.distribution if known else '?'}: {error}") from error

    def _collect(self) -> None:
        self._channels = self._registrations("nps_register_channels")
        self._helpdesks = self._registrations("nps_register_helpdesks")

    def _registrations(self, hook: str) -> dict[str, Registration]:
        found: dict[str, Registration] = {}
        for registered in self.call(hook):
            for registration in registered:
                if registration.name in found and found[registration.name] != registration:
                    both = f"{found[registration.name].target} and {registration.target}"
                    raise PluginError(f"{hook}: two adapters are named {registration.name!r}: {both}")
                found[registration.name] = registration
        return found


def name_of(plugin: Any) -> str:
    """The name under which a plugin object is known: its ``nps_name``, a module's name, else its class."""
    named = getattr(plugin, "nps_name", None) or getattr(plugin, "__name__", None)
    return str(named or f"{type(plugin).__module__}.{type(plugin).__qualname__}")


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _found(registrations: dict[str, Registration], name: str, what: str) -> Registration:
    if name not in registrations:
        there = ", ".join(sorted(registrations)) or "none"
        raise PluginError(f"no {what} adapter {name!r}; loaded are: {there}. Is its distribution installed?")
    return registrations[name]
