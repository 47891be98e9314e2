"""``nps-sip``: calls by SIP, plays what was recorded, takes one key, and tells the host."""

from __future__ import annotations

import logging
import queue
import signal
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import click

from nps_plugin import ConfigError

from .book import Book, BookTaken
from .desk import Desk, server
from .reporter import Reporter
from .settings import Config, read_config
from .switchboard import Switchboard

log = logging.getLogger("nps-sip")

#: Seconds in which reports are told before the program ends; the rest is kept for the next start.
_FLUSH = 5.0
MISSING = (
    "pjsua2 is not installed: pip install 'nps-plugin[sip]'. It brings PJSIP, which is under the GPL; it runs in"
    " processes of its own alone."
)


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only say whether the configuration is right.")
@click.version_option(package_name="nps-plugin")
def main(config: Path, check: bool) -> None:
    """Call by SIP as CONFIG says, until SIGTERM or Ctrl-C. Running calls end first; a second signal ends them at once.

    Calls are ordered by POST /calls, signed; docs/sip.md tells how. PJSIP, which is under the GPL, runs in processes
    that this one starts.
    """
    try:
        settings = read_config(config)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    if check:
        click.echo("The configuration is right.")
        return
    if find_spec("pjsua2") is None:
        raise click.ClickException(MISSING)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        _run(settings)
    except (BookTaken, OSError) as error:
        raise click.ClickException(str(error)) from error


def _run(config: Config) -> None:
    book = Book(config.state)
    reporter = Reporter(book, config.secret, config.keep_days)
    desk = Desk(config, book, reporter.wake)
    try:
        http = server(desk, config.host, config.port)
    except OSError as error:
        raise OSError(f"http: {config.host}:{config.port} cannot be used ({error.strerror})") from error
    switchboard = Switchboard(config.setup, config.trunks, desk.told)
    switchboard.open()
    desk.cut_off()
    desk.phone = switchboard
    reporter.start()
    threading.Thread(target=http.serve_forever, name="http", daemon=True).start()
    signals = _signals()
    log.info("orders are taken at http://%s:%d/calls, %d trunks", config.host, http.server_port, config.trunks)
    log.info("%s: no new calls; the running ones end", signals.get())
    desk.closing = True
    switchboard.end(config.drain)
    threading.Thread(target=_end_at_once, args=(signals, switchboard), daemon=True).start()
    switchboard.join(config.drain)
    http.shutdown()
    # where a process did not end well
    desk.cut_off()
    reporter.end(_FLUSH)
    log.info("ended; %d reports are kept for the next start", book.unheard())
    book.close()


def _signals() -> queue.SimpleQueue[str]:
    """The names of the signals that end us, as they come."""
    came: queue.SimpleQueue[str] = queue.SimpleQueue()

    def end(number: int, _frame: FrameType | None) -> None:
        came.put(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return came


def _end_at_once(signals: queue.SimpleQueue[str], switchboard: Switchboard) -> None:
    log.info("%s again: the running calls are hung up", signals.get())
    switchboard.end(0)


if __name__ == "__main__":
    main()
