"""The commands that read a file: ``judge``, ``import`` and ``close``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import NpsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Imported, RefusedRow
    from .ratings import Ratings

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_COLUMNS = click.option(
    "--columns",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file that says which column holds what; without it obvious headers are taken.",
)
#: Smaller files are read before a bar is drawn.
_SLOW = 5_000_000
#: Refused rows that are listed.
_LISTED = 20


def file_commands(open_ratings: Callable[[click.Context], Ratings]) -> tuple[click.Command, ...]:
    """The commands, given what opens the library for a context."""

    @click.command("judge")
    @_FILE
    @_COLUMNS
    @click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
    @click.pass_context
    def judge(ctx: click.Context, file: Path, columns: Path | None, as_json: bool) -> None:
        """Judge an export of closed tickets with scores, offline: does the KPI tell the truth?

        Exit 2 where nothing could be judged.
        """
        from .imports import judge
        from .imports.columns import load

        try:
            with _bar(file) as progress:
                judgement = judge(file, columns, progress=progress)
        except NpsError as error:
            raise _Nothing(str(error)) from error
        if as_json:
            for note in judgement.notes:
                click.echo(note, err=True)
            click.echo(json.dumps(judgement.to_dict(), ensure_ascii=False, indent=1, allow_nan=False))
        else:
            from .wording.judgement_text import judgement_text

            locale = load(columns).get("locale", "en")
            click.echo(judgement_text(judgement, locale), nl=False)
        if not judgement.judged:
            click.echo("Nothing could be judged.", err=True)
            ctx.exit(2)

    @click.command("import")
    @_FILE
    @_COLUMNS
    @click.option("--tenant", required=True, help="Whose tickets.")
    @click.option("--by", default="import", show_default=True, help="Who stands for these answers.")
    @click.pass_context
    def take_in(ctx: click.Context, file: Path, columns: Path | None, tenant: str, by: str) -> None:
        """Take the history of an export into the store: closings, scores and verdicts. A repeat adds nothing.

        Nobody is asked, nobody is told. Exit 2 where nothing could be imported.
        """
        ratings = open_ratings(ctx)
        try:
            with _bar(file, always=True) as progress:
                imported = ratings.import_answers(tenant, file, columns, by=by, progress=progress)
        except NpsError as error:
            raise _Nothing(str(error)) from error
        _tell(ctx, imported, f"{imported.closures} closing(s) and {imported.answers} answer(s) imported")

    @click.command("close")
    @_FILE
    @_COLUMNS
    @click.option("--tenant", required=True, help="Whose tickets.")
    @click.pass_context
    def close(ctx: click.Context, file: Path, columns: Path | None, tenant: str) -> None:
        """Tell the closings of an export, for a host that is not Python: their clients are asked. A repeat asks nobody.

        Exit 2 where nothing could be read.
        """
        from .imports.closing import close_tickets

        ratings = open_ratings(ctx)
        if tenant not in ratings.settings.tenants:
            raise _Nothing(f"no tenant {tenant!r:.80} is configured")
        try:
            with _bar(file, always=True) as progress:
                closed = close_tickets(ratings.ticket_closed, tenant, file, columns, progress)
        except NpsError as error:
            raise _Nothing(str(error)) from error
        _tell(ctx, closed, f"{closed.closures} closing(s) recorded, {closed.asked} to be asked about")

    return judge, take_in, close


class _Nothing(click.ClickException):
    """Nothing could be done with the file."""

    exit_code = 2


def _tell(ctx: click.Context, done: Imported, what: str) -> None:
    for note in done.notes:
        click.echo(note, err=True)
    click.echo(f"{what}; {done.known} known before, {done.open} still open, {len(done.refused_rows)} row(s) refused.")
    _list_refused(done.refused_rows)
    if not (done.closures or done.known):
        ctx.exit(2)


def _list_refused(refused: tuple[RefusedRow, ...]) -> None:
    for row in refused[:_LISTED]:
        click.echo(f"  line {row.row}, {row.field} {row.value!r}: {row.reason}")
    if len(refused) > _LISTED:
        click.echo(f"  ... and {len(refused) - _LISTED} more")


@contextmanager
def _bar(file: Path, *, always: bool = False) -> Iterator[Callable[[int], None] | None]:
    """A progress bar by bytes read, on a terminal and for a file that takes a while."""
    size = file.stat().st_size
    if not sys.stderr.isatty() or (size < _SLOW and not always):
        yield None
        return
    with click.progressbar(length=size, label=file.name, file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)
