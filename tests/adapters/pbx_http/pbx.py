"""A telephone exchange in a process of its own, written from docs/telephone.md alone: nothing of our package is in it.

``python pbx.py SECRET`` prints its port. It holds recordings by name, rings each call once however often it is told,
and does with a ring what the next line of the plan says: a key ("3"), two keys ("3 1": then a reason), or an outcome
("unanswered", "busy", ...); "wait" leaves it ringing. ``POST /plan`` sets plan and behaviour, ``GET /rung`` tells.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DETAILS = {
    "unanswered": "408 Request Timeout", "busy": "486 Busy Here", "refused": "603 Decline", "silence": "no valid key",
    "failed": "404 Not Found", "later": "asked for later",
}  # fmt: skip


class Exchange:
    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()
        self.lock = threading.Lock()
        self.plan: list[str] = []
        #: what becomes of requests: take, "503", "429", "hang" (taken, and the reply is lost)
        self.mood = "take"
        self.calls: dict[str, dict] = {}
        self.rung: list[dict] = []
        self.reported: list[dict] = []
        #: name -> hash of the recordings that it has; empty: it has them all
        self.recordings: dict[str, str] = {}

    def signature(self, at: str, body: bytes) -> str:
        return "sha256=" + hmac.new(self.secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()

    def genuine(self, headers, body: bytes) -> bool:
        at = headers.get("X-Nps-Timestamp", "")
        fresh = at.isdigit() and abs(time.time() - int(at)) <= 300
        return fresh and hmac.compare_digest(self.signature(at, body), headers.get("X-Nps-Signature", ""))

    def ask(self, call: dict) -> tuple[int, dict]:
        with self.lock:
            if self.mood in ("503", "429"):
                return int(self.mood), {"error": "no line is free"}
            for one in (call["recording"], call["thanks"], call["again"], (call["menu"] or {}).get("recording")):
                if one and self.recordings and self.recordings.get(one["name"]) != one["sha256"]:
                    return 409, {"error": f"recording {one['name']} is unknown or stale"}
            known = call["call"] in self.calls
            if not known:
                self.calls[call["call"]] = call
                self.rung.append(call)
                then = self.plan.pop(0) if self.plan else "unanswered"
        if not known:
            self.ring(call, then)
        return (200 if known else 202), {"reference": f"line {len(self.rung)}"}

    def ring(self, call: dict, then: str) -> None:
        keys = then.split()
        if then == "wait":
            return
        if not keys[0].isdigit():
            self.report(call, then, detail=DETAILS.get(then, ""), final=then == "failed")
            return
        self.report(call, "pressed", key=keys[0], pressed="".join(keys))
        if len(keys) > 1:
            assert keys[0] in call["menu"]["after"], "the menu is for low keys"
            self.report(call, "reason", key=keys[1])

    def report(self, call: dict, outcome: str, **more) -> None:
        event = f"{call['call']}/{outcome}"
        at = datetime.now().astimezone().isoformat()
        told = {"event": event, "call": call["call"], "reference": "line", "at": at, "outcome": outcome, **more}
        # after the reply to the request: a real telephone takes longer, too
        threading.Timer(0.05, self.post, (call["hook"], told)).start()

    def post(self, hook: str, told: dict) -> None:
        body = json.dumps(told).encode()
        for _ in range(50):
            at = str(int(time.time()))
            headers = {"X-Nps-Timestamp": at, "X-Nps-Signature": self.signature(at, body)}
            request = urllib.request.Request(hook, body, {"Content-Type": "application/json", **headers})
            try:
                status = urllib.request.urlopen(request, timeout=5).status
            except urllib.error.HTTPError as error:
                status = error.code
            except OSError:
                status = 0
            if 200 <= status < 300 or status == 403:
                self.reported.append({**told, "status": status})
                return
            time.sleep(0.1)


class Handler(BaseHTTPRequestHandler):
    exchange: Exchange

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/plan":
            for name, value in json.loads(body).items():
                setattr(self.exchange, name, value)
            self.give(200, {})
        elif self.path == "/report":
            # what else may happen on a line
            told = json.loads(body)
            threading.Thread(target=self.exchange.post, args=(told.pop("hook"), told)).start()
            self.give(202, {})
        elif self.path != "/calls":
            self.give(404, {"error": "no such place"})
        elif not self.exchange.genuine(self.headers, body):
            self.give(403, {"error": "not signed with our secret"})
        else:
            status, said = self.exchange.ask(json.loads(body))
            if self.exchange.mood == "hang":
                self.close_connection = True
                return
            self.give(status, said)

    def do_GET(self) -> None:
        # /rung?3 waits until three reports were heard
        wanted, until = int(self.path.partition("?")[2] or 0), time.monotonic() + 20
        while len(self.exchange.reported) < wanted and time.monotonic() < until:
            time.sleep(0.02)
        self.give(200, {"rung": self.exchange.rung, "reported": self.exchange.reported})

    def give(self, status: int, said: dict) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        if status == 429:
            self.send_header("Retry-After", "120")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


if __name__ == "__main__":
    Handler.exchange = Exchange(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
