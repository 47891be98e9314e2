"""The process that holds some lines: ``python -m nps_adapters.sip.lines``, started by ``nps-sip`` and by nobody else.

It loads PJSIP, which is under the GPL, and beside it the standard library and this folder alone. Objects of JSON, one a
line, come in over its standard input and go out over its standard output:

in      {"setup": ...} once, {"dial": reference, "order": ...}, {"end": seconds}; the end of the input ends all calls
out     {"ready": true} or {"problem": text} once, {"alive": true} every few seconds, {"registered": text},
        {"tell" | "amend" | "free": reference, ...}
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from dataclasses import asdict
from typing import IO, Any

from .orders import Order
from .script import Amend, Tell
from .trunk import Setup


def main() -> None:
    """Be some telephones until the input ends."""
    # whoever ends the whole group of processes ends our parent, which then ends us as it sees fit
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # PJSIP prints before it can be told not to
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    lock = threading.Lock()

    def say(message: dict[str, Any]) -> None:
        with lock:
            try:
                out.write(json.dumps(message) + "\n")
                out.flush()
            except OSError:  # the parent is gone; the end of the input says the same
                pass

    def told(reference: str, what: Tell | Amend | None) -> None:
        match what:
            case Tell():
                say({"tell": reference, **asdict(what)})
            case Amend():
                say({"amend": reference, "pressed": what.pressed})
            case None:
                say({"free": reference})

    from .phone import Phone

    first = sys.stdin.readline()
    if not first:
        return
    setup = Setup.from_plain(json.loads(first)["setup"])
    phone = Phone(setup, told, lambda said: say({"registered": said}), lambda: say({"alive": True}))
    try:
        phone.open()
    except OSError as error:
        say({"problem": str(error)})
        return
    say({"ready": True})
    threading.Thread(target=_listen, args=(phone, sys.stdin), daemon=True).start()
    phone.run()


def _listen(phone: Any, given: IO[str]) -> None:
    for line in given:
        message = json.loads(line)
        if "dial" in message:
            phone.dial(message["dial"], Order.from_plain(message["order"]))
        elif "end" in message:
            phone.end(message["end"])
    phone.end(0)


if __name__ == "__main__":
    main()
