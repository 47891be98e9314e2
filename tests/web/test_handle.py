"""The rules of the rating page: what each request shows, writes and answers."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from tests.web.conftest import Visitor, body, checked
from tests.web.memory_desk import make_tenant

from nps_plugin.links import new_token, token_digest
from nps_plugin.model import SCALES, Band
from nps_plugin.web.handle import handle
from nps_plugin.web.http import Request

HOUR = timedelta(hours=1)


def nonce_of(response) -> str:
    return re.search(r'name="nonce" value="([^"]+)"', body(response)).group(1)


# --- GET


def test_a_get_writes_no_answer_and_counts_one_visit(visitor, desk):
    assert visitor.get().status == 200
    assert visitor.get(s="3").status == 200
    assert visitor.get(s="30").status == 200
    assert desk.written() == []
    assert [(call[1], call[3]) for call in desk.calls] == [("opened", None), ("sent", 3), ("sent", None)]
    assert desk.look("acme", visitor.token).standing == "open"


def test_a_head_counts_no_visit(visitor, desk):
    for below in ("", "/d", "/unsubscribe", "/logo"):
        visitor.get(below, method="HEAD", s="3")
    assert desk.calls == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "Prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ],
)
def test_what_a_browser_fetches_ahead_is_kept_as_that(visitor, desk, name, value):
    headers = {"user-agent": "Browser/1", name: value}
    visitor.get(s="3", headers=headers)
    visitor.get("/d", headers=headers)
    assert desk.visits() == ["prefetched", "prefetched"]
    assert desk.calls[0][2].prefetch
    visitor.post(score="3", headers=headers)
    assert desk.written()[0][-1].prefetch


# --- the decoy


def test_the_decoy_is_on_the_page_where_no_person_and_no_screen_reader_comes(visitor):
    (link,) = BeautifulSoup(body(visitor.get()), "html.parser").select(f'a[href="{visitor.token}/d"]')
    assert link.has_attr("hidden")
    assert (link["aria-hidden"], link["tabindex"], link.get_text()) == ("true", "-1", "")


def test_the_decoy_is_counted_and_leads_back_to_the_question_and_takes_no_answer(visitor, desk):
    response = visitor.get("/d")
    assert response.status == 200
    assert f'href="../{visitor.token}"' in body(response)
    assert "<form" not in body(response)
    assert visitor.post("/d", score="3").status == 405
    assert desk.visits() == ["decoy"]
    assert desk.written() == []
    assert Visitor(desk, new_token()).get("/d").status == 404


def test_a_click_preselects_its_score_and_says_that_it_is_not_sent(visitor):
    response = visitor.get(s="2")
    assert checked(response) == ["2"]
    assert "Not sent yet" in body(response)


@pytest.mark.parametrize("score", [None, "0", "4", "x", "3.5", "", "٣", "99999999999"])
def test_without_a_good_click_nothing_is_preselected(visitor, score):
    response = visitor.get() if score is None else visitor.get(s=score)
    assert response.status == 200
    assert checked(response) == []
    assert "Not sent yet" not in body(response)


def test_two_scores_in_one_link_preselect_nothing(visitor, desk):
    request = Request(method="GET", path=visitor.path(), query={"s": ["1", "3"]})
    assert checked(handle(request, desk)) == []


@pytest.mark.parametrize("scale", list(SCALES))
@pytest.mark.parametrize("locale", ["ru", "en"])
def test_every_point_of_every_scale_can_be_chosen(desk, scale, locale):
    visitor = Visitor(desk, desk.add(make_tenant(scale=SCALES[scale]), locale=locale))
    page = body(visitor.get())
    assert re.findall(r'name="score" value="(\d+)"', page) == [str(score) for score in SCALES[scale].points]
    assert f'<html lang="{locale}">' in page
    for end in SCALES[scale].ends[locale]:
        assert end in page
    for score in SCALES[scale].points:
        assert checked(visitor.get(s=str(score))) == [str(score)]
        assert visitor.post(score=str(score)).status == 200


def test_a_head_has_the_headers_of_a_get_and_no_body(visitor):
    got, head = visitor.get(), visitor.get(method="HEAD")
    assert head.body == b""
    assert [name for name, _ in head.headers] == [name for name, _ in got.headers]
    assert dict(head.headers)["Content-Length"] == str(len(got.body))


# --- POST


def test_the_score_is_stored_before_thanks_are_shown_and_news_waits_for_the_response(visitor, desk):
    response = visitor.post(score="3")
    assert response.status == 200
    assert [call[:2] for call in desk.written()] == [("record", 3)]
    # the answer keeps its own visit
    assert desk.visits() == []
    assert "Your answer is stored." in body(response)
    assert desk.told == 0
    response.after()
    assert desk.told == 1


def test_a_desk_that_cannot_store_gets_no_thanks(visitor, desk, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(desk, "record", broken)
    response = visitor.post(score="3")
    assert response.status == 500
    assert "Thank you" not in body(response)


def test_the_nonce_of_a_shown_form_is_good_for_thirty_minutes(visitor, desk):
    nonce = nonce_of(visitor.get(s="3"))
    desk.clock.advance(timedelta(minutes=29))
    assert visitor.post(score="3", nonce=nonce).status == 200


@pytest.mark.parametrize("trouble", ["missing", "expired", "tampered", "another link's", "twice"])
def test_without_a_good_nonce_the_form_comes_again_with_the_choice_and_a_fresh_one(visitor, desk, trouble):
    nonce = nonce_of(visitor.get(s="3"))
    desk.calls.clear()
    if trouble == "missing":
        nonce = ""
    elif trouble == "expired":
        desk.clock.advance(timedelta(minutes=31))
    elif trouble == "tampered":
        # in the middle: the last character carries bits that the signature does not use
        nonce = nonce[:-9] + ("0" if nonce[-9] != "0" else "1") + nonce[-8:]
    elif trouble == "another link's":
        nonce = desk.nonces.issue("acme", new_token())
    if trouble == "twice":
        response = visitor.send("POST", form={"score": ["3"], "nonce": [nonce, nonce]})
    else:
        response = visitor.post(score="3", nonce=nonce)
    assert response.status == 422
    assert desk.written() == []
    assert checked(response) == ["3"]
    assert 'role="alert"' in body(response)
    assert visitor.post(score="3", nonce=nonce_of(response)).status == 200


@pytest.mark.parametrize("form", [{}, {"score": ""}, {"score": "4"}, {"score": "abc"}, {"score": ["1", "3"]}])
def test_a_missing_or_impossible_score_is_asked_for_again(visitor, desk, form):
    response = visitor.post(**form)
    assert response.status == 422
    assert "Please choose one of the answers." in body(response)
    assert checked(response) == []
    assert desk.written() == []


def test_a_score_off_the_scale_by_the_desks_judgement_is_422_too(visitor, desk):
    line = desk.lines["acme", visitor.token]
    look = desk.look("acme", visitor.token)
    desk.look = lambda *_: look
    line.survey = replace(line.survey, scale=SCALES["thumbs-2"])
    assert visitor.post(score="3").status == 422


def test_a_dissatisfied_client_is_asked_why_three_reasons_at_a_time(visitor):
    page = body(visitor.post(score="1"))
    first, _, more = page.partition("<details>")
    assert re.findall('name="reason" value="([a-z_]+)"', first) == ["speed", "errors", "attitude"]
    assert re.findall('name="reason" value="([a-z_]+)"', more) == ["not_solved", "passed_around", "brush_off"]
    assert "checked" not in page
    assert '<input type="hidden" name="score" value="1">' in page
    assert "<textarea" in page.rpartition("<details>")[2]


@pytest.mark.parametrize("score", ["2", "3"])
def test_the_others_get_thanks_and_a_folded_comment(visitor, score):
    page = body(visitor.post(score=score))
    assert 'name="reason"' not in page
    assert page.count("<details>") == 1
    assert "<textarea" in page


def test_the_bands_that_are_asked_why_are_the_tenants(desk):
    tenant = make_tenant(ask={"ask_why": frozenset({Band.SATISFIED})})
    visitor = Visitor(desk, desk.add(tenant))
    assert 'name="reason"' not in body(visitor.post(score="1"))
    page = body(visitor.post(score="3"))
    assert 'name="reason"' in page
    assert "What went wrong" not in page


def test_reasons_and_a_comment_are_stored_with_the_same_score(visitor, desk):
    nonce = nonce_of(visitor.post(score="1"))
    response = visitor.post(
        nonce=nonce, step="why", score="1", reason=["speed", "brush_off", "speed"], comment=" слишком\r\nдолго\x00 "
    )
    assert response.status == 200
    assert desk.written()[-1][1:4] == (1, ("speed", "brush_off"), "слишком\nдолго")
    page = body(response)
    assert "We have received everything" in page
    assert "<form" not in page
    assert "долго" not in page


def test_a_comment_is_cut_where_the_box_ends(visitor, desk):
    visitor.post(step="why", score="1", comment="x" * 9000)
    assert len(desk.written()[-1][3]) == 4000


def test_an_expired_nonce_loses_no_reason_and_no_comment(visitor, desk):
    nonce = nonce_of(visitor.post(score="1"))
    desk.clock.advance(HOUR)
    response = visitor.post(nonce=nonce, step="why", score="1", reason=["errors"], comment="</textarea><b>x")
    page = body(response)
    assert response.status == 422
    assert checked(response) == ["errors"]
    assert "&lt;/textarea&gt;&lt;b&gt;x" in page
    assert len(desk.written()) == 1
    again = visitor.post(nonce=nonce_of(response), step="why", score="1", reason=["errors"], comment="x")
    assert again.status == 200


def test_a_reason_that_is_not_offered_is_refused_and_said(visitor, desk):
    visitor.post(score="1")
    response = visitor.post(step="why", score="1", reason="bribery", comment="words")
    assert response.status == 422
    assert "no longer offered" in body(response)
    assert "words" in body(response)
    assert len(desk.written()) == 1


# --- standings


def test_an_answered_survey_may_be_changed_without_showing_what_was_said(visitor, desk):
    visitor.post(score="1")
    visitor.post(step="why", score="1", reason="attitude", comment="Иванов был груб")
    response = visitor.get()
    page = body(response)
    assert response.status == 200
    assert "You have answered already" in page
    assert checked(response) == []
    for secret in ("Иванов", "attitude", "груб"):
        assert secret not in page
    assert visitor.post(score="3").status == 200
    assert desk.lines["acme", visitor.token].score == 3


def test_after_the_edit_window_the_page_is_friendly_and_a_post_refused(visitor, desk):
    visitor.post(score="1")
    desk.clock.advance(25 * HOUR)
    got, posted, stale = visitor.get(s="3"), visitor.post(score="3"), visitor.post(score="3", nonce="")
    assert (got.status, posted.status, stale.status) == (200, 409, 409)
    for response in (got, posted, stale):
        assert "You have answered already" in body(response)
        assert "<form" not in body(response)
    assert len(desk.written()) == 1


@pytest.mark.parametrize("standing", ["expired", "cancelled"])
def test_a_question_that_is_over_is_gone_for_get_and_post(visitor, desk, standing):
    if standing == "expired":
        desk.clock.advance(timedelta(days=28))
    else:
        desk.cancel("acme", visitor.token)
    said = {"expired": "The time to answer is over", "cancelled": "We will ask when it is resolved"}[standing]
    for response in (visitor.get(s="3"), visitor.post(score="3"), visitor.post(nonce="", score="3"), visitor.post()):
        assert response.status == 410
        assert said in body(response)
    assert desk.written() == []


# --- links that lead nowhere


def test_unknown_tokens_and_tenants_get_the_same_page(visitor, desk):
    token, other = new_token(), Visitor(desk, visitor.token, tenant="nobody")
    unknown, stranger = Visitor(desk, token).get(), other.get()
    assert unknown.status == stranger.status == 404

    def plain(response):
        return re.sub(r'nonce[-=]"?[\w-]+', "", response.body.decode())

    assert plain(unknown) == plain(stranger)
    assert "Acme" not in plain(unknown)
    assert desk.calls == []
    assert Visitor(desk, token).post(score="3").status == 404
    assert Visitor(desk, token).post("/unsubscribe").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/acme",
        "/{token}",
        "//{token}",
        "/acme/{token}/",
        "/acme/{token}x",
        "/acme/{token}/other",
        "/acme/{token}/unsubscribe/",
        "/acme/{token}/logo/logo",
        "/acme/{token}%00",
        "/%ff/{token}",
        "/acme%252f/{token}",
        "/ac%256de/{token}",
        "/../acme%2F{token}",
    ],
)
def test_any_other_path_is_a_friendly_404(visitor, desk, path):
    response = handle(Request(method="GET", path=path.format(token=visitor.token)), desk)
    assert response.status == 404
    assert "This link does not work" in body(response)


def test_the_path_is_decoded_once_and_any_prefix_will_do(desk):
    token = desk.add(make_tenant("äcme gmbh"))
    for path in (f"/%C3%A4cme%20gmbh/{token}", f"/a/b/c/%C3%A4cme%20gmbh/{token}"):
        assert handle(Request(method="GET", path=path), desk).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "get"])
def test_other_methods_are_refused(visitor, desk, method):
    response = visitor.send(method)
    assert response.status == 405
    assert dict(response.headers)["Allow"] == "GET, HEAD, POST"
    assert desk.calls == []


def test_too_long_a_body_is_said_kindly(visitor, desk):
    response = visitor.send("POST", too_large=True)
    assert response.status == 413
    assert "Your text is too long" in body(response)
    assert desk.written() == []


# --- unsubscribe


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_unsubscribe_asks_first_and_writes_nothing(visitor, desk, method):
    assert visitor.get("/unsubscribe", method=method).status == 200
    assert desk.calls == []


def test_unsubscribe_by_the_page_and_by_one_click_any_number_of_times(visitor, desk):
    nonce = nonce_of(visitor.get("/unsubscribe"))
    assert visitor.post("/unsubscribe", nonce=nonce).status == 200
    assert desk.lines["acme", visitor.token].opted_out
    for _ in range(2):
        response = visitor.send("POST", "/unsubscribe", form={"List-Unsubscribe": ["One-Click"]})
        assert response.status == 200
        assert "We will not ask you about your requests any more." in body(response)


@pytest.mark.parametrize("form", [{}, {"nonce": ["x"]}, {"List-Unsubscribe": ["Two-Clicks"]}])
def test_unsubscribe_without_nonce_or_one_click_asks_again(visitor, desk, form):
    response = visitor.send("POST", "/unsubscribe", form=form)
    assert response.status == 422
    assert desk.written() == []
    assert visitor.post("/unsubscribe", nonce=nonce_of(response)).status == 200


# --- logo


def test_the_logo_comes_with_a_policy_of_its_own(desk):
    logo = ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    visitor = Visitor(desk, desk.add(make_tenant(brand={"logo": logo})))
    response = visitor.get("/logo")
    headers = dict(response.headers)
    assert (response.status, response.body, headers["Content-Type"]) == (200, logo[1], "image/svg+xml")
    assert headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, max-age=86400"
    assert f'<img src="{visitor.token}/logo" alt="Acme Support">' in body(visitor.get())
    assert '<img src="../' + visitor.token + '/logo"' in body(visitor.get("/unsubscribe"))
    assert desk.visits() == ["opened"]
    assert visitor.post("/logo").status == 405


def test_without_a_logo_the_name_is_shown(visitor):
    assert visitor.get("/logo").status == 404
    assert "<img" not in body(visitor.get())
    assert "Acme Support" in body(visitor.get())


# --- language


def test_the_page_speaks_the_clients_language_and_offers_the_other(desk):
    visitor = Visitor(desk, desk.add(make_tenant(), locale="ru"))
    page = visitor.get(headers={"accept-language": "en"}, s="2")
    assert '<html lang="ru">' in body(page)
    assert dict(page.headers)["Content-Language"] == "ru"
    assert f'href="{visitor.token}?s=2&amp;lang=en" lang="en"' in body(page)
    english = visitor.get(lang="en")
    assert "How was your request resolved?" in body(english)
    assert f'action="{visitor.token}?lang=en"' in body(english)
    nonsense = visitor.get(lang="xx")
    assert '<html lang="ru">' in body(nonsense)


def test_a_question_of_the_tenants_own_words_stays_and_says_its_language(desk):
    visitor = Visitor(desk, desk.add(make_tenant(), locale="ru", question="Как вам новый пропуск?"))
    assert '<h1 id="question" lang="ru">Как вам новый пропуск?</h1>' in body(visitor.get(lang="en"))


def test_strangers_are_met_in_their_browsers_language(desk):
    def page(language):
        request = Request(method="GET", path="/x/y", headers={"accept-language": language})
        return body(handle(request, desk))

    assert "Эта ссылка не работает" in page("de, ru;q=0.8, en;q=0.5")
    assert "This link does not work" in page("de")


# --- what all pages have


def every_page(desk):
    """One response of each kind."""
    open_ = Visitor(desk, desk.add(make_tenant(), ticket="1"))
    yield open_.get()
    yield open_.get("/unsubscribe")
    yield open_.post("/unsubscribe")
    yield open_.post(nonce="")
    yield open_.send("POST", too_large=True)
    yield open_.send("PUT")
    yield open_.post(score="1")
    yield open_.post(score="1", step="why")
    yield handle(Request(method="GET", path="/nothing"), desk)
    cancelled = Visitor(desk, desk.add(make_tenant(), ticket="2"))
    desk.cancel("acme", cancelled.token)
    yield cancelled.get()
    desk.clock.advance(25 * HOUR)
    yield open_.get()


def test_every_page_carries_the_headers_and_loads_nothing(desk):
    seen = set()
    for response in every_page(desk):
        headers = dict(response.headers)
        assert len(headers) == len(response.headers)
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        policy = headers["Content-Security-Policy"]
        nonce = re.search(r"style-src 'nonce-([\w-]{20,})'", policy).group(1)
        assert policy == (
            f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        page = response.body.decode()
        assert f'<style nonce="{nonce}">' in page
        assert nonce not in seen
        seen.add(nonce)
        assert not re.search(r"<script|style=|\son\w+=|https?://|url\(|@import", page)
        assert page.count("<h1") == 1
    assert len(seen) == 11


def test_texts_from_elsewhere_are_escaped_and_have_no_bidi_tricks(desk):
    evil = "<script>alert(1)</script>\"'&{{7*7}}{% x %}\u202eevil\u2066\x00"
    tenant = make_tenant(brand={"name": evil}, reasons={"own": {"en": evil}})
    visitor = Visitor(desk, desk.add(tenant, ticket=evil, question=evil))
    for response in (visitor.get(), visitor.post(score="1"), visitor.get("/unsubscribe")):
        page = response.body.decode()
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert not re.search("[\x00\u202a-\u202e\u2066-\u2069]", page)
        assert "49" not in re.sub(r"<style.*?</style>|\S{60,}", "", page, flags=re.DOTALL)


# --- evidence and logs


def test_evidence_is_the_agent_and_the_network_of_the_visitor(visitor, desk):
    desk.trusted_proxies = ("203.0.113.0/24",)
    headers = {"user-agent": "A\x00gent\r\n" + "x" * 500, "x-forwarded-for": "1.2.3.4, 198.51.100.9"}
    visitor.get(headers=headers)
    visitor.post(score="3", headers=headers)
    visitor.post(score="99", headers=headers)
    for evidence in (desk.calls[0][2], desk.calls[1][-1], desk.calls[2][2]):
        assert evidence.address == "198.51.100.0/24"
        assert evidence.agent == ("Agent " + "x" * 500)[:300]


def test_what_breaks_behind_the_page_is_logged_without_token_or_comment(visitor, desk, monkeypatch, caplog):
    def broken(tenant, token, score, **more):
        raise RuntimeError(f"cannot store {token} {token_digest(token)} {more['comment']!r} {more['comment']}")

    monkeypatch.setattr(desk, "record", broken)
    with caplog.at_level(logging.DEBUG):
        response = visitor.post(score="3", comment="Иванов\n'был' груб")
    assert response.status == 500
    assert "Something went wrong on our side" in body(response)
    assert "RuntimeError" in caplog.text
    assert "at broken" in caplog.text
    for secret in (visitor.token, token_digest(visitor.token), "Иванов", "груб"):
        assert secret not in caplog.text
        assert secret not in response.body.decode()


def test_nothing_is_logged_while_all_is_well(visitor, caplog):
    with caplog.at_level(logging.DEBUG, logger="nps_plugin"):
        visitor.get(s="1")
        visitor.post(score="1")
    assert caplog.text == ""
