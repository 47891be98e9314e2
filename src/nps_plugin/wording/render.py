"""The templates: loaded when first used, everything escaped, a missing value an error."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .catalogue import translations

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache(maxsize=16)
def environment(locale: str) -> Environment:
    """The templates in a shipped locale."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("nps_plugin.wording"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # newstyle: values are put into a translated text after it was marked safe, so that they are escaped too
    made.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    return made


def render(template: str, locale: str, **values: Any) -> str:
    """A template in a shipped locale; ``lang`` is put in by itself."""
    return environment(locale).get_template(template).render(lang=locale, **values)
