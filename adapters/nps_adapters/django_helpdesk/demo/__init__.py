"""``nps-plugin demo``: the whole way from a closed ticket to the verdict on it, in a real django-helpdesk."""

from __future__ import annotations

import sys

import click


@click.command(name="demo")
@click.option("--serve", is_flag=True, help="Keep it running afterwards, to close and rate tickets in a browser.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The port of the site; chosen by the system if not given."
)
@click.option(
    "--locale",
    type=click.Choice(["en", "ru"]),
    default="en",
    help="The language of the site, the mails and the verdicts.",
)
@click.option(
    "--answer",
    "answers",
    metavar="TICKET=SCORE",
    multiple=True,
    help='Another click for one client, as "2=3"; "2=-" for no answer. May be repeated.',
)
def command(serve: bool, port: int, locale: str, answers: tuple[str, ...]) -> None:
    """A real django-helpdesk on SQLite with nps_plugin: tickets close, mails arrive, clients click, verdicts appear.

    Everything stands in a temporary folder and on this machine's loopback, and is gone at the end.
    """
    missing = [name for name in ("django", "helpdesk", "aiosmtpd") if not _installed(name)]
    if missing:
        raise click.ClickException(
            f"the demonstration needs {', '.join(missing)}; install it with"
            f"  {sys.executable} -m pip install 'nps-plugin[demo]'"
        )
    from .play import play, read_answers

    try:
        clicks = read_answers(answers)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--answer") from error
    play(serve=serve, port=port, locale=locale, clicks=clicks)


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
