"""Runs the migrations on the connection it is given; they are written by hand and know nothing of today's tables."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
