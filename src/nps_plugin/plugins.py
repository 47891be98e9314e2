"""Plugins: found by name, loaded when named, each implementation contained, every error counted and shown."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from .errors import PluginError, trail
from .hookspecs import PROJECT, NpsSpec
from .model import Exclusion, Plain
from .ports import OPERATOR, Registration

log = logging.getLogger(__name__)
DISABLED = "NPS_PLUGIN_DISABLED"

#: What an implementation of these hooks may return beside None; anything else is a fault of its plugin.
_RETURNS: dict[str, type] = {
    "nps_exclude_from_survey": Exclusion,
    "nps_work_time": timedelta,
    "nps_message_text": str,
}
#: Channels that need no adapter.
BUILT_IN = {OPERATOR: Registration(OPERATOR, "nps_plugin.followups.queue:OperatorQueue")}
#: A plugin that calls sys.exit() must not end the help-desk.
_FAULTS = (Exception, SystemExit)


@dataclass(kw_only=True)
class LoadedPlugin(Plain):
    """What is known of one plugin: from where it came and how often an implementation of it failed."""

    name: str
    distribution: str
    loaded: bool = True
    errors: int = 0
    #: for whoever asks; it holds the error's message, so it is neither logged nor stored
    last_error: str = ""
    hooks: tuple[str, ...] = field(default=())


class Plugins:
    """The plugins of one ``Ratings``. Nothing is loaded until :meth:`load`; nothing is shared between two of them."""

    def __init__(self, *, strict: bool = False) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(NpsSpec)
        self._strict = strict
        self._known: dict[str, LoadedPlugin] = {}
        self._disabled: tuple[str, ...] = ()
        self._channels: dict[str, Registration] = dict(BUILT_IN)
        self._helpdesks: dict[str, Registration] = {}

    def load(self, names: Iterable[str] = (), objects: Iterable[Any] = ()) -> None:
        """Load plugins by entry-point name, then those handed over as objects.

        A plugin that cannot be imported is logged and listed, and loading goes on. Raises
        :class:`~nps_plugin.errors.PluginError` for a name that is not installed, a duplicate, or hooks that would
        never be called as they are written.
        """
        off = {name.strip() for name in os.environ.get(DISABLED, "").split(",") if name.strip()}
        left_out = []
        for name in names:
            if name in off:
                left_out.append(name)
            elif name not in self._known:
                self._load_named(name)
        for plugin in objects:
            name = name_of(plugin)
            if name in off:
                left_out.append(name)
            else:
                self._register(plugin, name, f"{_module_of(plugin)} (handed over by the host)")
        self._disabled = tuple(sorted({*self._disabled, *left_out}))
        for name in left_out:
            log.warning("plugin %s is left out, since %s names it; its news waits", name, DISABLED)

    @property
    def disabled(self) -> tuple[str, ...]:
        """The names that were to be loaded and are left out, since ``NPS_PLUGIN_DISABLED`` names them."""
        return self._disabled

    def remember(self, earlier: Plugins) -> None:
        """Take over the error counts of the plugins that were loaded before the configuration was read again."""
        for name, known in self._known.items():
            before = earlier._known.get(name)
            if before is not None and before.loaded and known.loaded:
                known.errors += before.errors
                known.last_error = known.last_error or before.last_error

    def load_adapter(self, name: str) -> None:
        """Load the entry point of an adapter that the configuration names, if there is one and it is not loaded yet."""
        if name not in self._known and any(point.name == name for point in self._points):
            self._load_named(name)

    def channel(self, name: str) -> Registration:
        """The registration of a channel. Raises :class:`~nps_plugin.errors.PluginError` naming those there are.

        Adapters of ours are named with a dash; an underscore, as in a Python name, will do.
        """
        for spelt in (name, name.replace("_", "-")):
            if spelt not in self._channels:
                self.load_adapter(spelt)
            if spelt in self._channels:
                return self._channels[spelt]
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

    def observed(self, hook: str) -> bool:
        """Whether any plugin implements the hook."""
        return bool(getattr(self._manager.hook, hook).get_hookimpls())

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
                    result = self._run(impl, hook, values)
            except _FAULTS as error:  # one plugin's fault is neither the host's nor another plugin's
                self._failed(impl.plugin_name, hook, error)
                continue
            if result is not None:
                results.append(result)
        return results

    def first(self, hook: str, **values: Any) -> Any:
        """The first result that is not None, in the order of the plugins' names; None where there is none."""
        for impl in self._implementations(hook):
            try:
                result = self._run(impl, hook, values)
            except _FAULTS as error:  # contained, as in call()
                self._failed(impl.plugin_name, hook, error)
                continue
            if result is not None:
                return result
        return None

    def tell(self, name: str, hook: str, news: Any) -> str:
        """Tell one subscriber. Returns "" when it returned, else what went wrong and where, without the error's message
        (it is told again later)."""
        for impl in self._implementations(hook):
            if impl.plugin_name == name:
                try:
                    self._run(impl, hook, {"news": news})
                except _FAULTS as error:  # contained; the outbox keeps the row
                    self._failed(name, hook, error)
                    return trail(error)
        return ""

    def _implementations(self, hook: str) -> list[Any]:
        caller = getattr(self._manager.hook, hook)
        return sorted(caller.get_hookimpls(), key=lambda impl: impl.plugin_name)

    @staticmethod
    def _run(impl: Any, hook: str, values: dict[str, Any]) -> Any:
        result = impl.function(*(values[name] for name in impl.argnames))
        expected = _RETURNS.get(hook)
        if result is not None and expected is not None and not isinstance(result, expected):
            raise TypeError(f"{hook}: expected {expected.__name__} or None, got {type(result).__name__}")
        return result

    def _failed(self, name: str, hook: str, error: BaseException) -> None:
        known = self._known[name]
        known.errors += 1
        known.last_error = f"{hook}: {trail(error)}"
        if self._strict:
            raise error
        log.error("plugin %s of %s failed in %s: %s", name, known.distribution, hook, trail(error))

    @cached_property
    def _points(self) -> tuple[EntryPoint, ...]:
        # every distribution of the environment is read for this: once is enough
        return tuple(entry_points(group=PROJECT))

    def _load_named(self, name: str) -> None:
        points = [point for point in self._points if point.name == name]
        if not points:
            there = ", ".join(sorted({point.name for point in self._points})) or "none"
            raise PluginError(f"plugins: no plugin {name!r} is installed; installed are: {there}")
        if len({point.value for point in points}) > 1:
            both = " and ".join(sorted(_distribution(point) for point in points))
            raise PluginError(f"plugins: {name!r} is brought by {both}; uninstall one of them")
        try:
            plugin = points[0].load()
        except _FAULTS as error:  # a broken plugin must not keep the help-desk from starting
            if self._strict:
                raise
            # here the message is told: it names a module that is missing, and no client is near
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
        if inspect.isclass(plugin):
            raise PluginError(f"plugin {name!r} of {distribution} is a class; hand over an object: {plugin.__name__}()")
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except ValueError as error:
            raise PluginError(f"plugins: {name!r} of {distribution} is registered already ({error})") from error
        except pluggy.PluginValidationError as error:
            # so that a Plugins that goes on to be used does not hold it
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise PluginError(f"plugin {name!r} of {distribution}: {error}") from error
        callers = self._manager.get_hookcallers(plugin) or []
        hooks = tuple(sorted(caller.name for caller in callers))
        if wrong := next(
            _never_called(plugin, [i for c in callers for i in c.get_hookimpls() if i.plugin is plugin]), ""
        ):
            self._manager.unregister(name=name)
            raise PluginError(f"plugin {name!r} of {distribution}: {wrong}")
        self._known[name] = LoadedPlugin(name=name, distribution=distribution, hooks=hooks)
        self._collect(name, "nps_register_channels", self._channels)
        self._collect(name, "nps_register_helpdesks", self._helpdesks)

    def _collect(self, name: str, hook: str, found: dict[str, Registration]) -> None:
        """Take what one plugin brings; asked once, when it is loaded."""
        for impl in self._implementations(hook):
            if impl.plugin_name != name:
                continue
            try:
                brought = [_registration(one, hook) for one in self._run(impl, hook, {}) or ()]
            except _FAULTS as error:  # contained: what it would have brought is missed by name
                self._failed(name, hook, error)
                continue
            for one in brought:
                if one.name in found and found[one.name] != one:
                    of = self._known[name].distribution
                    both = f"{found[one.name].target} and {one.target} of {of}"
                    raise PluginError(f"{hook}: two adapters are named {one.name!r}: {both}")
                found[one.name] = one


