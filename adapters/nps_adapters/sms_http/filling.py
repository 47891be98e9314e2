"""Named placeholders in the texts of the settings: ``{phone}`` is replaced, and nothing is ever run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nps_plugin import Secret

#: What stands in them, for people who write them.
NAMES: Mapping[str, str] = {
    "phone": "the number as +79161234567",
    "digits": "the number as 79161234567",
    "text": "what is said",
    "id": "our own id of the message, 24 characters",
    "hook": "the address for answers and reports",
}
_PLACEHOLDER = re.compile(r"\{([a-z]+)(?::([A-Za-z0-9_-]+))?\}")


def mistakes(text: str, secrets: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the placeholders of a text."""
    for name, argument in _PLACEHOLDER.findall(text):
        if name == "secret" and argument:
            if argument not in secrets:
                yield f"{{secret:{argument}}} is not in secrets; expected one of {', '.join(secrets) or 'none'}"
        elif name not in NAMES or argument:
            known = ", ".join(f"{{{one}}}" for one in NAMES)
            yield f"{{{name}{':' + argument if argument else ''}}} is unknown; expected one of {known}, {{secret:NAME}}"


def texts_of(value: object) -> Iterator[str]:
    """Every text in a value of tables and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)


def fill(
    text: str, values: Mapping[str, str], secrets: Mapping[str, Secret], quoted: Callable[[str], str] = str
) -> str:
    """The text with its placeholders replaced, each value as ``quoted`` writes it. Once: what a value holds stays."""

    def value(found: re.Match[str]) -> str:
        name, argument = found.groups()
        return quoted(secrets[argument].reveal() if name == "secret" else values[name])

    return _PLACEHOLDER.sub(value, text)


def fill_all(value: Any, values: Mapping[str, str], secrets: Mapping[str, Secret]) -> Any:
    """The same within tables and lists, for JSON; numbers and truth stay as they are."""
    if isinstance(value, str):
        return fill(value, values, secrets)
    if isinstance(value, Mapping):
        return {key: fill_all(one, values, secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [fill_all(one, values, secrets) for one in value]
    return value
