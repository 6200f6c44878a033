"""Begin: everything that the first incident needs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UNSENT = "state IN ('waiting', 'sending')"
MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("timeline", "evidence")
TABLES = (
    "steps",
    "intents",
    "instances",
    "findings",
    "approvals",
    "timeline",
    "slots",
    "runs",
    "proposals",
    "outbox",
    "letters",
    "incidents",
    "executors",
    "evidence",
    "clicks",
)


def words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=nullable)


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "clicks",
        words("key"),
        words("person"),
        words("name"),
        moment("at"),
        sa.PrimaryKeyConstraint("key", name="pk_clicks"),
    )
    op.create_table(
        "evidence",
        words("incident"),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        moment("at"),
        words("kind"),
        words("subject"),
        sa.Column("body", sa.JSON(), nullable=False),
        words("previous"),
        words("sha256"),
        sa.PrimaryKeyConstraint("incident", "seq", name="pk_evidence"),
    )
    op.create_table(
        "executors", words("id"), moment("seen"), sa.PrimaryKeyConstraint("id", name="pk_executors")
    )
    op.create_table(
        "incidents",
        words("id"),
        sa.Column("state", sa.String(20), nullable=False),
        moment("opened"),
        words("title"),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(20), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        words("lead"),
        words("channel"),
        words("card_ts"),
        moment("contained", nullable=True),
        moment("closed", nullable=True),
        words("closed_why"),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_all", "incidents", ["rank", "opened"])
    op.create_index("ix_incidents_channel", "incidents", ["channel"])
    op.create_index("ix_incidents_listed", "incidents", ["state", "rank", "opened"])

    op.create_table(
        "letters",
        words("id"),
        moment("received"),
        words("body"),
        words("problem"),
        sa.Column("understood", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
    )
    op.create_index("ix_letters_received", "letters", ["received"])

    op.create_table(
        "outbox",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        words("key"),
        words("incident"),
        sa.Column("post", sa.String(20), nullable=False),
        moment("at"),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        moment("due"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        words("holder"),
        moment("leased_until", nullable=True),
        words("ts"),
        words("problem"),
        moment("sent", nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_place", "outbox", ["place"])
    op.create_index("ix_outbox_turn", "outbox", ["urgency", "place", "seq"], **where(UNSENT))
    op.create_index("ix_outbox_unsent", "outbox", ["incident", "place", "seq"], **where(UNSENT))

    op.create_table(
        "proposals",
        words("id"),
        words("incident"),
        words("account"),
        words("region"),
        words("instance"),
        sa.Column("kind", sa.String(20), nullable=False),
        words("actions"),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("proposer", sa.Text(), nullable=True),
        words("proposer_name"),
        sa.Column("environment", sa.String(20), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        moment("made"),
        moment("expires"),
        sa.Column("decision", sa.String(20), nullable=False),
        words("decided_by"),
        moment("decided", nullable=True),
        words("undoes"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_incident", "proposals", ["incident", "made"])
    op.create_index(
        "uq_proposals_pending",
        "proposals",
        ["account", "region", "instance", "kind", "actions"],
        unique=True,
        **where("decision IN ('pending')"),
    )

    op.create_table(
        "runs",
        words("id"),
        words("incident"),
        words("account"),
        words("region"),
        words("instance"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        words("holder"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        moment("approved"),
        moment("began", nullable=True),
        moment("ended", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_incident", "runs", ["incident", "approved"])
    op.create_index("ix_runs_state", "runs", ["state", "approved"])
    op.create_index(
        "uq_runs_active",
        "runs",
        ["account", "region", "instance"],
        unique=True,
        **where("state IN ('approved', 'executing')"),
    )

    op.create_table(
        "slots",
        words("key"),
        sa.Column("alarm", sa.String(20), nullable=False),
        words("subject"),
        moment("due"),
        sa.Column("state", sa.String(20), nullable=False),
        moment("moved", nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_slots"),
    )
    op.create_index("ix_slots_due", "slots", ["state", "due"])
    op.create_index("ix_slots_moved", "slots", ["state", "moved"])

    op.create_table(
        "timeline",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        words("incident"),
        moment("at"),
        words("actor"),
        sa.Column("event", sa.String(20), nullable=False),
        words("words"),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_timeline"),
    )
    op.create_index("ix_timeline_incident", "timeline", ["incident", "seq"])

    op.create_table(
        "approvals",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        words("proposal"),
        words("person"),
        words("name"),
        moment("at"),
        words("override"),
        sa.Column("door", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["proposal"], ["proposals.id"], name="fk_approvals_proposal"),
        sa.PrimaryKeyConstraint("seq", name="pk_approvals"),
        sa.UniqueConstraint("proposal", "person", "override", name="uq_approvals_proposal"),
    )
    op.create_table(
        "findings",
        words("account"),
        words("region"),
        words("id"),
        sa.Column("incident", sa.Text(), nullable=True),
        words("source"),
        words("type"),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        words("title"),
        words("description"),
        sa.Column("instances", sa.JSON(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        moment("first_seen"),
        moment("last_seen"),
        moment("updated"),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Boolean(), nullable=False),
        words("caller"),
        sa.Column("indicators", sa.JSON(), nullable=False),
        words("raw"),
        sa.ForeignKeyConstraint(
            ["incident"], ["incidents.id"], name="fk_findings_incident", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("account", "region", "id", name="pk_findings"),
    )
    op.create_index("ix_findings_incident", "findings", ["incident"])

    op.create_table(
        "instances",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        words("incident"),
        words("account"),
        words("region"),
        words("instance"),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_instances_incident"),
        sa.PrimaryKeyConstraint("seq", name="pk_instances"),
        sa.UniqueConstraint("incident", "account", "region", "instance", name="uq_instances_incident"),
    )
    op.create_index(
        "uq_instances_held", "instances", ["account", "region", "instance"], unique=True, **where("held = 1")
    )

    op.create_table(
        "intents",
        words("run"),
        words("action"),
        words("key"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        moment("at"),
        words("outcome"),
        moment("ended", nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_intents_run"),
        sa.PrimaryKeyConstraint("run", "action", "key", name="pk_intents"),
    )
    op.create_table(
        "steps",
        words("run"),
        words("action"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        moment("began", nullable=True),
        moment("ended", nullable=True),
        sa.Column("says", sa.JSON(), nullable=False),
        words("waits"),
        words("problem"),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_steps_run"),
        sa.PrimaryKeyConstraint("run", "action", name="pk_steps"),
    )
    if op.get_bind().dialect.name == "postgresql":
        refuse_changes_on_postgres()
    else:
        refuse_changes_on_sqlite()


def refuse_changes_on_postgres() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def refuse_changes_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER append_only ON {table}")
            op.execute(f"DROP TRIGGER append_only_whole ON {table}")
        op.execute("DROP FUNCTION refuse_change()")
    for table in TABLES:
        op.drop_table(table)
