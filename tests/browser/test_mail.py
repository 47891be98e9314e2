"""The question as mail clients show it, narrow and wide."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from tests.browser.conftest import with_pictures
from tests.web.memory_desk import make_survey, make_tenant

from nps_plugin.model import SCALES, Client
from nps_plugin.wording.buttons import word_buttons
from nps_plugin.wording.mail import word_question

BASE = "https://help.example.org/rate"
TOKEN = "A" * 22
SUBJECTS = {"ru": "VPN отключается каждый час", "en": "VPN drops every hour"}


@pytest.fixture
def opened(browser):
    """Opens HTML by itself, as a mail client does; nothing may be fetched."""
    contexts = []
    requested = []

    def open_html(html: str, width: int):
        context = browser.new_context(viewport={"width": width, "height": 700}, java_script_enabled=True)
        contexts.append(context)
        context.on("request", lambda request: requested.append(request.url))
        page = context.new_page()
        page.set_content(html)
        return page

    yield open_html
    for context in contexts:
        context.close()
    assert [url for url in requested if not url.startswith("data:")] == []


def word(scale, locale):
    tenant = make_tenant(scale=SCALES[scale])
    question = {"ru": "Как мы справились с вашим обращением?", "en": "How did we handle your request?"}[locale]
    return word_question(
        tenant=tenant,
        survey=make_survey(scale=tenant.scale),
        client=Client(email="ann@example.net"),
        message_id="m-1",
        subject=SUBJECTS[locale],
        token=TOKEN,
        base_url=BASE,
        locale=locale,
        question=question,
        at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(("width", "locale"), [(360, "ru"), (360, "en"), (700, "ru")])
@pytest.mark.parametrize("scale", list(SCALES))
def test_the_mail_holds(opened, shot, axe, scale, locale, width):
    message = word(scale, locale)
    page = opened(with_pictures(message.html, message.images), width)
    shot(page, f"mail-{scale}-{locale}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    buttons = page.locator("a[href*='?s=']")
    boxes = [buttons.nth(index).bounding_box() for index in range(buttons.count())]
    assert len(boxes) == len(SCALES[scale].points)
    for box in boxes:
        assert box["width"] >= 44
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    rows = Counter(round(box["y"]) for box in boxes)
    if scale in ("nps-11", "keypad-10"):
        count = len(boxes)
        assert sorted(rows.values()) == ([count // 2, count - count // 2] if width == 360 else [count])
    for one in boxes:
        for other in boxes:
            apart = (
                one is other
                or one["x"] + one["width"] <= other["x"]
                or other["x"] + other["width"] <= one["x"]
                or one["y"] + one["height"] <= other["y"]
                or other["y"] + other["height"] <= one["y"]
            )
            assert apart, "two buttons overlap"
    axe(page)


@pytest.mark.parametrize("width", [360, 700])
@pytest.mark.parametrize("scale", list(SCALES))
def test_the_buttons_hold_in_a_hosts_mail(opened, shot, scale, width):
    tenant = make_tenant(scale=SCALES[scale])
    fragment = word_buttons(
        "html",
        tenant=tenant,
        survey=make_survey(scale=tenant.scale),
        token=TOKEN,
        base_url=BASE,
        locale="ru",
        question="Как решён ваш вопрос?",
    )
    page = opened(f"<!DOCTYPE html><p>Здравствуйте! Заявка закрыта.</p>{fragment}<p>С уважением</p>", width)
    shot(page, f"buttons-{scale}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
