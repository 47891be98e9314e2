"""The whole way of a client in a real browser: ru and en, phone and desktop, light and dark, without scripts too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.web.memory_desk import make_tenant

from nps_plugin.links import new_token
from nps_plugin.model import SCALES

WORDS = {
    "ru": {
        "unsent": "Ещё не отправлено",
        "send": "Отправить",
        "thanks": "Спасибо!",
        "more": "Другие причины",
        "comment": "Добавить комментарий",
        "brush_off": "Отписка вместо помощи",
        "end": "Мы всё получили",
    },
    "en": {
        "unsent": "Not sent yet",
        "send": "Send",
        "thanks": "Thank you!",
        "more": "More reasons",
        "comment": "Add a comment",
        "brush_off": "A brush-off instead of help",
        "end": "We have received everything",
    },
}
LOGO = (
    "image/svg+xml",
    b'<svg xmlns="http://www.w3.org/2000/svg" width="220" height="60"><rect width="60" height="60" fill="#123"/></svg>',
)


def fits(page) -> bool:
    """Nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


# every two of these meet in some case; all of them with all would be thirty
@pytest.mark.parametrize(
    ("device", "dark", "javascript", "locale", "scale"),
    [
        ("phone", False, True, "ru", "faces-3"),
        ("phone", False, True, "en", "nps-11"),
        ("phone", True, True, "en", "faces-3"),
        ("phone", True, True, "ru", "keypad-10"),
        ("desktop", False, True, "ru", "nps-11"),
        ("desktop", False, True, "en", "keypad-10"),
        ("desktop", True, True, "en", "nps-11"),
        ("desktop", True, True, "ru", "faces-3"),
        ("phone", False, False, "ru", "nps-11"),
        ("phone", False, False, "en", "faces-3"),
        ("phone", False, False, "ru", "keypad-10"),
    ],
)
def test_the_whole_way(desk, visit, shot, axe, device, dark, locale, scale, javascript):
    words, points = WORDS[locale], SCALES[scale].points
    token = desk.add(make_tenant(scale=SCALES[scale], brand={"logo": LOGO} if dark else {}), locale=locale)
    page = visit(f"/rate/acme/{token}?s={points[0]}", device=device, dark=dark, javascript=javascript)
    name = f"{scale}-{locale}-{device}-{'dark' if dark else 'light'}"
    expect(page.get_by_text(words["unsent"])).to_be_visible()
    assert page.locator("input[name=score]:checked").get_attribute("value") == str(points[0])
    question = page.get_by_role("heading").inner_text()
    expect(page.get_by_role("radiogroup", name=question)).to_have_count(1)
    assert desk.written() == []
    if javascript:
        shot(page, f"{name}-1-clicked")
        axe(page, "best-practice")

    page.get_by_role("button", name=words["send"]).click()
    expect(page.get_by_role("heading", name=words["thanks"])).to_be_visible()
    assert [call[:2] for call in desk.written()] == [("record", points[0])]
    expect(page.locator(".chip:visible")).to_have_count(3)
    expect(page.get_by_role("textbox")).to_be_hidden()
    if javascript:
        shot(page, f"{name}-2-why")

    page.get_by_text(words["more"]).click()
    expect(page.locator(".chip:visible")).to_have_count(6)
    page.get_by_label(words["brush_off"]).check()
    page.get_by_text(words["comment"]).click()
    page.get_by_role("textbox").fill("Ответили, но не помогли")
    if javascript:
        shot(page, f"{name}-3-unfolded")
        axe(page, "best-practice")
    assert fits(page)

    page.get_by_role("button", name=words["send"]).click()
    expect(page.get_by_text(words["end"])).to_be_visible()
    assert desk.written()[-1][1:4] == (points[0], ("brush_off",), "Ответили, но не помогли")
    if javascript:
        shot(page, f"{name}-4-end")
        axe(page, "best-practice")


