"""Migrations on the connection from `storage.migrate`, or on EC2IR_DATABASE_URL under alembic's own command."""

import os

from alembic import context
from sqlalchemy import Connection

from storage.engines import sync_engine
from storage.tables import metadata


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what DBOS keeps beside our tables."""
    return not (kind == "schema" and name == "dbos")


def migrate(connection: Connection) -> None:
    """Run inside the transaction that the connection is in; SQLite takes DDL back, too."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=ours,
        compare_type=True,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with sync_engine(os.environ["EC2IR_DATABASE_URL"]).begin() as opened:
        migrate(opened)
