"""Per-tenant configuration: read from TOML or a mapping, checked whole, then frozen."""

from .read import read_mapping, read_toml
from .secret import Secret
from .settings import Ask, Brand, CalendarSettings, KpiRule, Page, Settings, Tenant, Texts

__all__ = [
    "Ask",
    "Brand",
    "CalendarSettings",
    "KpiRule",
    "Page",
    "Secret",
    "Settings",
    "Tenant",
    "Texts",
    "read_mapping",
    "read_toml",
]
