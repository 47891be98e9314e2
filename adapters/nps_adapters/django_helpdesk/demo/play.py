"""The play itself: tickets are closed, questions sent, scores clicked, verdicts read from the ticket pages."""

from __future__ import annotations

import re
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from .browser import Browser, Page
from .host import PASSWORD, TENANT, Host, address
from .mailbox import body
from .story import STORIES, Story

_COMMENT = {
    "en": "Done. Please write to us if anything is still wrong.",
    "ru": "Готово. Напишите нам, если что-то ещё не так.",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one ticket, as read from its page."""

    number: int
    story: Story
    kpi: str
    met: bool | None
    score: str
    verdict: str


def read_answers(texts: Sequence[str]) -> Mapping[int, int | None]:
    """``"2=3"`` -> {2: 3}; ``"2=-"`` -> {2: None}. Raises ``ValueError`` saying what was expected."""
    clicks: dict[int, int | None] = {}
    for text in texts:
        match = re.fullmatch(r"\s*(\d+)\s*=\s*([123]|-)\s*", text)
        if not match or not 1 <= int(match[1]) <= len(STORIES):
            raise ValueError(
                f"{text!r}: expected TICKET=SCORE, a ticket from 1 to {len(STORIES)} and a score from 1 to 3 or -"
            )
        clicks[int(match[1])] = None if match[2] == "-" else int(match[2])
    return clicks


def play(*, serve: bool, port: int, locale: str, clicks: Mapping[int, int | None]) -> None:
    """Run the demonstration and print what happened. Everything it made is removed, also on Ctrl-C."""
    started = time.monotonic()
    stories = [replace(story, score=clicks.get(number, story.score)) for number, story in enumerate(STORIES, 1)]
    with _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="nps-demo-") as folder:
        try:
            host = Host(Path(folder), locale, port)
        except OSError as error:
            raise click.ClickException(f"the site cannot be served on port {port}: {error.strerror}") from error
        try:
            click.echo(f"django-helpdesk is starting on {host.url} with nps_plugin, in {folder}")
            host.start()
            outcomes = _perform(host, stories)
            _print(outcomes, host, time.monotonic() - started)
            if serve:
                _serve(host)
        except KeyboardInterrupt:
            click.echo("stopped")
        finally:
            host.stop()


def _perform(host: Host, stories: Sequence[Story]) -> list[Outcome]:
    numbers = host.open_tickets()
    click.echo(f"{len(numbers)} tickets are open; their agents resolve them on the staff pages, over HTTP")
    browsers = {name: _login(host, name) for name in dict.fromkeys(story.agent for story in stories)}
    try:
        for number, story in zip(numbers, stories, strict=True):
            _close(host, browsers[story.agent], number, _COMMENT[host.locale])
        host.work()
        questions = _questions(host)
        click.echo(f"{len(questions)} clients have received a question by mail; they click and send")
        for story in stories:
            if story.score is not None:
                _answer(questions[address(story)], story, host.locale)
        host.work()
        staff = browsers["anna"]
        return [_read(host, staff, number, story) for number, story in zip(numbers, stories, strict=True)]
    finally:
        for browser in browsers.values():
            browser.close()


def _login(host: Host, name: str) -> Browser:
    browser = Browser()
    page = browser.get(f"{host.url}/login/?next=/dashboard/")
    page = browser.send(page, page.form(field="username"), username=name, password=PASSWORD)
    if "/dashboard/" not in page.url:
        raise RuntimeError(f"{name} could not log in: {page.status} {page.url}")
    return browser


def _close(host: Host, browser: Browser, number: int, comment: str) -> None:
    page = browser.get(f"{host.url}/tickets/{number}/")
    # 3: Resolved
    page = browser.send(page, page.form(id="ticket-respond-form"), comment=comment, new_status="3", public="1")
    if page.status != 200:
        raise RuntimeError(f"ticket {number} could not be closed: {page.status} {page.url}")


def _questions(host: Host) -> dict[str, str]:
    """Client's address -> the text of the question that it received."""
    found = {}
    for message in host.mailbox.received:
        text = body(message, "plain")
        if f"{host.url}/rate/{TENANT}/" in text and message["List-Unsubscribe"]:
            found[str(message["To"]).rpartition("<")[2].rstrip(">")] = text
    return found


def _answer(mail: str, story: Story, locale: str) -> None:
    """Do what the client does: click the score in the mail, press "send", perhaps say why."""
    links = re.findall(r"https?://\S+", mail)
    clicked = next(link for link in links if link.endswith(f"s={story.score}"))
    browser = Browser()
    try:
        page = browser.get(clicked)
        page = _sent(browser.send(page, page.form(field="score")))
        if story.reason or story.comment:
            said = {"reason": [story.reason] if story.reason else [], "comment": (story.comment or {}).get(locale, "")}
            form = page.form(field="comment")
            _sent(browser.send(page, form, **{name: value for name, value in said.items() if name in _fields(form)}))
    finally:
        browser.close()


def _fields(form: Any) -> set[str]:
    return set(form.values) | set(form.choices)


def _sent(page: Page) -> Page:
    if page.status != 200:
        raise RuntimeError(f"the rating page answered {page.status}: {page.text[:300]}")
    return page


def _read(host: Host, browser: Browser, number: int, story: Story) -> Outcome:
    """Read the verdict from the ticket's page, as an agent sees it."""
    from nps_adapters.django_helpdesk import get_ratings
    from nps_adapters.django_helpdesk.notes import verdict_title

    page = browser.get(f"{host.url}/tickets/{number}/")
    titles = [heading for heading in page.headings if heading.startswith(verdict_title(host.locale))]
    kpi = get_ratings().ticket_verdict(TENANT, str(number)).kpi
    shown = f"{_short(kpi.worked)} / {_short(kpi.target)}"
    # a title reads: Client rating: 1, watermelon
    score, _, verdict = titles[-1].partition(": ")[2].partition(", ") if titles else ("-", "", "(no answer yet)")
    return Outcome(number, story, shown, kpi.met, score, verdict)


def _short(time: timedelta | None) -> str:
    if time is None:
        return "?"
    hours, minutes = divmod(round(time.total_seconds() / 60), 60)
    return f"{hours} h" if not minutes else f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _print(outcomes: Sequence[Outcome], host: Host, took: float) -> None:
    click.echo("The verdicts, as they stand on the ticket pages:\n")
    width = max(len(outcome.story.subject[host.locale]) for outcome in outcomes)
    click.echo(f"  ticket  {'subject':{width}}  {'KPI: worked / target':26}  score  verdict")
    for outcome in outcomes:
        met = {True: "met", False: "missed", None: "unknown"}[outcome.met]
        kpi = f"{met}: {outcome.kpi}"
        subject = outcome.story.subject[host.locale]
        click.echo(f"  {outcome.number:6}  {subject:{width}}  {kpi:26}  {outcome.score:>5}  {outcome.verdict}")
    kinds = Counter(outcome.verdict for outcome in outcomes if outcome.score != "-")
    click.echo("\n" + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    met_count = sum(outcome.met is True for outcome in outcomes)
    scores = [outcome.score for outcome in outcomes if outcome.score != "-"]
    happy = scores.count("3")
    click.echo(f"KPI met: {met_count} of {len(outcomes)}. Clients satisfied: {happy} of {len(scores)} who answered.")
    click.echo(f"Done in {took:.0f} s.")


def _serve(host: Host) -> None:
    stop = threading.Event()

    def work() -> None:
        from django.db import connections

        while not stop.wait(2):
            host.work()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    click.echo(
        f"\nIt keeps running. Log in as anna, password {PASSWORD}:"
        f"\n  {host.url}/tickets/          the tickets; resolve one, or read the verdicts on their pages"
        f"\n  {host.url}/tickets/submit/   a new one"
        f"\n  {host.url}/mails/            the received mails; click a score there"
        "\nCtrl-C ends it and removes everything."
    )
    try:
        while not stop.wait(3600):
            pass
    finally:
        stop.set()
        worker.join()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM clean up as Ctrl-C does."""

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
