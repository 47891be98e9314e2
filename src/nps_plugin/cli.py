"""``nps-plugin``: the commands for operators."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .cli_files import file_commands
from .cli_report import report_command
from .cli_voice import takes_of, voice_commands
from .cli_wording import wording_command
from .errors import NpsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .config import Settings
    from .model import WorkDone
    from .ratings import Ratings

T = TypeVar("T")

#: Distributions may bring commands of their own under this entry-point group.
COMMANDS = "nps_plugin.commands"


class _Commands(click.Group):
    """The built-in commands, and those that adapters bring; a foreign one is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(point.name for point in entry_points(group=COMMANDS))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        built_in = super().get_command(ctx, cmd_name)
        if built_in is not None:
            return built_in
        for point in entry_points(group=COMMANDS, name=cmd_name):
            try:
                command: click.Command = point.load()
            except ImportError as error:
                raise click.ClickException(
                    f"{cmd_name} needs packages that are not installed ({error}); install nps-plugin[{cmd_name}]"
                ) from error
            return command
        return None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NpsError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nps-plugin")
@click.option(
    "--config", "path", default="nps.toml", show_default=True, envvar="NPS_CONFIG", help="The configuration file."
)
@click.option(
    "--app", help="module:attribute of the Ratings object in the host's code, instead of a configuration file."
)
@click.pass_context
def main(ctx: click.Context, path: str, app: str | None) -> None:
    """Ask the clients of closed tickets, and hold their answers against the KPI."""
    ctx.obj = (path, app)
    # for the commands that adapters bring
    ctx.meta["nps_plugin.ratings"] = lambda: _ratings(ctx)


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@click.pass_context
def db_upgrade(ctx: click.Context) -> None:
    """Bring the tables to this release."""
    ratings = _ratings(ctx)
    ratings.upgrade()
    click.echo(f"The tables are at {ratings.check().schema}.")


@db.command("check")
@click.pass_context
def db_check(ctx: click.Context) -> None:
    """Say whether the tables are those of this release; exit 1 if not."""
    health = _ratings(ctx).check()
    if health.schema is None:
        raise click.ClickException("; ".join(health.problems))
    click.echo(f"The tables are at {health.schema}, as this release needs.")


@db.command("sql")
@click.option("--dialect", type=click.Choice(["sqlite", "postgresql"]), help="The database; that of database.url.")
@click.option("--from", "start", default="", help="The revision that the database has (`db check` names it).")
@click.pass_context
def db_sql(ctx: click.Context, dialect: str | None, start: str) -> None:
    """Print the SQL of the upgrade, for an administrator who runs it by hand. Connects to nothing."""
    from alembic.util import CommandError

    from .store.migrations.run import script

    if dialect is None:
        from sqlalchemy.engine import make_url

        dialect = make_url(_settings(ctx).database_url).get_backend_name()
    try:
        click.echo(script(dialect, start))
    except CommandError as error:
        raise click.ClickException(f"--from {start}: {error}") from error


@main.group()
def config() -> None:
    """The configuration."""


@config.command("check")
@click.pass_context
def config_check(ctx: click.Context) -> None:
    """Say everything that is wrong with the configuration (exit 1 if anything is), what of it is of no use, and which
    comparisons would end with it."""
    from .config.advice import advice_on
    from .config.plan_advice import advice_on_plans

    ratings = _ratings(ctx)
    for tenant in ratings.settings.tenants.values():
        state = "enabled" if tenant.enabled else "disabled"
        click.echo(f"{tenant.name}: {state}, scale {tenant.scale.name}, asks over {', '.join(tenant.ask.channels)}")
        if tenant.enabled:
            for advice in (*advice_on(tenant), *advice_on_plans(tenant)):
                click.echo(f"  {advice}")
            for take in takes_of(ratings, tenant):
                for problem in take.problems:
                    click.echo(f"  {take.what}.{take.locale}: {problem}")
    for tenant_name, change in _looked_up(ratings.procedures_opened, "Whether it opens a new procedure"):
        click.echo(f"{tenant_name}: opens a new procedure: {change}")
    click.echo("The configuration can be used.")


@main.command()
@click.option("--once", is_flag=True, help="One round, then end.")
@click.option("--every", default=30.0, show_default=True, help="Seconds between two rounds.")
@click.pass_context
def work(ctx: click.Context, once: bool, every: float) -> None:
    """The worker: send what is due, tell what is untold. Run it where the host's code is loaded (--app)."""
    import signal
    import threading

    ratings = _ratings(ctx)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def report(done: WorkDone) -> None:
        if done.anything or once:
            click.echo(", ".join(f"{name} {count}" for name, count in done.to_dict().items() if count) or "nothing due")

    if once:
        report(ratings.run_due())
        return
    click.echo(f"The worker runs every {every:g} s; Ctrl-C ends it.")
    ratings.work(stop, every, report)


