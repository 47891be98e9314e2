"""One request to the pages. A GET writes no answer; a POST stores the score before anything else is shown."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from ..errors import (
    AnswerLocked,
    ScoreOffScale,
    SurveyCancelled,
    SurveyExpired,
    TokenUnknown,
    UnknownIndicator,
    UnknownReason,
    UnknownTenant,
    trail,
)
from ..links import DECOY, is_token
from ..model import Effect, Evidence, Fulfilled, Scale
from ..store.engine import is_busy
from ..wording.catalogue import accepted, locale_for, locales, msgid
from ..wording.clean import clean_line, kept_text
from .address import address_class
from .desk import Desk, Look, Standing
from .door import hook_target
from .http import Request, Response
from .pages import (
    INDICATOR,
    MAX_COMMENT,
    Place,
    form_page,
    logo_response,
    notice_page,
    say,
    thanks_page,
    unsubscribe_page,
    with_after,
)

log = logging.getLogger(__name__)

MAX_AGENT = 300
#: More reasons than a form of ours can send.
MAX_REASONS = 20
#: And more indicators.
MAX_INDICATORS = 10
#: Seconds after which a page that the database had no time for is worth another try.
RETRY_AFTER = 10

#: Headers by which a browser says that it fetches ahead, and the word in them.
_PREFETCH = (("sec-purpose", "prefetch"), ("purpose", "prefetch"), ("x-purpose", "preview"), ("x-moz", "prefetch"))

_CLOSED = {
    Standing.LOCKED: ("locked", 200, 409),
    Standing.EXPIRED: ("expired", 410, 410),
    Standing.CANCELLED: ("cancelled", 410, 410),
}
_STALE = msgid("This page was open for a long time, so this has not been sent yet. Please press “Send” once more.")
_MISSING = msgid("Please choose one of the answers.")
_NO_INDICATOR = msgid("One of these questions is no longer asked, so this has not been stored. Please choose again.")
_NO_REASON = msgid("One of these reasons is no longer offered, so they have not been stored. Please choose again.")
_STALE_UNSUBSCRIBE = msgid(
    "This page was open for a long time, so nothing has changed yet. Please press the button once more."
)


@dataclass(frozen=True)
class _Target:
    tenant: str
    token: str
    below: str


def handle(request: Request, desk: Desk) -> Response:
    """The response to a request whose path ends in ``<tenant>/<token>``, ``.../unsubscribe`` or ``.../logo``.

    Never raises: what goes wrong on our side is logged, without the token, and answered with a friendly page.
    """
    hook, door = hook_target(request.path), getattr(desk, "door", None)
    if hook is not None and door is not None:
        found: Response = door.handle(request, *hook)
        return found
    target = _target(request.path)
    place = Place(locale=_stranger_locale(request))
    try:
        response = _route(request, desk, target, place)
    except Exception as error:  # noqa: BLE001 the client gets a page whatever breaks behind it; the log has the rest
        # not the traceback: its messages may hold the token, or what the client wrote
        log.error("a rating page failed: %s", trail(error))  # noqa: TRY400
        response = notice_page(place, "broken", 500)
    if request.method == "HEAD":
        return Response(status=response.status, headers=response.headers, body=b"", after=response.after)
    return response


def _route(request: Request, desk: Desk, target: _Target | None, stranger: Place) -> Response:
    if request.method not in ("GET", "HEAD", "POST"):
        return notice_page(stranger, "method", 405, ("Allow", "GET, HEAD, POST"))
    if target is None:
        return notice_page(stranger, "unknown", 404)
    place = stranger
    try:
        look = desk.look(target.tenant, target.token)
        place = _place(request, target, look)
        if target.below == "logo":
            return _logo(request, place, look)
        if target.below == DECOY:
            return _decoy(request, desk, target, place)
        if request.too_large:
            return notice_page(place, "too_large", 413, retry=True)
        if target.below == "unsubscribe":
            return _unsubscribe(request, desk, target, place)
        if request.method == "POST":
            return _answer(_as_known(request, look), desk, target, place, look)
    except (UnknownTenant, TokenUnknown):
        # one page for both, in nobody's colours: it must not tell which tenants there are
        return notice_page(stranger, "unknown", 404)
    except Exception as error:
        if not is_busy(error):
            raise
        log.warning("a rating page could not be served, since the database is busy: %s", trail(error))
        return notice_page(place, "busy", 503, ("Retry-After", str(RETRY_AFTER)), retry=place is not stranger)
    return _show(request, desk, target, place, look)


def _show(request: Request, desk: Desk, target: _Target, place: Place, look: Look) -> Response:
    sent = _one(request.query, "s")
    score = _score(look.survey.scale, sent)
    _count(request, desk, target, "opened" if sent is None else "sent", score)
    if look.standing in _CLOSED:
        kind, status, _ = _CLOSED[look.standing]
        return notice_page(place, kind, status)
    nonce = desk.nonces.issue(target.tenant, target.token)
    if look.why is not None:
        return thanks_page(place, look, nonce, score=look.why)
    return form_page(place, look, nonce, chosen=score)


def _as_known(request: Request, look: Look) -> Request:
    """The form as one about the score that is known, where the message only asks why."""
    if look.why is None:
        return request
    return replace(request, form={**request.form, "score": [str(look.why)], "step": ["why"]})


def _count(request: Request, desk: Desk, target: _Target, link: str, score: int | None = None) -> None:
    """Keep a visit. A HEAD shows nobody anything, so it is none."""
    if request.method == "HEAD":
        return
    evidence = _evidence(request, desk)
    # a browser may fetch what nobody has asked for yet, the decoy too
    kind = "prefetched" if evidence.prefetch else link
    desk.visited(target.tenant, target.token, kind, evidence, score)


def _decoy(request: Request, desk: Desk, target: _Target, place: Place) -> Response:
    """A link that no person sees: who follows it follows every link."""
    if request.method == "POST":
        return notice_page(place, "method", 405, ("Allow", "GET, HEAD"))
    _count(request, desk, target, "decoy")
    return notice_page(place, "decoy", 200, retry=True)


def _answer(request: Request, desk: Desk, target: _Target, place: Place, look: Look) -> Response:
    tenant, token = target.tenant, target.token
    text = _one(request.form, "score")
    score = _score(look.survey.scale, text)
    second = _one(request.form, "step") == "why"
    reasons = tuple(dict.fromkeys(clean_line(code, 64) for code in request.form.get("reason", ())))[:MAX_REASONS]
    indicators = indicators_in(request.form)
    comment = kept_text(_one(request.form, "comment") or "", MAX_COMMENT).strip()
    fresh = desk.nonces.issue(tenant, token)
    if not desk.nonces.valid(_one(request.form, "nonce") or "", tenant, token):
        if second and score is not None and look.standing not in _CLOSED:
            problem = say(place.locale, _STALE)
            return thanks_page(
                place, look, fresh, score=score, status=422, reasons=reasons, indicators=indicators, comment=comment,
                problem=problem,
            )  # fmt: skip
        return _refused(place, look, fresh, _STALE, chosen=score)
    if text is None or score is None:
        _count(request, desk, target, "submitted")
        return _refused(place, look, fresh, _MISSING)
    evidence = _evidence(request, desk)
    try:
        with _refusal_counted(desk, target, evidence, score):
            effect = desk.record(
                tenant, token, text, reasons=reasons, indicators=indicators, comment=comment or None, evidence=evidence
            )
    except ScoreOffScale:
        return _refused(place, look, fresh, _MISSING)
    except (UnknownReason, UnknownIndicator) as error:
        # what is offered has changed while the page was open
        gone = isinstance(error, UnknownReason)
        problem = say(place.locale, _NO_REASON if gone else _NO_INDICATOR)
        if second and score is not None:
            kept: dict[str, Any] = {"indicators": indicators} if gone else {"reasons": reasons}
            return thanks_page(place, look, fresh, score=score, status=422, comment=comment, problem=problem, **kept)
        return form_page(place, look, fresh, status=422, chosen=score, problem=problem)
    except AnswerLocked:
        return notice_page(place, "locked", 409)
    except SurveyExpired:
        return notice_page(place, "expired", 410)
    except SurveyCancelled:
        return notice_page(place, "cancelled", 410)
    if effect in (Effect.IGNORED, Effect.DROPPED) and look.standing is Standing.LOCKED:
        return notice_page(place, "locked", 409)
    return with_after(thanks_page(place, look, fresh, score=score, done=second), desk.after_answer())


@contextmanager
def _refusal_counted(desk: Desk, target: _Target, evidence: Evidence, score: int | None) -> Iterator[None]:
    """Keep the visit of an answer that was not recorded."""
    try:
        yield
    except Exception as error:
        # where the answer found no way in, the visit finds none either, and the client would wait twice
        if not is_busy(error):
            desk.visited(target.tenant, target.token, "submitted", evidence, score)
        raise


def _refused(place: Place, look: Look, nonce: str, why: str, *, chosen: int | None = None) -> Response:
    """A form that cannot be taken: shown again, unless its survey is closed anyway."""
    if look.standing in _CLOSED:
        kind, _, status = _CLOSED[look.standing]
        return notice_page(place, kind, status)
    return form_page(place, look, nonce, status=422, chosen=chosen, problem=say(place.locale, why))


def _unsubscribe(request: Request, desk: Desk, target: _Target, place: Place) -> Response:
    nonce = desk.nonces.issue(target.tenant, target.token)
    if request.method != "POST":
        return unsubscribe_page(place, nonce)
    # mail clients post this without having seen a page (RFC 8058); they prove themselves by the token alone
    one_click = _one(request.form, "List-Unsubscribe") == "One-Click"
    if not one_click and not desk.nonces.valid(_one(request.form, "nonce") or "", target.tenant, target.token):
        return unsubscribe_page(place, nonce, status=422, problem=say(place.locale, _STALE_UNSUBSCRIBE))
    desk.opt_out(target.tenant, target.token)
    return unsubscribe_page(place, nonce, done=True)


def _logo(request: Request, place: Place, look: Look) -> Response:
    if request.method == "POST":
        return notice_page(place, "method", 405, ("Allow", "GET, HEAD"))
    return logo_response(look) or notice_page(place, "unknown", 404)


def _target(path: str) -> _Target | None:
    """What the end of a path names, decoded once. None for anything else."""
    parts = [_decoded(part) for part in path.split("/")]
    below = parts.pop() if parts[-1] in ("unsubscribe", "logo", DECOY) else ""
    if len(parts) < 2 or not parts[-2] or not is_token(parts[-1]):
        return None
    return _Target(tenant=parts[-2], token=parts[-1], below=below)


def _decoded(part: str) -> str:
    try:
        text = unquote(part, errors="strict")
    except UnicodeDecodeError:
        return ""
    return "" if re.search(r"[\x00-\x1f\x7f/]", text) else text


def _place(request: Request, target: _Target, look: Look) -> Place:
    wanted = _one(request.query, "lang") or ""
    chosen = wanted in locales()
    locale = wanted if chosen else locale_for(look.locale, look.tenant.locale)
    up = "../" if target.below else ""
    return Place(token=target.token, up=up, locale=locale, chosen_locale=chosen, look=look)


def _stranger_locale(request: Request) -> str:
    wanted = _one(request.query, "lang") or ""
    return locale_for(wanted, *accepted(request.headers.get("accept-language", "")))


def _evidence(request: Request, desk: Desk) -> Evidence:
    return Evidence(
        agent=clean_line(request.headers.get("user-agent", ""))[:MAX_AGENT],
        address=address_class(request.remote, request.headers.get("x-forwarded-for", ""), desk.trusted_proxies),
        prefetch=any(said in request.headers.get(name, "").lower() for name, said in _PREFETCH),
    )


def _score(scale: Scale, text: str | None) -> int | None:
    """The score, or None for anything that is not on the scale."""
    if text is None:
        return None
    try:
        return scale.check(text)
    except ScoreOffScale:
        return None


def indicators_in(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What was tapped of the indicators, by their names."""
    tapped = {
        clean_line(name.removeprefix(INDICATOR), 64): values[0]
        for name, values in form.items()
        if name.startswith(INDICATOR) and len(values) == 1 and values[0] in list(Fulfilled)
    }
    return dict(list(tapped.items())[:MAX_INDICATORS])


def _one(values: Mapping[str, Sequence[str]], name: str) -> str | None:
    """The only value of a name; None where it is missing or, since then nobody can say which was meant, repeated."""
    found = values.get(name, ())
    return found[0] if len(found) == 1 else None
