"""Clocks and people: escalations and their pings, legal clocks, watches and what they saw; drills marked as such."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=nullable)


def member(name: str, *values: str) -> sa.Column[str]:
    kind = sa.Enum(*values, native_enum=False, create_constraint=False, length=20)
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("incidents") as table:
        table.add_column(sa.Column("drill", sa.Boolean(), nullable=True))
    op.execute("UPDATE incidents SET drill = false")
    with op.batch_alter_table("incidents") as table:
        table.alter_column("drill", existing_type=sa.Boolean(), nullable=False)
    op.create_table(
        "escalations",
        words("id"),
        words("incident"),
        words("rule"),
        words("target"),
        words("why"),
        moment("opened"),
        member("state", "waiting", "acknowledged", "exhausted"),
        sa.Column("rung", sa.Integer(), nullable=False),
        words("handed_to"),
        words("acknowledged_by"),
        moment("acknowledged", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_escalations"),
    )
    op.create_index("ix_escalations_incident", "escalations", ["incident", "opened"])
    op.create_index("ix_escalations_state", "escalations", ["state", "opened"])
    op.create_table(
        "pings",
        words("escalation"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        member("way", "chat", "mail", "pager"),
        words("to"),
        moment("at"),
        words("problem"),
        sa.ForeignKeyConstraint(["escalation"], ["escalations.id"], name="fk_pings_escalation"),
        sa.PrimaryKeyConstraint("escalation", "number", "way", "to", name="pk_pings"),
    )
    op.create_table(
        "legal_clocks",
        words("incident"),
        words("jurisdiction"),
        moment("aware"),
        words("aware_by"),
        moment("due"),
        moment("notified", nullable=True),
        words("notified_by"),
        words("sent"),
        sa.PrimaryKeyConstraint("incident", "jurisdiction", name="pk_legal_clocks"),
    )
    op.create_index("ix_legal_clocks_due", "legal_clocks", ["due"])
    op.create_table(
        "watches",
        words("id"),
        words("incident"),
        words("account"),
        words("region"),
        words("instance"),
        moment("began"),
        moment("until"),
        member("state", "running", "paused", "ended", "stopped"),
        words("by"),
        moment("paused_at", nullable=True),
        sa.Column("paused_for", sa.Float(), nullable=False),
        words("verdict"),
        words("signed_by"),
        moment("signed", nullable=True),
        words("replaces"),
        sa.PrimaryKeyConstraint("id", name="pk_watches"),
    )
    op.create_index("ix_watches_incident", "watches", ["incident", "began"])
    op.create_index("ix_watches_state", "watches", ["state", "began"])
    op.create_table(
        "watched",
        words("watch"),
        moment("due"),
        moment("at"),
        member("mark", "clear", "hit", "gap", "missed"),
        sa.Column("says", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["watch"], ["watches.id"], name="fk_watched_watch"),
        sa.PrimaryKeyConstraint("watch", "due", name="pk_watched"),
    )


def downgrade() -> None:
    for table in ("watched", "watches", "legal_clocks", "pings", "escalations"):
        op.drop_table(table)
    with op.batch_alter_table("incidents") as table:
        table.drop_column("drill")
