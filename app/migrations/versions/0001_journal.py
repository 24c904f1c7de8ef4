"""What was asked and how it was rated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # only an INTEGER counts by itself there
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", number, primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("reply_id", sa.String(32), nullable=False),
        sa.Column("session_key", sa.String(32)),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("question_masked", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(16)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("entry_id", sa.String(80)),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.Column("corrected", sa.Text()),
        sa.Column("understood_as", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.UniqueConstraint("reply_id", name="uq_questions_reply_id"),
    )
    for column in ("at", "entry_id", "kind"):
        op.create_index(f"ix_questions_{column}", "questions", [column])
    op.create_table(
        "feedback",
        sa.Column("id", number, primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("reply_id", sa.String(32), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("comment_masked", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    for column in ("at", "reply_id"):
        op.create_index(f"ix_feedback_{column}", "feedback", [column])


def downgrade() -> None:
    op.drop_table("feedback")
    op.drop_table("questions")
