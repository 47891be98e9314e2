"""Run by Alembic. The connection comes from ``run.upgrade``; there is no offline mode yet."""

from __future__ import annotations

from alembic import context

from nps_plugin.store.migrations import VERSION_TABLE
from nps_plugin.store.tables import metadata

connection = context.config.attributes["connection"]
if connection.dialect.name == "sqlite":
    # the write lock first: a second process that upgrades waits here, and then finds the work done
    connection = connection.execution_options(nps_immediate=True)
with connection.begin():
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        render_as_batch=True,
        transactional_ddl=True,
    )
    context.run_migrations()
