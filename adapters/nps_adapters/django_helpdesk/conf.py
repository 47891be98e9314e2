"""The setting ``NPS_PLUGIN``, read and checked."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


@dataclass(frozen=True, kw_only=True)
class Options:
    """What ``NPS_PLUGIN`` says. See docs/django-helpdesk.md for each key."""

    #: the library's configuration: a file, or the mapping that would stand in it
    config: str | Path | Mapping[str, Any]
    #: the tenant's name, or a callable that gets the ticket and gives it; "" or None: not a ticket of ours
    tenant: str | Callable[[Any], str | None]
    #: which help-desk of the tenant this is, where it has several
    host: str = ""
    #: the statuses that end the work on a ticket
    closed_statuses: frozenset[int] = frozenset()
    #: the name of a custom field of django-helpdesk, or a callable that gets the ticket and gives the service
    service: str | Callable[[Any], str] = ""
    #: a callable that gets the ticket and gives the tenant's own slices, name -> value
    facts: Callable[[Any], Mapping[str, str]] | None = None
    #: the site's own plugins (objects with hooks, or their dotted paths), beside those that the configuration names
    plugins: tuple[Any, ...] = ()
    #: whether verdicts, reasons and comments are written on the tickets
    notes: bool = True

    def tenant_of(self, ticket: Any) -> str:
        """The tenant of a ticket, "" where it belongs to none."""
        return str((self.tenant(ticket) if callable(self.tenant) else self.tenant) or "")


def read_options(raw: object = None) -> Options:
    """The options in ``settings.NPS_PLUGIN``. Raises ``ImproperlyConfigured`` with every mistake in it, one a line."""
    raw = getattr(settings, "NPS_PLUGIN", None) if raw is None else raw
    if not isinstance(raw, Mapping):
        raise ImproperlyConfigured(
            'NPS_PLUGIN is missing from the settings; expected at least {"config": "nps.toml", "tenant": "acme"}'
        )
    problems: list[str] = []
    values: dict[str, Any] = {}
    known = [field.name for field in fields(Options)]
    for key in raw:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known keys: {', '.join(known)}"
            problems.append(f"NPS_PLUGIN[{key!r}] is not known{hint}")
    for key, reader in _READERS.items():
        try:
            values[key] = reader(raw.get(key))
        except ValueError as error:
            problems.append(f"NPS_PLUGIN[{key!r}]: {error}")
    if problems:
        raise ImproperlyConfigured("\n".join(problems))
    return Options(**values)


def _config(value: object) -> str | Path | Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (str, Path)) and str(value):
        base = getattr(settings, "BASE_DIR", None)
        # a site is started from anywhere, so a relative name is looked up where the project stands
        return Path(base) / value if base else Path(value)
    raise ValueError("expected the path of the configuration file, or a mapping with its content")


def _tenant(value: object) -> str | Callable[[Any], str | None]:
    if callable(value):
        return value
    if isinstance(value, str) and value:
        return _imported(value) if "." in value else value
    raise ValueError(
        "expected the tenant's name, or a callable (or its dotted path) that gets the ticket and gives the name"
    )


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise ValueError("expected a text")


def _statuses(value: object) -> frozenset[int]:
    from helpdesk import settings as helpdesk

    if value is None:
        return frozenset((helpdesk.RESOLVED_STATUS, helpdesk.CLOSED_STATUS, helpdesk.DUPLICATE_STATUS))
    known = {number for number, _label in helpdesk.TICKET_STATUS_CHOICES}
    if not isinstance(value, (list, tuple, set, frozenset)) or not value or not set(value) <= known:
        raise ValueError(f"expected some of the ticket statuses {sorted(known)}")
    return frozenset(value)


def _service(value: object) -> str | Callable[[Any], str]:
    if callable(value):
        return value
    text = _text(value)
    return _imported(text) if "." in text else text


def _facts(value: object) -> Callable[[Any], Mapping[str, str]] | None:
    if value is None or callable(value):
        return value
    return _imported(_text(value))


def _plugins(value: object) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple, type(None))):
        raise ValueError("expected a list of plugins, or of their dotted paths")
    return tuple(_found(one) if isinstance(one, str) else one for one in value or ())


def _flag(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is not False
    raise ValueError("expected True or False")


def _found(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError as error:
        raise ValueError(f"{path} cannot be imported ({error})") from error


def _imported(path: str) -> Callable[[Any], Any]:
    found = _found(path)
    if not callable(found):
        raise ValueError(f"{path} is not callable")
    return found


_READERS: Mapping[str, Callable[[object], Any]] = {
    "config": _config,
    "tenant": _tenant,
    "host": _text,
    "closed_statuses": _statuses,
    "service": _service,
    "facts": _facts,
    "plugins": _plugins,
    "notes": _flag,
}
