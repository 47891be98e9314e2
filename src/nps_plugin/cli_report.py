"""``nps-plugin report``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ratings import Ratings
    from .reports import Report


def report_command(open_ratings: Callable[[click.Context], Ratings]) -> click.Command:
    """The command, given what opens the library for a context."""

    @click.command("report")
    @click.option("--tenant", required=True, help="Whose closings.")
    @click.option("--period", default="month", show_default=True, help="week, month, quarter or year.")
    @click.option("--last", default=12, show_default=True, help="How many periods, the running one included.")
    @click.option("--by", multiple=True, help="Slice by agent, queue, service ... or a fact; twice to cross two.")
    @click.option("--basis", default="closed", show_default=True, help="closed, or answered.")
    @click.option("--audience", default="manager", show_default=True, help="everyone, manager, agent or operator.")
    @click.option("--agent", help="Of one agent alone; a must for audience agent.")
    @click.option("--where", multiple=True, metavar="NAME=VALUE", help="Of one slice alone, such as queue=billing.")
    @click.option("--locale", help="ru or en; the tenant's.")
    @click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the page there.")
    @click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write the workbook there.")
    @click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
    @click.pass_context
    def report(
        ctx: click.Context,
        tenant: str,
        period: str,
        last: int,
        by: tuple[str, ...],
        basis: str,
        audience: str,
        agent: str | None,
        where: tuple[str, ...],
        locale: str | None,
        html: Path | None,
        xlsx: Path | None,
        as_json: bool,
    ) -> None:
        """What clients say of closed tickets: by period, or by slice; as text, JSON, a page or a workbook."""
        chosen = {}
        for text in where:
            name, sign, value = text.partition("=")
            if not sign or not name:
                raise click.ClickException(f"--where {text}: expected NAME=VALUE, such as queue=billing")
            chosen[name] = value
        made = open_ratings(ctx).report(
            tenant, period, last, by=by, basis=basis, audience=audience, agent=agent, **chosen
        )
        if html is not None:
            _write(html, made.html(locale).encode(), quiet=as_json)
        if xlsx is not None:
            _write(xlsx, made.xlsx(locale), quiet=as_json)
        if as_json:
            click.echo(
                json.dumps(made.to_dict() | {"details": made.details(locale).to_dict()}, ensure_ascii=False, indent=2)
            )
        elif html is None and xlsx is None:
            click.echo(_text(made, locale))

    return report


def _write(path: Path, content: bytes, *, quiet: bool) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written ({error.strerror})") from error
    click.echo(f"{path} written", err=quiet)


def _text(made: Report, locale: str | None) -> str:
    """The report on a terminal: the verdict, then the rows."""
    from .reports.page import text_rows
    from .wording.catalogue import locale_for
    from .wording.report_sentences import people_sentence

    details = made.details(locale)
    lines = [details.verdict.headline, details.verdict.sentence, "", *text_rows(made, locale)]
    lines += ["", *(one.sentence for one in details.changes)]
    if made.about_people:
        lines += ["", people_sentence(locale_for(locale or made.locale))]
    return "\n".join(lines).rstrip()
