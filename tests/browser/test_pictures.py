"""The two pictures of the README. To renew them: NPS_SCREENSHOTS=docs/images pytest tests/browser/test_pictures.py"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.browser.conftest import with_pictures
from tests.web.memory_desk import make_survey, make_tenant

from nps_plugin.model import Client
from nps_plugin.wording.mail import word_question

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" width="252" height="60" viewBox="0 0 252 60">
<rect y="6" width="48" height="48" rx="13" fill="#0b6e4f"/>
<path d="M11 31l9 9 17-21" fill="none" stroke="#fff" stroke-width="5.5" stroke-linecap="round" stroke-linejoin="round"/>
<text x="60" y="42" font-family="Inter,system-ui,sans-serif" font-size="32" font-weight="700">Northwind</text>
</svg>"""
SHARP = {"viewport": {"width": 720, "height": 540}, "device_scale_factor": 2}


def test_the_rating_page(browser, desk, origin, shot):
    tenant = make_tenant(brand={"name": "Northwind", "logo": ("image/svg+xml", LOGO.encode())})
    context = browser.new_context(**SHARP)
    page = context.new_page()
    page.goto(f"{origin}/rate/acme/{desk.add(tenant)}?s=3")
    assert shot(page, "rating-page").stat().st_size < 150_000
    context.close()


def test_the_mail(browser, shot):
    context = browser.new_context(**SHARP)
    page = context.new_page()
    page.set_viewport_size({"width": 720, "height": 470})
    page.set_content(f"<body style='margin:0'>{LOGO}")
    logo = page.locator("svg").screenshot(omit_background=True)
    tenant = make_tenant(brand={"name": "Northwind", "logo": ("image/png", logo)})
    message = word_question(
        tenant=tenant,
        survey=make_survey(),
        client=Client(email="ann@example.net"),
        message_id="m-1",
        subject="VPN drops every hour",
        token="A" * 22,
        base_url="https://help.example.org/rate",
        locale="en",
        question="How was your request resolved?",
        at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    )
    page.set_content(with_pictures(message.html, message.images))
    assert shot(page, "mail").stat().st_size < 150_000
    context.close()
