"""The program's own file of configuration: every mistake at once, each with its key and what was expected there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from nps_plugin import ConfigError, ConfigProblem, Secret, read_secret

from .trunk import LINES, Network, Setup, Trunk

#: Fifteen processes of PJSIP.
MAX_TRUNKS = 60

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?")
_USER = re.compile(r"[A-Za-z0-9._+*~-]{1,100}")
_PREFIX = re.compile(r"\+?[0-9]{0,14}")
_DIAL = re.compile(r"[+0-9*]*\{number\}")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole file."""

    secret: Secret
    recordings: Path
    state: Path
    trunks: int
    drain: float
    keep_days: int
    host: str
    port: int
    setup: Setup


def read_config(path: Path) -> Config:
    """The configuration in a file. Raises ``ConfigError`` with every mistake. Relative paths begin at the file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([ConfigProblem(str(path), f"cannot be read ({error.strerror})")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigProblem(str(path), f"is not valid TOML: {error}")]) from None
    problems: list[ConfigProblem] = []
    base = path.absolute().parent
    top = _Table(data, "", problems)
    trunk = _trunk(top.table("trunk"))
    network = _network(top.table("network"))
    http = top.table("http")
    trace = top.text("trace", "")
    config = Config(
        secret=top.secret("secret") or Secret(""),
        recordings=base / top.text("recordings", "recordings"),
        state=base / top.text("state", "nps-sip.sqlite3"),
        trunks=int(top.number("trunks", 10, 1, MAX_TRUNKS)),
        drain=top.number("drain", 60, 0, 600),
        keep_days=int(top.number("keep_days", 30, 1, 366)),
        host=http.text("host", "127.0.0.1", _address, "an address of this machine, such as 127.0.0.1"),
        port=int(http.number("port", 8089, 0, 65535)),
        # the trace holds every message, and so numbers
        setup=Setup(trunk=trunk, network=network, trace=str(base / trace) if trace else ""),
    )
    http.done()
    top.done()
    if not config.recordings.is_dir():
        problems.append(ConfigProblem("recordings", f"{config.recordings} is not a folder; make it or name another"))
    if not config.state.parent.is_dir():
        problems.append(ConfigProblem("state", f"{config.state.parent} is not a folder; make it or name another"))
    processes = -(-config.trunks // LINES)
    first, last = network.rtp
    if first and (last - first + 1) // processes < 4 * LINES:
        expected = f"expected at least {4 * LINES * processes} ports, four for each call on {processes} processes"
        problems.append(ConfigProblem("network.rtp", expected))
    if problems:
        raise ConfigError(problems)
    return config


def _trunk(table: _Table) -> Trunk:
    user = table.text("user", "", lambda text: not text or _USER.fullmatch(text), "the account's name")
    register = table.flag("register", default=bool(user))
    if register and not user:
        table.problem("register", "expected a user to register as")
    password = table.secret("password") if user or "password" in table.given else None
    found = Trunk(
        server=table.text("server", None, _HOST.fullmatch, "the trunk's host, with :port where it is not the usual"),
        user=user,
        password=password.reveal() if password is not None else "",
        realm=table.text("realm", "*"),
        caller=table.text(
            "caller", "", lambda text: not text or _USER.fullmatch(text), "the number that the client sees"
        ),
        transport=table.text("transport", "udp", ("udp", "tcp").__contains__, '"udp" or "tcp"'),
        proxy=table.text("proxy", "", lambda text: not text or _HOST.fullmatch(text), "the host of an outbound proxy"),
        register=register,
        codecs=table.texts("codecs", ("PCMA", "PCMU"), ("PCMA", "PCMU").__contains__, '"PCMA" and "PCMU"'),
        dial=table.text("dial", "+{number}", _DIAL.fullmatch, 'the number as the trunk wants it, such as "+{number}"'),
        allow=table.texts("allow", (), _PREFIX.fullmatch, 'how numbers begin, such as ["+7"]'),
        telephone_event=int(table.number("telephone_event", 101, 96, 127)),
    )
    if not found.codecs:
        table.problem("codecs", 'expected "PCMA", "PCMU" or both')
    table.done()
    return found


def _network(table: _Table) -> Network:
    rtp: Any = table.given.get("rtp", [])
    table.asked.add("rtp")
    right = isinstance(rtp, list) and all(type(one) is int and 1024 <= one <= 65535 for one in rtp)
    if not right or len(rtp) not in (0, 2) or (rtp and rtp[1] <= rtp[0]):
        table.problem("rtp", "expected the first and the last port of the sound, such as [10000, 10200]")
        rtp = []
    found = Network(
        bind=table.text("bind", "", lambda text: not text or _address(text), "an address of this machine"),
        port=int(table.number("port", 0, 0, 65535)),
        rtp=(rtp[0], rtp[1]) if rtp else (0, 0),
        public=table.text("public", "", lambda text: not text or _address(text), "the address that the trunk sees"),
    )
    table.done()
    return found


def _address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class _Table:
    """One table of the file; what is wrong in it goes to ``problems``."""

    def __init__(self, given: Any, where: str, problems: list[ConfigProblem]) -> None:
        self.where, self.problems = where, problems
        self.given: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        self.asked: set[str] = set()
        if not isinstance(given, Mapping):
            problems.append(ConfigProblem(where.rstrip("."), "expected a table"))

    def problem(self, key: str, expected: str) -> None:
        self.problems.append(ConfigProblem(self.where + key, expected))

    def table(self, key: str) -> _Table:
        self.asked.add(key)
        return _Table(self.given.get(key, {}), f"{self.where}{key}.", self.problems)

    def text(
        self, key: str, default: str | None, right: Callable[[str], object] = bool, expected: str = "a text"
    ) -> str:
        self.asked.add(key)
        if key not in self.given and default is not None:
            return default
        value = self.given.get(key)
        if isinstance(value, str) and (right(value) or value == default):
            return value
        self.problem(key, f"{'expected' if key in self.given else 'required: expected'} {expected}")
        return default or ""

    def texts(
        self, key: str, default: tuple[str, ...], right: Callable[[str], object], expected: str
    ) -> tuple[str, ...]:
        self.asked.add(key)
        value = self.given.get(key, list(default))
        if isinstance(value, list) and all(isinstance(one, str) and right(one) for one in value):
            return tuple(value)
        self.problem(key, f"expected a list of {expected}")
        return default

    def number(self, key: str, default: float, low: float, high: float) -> float:
        self.asked.add(key)
        value = self.given.get(key, default)
        if type(value) in (int, float) and low <= value <= high:
            return float(value)
        self.problem(key, f"expected a number from {low:g} to {high:g}")
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        self.asked.add(key)
        value = self.given.get(key, default)
        if isinstance(value, bool):
            return value
        self.problem(key, "expected true or false")
        return default

    def secret(self, key: str) -> Secret | None:
        self.asked.add(key)
        if key not in self.given:
            self.problem(key, 'required: expected "env:NAME" or "file:/path"')
            return None
        try:
            return read_secret(self.given[key])
        except ValueError as error:
            self.problem(key, str(error))
            return None

    def done(self) -> None:
        for key in sorted(set(self.given) - self.asked):
            self.problem(key, "unknown")
