"""The columns file: which column of an export holds what. Every mistake of it at once, with the nearest right word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ..config import Target
from ..errors import ConfigError, ConfigProblem
from ..model import Scale

#: Columns that hold plain text.
TEXTS = ("agent", "queue", "service", "client", "organization", "priority")
TIMES = ("target_at", "opened_at", "closed_at")
COUNTS = ("reopened", "reassigned")
#: What only ``close`` reads: where the client is asked, and what about.
CONTACTS = ("name", "email", "phone", "telegram", "subject")
#: What ``[slices] by`` may name.
SLICES = TEXTS
#: Seconds of the units of ``resolution_time``.
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
#: Cells that hold nothing, as exports write it.
NOTHING = frozenset(
    {"", "null", "none", "nan", "nat", "n/a", "na", "#n/a", "\\n", "-", "—", "0000-00-00", "0000-00-00 00:00:00"}
)
#: What says met and missed where the columns file lists nothing.
YES = frozenset({"1", "true", "yes", "y", "met", "да", "выполнен", "выдержан", "соблюдён", "соблюден"})
NO = frozenset({"0", "false", "no", "n", "missed", "breached", "нет", "нарушен", "не выполнен", "просрочен"})


@dataclass(frozen=True, kw_only=True)
class Column:
    """Where something stands: the header of its column, and how its cells are read."""

    name: str
    #: of a time, as ``datetime.strptime`` takes it; None: ISO 8601
    format: str | None = None
    #: seconds of one unit of a resolution time
    unit: int = 1
    #: cells of ``kpi_met``, in small letters
    met: frozenset[str] = YES
    missed: frozenset[str] = NO
    #: cell of the score, in small letters -> point; None: no answer. None: the cells are points already
    map: Mapping[str, int | None] | None = None
    #: cells of the score that say that there is none, in small letters
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A columns file, read and held against the header of the export. ``scale`` None: guessed from the scores."""

    columns: Mapping[str, Column]
    scale: Scale | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    locale: str = "en"
    targets: Target = field(default_factory=Target)
    resolve_within: timedelta | None = None
    by: tuple[str, ...] = ()
    #: what was not told and was taken to be so, in words
    guessed: tuple[str, ...] = ()

    def has(self, role: str) -> bool:
        """Whether a column holds this."""
        return role in self.columns


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How the file is written, where the columns file says so; "" is found out."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


NO_COLUMNS: Mapping[str, Any] = MappingProxyType({})


def load(columns: Mapping[str, Any] | str | Path | None) -> Mapping[str, Any]:
    """The columns file (or a mapping of its shape) as it stands. Raises ``ConfigError`` where it cannot be read."""
    if columns is None:
        return NO_COLUMNS
    if isinstance(columns, Mapping):
        return columns
    import tomllib

    path = Path(columns)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError([ConfigProblem(str(path), f"cannot be read ({error.strerror})")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigProblem(str(path), f"is not valid TOML: {error}")]) from None


def spelling(data: Mapping[str, Any]) -> Spelling:
    """The keys that are needed before the header can be read; what is wrong with them is told by :func:`check`."""
    import codecs

    said = {name: value for name in ("encoding", "delimiter", "sheet") if isinstance(value := data.get(name), str)}
    if len(said.get("delimiter", ",")) != 1:
        del said["delimiter"]
    try:
        codecs.lookup(said.get("encoding", "utf-8"))
    except LookupError:
        del said["encoding"]
    return Spelling(**said)


def check(data: Mapping[str, Any], header: Sequence[str], guess: bool, needs: Sequence[str] = ("score",)) -> Columns:
    """Hold a columns file against the header. Raises ``ConfigError`` with everything that is wrong with it.

    ``guess``: there is no columns file, so obvious headers are taken. ``needs``: what has to have a column.
    """
    from .guess import guess_columns
    from .schema import read_columns

    loaded, problems = read_columns(data)
    columns: dict[str, Column] = dict(loaded.get("columns") or {})
    guessed: list[str] = []
    if guess:
        columns, guessed = guess_columns(header)
    problems += _against_header(columns, header)
    missing = [role for role in needs if role not in columns and not _told(problems, role)]
    for role in missing:
        why = "no header says it; name it in a columns file" if guess else "is required"
        problems.append(ConfigProblem(f"columns.{role}", f"{why}: the export has {_some(header)}"))
    by = loaded.get("slices", {}).get("by", ())
    if guess:
        by = tuple(role for role in ("queue", "service", "agent") if role in columns)
    elif not problems:
        problems += [
            ConfigProblem("slices.by", f"names {role}, and columns.{role} names no column")
            for role in by
            if role not in columns
        ]
    if problems:
        raise ConfigError(problems)
    form = loaded.get("format")
    if form:
        columns = {
            role: Column(name=one.name, format=one.format or form) if role in TIMES else one
            for role, one in columns.items()
        }
    targets = loaded.get("targets", {})
    return Columns(
        columns=MappingProxyType(columns),
        scale=loaded.get("scale"),
        timezone=loaded["timezone"],
        locale=loaded["locale"],
        targets=Target(kpi_share=targets.get("kpi_share"), satisfied_share=targets.get("satisfied_share")),
        resolve_within=targets.get("resolve_within"),
        by=tuple(dict.fromkeys(by)),
        guessed=tuple(guessed),
    )


def good_format(text: str) -> bool:
    """Whether ``strptime`` can read what ``strftime`` writes by it."""
    some = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 - only its digits matter
    try:
        datetime.strptime(some.strftime(text), text)  # noqa: DTZ007
    except ValueError:
        return False
    return "%" in text


def _told(problems: Iterable[ConfigProblem], role: str) -> bool:
    """Whether the column is there, and something else is wrong with it."""
    return any(problem.key == "columns" or problem.key.startswith(f"columns.{role}") for problem in problems)


def _against_header(columns: Mapping[str, Column], header: Sequence[str]) -> list[ConfigProblem]:
    from ..config.fields import nearest

    problems = []
    for role, column in columns.items():
        times = header.count(column.name)
        if times == 0:
            hint = nearest(column.name, header) or f"; there are {_some(header)}"
            problems.append(ConfigProblem(f"columns.{role}", f"the export has no column {column.name!r}{hint}"))
        elif times > 1:
            problems.append(ConfigProblem(f"columns.{role}", f"{times} columns are called {column.name!r}; rename one"))
    return problems


def _some(header: Iterable[str]) -> str:
    names = [repr(name) for name in header]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
