"""``nps-plugin voice``: the recordings that a telephone plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from .config import Tenant
    from .ratings import Ratings
    from .recordings import Take


def voice_commands(ratings_of: Callable[[click.Context], Ratings]) -> click.Group:
    """The group, for a way to the Ratings."""

    @click.group()
    def voice() -> None:
        """The recordings that a telephone plays."""

    @voice.command("check")
    @click.pass_context
    def check(ctx: click.Context) -> None:
        """Look at every recording of every tenant, a line each: format, length, level, silence; and say which service
        or language has none. Exit 1 if anything is wrong."""
        ratings = ratings_of(ctx)
        enabled = [tenant for tenant in ratings.settings.tenants.values() if tenant.enabled]
        takes = [take for tenant in enabled for take in takes_of(ratings, tenant)]
        for take in takes:
            click.echo(str(take))
        if not takes:
            click.echo("No tenant asks over a channel that plays recordings.")
        if wrong := sum(bool(take.problems) for take in takes):
            click.echo(f"{wrong} of {len(takes)} cannot be used as they are.")
            ctx.exit(1)

    return voice


def takes_of(ratings: Ratings, tenant: Tenant) -> list[Take]:
    """The recordings of a tenant, looked at."""
    from .ports import capabilities_of
    from .recordings import check_recordings

    named = [name for name in tenant.all_channels if name != "host"]
    voices = [name for name in named if capabilities_of(ratings.channel(tenant.name, name)).needs_recording]
    return check_recordings(tenant, voices)
