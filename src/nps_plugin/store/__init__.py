"""Tables, engine, the host's transaction, the outbox and migrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def include_name(name: str | None, kind: str, _parents: Mapping[str, Any]) -> bool:
    """For ``context.configure(include_name=...)`` in the Alembic environment of a host whose database holds our tables.

    Without it the host's ``alembic revision --autogenerate`` proposes to drop them, since its own metadata does not
    know them. Only our tables are left out, by their exact names; everything else is the host's. A host that has a
    filter of its own calls both.
    """
    if kind != "table":
        return True
    # Alembic is running, so that the tables are no burden any more
    from .migrations import VERSION_TABLE
    from .tables import metadata

    return name != VERSION_TABLE and name not in metadata.tables
