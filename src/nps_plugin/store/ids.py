"""Surrogate keys: random, and in the order of their making, so that new rows stand together in an index."""

from __future__ import annotations

import secrets
from datetime import datetime


def first_id(at: datetime) -> str:
    """What every id made before that moment is less than, and no id made since."""
    return f"{int(at.timestamp() * 1000):012x}"


def new_id(now: datetime) -> str:
    """32 hex digits: 48 bits of milliseconds, then 80 random bits."""
    return f"{int(now.timestamp() * 1000) & (1 << 48) - 1:012x}{secrets.token_hex(10)}"