@main.command()
@click.pass_context
def plugins(ctx: click.Context) -> None:
    """What is loaded, from where, how often it failed, and what news waits for it."""
    ratings = _ratings(ctx)
    for plugin in ratings.plugins:
        state = "loaded" if plugin.loaded else "NOT LOADED"
        click.echo(
            f"{plugin.name}  {plugin.distribution}  {state}  {plugin.errors} error(s)  {', '.join(plugin.hooks)}"
        )
        if plugin.last_error:
            click.echo(f"  last: {plugin.last_error}")
    for name in ratings.plugins.disabled:
        click.echo(f"{name}  left out: NPS_PLUGIN_DISABLED names it")
    for news in _looked_up(ratings.untold, "What news waits"):
        state = f"{news.untold} news untold, {news.failed} of them failed before, {news.ended} ended"
        click.echo(f"{news.subscriber}  {state}")


@main.command("end-news")
@click.argument("subscriber")
@click.pass_context
def end_news(ctx: click.Context, subscriber: str) -> None:
    """Give up the news that waits for a subscriber that will not come back."""
    click.echo(f"{_ratings(ctx).end_news(subscriber)} news to {subscriber} ended untold")


@main.command()
@click.option("--tenant", required=True, help="Whose tickets.")
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z"]),
    help="Closed since then; in the tenant's time zone unless it says another.",
)
@click.pass_context
def reconcile(ctx: click.Context, tenant: str, since: datetime) -> None:
    """Record the closings that gave no event. Run it where the host's code is loaded (--app)."""
    ratings = _ratings(ctx)
    known = ratings.settings.tenants.get(tenant)
    if since.tzinfo is None and known is not None:
        since = since.replace(tzinfo=known.timezone)
    if not ratings.plugins.helpdesks:
        raise click.ClickException("no help-desk is loaded that could be asked; name its adapter in plugins = [...]")
    click.echo(f"{ratings.reconcile(tenant, since)} closing(s) recorded that gave no event")


@main.group()
def counts() -> None:
    """The counts that verdicts and reports are read from."""


@counts.command("rebuild")
@click.option("--tenant", required=True, help="Whose counts.")
@click.pass_context
def counts_rebuild(ctx: click.Context, tenant: str) -> None:
    """Build the counts anew from the facts; exit 1 where what stood was not equal. It is put right then."""
    found = _ratings(ctx).rebuild(tenant)
    if found.equal:
        click.echo(f"The counts of {found.rows} closing(s) are what the facts give.")
        return
    click.echo(f"{found.differences} row(s) of the counts were not what the facts give; put right.")
    ctx.exit(1)


@main.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Look for what needs a person; exit 1 if anything does."""
    health = _ratings(ctx).check()
    for problem in health.problems:
        click.echo(problem)
    if not health.ok:
        ctx.exit(1)
    click.echo(f"All is well; the tables are at {health.schema}.")


def _settings(ctx: click.Context) -> Settings:
    """The configuration alone, where the host's code is not needed for it."""
    from .config import read_toml

    path, app = ctx.find_root().obj
    return read_toml(path) if app is None else _ratings(ctx).settings


def _looked_up(look: Callable[[], list[T]], what: str) -> list[T]:
    """What the database says; one that cannot be reached is said, and is no mistake of the configuration."""
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - plugins and configuration are shown without a database too
        why = str(error) if isinstance(error, NpsError) else f"the database cannot be read ({type(error).__name__})"
        click.echo(f"{what} is not known: {why}")
        return []


def _ratings(ctx: click.Context) -> Ratings:
    from .ratings import Ratings

    path, app = ctx.find_root().obj
    if app is None:
        ratings = Ratings.open(path)
        ctx.call_on_close(ratings.close)
        return ratings
    module, _, attribute = app.partition(":")
    # as `python -m` does: the host's module stands in the folder from which the command is called
    if os.getcwd() not in sys.path:  # noqa: PTH109 - sys.path holds text
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    try:
        found = getattr(import_module(module), attribute or "ratings")
    except (ImportError, AttributeError) as error:
        raise click.ClickException(f"--app {app}: {error}; expected module:attribute of a Ratings object") from error
    if not isinstance(found, Ratings):
        raise click.ClickException(f"--app {app}: expected a Ratings object, found {type(found).__name__}")
    return found


_more = (report_command(_ratings), voice_commands(_ratings), wording_command(_ratings))
for _command in (*file_commands(_ratings), *_more):
    main.add_command(_command)
