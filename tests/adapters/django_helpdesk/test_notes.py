"""Verdicts, reasons and comments on the ticket: private, once, and without a trace anywhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.adapters.django_helpdesk.site import Site

from nps_plugin import NpsError, Sign, TicketVerdict, VerdictKind, VerdictReached, hookimpl

pytestmark = pytest.mark.host


class Listener:
    """Keeps the verdicts that were told."""

    nps_name = "listener"

    def __init__(self) -> None:
        self.news: list[VerdictReached] = []

    @hookimpl
    def nps_verdict_reached(self, news: VerdictReached) -> None:
        self.news.append(news)


def resolved(site: Site, **values: Any) -> Any:
    ticket = site.ticket(**values)
    site.respond(ticket, 3, comment="Replaced the roller.")
    return ticket


def answer(site: Site, ticket: Any, score: int, **words: Any) -> None:
    closed = next(closed for closed in site.observer.closed if closed.ticket == str(ticket.pk))
    # a repeat of the closing gives back the survey that stands
    survey = site.ratings.ticket_closed(closed).survey
    assert survey is not None
    site.ratings.record_answer("acme", score, survey=survey.id, **words)


def news(ticket: Any, **changes: Any) -> VerdictReached:
    verdict = TicketVerdict(
        tenant="acme", ticket=str(ticket.pk), closure=1, kind=VerdictKind.CONFIRMED, score=3, sentence="Well done."
    )
    told = VerdictReached(
        tenant="acme",
        event="e1",
        revision=1,
        at=datetime(2026, 11, 2, tzinfo=UTC),
        ticket=str(ticket.pk),
        closure=1,
        verdict=verdict,
    )
    return replace(told, **changes)


def write(told: VerdictReached) -> None:
    from nps_adapters import django_helpdesk

    django_helpdesk.nps_verdict_reached(told)


def test_the_verdict_stands_on_the_tickets_page_as_soon_as_the_client_answers(site: Site) -> None:
    ticket = resolved(site)

    answer(site, ticket, 1)

    ((title, text),) = site.notes(ticket)
    assert title == "Client rating: 1, watermelon"
    assert "24" in text
    page = site.browser().get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Client rating: 1, watermelon" in page
    assert "Private" in page


def test_a_tenant_that_speaks_russian_reads_russian(site: Site) -> None:
    with site.settings(config=site.config(locale="ru")):
        ticket = resolved(site)
        answer(site, ticket, 1, reasons=["not_solved"], comment="Всё так же жуёт.")

        notes = dict(site.notes(ticket))
    assert "Оценка клиента: 1, арбуз (срок выдержан, клиент недоволен)" in notes
    assert "проблема не решена" in notes["Что сказал клиент"]


def test_the_client_sees_nothing_of_it(site: Site) -> None:
    ticket = resolved(site)
    answer(site, ticket, 1, comment="It still jams.")

    query = {"ticket": ticket.ticket_for_url, "email": ticket.submitter_email, "key": ticket.secret_key}
    page = site.browser(user="").get("/view/", query).content.decode()
    assert "Replaced the roller." in page
    assert "watermelon" not in page
    assert "still jams" not in page


def test_writing_changes_nothing_else(site: Site) -> None:
    from django.core import mail
    from helpdesk import settings as helpdesk
    from helpdesk.models import Ticket

    ticket = resolved(site)
    before = Ticket.objects.values().get(pk=ticket.pk)
    mail.outbox = []
    former = helpdesk.HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS
    # a webhook to where nobody listens would raise
    helpdesk.HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS = lambda: ["http://127.0.0.1:9/"]
    try:
        answer(site, ticket, 3, comment="Thank you!")
    finally:
        helpdesk.HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS = former

    assert len(site.notes(ticket)) == 2
    assert Ticket.objects.values().get(pk=ticket.pk) == before
    assert mail.outbox == []
    assert len(site.observer.closed) == 1


def test_a_repeated_delivery_writes_nothing(site: Site) -> None:
    listener = Listener()
    with site.settings(plugins=[site.observer, listener]):
        ticket = resolved(site)
        answer(site, ticket, 3)
        written = site.notes(ticket)
        assert len(written) == 1

        for told in listener.news * 2:
            write(told)

        assert site.notes(ticket) == written


def test_page_and_worker_telling_at_once_write_one_note(site: Site) -> None:
    import sys
    import threading
    from contextlib import suppress

    from django.db import OperationalError, connections

    ticket = resolved(site)
    rounds = range(1, 7)
    together = threading.Barrier(4)

    def tell() -> None:
        for closure in rounds:
            together.wait()
            # a busy database is told again later
            with suppress(OperationalError):
                write(news(ticket, event=f"e{closure}", closure=closure))
        connections.close_all()

    former = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(former)

    assert len(site.notes(ticket)) == len(rounds)


def test_a_changed_answer_adds_a_note_and_keeps_the_first(site: Site) -> None:
    ticket = resolved(site)
    answer(site, ticket, 1)

    answer(site, ticket, 3)

    titles = [title for title, _ in site.notes(ticket)]
    assert titles == ["Client rating: 1, watermelon", "Client rating corrected: 3, confirmed"]


def test_a_late_older_revision_is_not_written(site: Site) -> None:
    ticket = resolved(site)
    write(news(ticket, event="e2", revision=2))
    late = news(ticket)

    write(replace(late, verdict=replace(late.verdict, sentence="Something older.")))

    assert len(site.notes(ticket)) == 1


def test_a_correction_that_says_the_same_is_not_written_twice(site: Site) -> None:
    ticket = resolved(site)
    write(news(ticket))

    write(news(ticket, event="e2", revision=2))

    assert len(site.notes(ticket)) == 1


@pytest.mark.parametrize(
    ("locale", "title", "signs"),
    [
        ("en", "Seen on the ticket later", "Signs: closed soon with one short reply, the client was soon back"),
        (
            "ru",
            "Позже замечено в обращении",
            "Признаки: закрыто вскоре после одного короткого ответа, клиент вскоре вернулся",
        ),
    ],
)
def test_signs_are_named_and_one_that_shows_later_is_added(site: Site, locale: str, title: str, signs: str) -> None:
    with site.settings(config=site.config(locale=locale)):
        ticket = resolved(site)
        verdict = news(ticket).verdict
        write(news(ticket, verdict=replace(verdict, signs=(Sign.BRUSH_OFF,))))

        later = replace(verdict, signs=(Sign.BRUSH_OFF, Sign.QUICK_FIX))
        write(news(ticket, event="e2", revision=2, verdict=later))

        (_, first), (said, second) = site.notes(ticket)
    assert first.endswith(signs.split(",", maxsplit=1)[0])
    assert (said, second.endswith(signs)) == (title, True)


@pytest.mark.parametrize("kind", [VerdictKind.PENDING, VerdictKind.UNANSWERED, VerdictKind.NOT_ASKED])
def test_no_answer_is_no_note_but_a_withdrawn_one_is(site: Site, kind: VerdictKind) -> None:
    ticket = resolved(site)
    silent = news(ticket, event="e0")
    silent = replace(silent, verdict=replace(silent.verdict, kind=kind, score=None, sentence="No answer."))
    write(silent)
    assert site.notes(ticket) == []

    write(news(ticket, revision=2))
    write(replace(silent, event="e3", revision=3))

    assert [title.split(":")[0] for title, _ in site.notes(ticket)] == ["Client rating", "Client rating corrected"]


def test_each_closure_has_its_own_verdict(site: Site) -> None:
    ticket = resolved(site)
    write(news(ticket))
    second = news(ticket, event="e2", closure=2)

    write(replace(second, verdict=replace(second.verdict, closure=2)))

    assert [title for title, _ in site.notes(ticket)] == ["Client rating: 3, confirmed"] * 2


@pytest.mark.parametrize("other", [{"tenant": "bravo"}, {"host": "trac"}, {"ticket": "INC-7"}, {"ticket": "4711"}])
def test_news_of_others_is_not_written_here(site: Site, other: dict[str, str]) -> None:
    from helpdesk.models import FollowUp

    ticket = resolved(site)
    before = FollowUp.objects.count()

    write(replace(news(ticket), **other))

    assert FollowUp.objects.count() == before


def test_a_merged_tickets_verdict_does_not_hide_that_of_the_other(site: Site) -> None:
    kept, other = site.ticket(), resolved(site, title="Printer again")
    write(news(other))
    site.browser().post(f"/tickets/merge?tickets={kept.pk}&tickets={other.pk}", {"chosen_ticket": kept.pk})
    site.respond(kept, 3, comment="Replaced the roller.")

    write(news(kept))

    assert [title for title, _ in site.notes(kept)][-1] == "Client rating: 3, confirmed"


def test_reasons_and_comment_are_shown_as_the_client_wrote_them(site: Site) -> None:
    ticket = resolved(site)

    answer(site, ticket, 1, reasons=["speed"], comment="# 1 *of 2*\n<b>[here](http://evil.example)</b> {{ x }}")

    notes = dict(site.notes(ticket))
    assert notes["What the client said"].startswith("Reasons: it took too long")
    page = site.browser().get(f"/tickets/{ticket.pk}/").content.decode()
    assert 'href="http://evil.example' not in page
    assert "<b>" not in page.partition("What the client said")[2].partition("</li>")[0]
    assert "*of 2*" in page
    assert "[here](http://evil.example)" in page
    assert "{{ x }}" in page


def test_words_that_come_later_are_added_and_not_repeated(site: Site) -> None:
    ticket = resolved(site)
    answer(site, ticket, 1)
    answer(site, ticket, 1, reasons=["speed"])
    answer(site, ticket, 1, reasons=["speed"], comment="Three days!")
    answer(site, ticket, 1)

    said = [text for title, text in site.notes(ticket) if title == "What the client said"]
    assert len(said) == 2
    assert "Three days" not in said[0]
    assert "Three days" in said[1]


def test_notes_can_be_switched_off(site: Site) -> None:
    with site.settings(notes=False):
        ticket = resolved(site)
        answer(site, ticket, 1, comment="It still jams.")

        assert site.notes(ticket) == []


def test_a_failing_help_desk_hears_it_later(site: Site) -> None:
    """What could not be written stays due, and the worker writes it."""
    from django.db import connection

    from nps_plugin import WorkDone

    ticket = resolved(site)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE helpdesk_followup RENAME TO gone")
    try:
        answer(site, ticket, 3)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO helpdesk_followup")
    assert site.notes(ticket) == []

    from datetime import timedelta

    from django.utils import timezone

    done = site.ratings.run_due(now=timezone.now() + timedelta(hours=1))

    assert isinstance(done, WorkDone)
    assert done.told >= 1
    assert [title for title, _ in site.notes(ticket)] == ["Client rating: 3, confirmed"]


def test_a_process_without_the_site_refuses_so_that_the_news_stays_due(tmp_path: Any) -> None:
    import subprocess
    import sys

    code = """
from datetime import UTC, datetime
from nps_adapters import django_helpdesk
from nps_plugin import TicketVerdict, VerdictKind, VerdictReached
verdict = TicketVerdict(tenant="a", ticket="1", closure=1, kind=VerdictKind.CONFIRMED)
at = datetime.now(UTC)
django_helpdesk.nps_verdict_reached(
    VerdictReached(tenant="a", event="e", revision=1, at=at, ticket="1", closure=1, verdict=verdict)
)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ended.returncode != 0
    assert "manage.py nps_work" in ended.stderr


def test_a_stranger_to_the_configuration_is_an_error_of_the_library(site: Site) -> None:
    with pytest.raises(NpsError):
        site.ratings.ticket_verdict("bravo", "1")