@pytest.mark.parametrize(
    ("scale", "colour", "dark"),
    [
        *(
            ("faces-3", colour, dark)
            for colour in ("#0b6e4f", "#ffd400", "#101a3c", "#00aa66")
            for dark in (False, True)
        ),
        ("stars-5", "#ffd400", True),
        ("stars-5", "#101a3c", False),
        ("thumbs-2", "#ffd400", False),
        ("nps-11", "#00aa66", True),
        ("keypad-10", "#101a3c", True),
    ],
)
def test_every_scale_in_every_sort_of_colour_is_readable(desk, visit, shot, axe, scale, dark, colour):
    token = desk.add(make_tenant(scale=SCALES[scale], brand={"colour": colour}), locale="ru")
    page = visit(f"/rate/acme/{token}?s=1", dark=dark)
    shot(page, f"colour-{colour[1:]}-{scale}-{'dark' if dark else 'light'}")
    axe(page, "best-practice")
    assert fits(page)


def other_pages(desk):
    """(name, path) of every page that is not the form of an open question."""
    tenant = make_tenant()
    cancelled = desk.add(tenant, ticket="1")
    desk.cancel("acme", cancelled)
    locked, changeable, open_ = (desk.add(tenant, ticket=ticket) for ticket in "234")
    expired = desk.add(tenant, ticket="5", expires_at=desk.clock.now() + timedelta(hours=1))
    desk.record("acme", locked, "1", reasons=(), indicators={}, comment=None, evidence=None)
    desk.clock.advance(timedelta(hours=25))
    desk.record("acme", changeable, "1", reasons=(), indicators={}, comment=None, evidence=None)
    yield "cancelled", f"/rate/acme/{cancelled}", 410
    yield "locked", f"/rate/acme/{locked}", 200
    yield "changeable", f"/rate/acme/{changeable}", 200
    yield "expired", f"/rate/acme/{expired}", 410
    yield "unknown", f"/rate/acme/{new_token()}", 404
    yield "unsubscribe", f"/rate/acme/{open_}/unsubscribe", 200
    yield "open", f"/rate/acme/{open_}", 200


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("locale", ["ru", "en"])
def test_every_other_page_is_friendly_and_accessible(desk, visit, shot, axe, locale, dark):
    page = None
    for name, path, status in other_pages(desk):
        page = page or visit(path, dark=dark)
        response = page.goto(f"{page.url.split('/rate/')[0]}{path}?lang={locale}")
        assert response.status == status
        assert page.locator("html").get_attribute("lang") == locale
        expect(page.get_by_role("heading")).to_have_count(1)
        shot(page, f"page-{name}-{locale}-{'dark' if dark else 'light'}")
        axe(page, "best-practice")
        assert fits(page)


def test_a_form_that_was_open_for_too_long_comes_back_with_the_choice(desk, visit, shot, axe):
    token = desk.add(make_tenant())
    page = visit(f"/rate/acme/{token}")
    page.get_by_label("Okay").check()
    desk.clock.advance(timedelta(hours=1))
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("Okay").is_checked()
    shot(page, "stale")
    axe(page, "best-practice")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()


def test_sending_nothing_is_answered_kindly(desk, visit, shot, axe):
    page = visit(f"/rate/acme/{desk.add(make_tenant())}")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_have_text("Please choose one of the answers.")
    shot(page, "missing")
    axe(page, "best-practice")


def test_unsubscribing_by_hand(desk, visit, shot, axe):
    token = desk.add(make_tenant())
    page = visit(f"/rate/acme/{token}")
    page.get_by_role("link", name="Do not ask me again").click()
    assert not desk.lines["acme", token].opted_out
    page.get_by_role("button", name="Do not ask me again").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert desk.lines["acme", token].opted_out
    shot(page, "unsubscribed")
    axe(page, "best-practice")


