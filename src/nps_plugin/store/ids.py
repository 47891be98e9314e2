"""Surrogate keys: random, and in the order of their making, so that new rows stand together in an index."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_id(now: datetime) -> str:
    """32 hex digits: 48 bits of milliseconds, then 80 random bits."""
    return f"{int(now.timestamp() * 1000) & (1 << 48) - 1:012x}{secrets.token_hex(10)}"
