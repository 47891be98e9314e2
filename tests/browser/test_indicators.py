"""Indicators after the score, on a phone: three rows of three, one tap each, with the keyboard alone and without
scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.test_pages import WORDS, fits
from tests.web.memory_desk import make_tenant

from nps_plugin.config.settings import Indicator
from nps_plugin.model import INDICATORS

TAPS = {"ru": ("Да", "Частично", "Нет"), "en": ("Yes", "Partly", "No")}


@pytest.fixture
def token(desk):
    agreed = {code: Indicator(criterion=criterion) for code, criterion in INDICATORS.items()}
    return lambda locale: desk.add(make_tenant(indicators=agreed), locale=locale)


@pytest.mark.parametrize(("locale", "dark", "score"), [("ru", True, 1), ("en", False, 3)])
def test_three_taps_and_one_press_store_them(desk, visit, shot, axe, token, locale, dark, score):
    link = token(locale)
    page = visit(f"/rate/acme/{link}?s={score}", dark=dark)
    page.get_by_role("button", name=WORDS[locale]["send"]).click()
    groups = page.locator(".indicators").get_by_role("group")
    expect(groups).to_have_count(3)
    expect(page.locator(".indicators input:checked")).to_have_count(0)
    names = [group.locator("input").first.get_attribute("name").removeprefix("i.") for group in groups.all()]
    for group, word in zip(groups.all(), TAPS[locale], strict=True):
        assert [label.inner_text() for label in group.locator("label").all()] == list(TAPS[locale])
        box = group.get_by_label(word, exact=True)
        box.check()
        size = group.locator("label").first.bounding_box()
        assert min(size["width"], size["height"]) >= 44
    shot(page, f"indicators-{locale}-{'dark' if dark else 'light'}")
    axe(page, "best-practice")
    assert fits(page)
    for text in page.locator(".taps .box").all():
        assert text.evaluate("e => e.scrollWidth <= e.clientWidth"), "a word runs out of its box"
    page.get_by_role("button", name=WORDS[locale]["send"]).click()
    expect(page.get_by_text(WORDS[locale]["end"])).to_be_visible()
    assert desk.lines["acme", link].indicators == dict(zip(names, ("yes", "partly", "no"), strict=True))


def test_without_scripts_and_by_the_keyboard_alone(desk, visit, token):
    link = token("en")
    page = visit(f"/rate/acme/{link}?s=3", javascript=False)
    page.get_by_role("button", name="Send").click()
    first = page.locator(".indicators input").first
    first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text(WORDS["en"]["end"])).to_be_visible()
    assert list(desk.lines["acme", link].indicators.values()) == ["partly"]
