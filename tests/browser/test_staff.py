"""An operator's way in a real browser: ru and en, phone and desktop, light and dark, without scripts."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.world import BASE, NOON
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from nps_plugin import Client, ClosedTicket, ManualClock, Ratings, Secret

WORDS = {
    "en": {
        "take": "Take the call",
        "reached": "Reached",
        "score": "The score that the client named",
        "cause": "The cause in the client's words",
        "store": "Store",
        "stored": "Stored. Thank you!",
        "missing": "Please choose what came of the call.",
        "none": "Nobody is to be called now.",
    },
    "ru": {
        "take": "Взять звонок",
        "reached": "Удалось поговорить",
        "score": "Оценка, которую назвал клиент",
        "cause": "Причина словами клиента",
        "store": "Сохранить",
        "stored": "Сохранено. Спасибо!",
        "missing": "Укажите, чем закончился звонок.",
        "none": "Сейчас звонить некому.",
    },
}


@pytest.fixture
def ratings(tmp_path):
    """A desk that asks by telephone; ticket 16 is rated, 17 waits."""
    acme = {
        "brand": {"name": "Acme", "colour": "#0a6"},
        "scale": "nps-11",
        "ask": {"channels": ["operator"], "quarantine": "0d"},
        "kpi": [{"resolve_within": "4h"}],
    }
    config = {
        "database": {"url": f"sqlite:///{tmp_path}/nps.sqlite3"},
        "page": {"base_url": BASE, "secrets": [Secret("a secret of the tests, long enough")]},
        "tenants": {"acme": acme},
    }
    clock = ManualClock(NOON)
    made = Ratings(config, strict=True, clock=clock)
    ivan = Client(id="7", name="Ivan Petrov", phone="+7 900 111-22-33", organization="North & Sons", locale="ru")
    for number in ("16", "17"):
        now = clock.now()
        made.ticket_closed(
            ClosedTicket(
                tenant="acme",
                ticket=number,
                opened_at=now - timedelta(hours=2),
                closed_at=now,
                client=ivan,
                agent="olga",
                subject="Принтер горит",
                service="Печать",
                queue="first line",
            )
        )
        made.run_due()
        if number == "16":
            (call,) = made.calls.due("acme", "boris")
            made.calls.claim("acme", call.id, "boris")
            made.calls.done("acme", call.id, "boris", "reached", score=3, cause="Долго ждали", finding="our_fault")
    yield made
    made.close()


@pytest.fixture
def locale():
    return "en"


@pytest.fixture
def origin(ratings, locale):
    """The address of a host that has anna logged in and mounts the pages under /rate/staff."""

    class Quiet(WSGIRequestHandler):
        def log(self, *args):
            """Nothing."""

    def host(environ, start_response):
        return ratings.staff("acme", user="anna", role="operator", locale=locale).wsgi(environ, start_response)

    def elsewhere(_, start_response):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not ours"]

    application = DispatcherMiddleware(elsewhere, {"/rate/staff": host})
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(
    ("device", "dark", "javascript", "locale"),
    [
        ("phone", False, True, "ru"),
        ("phone", True, True, "en"),
        ("desktop", False, True, "en"),
        ("desktop", True, True, "ru"),
        ("phone", False, False, "ru"),
        ("phone", False, False, "en"),
    ],
)
def test_from_the_list_to_the_stored_score(ratings, visit, shot, axe, device, dark, javascript, locale):
    words, name = WORDS[locale], f"staff-{locale}-{device}-{'dark' if dark else 'light'}"

    def look(page, step):
        assert fits(page)
        if javascript:
            shot(page, f"{name}-{step}")
            axe(page, "best-practice")

    page = visit("/rate/staff/calls", device=device, dark=dark, javascript=javascript)
    assert page.locator("html").get_attribute("lang") == locale
    look(page, "1-list")
    page.locator(".queue a").click()
    expect(page.get_by_text("Ivan Petrov")).to_have_count(0)
    look(page, "2-free")
    page.get_by_role("button", name=words["take"]).click()
    expect(page.get_by_role("link", name="+7 900 111-22-33")).to_be_visible()
    expect(page.get_by_text("Здравствуйте, Ivan Petrov! Это Acme.")).to_be_visible()
    expect(page.get_by_text("Долго ждали")).to_be_visible()
    look(page, "3-taken")
    page.get_by_role("button", name=words["store"]).click()
    expect(page.get_by_role("alert")).to_have_text(words["missing"])
    page.get_by_label(words["reached"]).check()
    page.get_by_label(words["score"]).select_option("9")
    page.get_by_label(words["cause"]).fill("Перезвонили сразу")
    look(page, "4-filled")
    page.get_by_role("button", name=words["store"]).click()
    expect(page.get_by_role("status")).to_have_text(words["stored"])
    expect(page.get_by_text(words["none"])).to_be_visible()
    look(page, "5-stored")
    (newest,) = ratings.answers("acme", ticket="17")
    assert (newest.score, newest.by, newest.comment) == (9, "anna", "Перезвонили сразу")


def test_by_keyboard_alone(ratings, visit):
    page = visit("/rate/staff/calls", device="desktop")
    keys = page.keyboard
    keys.press("Tab")
    keys.press("Enter")
    page.get_by_role("button", name="Take the call").wait_for()
    keys.press("Tab")  # the list
    keys.press("Tab")  # take it
    keys.press("Enter")
    page.get_by_role("heading", name="What to say").wait_for()
    page.get_by_label("Reached").focus()
    keys.press("Space")
    page.get_by_label("The score that the client named").focus()
    keys.type("8")
    page.get_by_role("button", name="Store").focus()
    keys.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    assert [answer.score for answer in ratings.answers("acme", ticket="17")] == [8]


def test_touch_targets_are_large_on_a_phone(visit):
    page = visit("/rate/staff/calls")
    page.locator(".queue a").click()
    page.get_by_role("button", name="Take the call").click()
    page.get_by_role("heading", name="What to say").wait_for()
    for found in page.locator("button, .choice, select, .call-now a, input[type=datetime-local]").all():
        assert found.bounding_box()["height"] >= 44
