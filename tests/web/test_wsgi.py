"""The pages behind WSGI: bodies, limits, prefixes, and what is done once the response is out."""

from __future__ import annotations

import logging
import sys

import pytest
from tests.web.memory_desk import MemoryDesk, make_tenant
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from nps_plugin.web.wsgi import MAX_BODY, wsgi_app


@pytest.fixture
def path(desk: MemoryDesk) -> str:
    return f"/acme/{desk.add(make_tenant())}"


def answer(desk, path, **more):
    token = path.rpartition("/")[2]
    return {"score": "3", "nonce": desk.nonces.issue("acme", token), **more}


def test_a_whole_answer(desk, path):
    client = Client(wsgi_app(desk))
    got = client.get(path, query_string={"s": "3"})
    assert (got.status_code, got.content_language.as_set()) == (200, {"en"})
    assert 'value="3" checked' in got.text
    posted = client.post(path, data=answer(desk, path), headers={"User-Agent": "Browser/1"})
    assert posted.status_code == 200
    assert [call[:2] for call in desk.written()] == [("record", 3)]
    assert desk.written()[0][-1].agent == "Browser/1"
    assert desk.written()[0][-1].address == ""


def test_cyrillic_reasons_and_comments_arrive_as_written(desk, path):
    data = answer(desk, path, score="1", comment="Ждал 3 дня: «отписка»", reason=["speed", "brush_off"])
    assert Client(wsgi_app(desk)).post(path, data=data).status_code == 200
    assert desk.written()[0][2:4] == (("speed", "brush_off"), "Ждал 3 дня: «отписка»")


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_unsubscription_in_both_encodings_of_rfc_8058(desk, path, content_type):
    builder = EnvironBuilder(
        path=f"{path}/unsubscribe", method="POST", data={"List-Unsubscribe": "One-Click"}, content_type=content_type
    )
    assert Client(wsgi_app(desk)).open(builder).status_code == 200
    assert desk.written() == [("opt_out",)]


def test_the_news_is_told_when_the_server_closes_the_response(desk, path):
    environ = EnvironBuilder(path=path, method="POST", data=answer(desk, path)).get_environ()
    body = wsgi_app(desk)(environ, lambda *_: None)
    assert b"".join(body)
    assert desk.told == 0
    body.close()
    assert desk.told == 1


def test_news_that_breaks_is_logged_and_kept_from_the_server(desk, path, monkeypatch, caplog):
    def after():
        raise OSError("no subscriber")

    monkeypatch.setattr(desk, "after_answer", lambda: after)
    environ = EnvironBuilder(path=path, method="POST", data=answer(desk, path)).get_environ()
    with caplog.at_level(logging.ERROR):
        wsgi_app(desk)(environ, lambda *_: None).close()
    assert "OSError at after" in caplog.text
    assert "no subscriber" not in caplog.text


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_too_long_a_body_gets_a_friendly_page_and_is_read_to_its_end(desk, path, content_type):
    data = answer(desk, path, comment="x" * (MAX_BODY + 1))
    environ = EnvironBuilder(path=path, method="POST", data=data, content_type=content_type).get_environ()
    _, status, _ = run_wsgi_app(wsgi_app(desk), environ)
    assert status == "413 Request Entity Too Large" if sys.version_info < (3, 13) else status == "413 Content Too Large"
    assert desk.written() == []
    assert environ["wsgi.input"].read() == b""


def test_a_body_just_under_the_limit_is_taken(desk, path):
    data = answer(desk, path, comment="x" * (MAX_BODY - 400))
    assert Client(wsgi_app(desk)).post(path, data=data).status_code == 200


def test_it_can_be_mounted_anywhere_and_its_links_stay_right(desk, path):
    token = path.rpartition("/")[2]
    environ = EnvironBuilder(path=path, base_url="http://h.example/any/where").get_environ()
    body, status, _ = run_wsgi_app(wsgi_app(desk), environ)
    page = b"".join(body).decode()
    assert status == "200 OK"
    assert f'action="{token}"' in page
    assert f'href="{token}/unsubscribe"' in page


def test_a_tenant_with_blanks_and_umlauts_is_found_and_nothing_decoded_twice(desk):
    token = desk.add(make_tenant("äcme 100%41"))
    client = Client(wsgi_app(desk))
    assert client.get(f"/%C3%A4cme%20100%2541/{token}").status_code == 200
    assert client.get(f"/%C3%A4cme%20100A/{token}").status_code == 404
    assert client.get(f"/%FF/{token}").status_code == 404


def test_making_the_application_imports_no_werkzeug():
    import subprocess

    code = (
        "import sys; from nps_plugin.web.wsgi import wsgi_app; wsgi_app(None);"
        "print([n for n in ('werkzeug', 'jinja2', 'babel') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
