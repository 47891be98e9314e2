"""Secrets from the environment or a file, which never show themselves."""

from __future__ import annotations

import hmac
import os
from pathlib import Path


class Secret:
    """A text that must not be seen. ``reveal()`` is the only way to it; ``repr``, ``str`` and pickling do not show
    it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret text itself, for the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not pickled; hand over its env: or file: reference instead")


def read_secret(reference: object) -> Secret:
    """The secret that ``"env:NAME"`` or ``"file:/path"`` names. Raises ``ValueError`` saying what is missing, never
    its text."""
    if isinstance(reference, Secret):
        return reference
    if isinstance(reference, str) and reference.startswith("env:"):
        name = reference[4:]
        value = os.environ.get(name, "")
        if not value:
            raise ValueError(f"the environment variable {name} is not set; set it or name another")
        return Secret(value)
    if isinstance(reference, str) and reference.startswith("file:"):
        path = Path(reference[5:])
        try:
            value = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ValueError(f"the file {path} cannot be read ({error.strerror})") from error
        if not value:
            raise ValueError(f"the file {path} is empty")
        return Secret(value)
    raise ValueError('expected "env:NAME" or "file:/path"; a secret is never written into the configuration itself')


def keyed_digest(key: Secret, purpose: str, text: str) -> str:
    """A keyed hash, for values that must be recognised again but not read (suppressed addresses, sampling)."""
    return hmac.digest(key.reveal().encode(), f"{purpose}\0{text}".encode(), "sha256").hex()
