"""The report as people see it: on a desk, a phone and paper, light and dark, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import DEVICES
from tests.reports.desk import Desk, opened

from nps_plugin import Ratings


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ratings]:
    """A desk whose KPI looks good and whose clients are not, with one agent far below the others."""
    path = tmp_path_factory.mktemp("report") / "nps.sqlite3"
    desk = Desk(
        kpi=0.93, kpi_drift=0.03, satisfied=0.78, satisfied_drift=-0.06, bad_agent="karpov", changed_at=3, seed=11
    )
    library = opened(f"sqlite:///{path}", desk)
    yield library
    library.close()


@pytest.fixture
def read(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page as a file, in a context of its own; nothing else may be asked for, and no policy violated."""
    contexts: list[Any] = []
    asked: list[str] = []
    complaints: list[str] = []

    def open_page(html: str, *, device: str = "desktop", dark: bool = False, javascript: bool = True) -> Any:
        path = tmp_path / f"report{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(
            **DEVICES[device], color_scheme="dark" if dark else "light", java_script_enabled=javascript
        )
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(tmp_path.as_uri())] == []
    assert complaints == []


def wider_than_the_screen(page: Any) -> list[str]:
    """What sticks out of the window and does not scroll by itself."""
    return list(
        page.evaluate(
            "[...document.querySelectorAll('body *')].filter(one => !one.closest('.scroll')"
            " && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
            ".map(one => one.tagName + '.' + one.className)"
        )
    )


@pytest.mark.parametrize(
    ("device", "dark", "locale"),
    [("desktop", False, "en"), ("desktop", True, "ru"), ("phone", False, "ru"), ("phone", True, "en")],
)
def test_it_reads_well_everywhere(ratings, read, shot, axe, device, dark, locale):
    report = ratings.report("acme", by="agent" if locale == "en" else ())
    page = read(report.html(locale), device=device, dark=dark)
    assert wider_than_the_screen(page) == []
    axe(page)
    seen = page.locator("figure svg:visible")
    assert seen.count() == len(report.pictures(locale))
    shot(page, f"report-{locale}-{device}-{'dark' if dark else 'light'}")


def test_headline_and_four_numbers_are_seen_without_scrolling(ratings, read):
    page = read(ratings.report("acme").html())
    height = page.viewport_size["height"]
    boxes = [one.bounding_box() for one in page.locator("h1, .cards li, #h-look").all()]
    assert len(boxes) == 6
    assert all(box["y"] < height for box in boxes)


def test_dark_and_light_have_colours_of_their_own(ratings, read):
    html = ratings.report("acme").html()
    found = [
        read(html, dark=dark).evaluate("getComputedStyle(document.querySelector('figure svg text')).fill")
        for dark in (False, True)
    ]
    assert found[0] != found[1]


def test_on_paper_it_is_light_and_nothing_is_cut_off(ratings, read, tmp_path):
    page = read(ratings.report("acme", by="agent").html("ru"), dark=True)
    # A4 less its margins, in CSS pixels
    page.set_viewport_size({"width": 695, "height": 1020})
    page.emulate_media(media="print", color_scheme="dark")
    assert wider_than_the_screen(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 695
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(22, 24, 29)"
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 20_000


def test_without_javascript_it_is_the_same(ratings, read):
    html = ratings.report("acme").html()
    page = read(html, javascript=False)
    assert page.locator("table tbody tr").count() > 12


def test_a_wide_table_scrolls_by_keyboard(ratings, read):
    page = read(ratings.report("acme", by="agent").html(), device="phone")
    table = page.locator(".scroll").first
    table.focus()
    page.keyboard.press("ArrowRight")
    # frame by frame: the page lets no text become code, which waiting for an expression would need
    scrolled = """table => new Promise(done => {
        let frames = 300
        const look = () => table.scrollLeft > 0 || !frames-- ? done(table.scrollLeft > 0) : requestAnimationFrame(look)
        look()
    })"""
    assert table.evaluate(scrolled)


@pytest.mark.parametrize("audience", ["everyone", "agent", "operator"])
def test_each_audience_has_a_clean_page(ratings, read, axe, shot, audience):
    report = ratings.report("acme", audience=audience, agent="orlov" if audience == "agent" else None)
    page = read(report.html(pictures=False))
    axe(page)
    shot(page, f"report-{audience}")
