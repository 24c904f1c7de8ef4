"""The tables of the journal."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, Table, Text

from app.database import Moment, metadata

_counter = BigInteger().with_variant(Integer(), "sqlite")  # only an INTEGER counts by itself there

questions = Table(
    "questions",
    metadata,
    Column("id", _counter, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("reply_id", String(32), nullable=False, unique=True),
    Column("session_key", String(32)),
    Column("channel", String(16), nullable=False),
    Column("via", String(16), nullable=False),
    Column("question_masked", Text, nullable=False),
    Column("audience", String(16)),
    Column("kind", String(16), nullable=False, index=True),
    Column("tier", String(16), nullable=False),
    Column("entry_id", String(80), index=True),
    Column("options", JSON, nullable=False),
    Column("candidates", JSON, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("version", String(16), nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("corrected", Text),
    Column("understood_as", Text),
)
"""One row a message, see ``journal.Asked``.  ``session_key`` is the same within a conversation and leads to no session."""

feedback = Table(
    "feedback",
    metadata,
    Column("id", _counter, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("reply_id", String(32), nullable=False, index=True),
    Column("helpful", Boolean, nullable=False),
    Column("reason", String(16)),
    Column("comment_masked", Text),
)
"""One row a rating; of several for a reply the last counts.  No foreign key: the question may have been dropped."""
