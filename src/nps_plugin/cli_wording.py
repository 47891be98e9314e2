"""``nps-plugin wording``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ratings import Ratings


def wording_command(open_ratings: Callable[[click.Context], Ratings]) -> click.Group:
    """The commands, given what opens the library for a context."""

    @click.group("wording")
    def wording() -> None:
        """What clients read and hear."""

    @wording.command("preview")
    @click.option("--tenant", required=True, help="Whose messages.")
    @click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        help="The folder to write to; wording-<tenant> unless given.",
    )
    @click.pass_context
    def preview(ctx: click.Context, tenant: str, out: Path | None) -> None:
        """Write every message of a tenant to files, in every language, and index.html, which shows them side by side.

        Nothing is sent or stored, and no database is needed.
        """
        from .previewing import write_preview

        ratings = open_ratings(ctx)
        folder = Path(f"wording-{tenant}") if out is None else out
        written = write_preview(ratings._parts, tenant, folder)  # noqa: SLF001 - one library, this side of its names
        click.echo(f"{len(written)} files; open {written[-1]}")

    return wording
