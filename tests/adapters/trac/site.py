"""What the tests hold of a Trac environment: its settings, its tickets, and what the library kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.world import Mailbox, send, token_of
from trac.config import Configuration
from trac.env import open_environment
from trac.test import MockRequest
from trac.ticket.model import Ticket
from trac.web.api import RequestDone
from trac.web.main import RequestDispatcher

from nps_adapters.trac.component import NpsPlugin
from nps_plugin import Ratings
from nps_plugin.store import tables

CONFIG = """
plugins = ["trac"]
[database]
url = "sqlite:///{store}"
[page]
base_url = "{base}"
secrets = ["file:{secret}"]
[tenants.acme]
locale = "{locale}"
kpi = [{{ resolve_within = "4h" }}]
brand = {{ name = "Acme", sender = "Acme <ratings@acme.example>" }}
channels.email = {{ host = "127.0.0.1", port = {port} }}
"""


class Site:
    def __init__(self, folder: Path, mailbox: Mailbox) -> None:
        self.folder, self.mailbox = folder, mailbox
        self.path = folder / "env"
        self.configure(
            components={"nps_adapters.trac.*": "enabled"},
            nps={"tenant": "acme", "service_field": "service"},
            ticket_custom={"service": "text"},
        )
        self.user("ivan", "Ivan Petrov", "ivan@example.org")
        self.user("olga", "Olga", "")

    def configure(
        self, *, base: str = "https://help.example.org/rate", locale: str = "en", **sections: dict[str, str]
    ) -> None:
        """The library's file beside trac.ini, settings in that (``nps``: ours), and the environment opened anew."""
        secret, store = self.folder / "secret", self.folder / "nps.sqlite3"
        secret.write_text("a secret of at least thirty-two characters")
        text = CONFIG.format(store=store, secret=secret, base=base, locale=locale, port=self.mailbox.port)
        (self.path / "conf" / "nps.toml").write_text(text, encoding="utf-8")
        ini = Configuration(str(self.path / "conf" / "trac.ini"))
        for section, options in sections.items():
            for name, value in options.items():
                ini.set({"nps": "nps-plugin"}.get(section, section.replace("_", "-")), name, value)
        ini.save()
        self.reopen()

    def user(self, name: str, full_name: str, email: str, **attributes: str) -> None:
        """Somebody who has logged in and made these settings."""
        with self.env.db_transaction as db:
            db("INSERT INTO session (sid, authenticated, last_visit) VALUES (%s, 1, 0)", (name,))
            for key, value in {"name": full_name, "email": email, **attributes}.items():
                db("INSERT INTO session_attribute VALUES (%s, 1, %s, %s)", (name, key, value))
        self.env.invalidate_known_users_cache()

    def reopen(self) -> None:
        self.close()
        self.env: Any = open_environment(str(self.path), use_cache=False)

    def close(self) -> None:
        if hasattr(self, "env"):
            if self.plugin._ratings is not None:
                self.plugin._ratings.close()
            self.env.shutdown()

    @property
    def plugin(self) -> Any:
        return NpsPlugin(self.env)

    @property
    def ratings(self) -> Ratings:
        return self.plugin.ratings()

    @contextmanager
    def out_of_order(self) -> Iterator[None]:
        """Without the library's file, as after a slip of the administrator."""
        file = self.path / "conf" / "nps.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text("tenants = [", encoding="utf-8")
        self.reopen()
        yield
        file.write_text(text, encoding="utf-8")
        self.reopen()

    # --- tickets

    def open(self, **values: str) -> Ticket:
        ticket = Ticket(self.env)
        usual = {"reporter": "ivan", "summary": "The printer is on fire", "component": "component1", "owner": "olga"}
        ticket.populate({"status": "new", **usual, **values})
        ticket.insert()
        return ticket

    def change(self, number: int, by: str = "olga", comment: str = "", **values: str) -> datetime:
        ticket = Ticket(self.env, number)
        ticket.populate(values)
        when = datetime.now(UTC)
        ticket.save_changes(by, comment, when=when)
        return when

    def resolve(self, number: int, comment: str = "", resolution: str = "fixed", by: str = "olga") -> datetime:
        return self.change(number, by, comment, status="closed", resolution=resolution)

    def reopen_ticket(self, number: int) -> datetime:
        return self.change(number, "ivan", status="reopened", resolution="")

    def request(self, path: str, method: str = "GET", **args: Any) -> Any:
        """What Trac's dispatcher answers in this process, without permissions being asked."""
        req = MockRequest(self.env, method=method, path_info=path, args=args)
        with suppress(RequestDone):
            RequestDispatcher(self.env).dispatch(req)
        return req

    def comments(self, number: int, author: str = "client-rating") -> list[str]:
        log = Ticket(self.env, number).get_changelog()
        return [row[4] for row in log if row[2] == "comment" and row[1] == author]

    # --- the library

    def rows(self, table: str) -> list[Any]:
        found = tables.metadata.tables[f"nps_{table}"]
        with self.ratings._parts.store.read() as connection:
            return list(connection.execute(select(found)))

    def closures(self) -> list[tuple[str, int]]:
        return [(row.ticket, row.closure) for row in self.rows("closure")]

    def rate(self, score: int) -> None:
        """Let the worker ask, then click in the last mail."""
        from werkzeug.test import Client as Browser

        self.ratings.run_due()
        send(Browser(self.ratings.wsgi), token_of(self.mailbox.mails[-1]), score)
