"""``nps-plugin demo``, run as its users run it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nps_adapters.django_helpdesk.demo.browser import Browser
from nps_adapters.django_helpdesk.demo.play import read_answers

pytestmark = [pytest.mark.host, pytest.mark.slow]

DEMO = [sys.executable, "-c", "from nps_adapters.django_helpdesk.demo import command; command()"]


def demo(*arguments: str, folder: Path) -> str:
    ended = subprocess.run(
        [*DEMO, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"TMPDIR": str(folder)},
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    assert list(folder.iterdir()) == []
    return ended.stdout


def verdicts(printed: str) -> dict[int, tuple[str, str]]:
    """Ticket -> (score, verdict)."""
    rows = re.findall(r"^ {2,}(\d+)  .*?(?:met|missed): [^/]*/ \d+ h +(\S+)  (.+)$", printed, re.MULTILINE)
    return {int(number): (score, verdict) for number, score, verdict in rows}


def test_all_four_corners_occur_and_one_changed_click_changes_its_verdict(tmp_path: Path) -> None:
    first = demo(folder=tmp_path)
    told = verdicts(first)
    assert {verdict for _, verdict in told.values()} >= {"confirmed", "watermelon", "forgiven", "failed", "lukewarm"}
    assert told[2] == ("1", "watermelon")
    assert "KPI met: 6 of 9. Clients satisfied: 4 of 8 who answered." in first

    second = demo("--answer", "2=3", folder=tmp_path)

    assert verdicts(second) == told | {2: ("3", "confirmed")}
    assert "Clients satisfied: 5 of 8 who answered." in second


def test_it_speaks_russian(tmp_path: Path) -> None:
    printed = demo("--locale", "ru", "--answer", "1=-", folder=tmp_path)

    assert verdicts(printed)[2] == ("1", "арбуз (срок выдержан, клиент недоволен)")
    assert verdicts(printed)[1] == ("-", "(no answer yet)")


@pytest.mark.parametrize("text", ["2", "2=4", "99=1", "x=1", "2=0"])
def test_an_impossible_click_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected TICKET=SCORE"):
        read_answers([text])


def test_served_it_waits_for_a_person_and_cleans_up(tmp_path: Path) -> None:
    """A person resolves a ticket in a browser, opens the mail, clicks, and reads the verdict."""
    process = subprocess.Popen(
        [*DEMO, "--serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, process.communicate()
            printed += line
        url = re.search(r"(http://127\.0\.0\.1:\d+)/tickets/ ", printed)[1]  # type: ignore[index]
        login = re.search(r"Log in as (\w+), password (\w+)", printed)
        assert login is not None
        rated = rate_as_a_person(url, login[1], login[2])
        assert "Client rating: 3, confirmed" in rated
    finally:
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, ""), said
    assert list(tmp_path.iterdir()) == []


def rate_as_a_person(url: str, name: str, password: str) -> list[str]:
    browser = Browser()
    page = browser.get(f"{url}/login/")
    browser.send(page, page.form(field="username"), username=name, password=password)
    # the first ticket again: reopened, resolved once more, asked about once more
    page = browser.get(f"{url}/tickets/1/")
    before = page.headings.count("Client rating: 3, confirmed")
    form = page.form(id="ticket-respond-form")
    page = browser.send(page, form, comment="It jams again.", new_status="2", public="1")
    page = browser.send(page, page.form(id="ticket-respond-form"), comment="Replaced it.", new_status="3", public="1")
    questions = _links(browser, url)
    deadline = time.monotonic() + 60
    while len(now := _links(browser, url)) == len(questions) and time.monotonic() < deadline:
        # each look is a request over HTTP, and the worker's round comes every two seconds
        pass
    assert len(now) > len(questions), "no new mail arrived"
    mail = browser.get(f"{url}/mails/{max(set(now) - set(questions))}/")
    page = browser.get(next(link for link in mail.links if link.endswith("s=3")))
    page = browser.send(page, page.form(field="score"))
    while time.monotonic() < deadline:
        headings = browser.get(f"{url}/tickets/1/").headings
        if headings.count("Client rating: 3, confirmed") > before:
            return headings
    raise AssertionError(headings)


def _links(browser: Browser, url: str) -> list[int]:
    """The numbers of the received questions (bold in the list)."""
    return [int(number) for number in re.findall(r'class="ask">.*?href="(\d+)/"', browser.get(f"{url}/mails/").text)]
