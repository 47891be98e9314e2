"""One ``Ratings`` per process, made when first needed, and the wall that keeps our errors from the host."""

from __future__ import annotations

import logging
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from nps_plugin import NpsError, Ratings

from . import NAME
from .conf import Options, read_options

logger = logging.getLogger("nps_plugin.django_helpdesk")

#: Seconds until a ``Ratings`` that could not be made is tried again: not every closing knocks at a broken database.
RETRY_AFTER = 5.0


class Runtime:
    """What this process holds: the options, the ``Ratings`` and the count of what went wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inherited: list[Ratings] = []
        self._options: Options | None = None
        self._ratings: Ratings | None = None
        self._failure: tuple[float, Exception] | None = None
        #: what went wrong in this process, by what was being done
        self.problems: Counter[str] = Counter()
        self.last_problem = ""
        #: tenant -> ticket -> when it was last seen open
        self._seen_open: dict[str, dict[int, datetime]] = {}

    @property
    def options(self) -> Options:
        """The options of the site. Raises ``ImproperlyConfigured``."""
        if self._options is None:
            self._options = read_options()
        return self._options

    def ratings(self) -> Ratings:
        """The ``Ratings`` of this process; a forked child makes its own. Raises what kept it from being made."""
        with self._lock:
            if self._ratings is None:
                if self._failure is not None and time.monotonic() - self._failure[0] < RETRY_AFTER:
                    raise self._failure[1].with_traceback(None)
                try:
                    self._ratings = make_ratings(self.options)
                except Exception as error:
                    self._failure = (time.monotonic(), error)
                    raise
            return self._ratings

    def forked(self) -> None:
        """In a new child: a thread that is not here may have held the lock, and the connections are the parent's."""
        self._lock = threading.Lock()
        if self._ratings is not None:
            # kept, never closed: closing would say goodbye to the database in the parent's name
            self._inherited.append(self._ratings)
        self._ratings, self._failure = None, None

    def forget(self) -> None:
        """Close the ``Ratings``, and read settings and configuration anew at the next use."""
        with self._lock:
            if self._ratings is not None:
                self._ratings.close()
            self._options, self._ratings, self._failure = None, None, None
            self._seen_open.clear()

    def look(self, tenant: str, open_now: Iterable[int], now: datetime) -> frozenset[int]:
        """Keep which tickets are open; give those that were so within the last day when this process last looked."""
        still, seen = set(open_now), self._seen_open.get(tenant, {})
        gone = {number: at for number, at in seen.items() if number not in still and now - at < timedelta(days=1)}
        # kept for a day, not for one look: the library may have been unable to take the closing
        self._seen_open[tenant] = gone | dict.fromkeys(still, now)
        return frozenset(gone)

    def contained(self, what: str, todo: str) -> _Wall:
        """Let nothing of ours reach the host: errors are logged with what to do, counted, and shown by ``nps_work``."""
        return _Wall(self, what, todo)

    def note(self, what: str, problem: str) -> None:
        """Count a problem."""
        self.problems[what] += 1
        self.last_problem = f"{what}: {problem}"


class _Wall:
    def __init__(self, of: Runtime, what: str, todo: str) -> None:
        self._runtime, self._what, self._todo = of, what, todo

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        # a wrong file or setting is told whole; the traceback is for what was not foreseen, and below the first line of
        # a database's error stand the values of the statement
        known = isinstance(error, (NpsError, ImproperlyConfigured, OSError))
        said = f"{type(error).__name__}: {error}" if known else f"{type(error).__name__}: {error}".split("\n", 1)[0]
        self._runtime.note(self._what, said)
        logger.error("%s failed (%s); %s", self._what, said, self._todo, exc_info=None if known else error)
        return True


runtime = Runtime()


def make_ratings(options: Options) -> Ratings:
    """A new ``Ratings`` after the options; this adapter is one of its plugins, named in the configuration or not."""
    if isinstance(options.config, Mapping):
        return Ratings(options.config, plugins=_plugins(options, options.config))
    try:
        content = tomllib.loads(Path(options.config).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = {}  # Ratings.open reads it again and says what is wrong with it
    return Ratings.open(options.config, plugins=_plugins(options, content))


def _plugins(options: Options, content: Mapping[str, Any]) -> list[Any]:
    named = content.get("plugins", ())
    ours = [] if isinstance(named, (list, tuple)) and NAME in named else [import_module(str(__package__))]
    return [*ours, *options.plugins]
