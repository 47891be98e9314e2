"""Whatever comes in as an answer: a clear error or a friendly page, and nothing that stands is lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bad_input.test_closings import LONG, NASTY
from tests.world import nonce_of, send

from nps_plugin import (
    AnswerRefused,
    Evidence,
    ScoreOffScale,
    TokenUnknown,
    UnknownReason,
    UnknownSurvey,
    UnknownTenant,
)

MEGABYTE = "ж" * 2**20


@pytest.mark.parametrize(
    "score",
    [
        0,
        4,
        -1,
        2**70,
        2.0,
        2.5,
        float("nan"),
        True,
        None,
        "",
        " ",
        "three",
        "4",
        "²",
        "٣",
        "1e0",
        "0x1",
        LONG,
        [],
        {},
        b"1",
    ],
    ids=lambda score: repr(score)[:12],
)
def test_a_score_off_the_scale_is_refused_and_nothing_stored(world, score):
    token = world.asked()
    with pytest.raises(ScoreOffScale, match="faces-3"):
        world.ratings.record_answer("acme", score, token=token)
    assert world.rows("answer") == []
    assert world.ratings.record_answer("acme", 3, token=token).answer.score == 3


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 22, "A" * 23, "\x00" * 22, "\ud800" * 22, LONG, "../../etc/passwd", 7, []]
)
def test_a_guessed_or_spoilt_token_is_unknown(world, token):
    world.asked()
    with pytest.raises(TokenUnknown):
        world.ratings.record_answer("acme", 1, token=token)
    assert world.rows("answer") == []


@pytest.mark.parametrize("where", range(22))
def test_a_token_with_one_character_changed_is_unknown(world, where):
    token = world.asked()
    other = token[:where] + ("A" if token[where] != "A" else "B") + token[where + 1 :]
    with pytest.raises(TokenUnknown):
        world.ratings.record_answer("acme", 1, token=other)
    assert world.browser().get(f"/acme/{other}").status_code == 404


@pytest.mark.parametrize("survey", ["", "nope", "\x00", "\ud800", LONG, 7], ids=lambda _: "")
def test_an_unknown_survey_is_named(world, survey):
    world.asked()
    with pytest.raises(UnknownSurvey):
        world.ratings.record_answer("acme", 1, survey=survey)


@pytest.mark.parametrize("tenant", ["nobody", "", None, 7, [], "acme\x00"], ids=repr)
def test_an_unknown_tenant_is_named(world, tenant):
    token = world.asked()
    for ask in (
        lambda: world.ratings.record_answer(tenant, 1, token=token),
        lambda: world.ratings.ticket_verdict(tenant, "17"),
        lambda: world.ratings.opt_out(tenant, world.ticket().client),
        lambda: world.ratings.export_person(tenant, "id:7"),
    ):
        with pytest.raises(UnknownTenant):
            ask()


@pytest.mark.parametrize("reason", ["rude", "", "\x00", "\ud800", LONG, 7, None], ids=lambda reason: repr(reason)[:9])
def test_an_unknown_reason_is_refused(world, reason):
    token = world.asked()
    with pytest.raises(UnknownReason):
        world.ratings.record_answer("acme", 1, token=token, reasons=[reason])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (MEGABYTE, "ж" * 10_000),
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("  \x00 ", None),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("two\r\nlines", "two\nlines"),
        (7, "7"),
    ],
    ids=["a megabyte", "NUL", "half a character", "nothing", "markup", "lines", "a number"],
)
def test_a_comment_is_kept_as_far_as_it_can_be(world, text, kept):
    token = world.asked()
    recorded = world.ratings.record_answer("acme", 1, token=token, comment=text)
    assert recorded.answer.score == 1
    assert [row.text for row in world.rows("comment")] == ([] if kept is None else [kept])


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_comes_with_a_score_the_score_is_stored_or_refused_by_name(world, data):
    number = str(len(world.rows("closure")))
    world.clock.advance(world.ratings.settings.tenants["acme"].ask.quarantine)
    token = world.asked(number)
    given = {
        "comment": data.draw(st.one_of(st.none(), st.integers(), st.text(max_size=5), NASTY)),
        "by": data.draw(st.one_of(st.none(), st.text(max_size=5), NASTY)),
        "evidence": Evidence(agent=data.draw(NASTY), address=data.draw(NASTY)),
    }
    try:
        world.ratings.record_answer("acme", data.draw(st.sampled_from([1, 2, 3])), token=token, **given)
    except AnswerRefused:
        return
    assert world.ratings.ticket_verdict("acme", number).score is not None


# --- the pages


def test_a_megabyte_on_the_page_is_answered_with_a_page_and_the_score_can_still_be_sent(world):
    token = world.asked()
    browser = world.browser()
    page = browser.get(f"/acme/{token}?s=1")
    response = browser.post(f"/acme/{token}", data={"nonce": nonce_of(page), "score": 1, "comment": MEGABYTE})
    assert response.status_code == 413
    assert "<form" not in response.text
    assert send(browser, token, 1).status_code == 200
    assert world.ratings.ticket_verdict("acme", "17").score == 1


@pytest.mark.parametrize(
    "data",
    [
        {"score": "9"},
        {"score": "\x00"},
        {"score": ["1", "3"]},
        {"score": "1", "reason": ["\x00", "x" * 1000]},
        {"score": "1", "comment": "a\x00\u202e\ud800b".encode("utf-8", "surrogatepass")},
        {"score": "1", "step": "why", "comment": "\u202e" * 4000},
        {},
    ],
    ids=lambda data: repr(data)[:20],
)
def test_an_odd_form_gets_a_page_and_never_breaks(world, data):
    token = world.asked()
    browser = world.browser()
    nonce = nonce_of(browser.get(f"/acme/{token}"))
    response = browser.post(f"/acme/{token}", data={"nonce": nonce, **data})
    response.close()
    assert response.status_code in (200, 422)
    assert "\u202e" not in response.text
    assert send(browser, token, 1).status_code in (200, 409)
    assert world.ratings.ticket_verdict("acme", "17").score == 1


@pytest.mark.parametrize(
    "path",
    [
        "/acme/%00", "/acme/" + "A" * 22, "/%2e%2e/" + "A" * 22, "/nobody/" + "A" * 22, "/acme/%ED%A0%80" + "A" * 19,
        "//", "/acme", "/acme/" + "A" * 5000, "/acme/" + "A" * 22 + "/unsubscribe", "/acme/" + "A" * 22 + "/logo",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_an_odd_address_gets_the_page_of_an_unknown_link(world, path, method):
    world.asked()
    response = world.browser().open(path, method=method)
    assert response.status_code == 404
    assert "Acme" not in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "x" * 10_000},
        {"User-Agent": "a\u202eb\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
        {"X-Forwarded-For": "1.2.3.4, " * 2000},
        {"Accept-Language": ",;q=" * 3000},
    ],
    ids=["long agent", "odd agent", "many proxies", "odd languages"],
)
def test_odd_headers_do_not_keep_an_answer_out(world, headers):
    token = world.asked()
    assert send(world.browser(), token, 1, **headers).status_code == 200
    assert world.ratings.ticket_verdict("acme", "17").score == 1
