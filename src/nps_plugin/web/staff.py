"""The pages of staff: the operator's queue, one call, what came of it. The host mounts them behind its own login.

Nothing here decides who somebody is: the host says so for each request. What is sent back is a form of ours, by a nonce
that is bound to the tenant, the person and the call.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..clock import Clock
from ..config.settings import Tenant
from ..errors import AnswerLocked, AnswerRefused, CallRefused, CallTaken, UnknownCall, trail
from ..followups import Calls
from ..links import Nonces
from ..model import CallKind, CallOutcome, CallScript, Evidence, Finding, LogEvent
from ..wording.catalogue import accepted, locale_for, msgid, translations
from ..wording.clean import clean_line, clean_text, kept_text
from ..wording.colours import palette
from ..wording.indicator_texts import fulfilled_texts
from ..wording.render import render
from ..wording.texts import point_label, reason_choices
from .address import address_class
from .handle import MAX_AGENT, indicators_in
from .http import Request, Response
from .pages import INDICATOR, MAX_COMMENT, html_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

#: Who may see the queue.
ROLES = ("operator", "manager")
#: Calls on the list.
LISTED = 50
#: Scores of a history that are shown.
SCORES = 6

_SHORT, _LONG = ("outcome", "score", "reason", "finding", "later"), ("cause", "suggestion")
_OUTCOMES: Mapping[CallOutcome, str] = {
    CallOutcome.REACHED: msgid("Reached"),
    CallOutcome.BUSY: msgid("Busy, or nobody answered"),
    CallOutcome.LATER: msgid("Asks to be called later"),
    CallOutcome.REFUSED: msgid("Does not want to talk"),
}
_FINDINGS: Mapping[Finding, str] = {
    Finding.OUR_FAULT: msgid("It is our fault"),
    Finding.EXPECTATION_CORRECTED: msgid("The expectation is corrected"),
}
_EVENTS: Mapping[LogEvent, str] = {
    LogEvent.SENT: msgid("Asked over %(channel)s"),
    LogEvent.REMINDED: msgid("Reminded over %(channel)s"),
    LogEvent.FAILED: msgid("Not reached over %(channel)s"),
    LogEvent.ANSWERED: msgid("Answered over %(channel)s"),
}
_STALE = msgid("This page was open for a long time, so nothing has been stored yet. Please press the button once more.")
_NO_OUTCOME = msgid("Please choose what came of the call.")
_NO_SCORE = msgid("Please choose the score that the client named.")
_NO_CAUSE = msgid("Please enter the cause, and what you found.")
_NO_TIME = msgid("Please enter when the client wants to be called: ahead, and within seven days.")
_LOCKED = msgid("The score can no longer be changed. Leave the score out and press the button once more.")
_UNFIT = msgid("This could not be stored as it was entered. Please check it.")


@dataclass(frozen=True, kw_only=True)
class _Entered:
    """A form as it came in, to be shown again where it cannot be taken."""

    outcome: str = ""
    score: str = ""
    reason: str = ""
    cause: str = ""
    suggestion: str = ""
    finding: str = ""
    later: str = ""
    indicators: Mapping[str, str] = field(default_factory=dict)


class StaffPages:
    """The pages for one logged-in person. Call it with a request whose path ends in ``calls`` or ``calls/<id>``."""

    def __init__(
        self, calls: Calls, tenant: Tenant, nonces: Nonces, clock: Clock, *, user: str, role: str, locale: str = ""
    ) -> None:
        self._calls, self._tenant, self._nonces, self._clock = calls, tenant, nonces, clock
        self._user, self._role, self._locale = user.strip(), role, locale

    def __call__(self, request: Request) -> Response:
        """The response. Never raises: what goes wrong on our side is logged and answered with a page."""
        locale = self._language(request)
        try:
            response = self._route(request, locale)
        except CallTaken:
            response = self._notice(locale, "taken", 409)
        except UnknownCall:
            response = self._notice(locale, "over", 404)
        except CallRefused:
            response = self._notice(locale, "refused", 403)
        except Exception as error:  # noqa: BLE001 - a person waits for a page, whatever breaks behind it
            # not the traceback: its messages may hold what the client said
            log.error("tenant %s: a page of staff failed: %s", self._tenant.name, trail(error))  # noqa: TRY400
            response = self._notice(locale, "broken", 500)
        if request.method == "HEAD":
            return Response(status=response.status, headers=response.headers, body=b"")
        return response

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The same for a host that speaks WSGI."""
        from http import HTTPStatus

        from .wsgi import read_request

        response = self(read_request(environ))
        start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(response.headers))
        return [response.body]

    def _route(self, request: Request, locale: str) -> Response:
        if not self._user or self._role not in ROLES:
            return self._notice(locale, "forbidden", 403)
        if request.method not in ("GET", "HEAD", "POST"):
            return self._notice(locale, "method", 405, ("Allow", "GET, HEAD, POST"))
        parts = [unquote(part) for part in request.path.rstrip("/").split("/")]
        if parts[-1] == "calls":
            return self._list(request, locale)
        if len(parts) < 2 or parts[-2] != "calls":
            return self._notice(locale, "over", 404)
        if request.too_large:
            return self._notice(locale, "broken", 413)
        return self._post(request, parts[-1], locale) if request.method == "POST" else self._call(parts[-1], locale)

    def _list(self, request: Request, locale: str) -> Response:
        if request.method == "POST":
            return self._notice(locale, "method", 405, ("Allow", "GET, HEAD"))
        rows = self._calls.due(self._tenant.name, self._user, limit=LISTED)
        shown = [
            {
                "call": row,
                "why": row.kind is CallKind.WHY,
                "mine": bool(row.claimed_by),
                "due": self._at(row.due_at, locale),
            }
            for row in rows
        ]
        return self._page("staff/list.html", locale, up="", rows=shown, stored="stored" in request.query)

    def _call(self, call: str, locale: str, *, entered: _Entered = _Entered(), problem: str = "") -> Response:
        script = self._calls.script(self._tenant.name, call, self._user)
        mine = bool(script.phone or script.name or script.lines)
        return self._page(
            "staff/call.html",
            locale,
            status=422 if problem else 200,
            script=script,
            call=script.call,
            why=script.call.kind is CallKind.WHY,
            mine=mine,
            closed=self._at(script.closed_at, locale),
            until=self._at(script.call.claimed_until, locale),
            contacts=self._contacts(script, locale),
            histories=self._histories(script, locale),
            outcomes=[(one.value, self._say(locale, text)) for one, text in _OUTCOMES.items()],
            findings=[(one.value, self._say(locale, text)) for one, text in _FINDINGS.items()],
            reasons=reason_choices(self._tenant, locale),
            fulfilled=fulfilled_texts(locale),
            indicator=INDICATOR,
            points=[(point, point_label(script.scale, point, locale)) for point in script.scale.points],
            entered=entered,
            problem=self._say(locale, problem) if problem else "",
            nonce=self._nonces.issue(self._tenant.name, self._about(call)),
            max_note=MAX_COMMENT,
            zone=str(self._tenant.timezone),
        )

    def _post(self, request: Request, call: str, locale: str) -> Response:
        tenant, do = self._tenant.name, _one(request, "do")
        entered = _Entered(
            **{name: clean_line(_one(request, name), 64) for name in _SHORT},
            **{name: kept_text(_one(request, name), MAX_COMMENT).strip() for name in _LONG},
            indicators=indicators_in(request.form),
        )
        if not self._nonces.valid(_one(request, "nonce"), tenant, self._about(call)):
            return self._call(call, locale, entered=entered, problem=_STALE)
        if do == "claim":
            self._calls.claim(tenant, call, self._user)
            return self._see_other(call)
        if do == "release":
            self._calls.release(tenant, call, self._user)
            return self._see_other("../calls")
        problem = self._store(request, call, entered)
        if problem:
            return self._call(call, locale, entered=entered, problem=problem)
        return self._see_other("../calls?stored=1")

    def _store(self, request: Request, call: str, entered: _Entered) -> str:
        """Enter the outcome; what to tell the operator where it cannot be stored."""
        kind = self._calls.script(self._tenant.name, call, self._user).call.kind
        reached = entered.outcome == CallOutcome.REACHED
        later = self._time(entered.later) if entered.outcome == CallOutcome.LATER else None
        if entered.outcome not in list(CallOutcome):
            return _NO_OUTCOME
        if reached and kind is CallKind.QUESTION and not entered.score:
            return _NO_SCORE
        if reached and kind is CallKind.WHY and not ((entered.cause or entered.reason) and entered.finding):
            return _NO_CAUSE
        if entered.outcome == CallOutcome.LATER and later is None:
            return _NO_TIME
        evidence = Evidence(
            agent=clean_line(request.headers.get("user-agent", ""))[:MAX_AGENT],
            address=address_class(request.remote, "", ()),
        )
        try:
            self._calls.done(
                self._tenant.name,
                call,
                self._user,
                entered.outcome,
                score=(entered.score or None) if reached else None,
                cause=entered.cause,
                reason=entered.reason,
                suggestion=entered.suggestion,
                finding=entered.finding or None if reached else None,
                later=later,
                indicators=entered.indicators if reached else None,
                evidence=evidence,
            )
        except AnswerLocked:
            return _LOCKED
        except CallTaken:
            raise
        except (AnswerRefused, CallRefused):
            return _NO_TIME if later is not None else _UNFIT
        return ""

    def _contacts(self, script: CallScript, locale: str) -> list[tuple[str, str, str]]:
        """What happened so far, the newest first: when, what, and what an operator noted."""
        found: list[tuple[datetime, str, str]] = []
        for entry in script.log:
            if entry.what in _EVENTS and entry.survey == script.call.survey:
                text = self._say(locale, _EVENTS[entry.what]) % {"channel": entry.channel or "?"}
                found.append((entry.at, text, ""))
        for note in script.notes:
            words = [self._say(locale, _FINDINGS[note.finding])] if note.finding else []
            words += [clean_text(text) for text in (note.cause, note.suggestion) if text]
            found.append((note.at, f"{note.by}: {self._say(locale, _OUTCOMES[note.outcome])}", " · ".join(words)))
        found.sort(key=lambda one: one[0], reverse=True)
        return [(self._at(at, locale), text, words) for at, text, words in found]

    def _histories(self, script: CallScript, locale: str) -> list[dict[str, Any]]:
        both = [("client", script.client_history), ("company", script.company_history)]
        return [
            {
                "whose": whose,
                "organization": history.organization,
                "alarm": history.alarm,
                "scores": [
                    (self._at(entry.at, locale, day=True), entry.ticket, entry.score)
                    for entry in reversed(history.entries[-SCORES:])
                ],
            }
            for whose, history in both
            if history is not None
        ]

    def _notice(self, locale: str, kind: str, status: int, *headers: tuple[str, str]) -> Response:
        return self._page("staff/notice.html", locale, *headers, status=status, kind=kind)

    def _page(
        self, template: str, locale: str, *headers: tuple[str, str], status: int = 200, up: str = "../", **values: Any
    ) -> Response:
        style_nonce = secrets.token_urlsafe(16)
        brand = self._tenant.brand
        html = render(
            template,
            locale,
            style_nonce=style_nonce,
            colours=palette(brand.colour),
            brand=clean_line(brand.name, 100),
            user=clean_line(self._user, 60),
            queue=f"{up}calls",
            **values,
        )
        return html_response(html, style_nonce, locale, headers, status=status)

    @staticmethod
    def _see_other(where: str) -> Response:
        headers = (("Location", where), ("Content-Length", "0"), ("Cache-Control", "no-store"))
        return Response(status=303, headers=headers, body=b"")

    def _about(self, call: str) -> str:
        return f"staff\0{self._user}\0{call}"

    def _language(self, request: Request) -> str:
        wanted = accepted(request.headers.get("accept-language", ""))
        return locale_for(self._locale, *wanted, self._tenant.locale)

    def _at(self, at: datetime | None, locale: str, *, day: bool = False) -> str:
        if at is None:
            return ""
        from babel.dates import format_date, format_time

        wall = at.astimezone(self._tenant.timezone)
        date = format_date(wall, "medium", locale=locale)
        return date if day else f"{date}, {format_time(wall.timetz(), 'short', tzinfo=wall.tzinfo, locale=locale)}"

    def _time(self, text: str) -> datetime | None:
        """What a time field holds, on the tenant's clock; None for what is no time, or lies behind us."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=self._tenant.timezone)
        return at if at > self._clock.now() else None

    @staticmethod
    def _say(locale: str, message: str) -> str:
        return translations(locale).gettext(message)


def _one(request: Request, name: str) -> str:
    found = request.form.get(name, ())
    return found[0] if len(found) == 1 else ""
