"""Clusters of unanswered questions that somebody has dismissed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "dismissals",
        sa.Column("wording", sa.String(16), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("wording", name="pk_dismissals"),
    )


def downgrade() -> None:
    op.drop_table("dismissals")