def name_of(plugin: Any) -> str:
    """The name under which a plugin object is known: its ``nps_name``, a module's name, else its class."""
    named = getattr(plugin, "nps_name", None) or getattr(plugin, "__name__", None)
    return str(named or f"{type(plugin).__module__}.{type(plugin).__qualname__}")


def _module_of(plugin: Any) -> str:
    return plugin.__name__ if inspect.ismodule(plugin) else type(plugin).__module__ or "?"


def _registration(one: Any, hook: str) -> Registration:
    if not isinstance(one, Registration):
        raise TypeError(f"{hook}: expected a list of Registration, got one with {type(one).__name__}")
    return one


def _never_called(plugin: Any, implementations: Iterable[Any]) -> Iterator[str]:
    """What is written like a hook and would not be called as one, in words."""
    for impl in implementations:
        hook = impl.function.__name__
        if impl.hookwrapper or impl.wrapper:
            yield f"{hook} is a wrapper; implementations are called by themselves, so there is nothing to wrap"
        if inspect.iscoroutinefunction(impl.function):
            yield f"{hook} is a coroutine function; hooks are called, not awaited"
    for hook in (name for name in vars(NpsSpec) if name.startswith("nps_")):
        own = getattr(type(plugin), hook, None) or getattr(plugin, hook, None)
        marked = hasattr(own, f"{PROJECT}_impl") or own is getattr(NpsSpec, hook)
        if callable(own) and not marked:
            yield f"{hook} is not marked with @hookimpl, so it would never be called"


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _found(registrations: dict[str, Registration], name: str, what: str) -> Registration:
    if name not in registrations:
        there = ", ".join(sorted(registrations)) or "none"
        raise PluginError(f"no {what} adapter {name!r}; loaded are: {there}. Is its distribution installed?")
    return registrations[name]
