"""A headless Chromium before the real pages on a real server. Where there is none, tests/conftest.py says so."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.memory_desk import MemoryDesk

#: name -> what a browser context is made with
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(chromium),
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--disable-sync",
                "--no-first-run",
                "--font-render-hinting=none",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def origin(desk: MemoryDesk) -> Iterator[str]:
    """The address of a threaded WSGI server that has the pages mounted under /rate."""
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from werkzeug.serving import WSGIRequestHandler, make_server

    from nps_plugin.web.wsgi import wsgi_app

    class Quiet(WSGIRequestHandler):
        def log(self, *args: object, **kwargs: object) -> None:
            """Nothing: the addresses hold tokens."""

    def elsewhere(environ: Any, start_response: Any) -> list[bytes]:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not ours"]

    server = make_server(
        "127.0.0.1",
        0,
        DispatcherMiddleware(elsewhere, {"/rate": wsgi_app(desk)}),
        threaded=True,
        request_handler=Quiet,
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(browser: Any, origin: str) -> Iterator[Callable[..., Any]]:
    """Opens a page of its own: ``visit(path, device="phone", dark=False, javascript=True)``.

    At the end no request of any of them may have left the origin, and no policy may have been violated.
    """
    contexts: list[Any] = []
    requested: list[str] = []
    complaints: list[str] = []

    def open_page(path: str, *, device: str = "phone", dark: bool = False, javascript: bool = True, **more: Any) -> Any:
        context = browser.new_context(
            **DEVICES[device], color_scheme="dark" if dark else "light", java_script_enabled=javascript, **more
        )
        contexts.append(context)
        context.on("request", lambda request: requested.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if "Content" in message.text else None)
        page.goto(f"{origin}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in requested if not url.startswith(f"{origin}/rate/") and url != f"{origin}/favicon.ico"] == []
    assert complaints == []


@pytest.fixture
def shot(tmp_path: Path) -> Callable[[Any, str], Path]:
    """Keeps a picture of a whole page: in NPS_SCREENSHOTS where that is set, else in the test's own folder."""

    def keep(page: Any, name: str) -> Path:
        folder = Path(os.environ.get("NPS_SCREENSHOTS") or tmp_path)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=str(path), full_page=True, animations="disabled")
        assert path.stat().st_size > 1000
        return path

    return keep


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """Holds a page against WCAG 2.2 AA, and further sets of rules where named, with axe-core."""
    from axe_playwright_python.sync_playwright import Axe

    checker = Axe()

    def check(page: Any, *more: str) -> None:
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", *more]
        results = checker.run(page, options={"runOnly": {"type": "tag", "values": rules}})
        assert len(results.response["passes"]) > 5, "axe looked at nothing"
        assert results.violations_count == 0, results.generate_report()

    return check


def with_pictures(html: str, images: Any) -> str:
    """A mail's HTML with its inline pictures in place, as a mail client shows it."""
    for name, (media_type, content) in images.items():
        html = html.replace(f"cid:{name}", f"data:{media_type};base64,{base64.b64encode(content).decode()}")
    return html
