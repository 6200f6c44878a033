"""The whole playbook: answers, ticks, indicators, files, root causes, and instances as they first were."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SAID = ("open", "done", "not applicable", "yes", "no")


def words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("instances") as table:
        table.add_column(sa.Column("first", sa.JSON(), nullable=True))
    op.execute("UPDATE instances SET first = facts")
    with op.batch_alter_table("instances") as table:
        table.alter_column("first", existing_type=sa.JSON(), nullable=False)
    with op.batch_alter_table("findings") as table:
        table.add_column(sa.Column("techniques", sa.JSON(), nullable=True))
    op.execute("UPDATE findings SET techniques = '[]'")
    with op.batch_alter_table("findings") as table:
        table.alter_column("techniques", existing_type=sa.JSON(), nullable=False)
    op.create_table(
        "answers",
        words("incident"),
        words("account"),
        words("region"),
        words("instance"),
        words("check"),
        moment("at"),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "account", "region", "instance", "check", name="pk_answers"),
    )
    op.create_table(
        "ticks",
        words("incident"),
        words("row"),
        sa.Column(
            "said", sa.Enum(*SAID, native_enum=False, create_constraint=False, length=20), nullable=False
        ),
        words("by"),
        moment("at"),
        words("assignee"),
        words("comment"),
        sa.PrimaryKeyConstraint("incident", "row", name="pk_ticks"),
    )
    op.create_table(
        "indicators",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        words("incident"),
        words("kind"),
        words("value"),
        words("about"),
        moment("first"),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_indicators"),
        sa.UniqueConstraint("incident", "kind", "value", name="uq_indicators_incident"),
    )
    op.create_table(
        "files",
        words("id"),
        words("incident"),
        words("name"),
        words("media"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        words("sha256"),
        moment("at"),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_index("ix_files_incident", "files", ["incident", "at"])
    op.create_table(
        "root_causes",
        words("incident"),
        sa.Column("body", sa.JSON(), nullable=False),
        words("by"),
        moment("at"),
        sa.PrimaryKeyConstraint("incident", name="pk_root_causes"),
    )


def downgrade() -> None:
    for table in ("root_causes", "files", "indicators", "ticks", "answers"):
        op.drop_table(table)
    with op.batch_alter_table("findings") as table:
        table.drop_column("techniques")
    with op.batch_alter_table("instances") as table:
        table.drop_column("first")
