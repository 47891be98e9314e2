"""The examples of README.md work as they stand there: each is cut out and run in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)```", README, flags=re.DOTALL)
    assert found is not None, f"README.md has no example {name!r}"
    return found.group(1)


@pytest.fixture
def run(tmp_path, mailbox):
    """Runs a script beside the README's nps.toml, its mail going to a real server; gives what it printed."""
    config = example("config") + f'\n[tenants.acme.channels.email]\nhost = "127.0.0.1"\nport = {mailbox.port}\n'
    (tmp_path / "nps.toml").write_text(config)

    def call(script: str) -> str:
        (tmp_path / "script.py").write_text(textwrap.dedent(script))
        done = subprocess.run(
            [sys.executable, "script.py"],
            cwd=tmp_path,
            env=os.environ | {"NPS_SECRET": "a secret of the tests"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    call.folder = tmp_path
    return call


#: Clicks the lowest score in the mail that arrived, through the WSGI application given.
CLICK = """
import re
from werkzeug.test import Client as Browser

def click(app, link, score):
    path = re.sub(r"^https://help.example.org", "", link)
    browser = Browser(app)
    page = browser.get(f"{path}?s={score}")
    assert page.status_code == 200, page.status
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text).group(1)
    answered = browser.post(path, data={"nonce": nonce, "score": score})
    answered.close()
    assert answered.status_code == 200, answered.status
"""


def link_of(mailbox) -> str:
    (mail,) = mailbox.mails
    text = mail.get_body(("plain",)).get_content()
    return re.search(r"https://help\.example\.org/rate/acme/[\w-]{22}", text).group(0)


def test_any_python_host(run, mailbox):
    (run.folder / "host.py").write_text(example("python"))
    first = """
        from datetime import UTC, datetime, timedelta
        from types import SimpleNamespace
        import host

        now = datetime.now(UTC)
        ticket = SimpleNamespace(
            number="17", opened_at=now - timedelta(hours=1), closed_at=now, agent="olga", email="ivan@example.org"
        )
        receipt = host.on_ticket_closed(ticket)
        assert receipt.recorded and receipt.kpi.met and receipt.survey, receipt
        host.ratings.run_due()
        host.ratings.close()
    """
    run(first)
    second = f"""
        {textwrap.indent(CLICK, " " * 8)}
        from types import SimpleNamespace
        import host
        click(host.application, {link_of(mailbox)!r}, 1)
        print(host.verdict_on(SimpleNamespace(number="17")))
        host.ratings.close()
    """
    assert "watermelon" in run(second)


FLASK_TABLES = """
from datetime import datetime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Ticket(Base):
    __tablename__ = "ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
"""


def test_flask_with_the_hosts_session(run, mailbox):
    (run.folder / "tickets.py").write_text(FLASK_TABLES)
    (run.folder / "host.py").write_text(example("flask"))
    first = """
        from datetime import UTC, datetime, timedelta
        import host
        from tickets import Ticket

        opened = (datetime.now(UTC) - timedelta(hours=1)).replace(tzinfo=None)
        host.session.add(Ticket(id=17, email="ivan@example.org", opened_at=opened))
        host.session.commit()
        assert host.app.test_client().post("/tickets/17/close").status_code == 204
        assert not host.ratings.check().counts, "the closing did not join the host's transaction"
        assert host.ratings.run_due().sent == 1
    """
    run(first)
    second = f"""
        {textwrap.indent(CLICK, " " * 8)}
        import host
        from tickets import Ticket
        click(host.app, {link_of(mailbox)!r}, 3)
        print(host.session.get(Ticket, 17).note)
    """
    assert "Target met, client satisfied" in run(second)


def test_django_helpdesk(run, mailbox):
    (run.folder / "site_settings.py").write_text(
        "from pathlib import Path\n"
        "from nps_adapters.django_helpdesk.demo.site import site_settings\n"
        "BASE_DIR = Path('.').resolve()\n"
        "globals().update(site_settings(BASE_DIR))\n"
        "INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith('nps_')]\n"
        "ROOT_URLCONF = 'site_urls'\n" + example("django settings")
    )
    (run.folder / "site_urls.py").write_text(
        "from django.urls import include, path\n"
        "urlpatterns = [path('tickets/', include('helpdesk.urls'))]\n" + example("django urls")
    )
    script = f"""
        {textwrap.indent(CLICK, " " * 8)}
        import os
        os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
        import django
        django.setup()
        from django.core.management import call_command
        from django.core.wsgi import get_wsgi_application
        from helpdesk.models import FollowUp, Queue, Ticket
        if not os.path.exists("asked"):
            call_command("migrate", verbosity=0)
            call_command("check")
            queue = Queue.objects.create(title="Support", slug="support")
            ticket = Ticket.objects.create(queue=queue, title="VPN", submitter_email="ivan@example.org")
            ticket.status = Ticket.RESOLVED_STATUS
            ticket.save()
            call_command("nps_work", once=True)
            open("asked", "w").close()
        else:
            click(get_wsgi_application(), open("link").read(), 1)
            print(FollowUp.objects.filter(public=False).last().comment)
    """
    run(script)
    (run.folder / "link").write_text(link_of(mailbox))
    assert "watermelon" in run(script)


def test_an_example_that_is_not_there_is_missed():
    with pytest.raises(AssertionError, match="nonesuch"):
        example("nonesuch")
