"""NPS_PLUGIN: every mistake at once, at ``manage.py check``, each with what was expected."""

from __future__ import annotations

import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

pytestmark = pytest.mark.host


def checked(raw: Any) -> list[Any]:
    from django.test import override_settings

    from nps_adapters.django_helpdesk.checks import check_settings

    with override_settings(NPS_PLUGIN=raw):
        return check_settings()


def test_good_settings_pass(site: Site) -> None:
    from django.core.management import call_command

    out = StringIO()
    call_command("check", stdout=out)

    assert "no issues" in out.getvalue()


def test_every_mistake_is_told_at_once(site: Site) -> None:
    found = checked(
        {"confg": "nps.toml", "tenant": 7, "closed_statuses": [9], "host": 3, "notes": "no", "facts": "no.such"}
    )

    texts = [message.msg for message in found]
    assert {message.id for message in found} == {"nps_plugin.E001"}
    for part in (
        "did you mean 'config'",
        "['config']",
        "['tenant']",
        "['closed_statuses']",
        "['host']",
        "['notes']",
        "no.such",
    ):
        assert any(part in text for text in texts), part


@pytest.mark.parametrize("raw", [None, "nps.toml", {}])
def test_missing_settings_are_told(site: Site, raw: Any) -> None:
    assert checked(raw)[0].id == "nps_plugin.E001"


def test_a_broken_configuration_warns_and_lets_the_site_start(site: Site) -> None:
    with site.settings(config=site.config(scael="faces-3")):
        from nps_adapters.django_helpdesk.checks import check_settings

        (found,) = check_settings()

    assert (found.id, found.is_serious()) == ("nps_plugin.W001", False)
    assert "scael" in found.msg
    assert "nps_work" in found.hint


def test_a_relative_file_is_looked_for_where_the_project_stands(site: Site) -> None:
    from django.test import override_settings

    from nps_adapters.django_helpdesk.conf import read_options

    with override_settings(BASE_DIR=site.folder):
        assert read_options({"config": "nps.toml", "tenant": "acme"}).config == Path(site.folder) / "nps.toml"


def test_a_configuration_file_is_read(site: Site) -> None:
    file = site.folder / "nps.toml"
    file.write_text(
        f"""
        plugins = ["django-helpdesk"]
        database = {{ url = "sqlite:///{site.store}" }}
        page = {{ base_url = "http://testserver/rate", secrets = ["env:NPS_TEST_SECRET"] }}
        [tenants.acme]
        brand = {{ sender = "ratings@acme.example" }}
        """,
        encoding="utf-8",
    )
    with site.settings(config=str(file)):
        site.kanban(site.ticket())

        assert len(site.observer.closed) == 1


def test_the_site_hears_verdicts_where_the_configuration_does_not_name_it(site: Site) -> None:
    config = site.config() | {"plugins": []}
    with site.settings(config=config):
        assert {"django-helpdesk", "observer"} <= {plugin.name for plugin in site.ratings.plugins}


def test_one_ratings_for_all_threads(site: Site) -> None:
    found: list[Any] = []
    together = threading.Barrier(4)

    def get() -> None:
        together.wait()
        found.append(site.ratings)

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len({id(one) for one in found}) == 1


def test_a_forked_child_makes_its_own_ratings(site: Site) -> None:
    import os

    ours = id(site.ratings)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # the child ends without pytest's goodbyes
        os.write(writing, b"own" if id(site.ratings) != ours else b"shared")
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 10) == b"own"
    assert id(site.ratings) == ours
    os.close(reading)
    os.close(writing)


def test_importing_the_entry_point_imports_no_django() -> None:
    import subprocess
    import sys

    code = "import sys, nps_adapters.django_helpdesk; sys.exit('django' in sys.modules or 'helpdesk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
