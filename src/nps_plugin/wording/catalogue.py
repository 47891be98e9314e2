"""The catalogues. The source language is English; the .po files are read when first needed, with no build step."""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

DOMAIN = "nps_plugin"
SOURCE = "en"


def msgid(message: str) -> str:
    """Mark a text for the catalogue where it stands in a table and is translated later."""
    return message


@lru_cache(maxsize=1)
def locales() -> tuple[str, ...]:
    """The locales that ship, English first."""
    folder = files(__package__).joinpath("locales")
    found = (entry.name for entry in folder.iterdir() if entry.joinpath("LC_MESSAGES", f"{DOMAIN}.po").is_file())
    return (SOURCE, *sorted(name for name in found if name != SOURCE))


def locale_for(*wanted: str) -> str:
    """The first wanted locale that ships, by language (``"ru-RU"``, ``"en_GB"``; "" is passed over), else ``"en"``."""
    for name in wanted:
        language = (name or "").strip().replace("_", "-").split("-")[0].split(".")[0].casefold()
        if language in locales():
            return language
    return SOURCE


def accepted(header: str) -> tuple[str, ...]:
    """The languages of an ``Accept-Language`` header, most wanted first. What cannot be read is passed over."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:1000].split(",")):
        name, _, parameters = part.strip().partition(";")
        quality = 1.0
        if parameters.strip().startswith("q="):
            try:
                quality = float(parameters.strip()[2:])
            except ValueError:
                continue
        if name and name != "*" and 0 < quality <= 1:
            wanted.append((-quality, place, name.strip()))
    return tuple(name for _, _, name in sorted(wanted))


@lru_cache(maxsize=16)
def translations(locale: str) -> NullTranslations:
    """The catalogue of a shipped locale (see :func:`locale_for`), ready for gettext, ngettext and pgettext."""
    if locale not in locales():
        raise ValueError(f"no catalogue for locale {locale!r}; there are {', '.join(locales())}")
    if locale == SOURCE:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = files(__package__).joinpath("locales", locale, "LC_MESSAGES", f"{DOMAIN}.po")
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=locale))
    compiled.seek(0)
    return GNUTranslations(compiled)
