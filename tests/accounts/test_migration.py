"""The schema that the migrations make is the one the tables describe."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData

from app.accounts.tables import accounts, sessions, tokens


def test_the_migrations_make_the_tables(engine: Engine):
    wanted = MetaData()
    for table in (accounts, sessions, tokens):
        table.to_metadata(wanted)

    def ours(_: object, name: str | None, kind: str, *__: object) -> bool:
        return kind != "table" or name in wanted.tables

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_server_default": True})
        assert compare_metadata(context, wanted) == []
