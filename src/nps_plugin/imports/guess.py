"""What an export most likely holds where nobody says so: obvious headers, the scale, how its times are written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from ..errors import ConfigError, ConfigProblem
from ..model import SCALES, Scale
from .cells import plain_number
from .columns import COUNTS, NO, NOTHING, TIMES, YES, Column, Columns
from .source import Source

#: Headers without their signs and in small letters. The first that is there is taken.
_HEADERS: dict[str, str] = {
    "score": "score|rating|csat|csatscore|satisfactionscore|satisfaction|satisfactionrating|nps|npsscore|mark|grade"
    "|customerrating|surveyscore|оценка|балл|оценкаклиента|удовлетворенность",
    "ticket": "ticket|ticketid|ticketnumber|number|id|caseid|casenumber|incident|incidentid|issue|issuekey|requestid"
    "|номер|заявка|номерзаявки|обращение|номеробращения|тикет",
    "opened_at": "openedat|opened|createdat|created|opendate|createddate|creationdate|datecreated|dateopened|submitted"
    "|создан|создана|открыт|открыта|датасоздания|датаоткрытия",
    "closed_at": "closedat|closed|resolvedat|resolved|solvedat|solved|closedate|closeddate|resolutiondate|dateclosed"
    "|dateresolved|закрыт|закрыта|решен|решён|решена|датазакрытия|датарешения",
    "target_at": "targetat|deadline|dueat|due|duedate|sladue|expected|срок|крайнийсрок|дедлайн|срокисполнения",
    "kpi_met": "kpimet|slamet|withinsla|madesla|metsla|intime|ontime|timely|timelyresponse|всрок|срокивыдержан"
    "|slaвыдержан|срокивыполнен",
    "agent": "agent|assignee|assignedto|owner|agentname|operator|исполнитель|агент|оператор|ответственный",
    "queue": "queue|group|team|department|assignmentgroup|очередь|группа|отдел|линия",
    "service": "service|category|product|сервис|услуга|категория",
    "client": "client|clientid|customer|customerid|requester|requesterid|requesteremail|email|contact|клиент|заявитель"
    "|почта",
    "organization": "organization|organisation|company|account|организация|компания",
    "priority": "priority|severity|приоритет|важность",
    "reopened": "reopened|reopens|reopencount|reopenedcount|переоткрыт|переоткрыта|повторно",
    "reassigned": "reassigned|reassignments|reassignmentcount|reassigncount|переназначен|переназначений",
}
_DATES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y")
_HOURS = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")

#: As many cells say how a column is written, and so many different scores are no scale.
_SAMPLE, _MANY = 200, 10_000


def guess_columns(header: Sequence[str]) -> tuple[dict[str, Column], list[str]]:
    """The columns that obvious headers name, and what was taken for what, in words."""
    plain: dict[str, str] = {}
    for name in header:
        plain.setdefault(re.sub(r"[\W_]+", "", name.casefold()), name)
    found: dict[str, Column] = {}
    taken: set[str] = set()
    for role, names in _HEADERS.items():
        there = next((plain[one] for one in names.split("|") if one in plain and plain[one] not in taken), None)
        if there is not None:
            taken.add(there)
            found[role] = Column(name=there)
    return found, [f"{role} is the column {column.name!r}" for role, column in found.items()]


def fit(columns: Columns, source: Source, guess: bool) -> Columns:
    """The columns with the formats of times that name none, by a sample of the first rows; where the columns are
    guessed too, without those that hold something else."""
    roles = [role for role in columns.columns if role != "score"]
    numbers = [source.header.index(columns.columns[role].name) for role in roles]
    batch = next(source.batches(numbers), None)
    cells = dict(zip(roles, batch.columns if batch else [()] * len(roles), strict=True))
    found, said = dict(columns.columns), []
    for role in roles:
        some = [cell for cell in map(str.strip, cells[role]) if cell.casefold() not in NOTHING]
        some = some[:: max(1, len(some) // _SAMPLE)]
        column, odd = found[role], False
        if role in TIMES and column.format is None:
            form, odd = guess_format(some)
            if form is not None:
                found[role] = replace(column, format=form)
                said.append(f"{role} is written as {form}")
        elif role == "kpi_met":
            odd = any(plain_number(cell) not in column.met | column.missed for cell in some)
        elif role in COUNTS:
            odd = not all(cell.isdigit() or cell.casefold() in YES | NO for cell in some)
        if guess and odd:
            del found[role]
            said.append(f"{role} is not the column {column.name!r} after all: it holds {some[0]!r:.60}")
    by = tuple(role for role in columns.by if role in found)
    return replace(columns, columns=found, by=by, guessed=(*columns.guessed, *said))


def guess_scale(columns: Columns, source: Source) -> tuple[Scale, frozenset[str]]:
    """The scale of the scores of a whole file, as :func:`scale_of`."""
    score = columns.columns["score"]
    if score.map is not None:
        return scale_of({point for point in score.map.values() if point is not None})
    seen: set[str] = set()
    for batch in source.batches([source.header.index(score.name)]):
        seen.update(batch.columns[0])
        if len(seen) > _MANY:
            break
    numbers = {plain_number(cell) for cell in seen} - score.unknown
    return scale_of({int(cell) for cell in numbers if re.fullmatch(r"-?\d{1,3}", cell, re.ASCII)})


def scale_of(seen: Collection[int]) -> tuple[Scale, frozenset[str]]:
    """The scale of these scores, and the cells that say "no answer" on it. Raises ``ConfigError`` where none is clear.

    The shortest shipped scale that has them all; 0 beside a scale from 1 is no answer.
    """
    if not seen:
        return SCALES["faces-3"], frozenset()
    low, high = min(seen), max(seen)
    if low == high == 1:
        raise ConfigError(
            [ConfigProblem("scale", "every score is 1: the best of thumbs-2, the worst of faces-3; name the scale")]
        )
    if low >= 0 and high <= 1:
        return SCALES["thumbs-2"], frozenset()
    for name in ("faces-3", "stars-5"):
        scale = SCALES[name]
        if low >= 0 and high <= scale.high:
            return scale, frozenset({"0"}) if low == 0 else frozenset()
    if low >= 0 and high <= 10:
        return SCALES["nps-11"], frozenset()
    raise ConfigError(
        [ConfigProblem("scale", f"no shipped scale has the scores {low} to {high}; name one of {', '.join(SCALES)}")]
    )


def guess_format(values: Iterable[str]) -> tuple[str | None, bool]:
    """How these times are written: a format, or None for ISO 8601; and whether nothing fits.

    Where day and month could be either, a slash gives no answer, and a dot says that the day is first.
    """
    some = [value for value in (value.strip() for value in values) if value.casefold() not in NOTHING]
    if not some or sum(_is_iso(value) for value in some) * 2 > len(some):
        return None, False
    fits = [
        date + hours
        for date in _DATES
        for hours in _HOURS
        if sum(_reads(v, date + hours) for v in some) * 2 > len(some)
    ]
    if not fits:
        return None, True
    best = max(fits, key=lambda form: sum(_reads(value, form) for value in some))
    other = best.replace("%d/%m/", "%m/%d/") if best.startswith("%d/%m") else best.replace("%m/%d/", "%d/%m/")
    if other != best and sum(_reads(v, other) for v in some) == sum(_reads(v, best) for v in some):
        return None, True
    return best, False


def _is_iso(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _reads(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return True
