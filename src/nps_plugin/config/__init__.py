"""Per-tenant configuration: read from TOML or a mapping, checked whole, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .secret import Secret
from .settings import (
    PATIENCE,
    SPOKEN,
    Ask,
    Brand,
    CalendarSettings,
    Indicator,
    KpiRule,
    Minimum,
    Own,
    Page,
    Rate,
    Settings,
    Signs,
    Target,
    Targets,
    Tenant,
    Texts,
    Way,
    Webhook,
)

__all__ = [
    "PATIENCE",
    "SPOKEN",
    "Ask",
    "Brand",
    "CalendarSettings",
    "Indicator",
    "KpiRule",
    "Minimum",
    "Own",
    "Page",
    "Rate",
    "Secret",
    "Settings",
    "Signs",
    "Target",
    "Targets",
    "Tenant",
    "Texts",
    "Way",
    "Webhook",
    "read_mapping",
    "read_toml",
]

# The schemas are made when something is read: they cost more than all the words of the library.


def read_toml(path: str | Path) -> Settings:
    """Read a TOML file. Raises :class:`~nps_plugin.errors.ConfigError` with all problems, syntax errors included."""
    from . import read

    return read.read_toml(path)


def read_mapping(data: Mapping[str, Any], base: Path | None = None) -> Settings:
    """Read a mapping of the same shape. ``base`` is the folder from which logo files are looked for."""
    from . import read

    return read.read_mapping(data, base)
