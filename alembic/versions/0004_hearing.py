"""What each replica has heard of Slack, so that a deaf one is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("executors", sa.Column("heard", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("executors", sa.Column("heard_last", MOMENT, nullable=True))
    op.add_column("executors", sa.Column("pinned", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("executors", "pinned")
    op.drop_column("executors", "heard_last")
    op.drop_column("executors", "heard")