def test_a_changed_mind_and_a_changed_language(desk, visit):
    token = desk.add(make_tenant())
    page = visit(f"/rate/acme/{token}?s=1")
    page.get_by_role("link", name="Русский").click()
    assert page.get_by_label("Плохо").is_checked()
    page.get_by_role("button", name="Отправить").click()
    page.get_by_role("link", name="Изменить ответ").click()
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page.get_by_text("Вы уже ответили")).to_be_visible()
    page.get_by_label("Хорошо").check()
    page.get_by_role("button", name="Отправить").click()
    expect(page.get_by_role("heading", name="Спасибо!")).to_be_visible()
    assert desk.lines["acme", token].score == 3


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_by_keyboard_alone(desk, visit, shot, javascript):
    token = desk.add(make_tenant())
    page = visit(f"/rate/acme/{token}", device="desktop", javascript=javascript)
    keys = page.keyboard
    keys.press("Tab")  # into the points
    keys.press("ArrowRight")
    keys.press("ArrowLeft")
    assert page.get_by_label("Bad").is_checked()
    shot(page, "keyboard")
    keys.press("Tab")  # the button
    keys.press("Enter")
    page.get_by_role("heading", name="Thank you!").wait_for()
    keys.press("Tab")
    keys.press("Space")  # the first reason
    for _ in range(3):
        keys.press("Tab")
    keys.press("Enter")  # more reasons
    keys.press("Tab")
    keys.press("Space")
    for _ in range(3):
        keys.press("Tab")
    keys.press("Enter")  # the comment
    keys.press("Tab")
    keys.type("by keyboard")
    keys.press("Tab")
    keys.press("Enter")
    page.get_by_text("We have received everything").wait_for()
    assert desk.written()[-1][1:4] == (1, ("speed", "not_solved"), "by keyboard")


def test_focus_is_seen(desk, visit):
    page = visit(f"/rate/acme/{desk.add(make_tenant())}", device="desktop")
    page.keyboard.press("Tab")
    outline = page.evaluate(
        "getComputedStyle(document.activeElement.nextElementSibling).outlineStyle + ' ' +"
        " getComputedStyle(document.activeElement.nextElementSibling).outlineWidth"
    )
    assert outline == "solid 3px"


@pytest.mark.parametrize("scale", list(SCALES))
def test_touch_targets_are_large_on_a_phone(desk, visit, scale):
    token = desk.add(make_tenant(scale=SCALES[scale]), locale="ru")
    page = visit(f"/rate/acme/{token}")
    boxes = [found.bounding_box() for found in page.locator(".point, button, footer a").all()]
    assert len(boxes) == len(SCALES[scale].points) + 3
    for box in boxes:
        assert box["height"] >= 44
        assert box["width"] >= 44
    page.locator("input[type=radio]").first.check()
    page.get_by_role("button").click()
    expect(page.locator(".chip:visible")).to_have_count(3)
    for found in page.locator(".chip:visible, summary, button").all():
        assert found.bounding_box()["height"] >= 44


@pytest.mark.parametrize("scale", list(SCALES))
def test_large_text_and_a_narrow_window_hold(desk, visit, shot, scale):
    token = desk.add(make_tenant(scale=SCALES[scale]), locale="ru")
    page = visit(f"/rate/acme/{token}?s=1")
    page.set_viewport_size({"width": 320, "height": 600})
    assert fits(page)
    # the client's own larger text: the style sheet counts in rem
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    shot(page, f"large-text-{scale}")
    assert fits(page)


def test_motion_is_still_where_the_client_wants_it_so(desk, visit):
    page = visit(f"/rate/acme/{desk.add(make_tenant())}", reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('.box')).transitionDuration") == "0s"
    moving = visit(f"/rate/acme/{desk.add(make_tenant())}", reduced_motion="no-preference")
    assert moving.evaluate("getComputedStyle(document.querySelector('.box')).transitionDuration") != "0s"


def test_a_text_that_is_too_long_gets_its_page(desk, visit, shot, axe):
    token = desk.add(make_tenant())
    page = visit(f"/rate/acme/{token}?s=1")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Add a comment").click()
    page.evaluate("document.querySelector('textarea').removeAttribute('maxlength')")
    page.get_by_role("textbox").fill("x" * 100_000)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Your text is too long")).to_be_visible()
    shot(page, "too-long")
    axe(page, "best-practice")
    page.get_by_role("link", name="Back to the question").click()
    expect(page.get_by_text("You have answered already")).to_be_visible()


def test_a_script_in_a_text_stays_text(desk, visit):
    evil = "<img src=x onerror=document.title='broken'><script>document.title='broken'</script>"
    token = desk.add(make_tenant(brand={"name": evil}), ticket=evil, question=evil)
    page = visit(f"/rate/acme/{token}")
    expect(page.get_by_role("heading")).to_have_text(evil)
    assert page.title().startswith(evil)
