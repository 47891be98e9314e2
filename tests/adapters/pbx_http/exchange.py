"""The PBX of pbx.py in its own process, and a help-desk's library behind a real web server, so that each can call the
other."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from tests.world import World

SECRET = "the secret of the exchange"


class Exchange:
    """Starts the process; says what it does with the next calls, and asks what it did."""

    def __init__(self, secret: str = SECRET) -> None:
        script = Path(__file__).with_name("pbx.py")
        # -I: not even the folder of our package is on its path
        command = [sys.executable, "-I", str(script), secret]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.base = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    @property
    def url(self) -> str:
        return f"{self.base}/calls"

    def does(self, **what: Any) -> None:
        """``plan``: with each of the next calls; ``mood``: with the next requests."""
        self._ask("/plan", what)

    def report(self, hook: str, **told: Any) -> None:
        self._ask("/report", {"hook": hook, **told})

    def did(self, reports: int = 0) -> dict[str, Any]:
        """The calls that rang and the reports that were heard, once there are that many."""
        return self._ask(f"/rung?{reports}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.base + path, data, timeout=30) as response:
            return json.loads(response.read())


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


class Served:
    """The pages and the door of a world on loopback; its ``page.base_url`` leads there."""

    def __init__(self, world: World) -> None:
        self._server = make_server("127.0.0.1", 0, world.ratings.wsgi, handler_class=_Quiet)
        self.base = f"http://127.0.0.1:{self._server.server_port}/rate"
        world.config["page"] = {**world.config["page"], "base_url": self.base}  # type: ignore[dict-item]
        world.ratings.reload(world.config)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
