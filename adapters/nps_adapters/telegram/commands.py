"""``nps-plugin telegram``: the webhook, long polling, and links that connect a chat with a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nps_plugin import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from nps_plugin import Ratings

    from .channel import TelegramChannel

_TENANT = click.option("--tenant", required=True, help="Whose bot.")
_CHANNEL = click.option("--channel", default="telegram", show_default=True, help="The channel's name there.")


@click.group(name="telegram")
def command() -> None:
    """A tenant's Telegram bot: how what comes back reaches us, and which client a chat belongs to."""


@command.command()
@_TENANT
@_CHANNEL
@click.option("--remove", is_flag=True, help="Take it away, so that the bot can be polled.")
@click.pass_context
def webhook(ctx: click.Context, tenant: str, channel: str, remove: bool) -> None:
    """Have Telegram post what comes back to the door under page.base_url, with a secret that only it and we know."""
    ratings, bot = _bot(ctx, tenant, channel)
    address = f"{ratings.settings.page.base_url}/hooks/{tenant}/{channel}"
    bot.set_webhook("" if remove else address)
    click.echo("The webhook is removed." if remove else f"Telegram posts to {address} from now on.")


@command.command()
@_TENANT
@_CHANNEL
@click.pass_context
def poll(ctx: click.Context, tenant: str, channel: str) -> None:
    """Fetch what comes back, where Telegram cannot reach us; until Ctrl-C. One process for each bot."""
    import signal
    import threading

    ratings, bot = _bot(ctx, tenant, channel)
    if bot.polled:
        raise click.ClickException(f"tenant {tenant}: the worker polls {channel} already (poll = true); take that out")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    click.echo(f"The bot of {tenant} is polled; Ctrl-C ends it.")
    ratings.listen(tenant, channel, stop)


@command.command()
@_TENANT
@_CHANNEL
@click.option("--client", required=True, help='The client by a key such as "id:7" or "email:ivan@example.org".')
@click.pass_context
def link(ctx: click.Context, tenant: str, channel: str, client: str) -> None:
    """Print the address that connects a client with the bot once they open it: who has it is taken for them."""
    ratings, _ = _bot(ctx, tenant, channel)
    try:
        click.echo(ratings.link(tenant, client, channel))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--client") from error


def _bot(ctx: click.Context, tenant: str, channel: str) -> tuple[Ratings, TelegramChannel]:
    from .channel import TelegramChannel

    ratings: Ratings = ctx.find_root().meta["nps_plugin.ratings"]()
    found: Any = ratings.channel(tenant, channel)
    if not isinstance(found, TelegramChannel):
        problem = ConfigProblem(f"channels.{channel}.adapter", 'expected "telegram" for this command', tenant=tenant)
        raise ConfigError([problem])
    return ratings, found
