"""A browser of a few lines: pages are fetched over HTTP, forms read from their HTML, filled and sent back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

#: A person's browser; a bare library's name would be taken for a mail scanner.
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


@dataclass
class Form:
    """A form as a browser would send it: ``values`` holds what is preset, ``choices`` what could be chosen."""

    action: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Page:
    """A page that was fetched."""

    status: int
    url: str
    text: str
    forms: list[Form]
    links: list[str]
    #: the texts of its headings
    headings: list[str]

    def form(self, **wanted: str) -> Form:
        """The first form that has these attributes or, for ``field``, a field of that name."""
        name = wanted.pop("field", "")
        for form in self.forms:
            known = form.values.keys() | form.choices.keys()
            if wanted.items() <= form.attributes.items() and (not name or name in known):
                return form
        raise LookupError(f"{self.url} ({self.status}) has no form with {wanted or name}")


class Browser:
    """Keeps cookies between pages, as one person's browser does."""

    def __init__(self) -> None:
        self._session = requests.Session()
        # loopback only, whatever proxies the environment names
        self._session.trust_env = False
        self._session.headers["User-Agent"] = _AGENT

    def get(self, url: str) -> Page:
        """Fetch a page."""
        return _page(self._session.get(url, timeout=20))

    def send(self, page: Page, form: Form, **filled: str | Sequence[str]) -> Page:
        """Send a form of a page, with some of its fields filled in; an empty list leaves a field out."""
        values = dict(form.values)
        for name, value in filled.items():
            if name not in form.values and name not in form.choices:
                raise LookupError(f"the form on {page.url} has no field {name!r}")
            values[name] = [value] if isinstance(value, str) else list(value)
        data = [(name, value) for name, several in values.items() for value in several]
        headers = {"Referer": page.url}
        return _page(self._session.post(urljoin(page.url, form.action), data=data, headers=headers, timeout=20))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _page(response: requests.Response) -> Page:
    return read_page(response.status_code, response.url, response.text)


def read_page(status: int, url: str, text: str) -> Page:
    """A page from its HTML."""
    reader = _Reader()
    reader.feed(text)
    return Page(status, url, text, reader.forms, reader.links, reader.headings)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._area: str | None = None
        self._heading: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in _HEADINGS:
            self._heading = []
        elif tag == "form":
            self._form = Form(action=given.get("action", ""), attributes=given)
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given, {name for name, _ in attrs})

    def _field(self, form: Form, tag: str, given: Mapping[str, str], flags: set[str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            form.values[name] = [""]
        elif tag == "option" and self._select:
            self._choice(form, self._select, given.get("value", ""), chosen="selected" in flags, preset=True)
        elif tag == "input" and name and given.get("type") not in ("submit", "file", "button", "image"):
            if given.get("type") in ("radio", "checkbox"):
                self._choice(form, name, given.get("value", "on"), chosen="checked" in flags, preset=False)
            else:
                form.values.setdefault(name, []).append(given.get("value", ""))

    @staticmethod
    def _choice(form: Form, name: str, value: str, *, chosen: bool, preset: bool) -> None:
        known = form.choices.setdefault(name, [])
        # a browser sends the first option of a list unless another one is marked
        if chosen or (preset and not known):
            form.values[name] = [value] if preset else [*form.values.get(name, []), value]
        known.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = None
        elif tag in _HEADINGS and self._heading is not None:
            self.headings.append(" ".join("".join(self._heading).split()))
            self._heading = None

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._form is not None:
            self._form.values[self._area][0] += data
        if self._heading is not None:
            self._heading.append(data)
