"""A real django-helpdesk on an SQLite file, with real transactions; Django is configured once per process, here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.adapters.django_helpdesk.site import Site, configuration

from nps_plugin import Ratings

SECRET = "a secret of at least thirty-two characters"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Django set up, its tables made and filled with what django-helpdesk needs; the file to copy for each test."""
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from nps_adapters.django_helpdesk.demo.site import site_settings

    folder = tmp_path_factory.mktemp("helpdesk")
    more = site_settings(folder)["DATABASES"]
    # nothing here must survive a loss of power
    more["default"]["OPTIONS"]["init_command"] = "PRAGMA synchronous=OFF"
    settings.configure(
        **site_settings(
            folder,
            DATABASES=more,
            EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
            LANGUAGES=[("en", "English"), ("ru", "Russian"), ("de", "German")],
            NPS_DEMO_MAILBOX=None,
            NPS_PLUGIN={"config": {}, "tenant": "acme"},
        )
    )
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    connections.close_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NPS_TEST_SECRET", SECRET)
        with Ratings(configuration(folder / "nps.sqlite3")) as ratings:
            ratings.upgrade()
    return Path(shutil.copy(settings.DATABASES["default"]["NAME"], folder / "fresh.sqlite3"))


@pytest.fixture(params=[False, True], ids=["autocommit", "atomic_requests"])
def atomic_requests(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def site(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site of its own for each test: fresh tables, own store, autocommit."""
    from django.conf import settings
    from django.core import mail
    from django.db import connections

    monkeypatch.setenv("NPS_TEST_SECRET", SECRET)
    shutil.copy(installed, settings.DATABASES["default"]["NAME"])
    mail.outbox = []
    shutil.copy(installed.with_name("nps.sqlite3"), tmp_path)
    site = Site(tmp_path)
    with site.settings():
        yield site
        site.end()
    connections.close_all()
