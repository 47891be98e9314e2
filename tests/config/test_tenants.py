"""A thousand tenants start with bounded work, and a disabled one costs nothing."""

from __future__ import annotations

import sys
import tracemalloc

from tests.world import NOON

from nps_plugin import ClosedTicket, Ratings, Secret
from nps_plugin.kpi import calendar
from nps_plugin.plugins import Plugins
from nps_plugin.store.engine import Store


def tenants(count, *, enabled=True, folder="/nonexistent"):
    """A configuration with so many tenants, none of them trivial."""
    tenant = {
        "enabled": enabled,
        "brand": {"name": "Acme", "sender": "Acme <help@acme.example>"},
        "kpi": [{"priority": ["1"], "resolve_within": "4h", "calendar": "office"}, {"resolve_within": "3d"}],
        "calendars": {"office": {"hours": {"mon-fri": "09:00-18:00"}, "holidays": "RU"}},
        "channels": {"email": {"host": "localhost"}},
    }
    return {
        "database": {"url": f"sqlite:///{folder}/nps.sqlite3"},
        "page": {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the tests")]},
        "tenants": {f"t{number}": tenant for number in range(count)},
    }


def calls(count, **options):
    """How many function calls a start with so many tenants takes: the work done, whatever the machine is busy with."""
    config, made = tenants(count, **options), 0

    def counting(_frame, event, _arg):
        nonlocal made
        made += event == "call"

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        Ratings(config)
    finally:
        sys.setprofile(before)
    return made


def test_the_work_of_a_start_grows_no_faster_than_the_tenants():
    calls(1)  # modules are loaded, schemas made
    few, many = calls(50), calls(200)
    assert many / few < 4.2
    assert many / 200 < 4000


def test_the_memory_of_a_start_grows_no_faster_than_the_tenants():
    def grown(count):
        config = tenants(count)
        tracemalloc.start()
        ratings = Ratings(config)
        size, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(ratings.settings.tenants) == count
        return size

    grown(1)
    assert grown(200) - grown(100) < 100 * 32 * 1024  # at most 32 KiB a tenant: a calendar of holidays alone is more


def test_a_start_makes_no_calendar_and_opens_no_database(monkeypatch):
    made, opened = [], []
    monkeypatch.setattr(calendar.WorkingCalendar, "__init__", lambda *args, **kw: made.append(args))
    monkeypatch.setattr(Store, "ready", lambda self, *_: opened.append(self))
    ratings = Ratings(tenants(20))  # its folder does not exist: opening it would fail
    assert (made, opened) == ([], [])
    assert ratings._parts.store.engine.pool.checkedin() == 0


def test_a_calendar_is_made_for_the_tenant_that_closes_and_for_no_other(tmp_path, monkeypatch):
    made = []
    real = calendar.WorkingCalendar.__init__
    monkeypatch.setattr(
        calendar.WorkingCalendar, "__init__", lambda self, *args, **kw: (made.append(1), real(self, *args, **kw))[1]
    )
    with Ratings(tenants(20, folder=tmp_path), strict=True) as ratings:
        for _ in range(3):
            ratings.ticket_closed(ClosedTicket(tenant="t7", ticket="1", opened_at=NOON, closed_at=NOON, priority="1"))
    assert len(made) == 1


def test_a_disabled_tenant_costs_no_channel_no_database_and_no_rows(monkeypatch):
    asked = []
    monkeypatch.setattr(Plugins, "channel", lambda self, name: asked.append(name))
    ratings = Ratings(tenants(5, enabled=False), strict=True)  # the database's folder does not exist
    receipt = ratings.ticket_closed(ClosedTicket(tenant="t1", ticket="1", opened_at=NOON, closed_at=NOON))
    again = ratings.ticket_reopened("t1", "1", NOON)
    assert (receipt.recorded, receipt.problem, again.recorded, again.problem) == (False, None, False, None)
    assert asked == []
    assert ratings._parts.channels == {}


def test_the_logo_of_a_disabled_tenant_is_not_read(tmp_path):
    config = tenants(1, enabled=False)
    config["tenants"]["t0"] = config["tenants"]["t0"] | {"brand": {"logo": "nowhere.png", "sender": "a@b.example"}}
    assert Ratings(config).settings.tenants["t0"].brand.logo is None
