"""``manage.py nps_work`` and ``nps_check``."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from tests.adapters.django_helpdesk.site import Site

pytestmark = pytest.mark.host


def run(command: str, **options: object) -> str:
    from django.core.management import call_command

    out = StringIO()
    call_command(command, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_one_round_finds_silent_closings_and_says_what_it_did(site: Site) -> None:
    from helpdesk.models import Ticket

    ticket = site.ticket()
    Ticket.objects.filter(pk=ticket.pk).update(status=4)

    said = run("nps_work", once=True)

    assert "acme: 1 closing(s) found that had given no event" in said
    # nobody listens where the mail should go
    assert "retried 1" in said
    assert len(site.observer.closed) == 1


def test_a_round_with_nothing_to_do_says_nothing(site: Site) -> None:
    assert run("nps_work", once=True) == ""


def test_a_worker_that_cannot_start_says_why_and_does_not_die(site: Site) -> None:
    with site.settings(config=str(site.folder / "absent.toml")):
        said = run("nps_work", once=True)

    assert "1 problem(s)" in said
    assert "absent.toml" in said


def test_nps_check_says_that_all_is_well(site: Site) -> None:
    site.kanban(site.ticket())

    assert "all is well" in run("nps_check")


def test_nps_check_fails_with_the_reason(site: Site) -> None:
    from django.core.management import CommandError

    with site.settings(config=str(site.folder / "absent.toml")), pytest.raises(CommandError, match=r"absent\.toml"):
        run("nps_check")


MANAGE = """
import sys
from pathlib import Path
from django.conf import settings
from django.core.management import execute_from_command_line
from nps_adapters.django_helpdesk.demo.site import site_settings
from tests.adapters.django_helpdesk.site import configuration

folder = Path(sys.argv.pop(1))
nps = {"config": configuration(folder / "nps.sqlite3"), "tenant": "acme"}
settings.configure(**site_settings(folder, NPS_PLUGIN=nps, NPS_DEMO_MAILBOX=None))
execute_from_command_line(sys.argv)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_worker_at_once_and_cleanly(installed: Path, tmp_path: Path, number: signal.Signals) -> None:
    shutil.copy(installed, tmp_path / "helpdesk.sqlite3")
    shutil.copy(installed.with_name("nps.sqlite3"), tmp_path)
    (tmp_path / "manage.py").write_text(MANAGE, encoding="utf-8")
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, tmp_path / "manage.py", tmp_path, "nps_work", "--every", "3600"],
        cwd=root,
        env=os.environ
        | {
            "NPS_TEST_SECRET": "a secret of at least thirty-two characters",
            "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(root)))),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "nps_work: working every 3600 s; SIGTERM or Ctrl-C ends it\n"

    process.send_signal(number)
    said, errors = process.communicate(timeout=30)

    assert (process.returncode, errors) == (0, "")
    assert said == "nps_work: stopped\n"


def test_nps_check_on_a_new_site_is_well(site: Site) -> None:
    site.store.unlink()

    assert "all is well" in run("nps_check")
