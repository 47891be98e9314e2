"""The whole way in a browser: the mail that arrived, the page over the real store, the verdict."""

from __future__ import annotations

import re
import threading

import pytest
from tests.world import BASE, text_of
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log(self, *args, **kwargs):
        """Nothing: the addresses hold tokens."""


@pytest.fixture
def serve():
    servers = []

    def start(world):
        app = DispatcherMiddleware(
            lambda _environ, start: start("404 Not Found", []) or [b""], {"/rate": world.ratings.wsgi}
        )
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/rate"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("locale", "bad", "send"), [("en", "Bad", "Send"), ("ru", "Плохо", "Отправить")])
def test_a_click_in_the_mail_and_one_on_the_page_give_the_verdict_and_the_reasons(
    browser, make_world, serve, locale, bad, send
):
    world = make_world(locale=locale)
    base = serve(world)
    world.asked()
    html = text_of(world.mailbox.mails[0], "html").replace(BASE, base)
    context = browser.new_context(java_script_enabled=False)
    mail = context.new_page()
    mail.set_content(re.sub(r'src="cid:[^"]*"', 'src=""', html))
    mail.get_by_role("link", name=bad).click()
    mail.wait_for_url("**/rate/acme/**")
    assert world.ratings.ticket_verdict("acme", "17").kind == "pending"
    mail.get_by_role("button", name=send).click()
    mail.locator("input[name=reason]").first.wait_for(state="attached")
    assert world.ratings.ticket_verdict("acme", "17").kind == "watermelon"
    mail.locator("label:has(input[name=reason])").first.click()
    mail.locator("details summary").last.click()
    mail.locator("textarea").fill("Three days!")
    mail.get_by_role("button", name=send).click()
    mail.locator("textarea").wait_for(state="detached")
    assert [row.text for row in world.rows("comment")] == ["Three days!"]
    assert len(world.rows("answer_reason")) == 1
    assert len(world.rows("answer")) == 1
    context.close()
