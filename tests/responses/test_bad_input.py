"""What comes in over the pages and is not fit: refused kindly, nothing lost, nothing let through."""

from __future__ import annotations

import pytest
from sqlalchemy import event
from tests.world import nonce_of, send

from nps_plugin.links import new_token

BIDI = "\u202egnp.exe\u2066"


def second(browser, token, page, **words):
    data = {"nonce": nonce_of(page), "step": "why", "score": "1", **words}
    response = browser.post(f"/acme/{token}", data=data)
    response.close()
    return response


def test_a_comment_of_a_megabyte_is_refused_kindly_and_the_score_stands(world):
    token, browser = world.asked(), world.browser()
    page = send(browser, token, 1)
    refused = second(browser, token, page, comment="x" * 1_000_000)
    assert refused.status_code == 413
    assert "too long" in refused.text
    assert [(row.score, row.state) for row in world.rows("answer")] == [(1, "counted")]
    assert world.rows("comment") == []
    assert second(browser, token, page, comment="shorter").status_code == 200


def test_nul_is_taken_out_of_comments_and_bidi_is_kept_but_never_shown(world):
    token, browser = world.asked(), world.browser()
    page = send(browser, token, 1)
    assert second(browser, token, page, comment=f"a\x00b\x08 {BIDI}\r\nc").status_code == 200
    assert [row.text for row in world.rows("comment")] == [f"ab {BIDI}\nc"]
    (answer,) = world.ratings.answers("acme")
    assert answer.comment == "ab gnp.exe\nc"


def test_the_same_by_the_api_with_what_no_database_keeps(world):
    recorded = world.ratings.record_answer("acme", 1, token=world.asked(), comment=f"a\x00\ud800b{BIDI}" + "x" * 20_000)
    assert recorded.answer.comment.startswith("abgnp.exex")
    (row,) = world.rows("comment")
    assert len(row.text) == 10_000


def test_names_and_reasons_of_rulings_are_made_fit_to_keep(world):
    answer = world.ratings.record_answer("acme", 1, token=world.asked()).answer.id
    world.ratings.withdraw_answer("acme", answer, by="p\x00avel" + "x" * 9999, why="\x00because\ud800")
    (mark,) = world.rows("answer_mark")
    assert mark.by.startswith("pavelx")
    assert len(mark.by) <= 255
    assert mark.why == "because"


def test_agent_strings_of_any_kind_are_kept_as_one_short_line(world):
    token, browser = world.asked(), world.browser()
    for agent in ("x" * 5000, "a\tb", "\u00ff\u00fe", BIDI.encode().decode("latin-1")):
        assert browser.get(f"/acme/{token}", headers={"User-Agent": agent}).status_code == 200
    kept = [row.agent for row in world.rows("evidence")]
    assert len(kept) == 4
    assert all(len(agent) <= 300 and agent.isprintable() for agent in kept)


@pytest.mark.parametrize("evil", ["\r\nSet-Cookie: a=b", "%0d%0aSet-Cookie:%20a=b", "\x00", "<b>", "ru\r\nX: y"])
def test_nothing_of_a_request_stands_in_a_header_of_the_response(world, evil):
    token, browser = world.asked(), world.browser()
    page = browser.get(f"/acme/{token}", query_string={"s": evil, "lang": evil, "x": evil})
    said = browser.post(f"/acme/{token}", data={"nonce": nonce_of(page), "score": "1", "reason": evil, "lang": evil})
    unknown = browser.get("/acme/none", query_string={"lang": evil}, headers={"Accept-Language": "ru, <b>"})
    for response in (page, said, unknown):
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers)
        assert "a=b" not in headers
        assert "<b>" not in headers
        assert "X: y" not in headers
        response.close()


def test_a_guessed_link_costs_the_same_work_whichever_tenant_it_names(make_world):
    world = make_world()
    world.asked()
    browser, engine = world.browser(), world.ratings._parts.store.engine
    statements: list[str] = []

    def count(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        work = []
        for tenant in ("acme", "nobody", "ac\u00e9me"):
            statements.clear()
            assert browser.get(f"/{tenant}/{new_token()}?s=1").status_code == 404
            work.append(list(statements))
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert work[0] == work[1] == work[2]
    assert any("nps_message" in statement for statement in work[0])


def test_another_tenants_link_is_unknown_here_and_leaves_nothing(world):
    token, browser = world.asked(), world.browser()
    assert browser.get(f"/other/{token}/d").status_code == 404
    assert browser.post(f"/other/{token}", data={"score": "1"}).status_code == 404
    assert world.rows("evidence") == []
