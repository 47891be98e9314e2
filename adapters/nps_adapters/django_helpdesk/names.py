"""The words that django-helpdesk stores in the language of whoever acted: fields of changes, titles of follow-ups."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import translation


@cache
def field_names(word: str) -> frozenset[str]:
    """Every text under which a change of this field may be stored, English ``word`` included."""
    return frozenset((word, *_translations(word)))


@cache
def title_patterns(*words: str) -> tuple[re.Pattern[str], ...]:
    """Patterns for titles made from these English templates in any language; ``{username}``, ``%(id)d`` are groups."""
    texts = dict.fromkeys(text for word in words for text in (word, *_translations(word)))
    return tuple(re.compile(_pattern(text), re.DOTALL) for text in texts)


def matched(patterns: tuple[re.Pattern[str], ...], title: str | None) -> re.Match[str] | None:
    """The first match of a whole title."""
    found = (pattern.fullmatch(title or "") for pattern in patterns)
    return next((match for match in found if match), None)


def _pattern(template: str) -> str:
    parts = re.split(r"\{(\w+)\}|%\((\w+)\)[sd]", template)
    pattern = ""
    for number, part in enumerate(parts):
        if part is not None:
            pattern += re.escape(part) if number % 3 == 0 else f"(?P<{part}>.*)"
    return pattern


def _translations(word: str) -> Iterator[str]:
    import helpdesk

    folder = Path(helpdesk.__file__).parent / "locale"
    for catalogue in _catalogues(folder):
        yield catalogue.gettext(word)
    # a project may word things its own way in LOCALE_PATHS
    for code in dict.fromkeys((settings.LANGUAGE_CODE, translation.get_language() or settings.LANGUAGE_CODE)):
        with translation.override(code):
            yield translation.gettext(word)


@cache
def _catalogues(folder: Path) -> tuple[gettext.NullTranslations, ...]:
    found = []
    for file in sorted(folder.glob("*/LC_MESSAGES/django.mo")):
        with file.open("rb") as stream:
            found.append(gettext.GNUTranslations(stream))
    return tuple(found)
