"""The schema's history. ``HEAD`` is known without Alembic, so that a start need not import it."""

#: The revision that this release needs; a test holds it against the scripts.
HEAD = "nps_0006"
VERSION_TABLE = "nps_alembic_version"
