"""Verdicts, reasons and comments, written on the ticket as private follow-ups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nps_plugin import AnswerRecorded, AnswerState, News, VerdictKind, VerdictReached

from .facts import load
from .runtime import logger, runtime

_SAYS_NOTHING = frozenset((VerdictKind.PENDING, VerdictKind.UNANSWERED, VerdictKind.NOT_ASKED))
#: Characters that Markdown would read: what a client writes is shown as written.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~])")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "verdict": "Client rating",
        "corrected": "Client rating corrected",
        "answer": "What the client said",
        "sign": "Seen on the ticket later",
        "signs": "Signs",
        "reasons": "Reasons",
        "comment": "Comment",
        "confirmed": "confirmed",
        "watermelon": "watermelon",
        "forgiven": "forgiven",
        "failed": "failed",
        "lukewarm": "lukewarm",
        "untargeted": "no target known",
        "pending": "no answer counts at present",
        "unanswered": "not answered",
        "not_asked": "not asked",
        "sign.brush_off": "closed soon with one short reply",
        "sign.bouncing": "passed on again and again",
        "sign.quick_fix": "the client was soon back",
        "sign.paused_clock": "the clock mostly stood still",
        "sign.address_changed": "another address of the client than before",
        "reason.speed": "it took too long",
        "reason.errors": "mistakes were made",
        "reason.attitude": "rude or indifferent treatment",
        "reason.not_solved": "the problem is not solved",
        "reason.passed_around": "passed from one person to another",
        "reason.brush_off": "a brush-off instead of help",
    },
    "ru": {
        "verdict": "Оценка клиента",
        "corrected": "Оценка клиента исправлена",
        "answer": "Что сказал клиент",
        "sign": "Позже замечено в обращении",
        "signs": "Признаки",
        "reasons": "Причины",
        "comment": "Комментарий",
        "confirmed": "срок выдержан, клиент доволен",
        "watermelon": "арбуз (срок выдержан, клиент недоволен)",
        "forgiven": "срок нарушен, клиент доволен",
        "failed": "срок нарушен, клиент недоволен",
        "lukewarm": "ни доволен, ни недоволен",
        "untargeted": "норматив неизвестен",
        "pending": "засчитанного ответа сейчас нет",
        "unanswered": "клиент не ответил",
        "not_asked": "клиента не спрашивали",
        "sign.brush_off": "закрыто вскоре после одного короткого ответа",
        "sign.bouncing": "передавали снова и снова",
        "sign.quick_fix": "клиент вскоре вернулся",
        "sign.paused_clock": "часы большей частью стояли",
        "sign.address_changed": "другой адрес клиента, чем прежде",
        "reason.speed": "слишком долго",
        "reason.errors": "допущены ошибки",
        "reason.attitude": "грубость или равнодушие",
        "reason.not_solved": "проблема не решена",
        "reason.passed_around": "передавали от одного к другому",
        "reason.brush_off": "отписка вместо помощи",
    },
}


def verdict_title(locale: str) -> str:
    """How the titles of all verdicts begin in that language."""
    return _WORDS["ru" if locale.startswith("ru") else "en"]["verdict"]


def write_verdict(news: VerdictReached) -> None:
    """Write the verdict once per news; a changed verdict adds a follow-up, none is altered.

    A ticket on which nothing was said yet gets no note that there is no answer.
    """
    verdict = news.verdict
    kind = f"verdict-{news.ticket}-{news.closure}"

    def note(before: Any) -> tuple[str, str] | None:
        if before is None and verdict.kind in _SAYS_NOTHING:
            return None
        words, told = _words(news.tenant), _plain(verdict.sentence)
        text = told
        if verdict.signs:
            signs = ", ".join(words.get(f"sign.{sign.value}", sign.value) for sign in verdict.signs)
            text += f"\n\n{words['signs']}: {_plain(signs)}"
        # news is worded when it is told: two corrections in a row may both tell of the second
        if before is not None and before.comment == text:
            return None
        if before is not None and before.comment.split("\n\n")[0] == told:
            return words["sign"], text
        score = "" if verdict.score is None else f"{verdict.score}, "
        return f"{words['verdict' if before is None else 'corrected']}: {score}{words[verdict.kind.value]}", text

    _write(news, kind, note)


def write_words(news: AnswerRecorded) -> None:
    """Write reasons and comment of an answer that counts, once per news and only where they say something new."""
    answer = news.answer
    if answer.state is not AnswerState.COUNTED or not (answer.reasons or answer.comment.strip()):
        return
    words = _words(news.tenant)
    lines = []
    if answer.reasons:
        reasons = (_reason(code, news.tenant) for code in answer.reasons)
        lines.append(f"{words['reasons']}: {_plain(', '.join(reasons))}")
    if answer.comment.strip():
        quoted = "\n".join(f"> {_plain(line)}" for line in answer.comment.strip().splitlines())
        lines.append(f"{words['comment']}:\n\n{quoted}")
    text = "\n\n".join(lines)

    def note(before: Any) -> tuple[str, str] | None:
        return None if before is not None and before.comment == text else (words["answer"], text)

    _write(news, f"answer-{news.ticket}-{news.survey}", note)


def _write(news: News, kind: str, note: Any) -> None:
    """Add the follow-up that ``note(the last of its kind)`` words, unless this news or a later one is there."""
    from django.db import router, transaction
    from django.utils import timezone
    from helpdesk.models import FollowUp, Ticket

    options = runtime.options
    # the ticket's number stands in the kind, since merging moves a ticket's follow-ups to another one
    if not options.notes or news.host != options.host or not news.ticket.isdecimal():
        return
    ticket = load(int(news.ticket))
    if ticket is None:
        logger.info("ticket %s is gone; its %s is not written", news.ticket, kind)
        return
    if options.tenant_of(ticket) != news.tenant:
        return
    using = router.db_for_write(Ticket)
    with transaction.atomic(using=using):
        # one writer at a time, so that page and worker do not both write the same news
        Ticket.objects.using(using).select_for_update().filter(pk=ticket.pk).values_list("pk").first()
        ours = FollowUp.objects.using(using).filter(ticket_id=ticket.pk, message_id__startswith=f"<nps.{kind}.")
        written = {int(found.message_id.split(".")[2]): found for found in ours}
        if written and max(written) >= news.revision:
            return
        worded = note(written[max(written)] if written else None)
        if worded is None:
            return
        title, comment = worded
        followup = FollowUp(
            ticket=ticket,
            date=timezone.now(),
            title=title[:200],
            comment=comment,
            public=False,
            # staff see "Emailed: no one"
            email_recipients=[],
            # no mail ever has this id: it is how a repeated delivery is told
            message_id=f"<nps.{kind}.{news.revision}.{news.event}@{news.tenant}>"[:256],
        )
        # save() would write the whole ticket again, from values that may be stale by now, and move its `modified`
        FollowUp.objects.using(using).bulk_create([followup])


def _words(tenant: str) -> Mapping[str, str]:
    """The words in the tenant's language, in which the verdict's sentence is."""
    return _WORDS["ru" if runtime.ratings().settings.tenants[tenant].locale.startswith("ru") else "en"]


def _reason(code: str, tenant: str) -> str:
    """The tenant's own text for a reason, else the shipped one, else its code."""
    settings = runtime.ratings().settings.tenants[tenant]
    own = settings.reasons.get(code, {})
    return own.get(settings.locale) or next(iter(own.values()), "") or _words(tenant).get(f"reason.{code}", code)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", text)
