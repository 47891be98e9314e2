"""Whatever breaks on our side, the person who closes a ticket notices nothing, and the log says what to do."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

from nps_plugin import hookimpl

pytestmark = pytest.mark.host


def close_by_form(site: Site) -> Any:
    ticket = site.ticket()
    site.respond(ticket, 3, comment="Replaced the roller.")
    assert site.status(ticket) == 3
    return ticket


def healed(site: Site, ticket: Any) -> bool:
    """Whether the worker's search finds the closing once the fault is gone."""
    from datetime import timedelta

    from django.utils import timezone

    site.ratings.reconcile("acme", timezone.now() - timedelta(days=1))
    return [closed.ticket for closed in site.observer.closed] == [str(ticket.pk)]


@pytest.fixture
def either(site: Site, atomic_requests: bool) -> Iterator[None]:
    """Once with, once without a transaction around each request."""
    with site.settings(atomic_requests=atomic_requests):
        yield


@contextmanager
def locked(site: Site) -> Iterator[None]:
    other = sqlite3.connect(site.store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@pytest.mark.usefixtures("either")
def test_a_locked_database_delays_the_closing_briefly_and_loses_nothing(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with locked(site):
        started = time.monotonic()
        ticket = close_by_form(site)
        assert time.monotonic() - started < 5

    assert site.observer.closed == []
    assert "nps_work" in caplog.text
    assert site.problems
    assert healed(site, ticket)


def test_a_missing_configuration_file_is_named_in_the_log(
    site: Site, atomic_requests: bool, caplog: pytest.LogCaptureFixture
) -> None:
    missing = site.folder / "absent.toml"
    with site.settings(atomic_requests=atomic_requests, config=str(missing)):
        ticket = close_by_form(site)

        assert str(missing) in caplog.text
        assert site.problems
    with site.settings(atomic_requests=atomic_requests):
        assert healed(site, ticket)


def test_a_wrong_configuration_is_contained(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.settings(config={"tenants": {"acme": {"scael": "faces-3"}}}):
        close_by_form(site)

    assert "scael" in caplog.text


def test_a_wrong_setting_is_contained(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.settings(tennant="acme"):
        close_by_form(site)

    assert "did you mean 'tenant'" in caplog.text


def test_a_lost_table_is_contained(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.ratings.check()
    with sqlite3.connect(site.store) as other:
        other.execute("PRAGMA foreign_keys = OFF")
        other.execute("DROP TABLE nps_survey")
    other.close()

    close_by_form(site)

    assert "OperationalError" in caplog.text


def test_a_database_that_cannot_be_opened_is_contained(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    config = site.config() | {"database": {"url": f"sqlite:///{site.folder}/no/such/folder/nps.sqlite3"}}
    with site.settings(config=config):
        close_by_form(site)

        assert site.problems
    assert "OperationalError" in caplog.text


def test_a_failing_function_of_the_site_is_contained(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken(ticket: Any) -> dict[str, str]:
        raise LookupError("no such branch")

    with site.settings(facts=broken):
        close_by_form(site)

    assert "no such branch" in caplog.text


def test_a_failing_plugin_costs_nothing(site: Site) -> None:
    class Broken:
        nps_name = "broken"

        @hookimpl
        def nps_ticket_closed(self) -> None:
            raise RuntimeError("broken plugin")

    with site.settings(plugins=[Broken(), site.observer]):
        ticket = close_by_form(site)

        assert [closed.ticket for closed in site.observer.closed] == [str(ticket.pk)]
        assert {plugin.name: plugin.errors for plugin in site.ratings.plugins}["broken"] == 1


def test_a_locked_database_does_not_stop_a_reopening(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    ticket = close_by_form(site)

    with locked(site):
        site.respond(ticket, 2, comment="It jams again.")

    assert site.status(ticket) == 2
    assert "reopening of ticket" in caplog.text


def test_the_rating_page_says_so_where_it_cannot_be_served(site: Site) -> None:
    with site.settings(config=str(site.folder / "absent.toml")):
        response = site.browser(user="").get("/rate/acme/AAAAAAAAAAAAAAAAAAAAAA")

    assert response.status_code == 503
    assert "позже" in response.content.decode()
    assert "later" in response.content.decode()


@pytest.mark.usefixtures("either")
def test_the_hosts_own_failing_webhook_loses_no_closing(site: Site, atomic_requests: bool) -> None:
    """django-helpdesk's webhook fails after the ticket was saved, before the update is told to anyone else."""
    from helpdesk import settings as helpdesk

    ticket = site.ticket()
    former = helpdesk.HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS
    # nobody listens on the discard port
    helpdesk.HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS = lambda: ["http://127.0.0.1:9/"]
    try:
        with pytest.raises(OSError, match="refused"):
            site.respond(ticket, 4, comment="Replaced the roller.")
    finally:
        helpdesk.HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS = former

    # with a transaction around the request the host itself takes the closing back
    assert site.status(ticket) == (1 if atomic_requests else 4)
    assert len(site.observer.closed) == (0 if atomic_requests else 1)
