"""A database is made, upgraded by one of several, private to its owner, and opened anew when its file is another."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, inspect, select

from app.database import (
    DatabaseUnusable,
    Moment,
    alembic_config,
    migrate,
    newest_revision,
    open_engine,
    revision,
    upgrade,
)
from app.journal.tables import feedback, questions
from tests.journal.samples import AT
from tests.web.server import environment

OURS = {"questions", "feedback"}
PROCESSES = 4


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def now_at(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return revision(connection)


def rating(**other: Any) -> dict[str, Any]:
    return {"at": AT, "reply_id": "0" * 32, "helpful": True} | other


def test_a_new_database_gets_its_tables_and_a_later_start_changes_nothing(empty: Engine):
    migrate(empty)
    assert tables(empty) > OURS
    assert now_at(empty) == newest_revision()
    with empty.begin() as connection:
        connection.execute(insert(feedback).values(**rating()))
    migrate(empty)
    with empty.connect() as connection:
        assert connection.execute(select(feedback.c.reply_id)).all() == [("0" * 32,)]


def test_a_database_that_is_up_to_date_is_told_without_alembic(engine: Engine):
    """Which takes ten megabytes that a service would keep."""
    script = "import sys; from app.database import *; e = open_engine(sys.argv[1]); migrate(e); e.dispose(); assert 'alembic' not in sys.modules"
    url = engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", script, url], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_newest_revision_is_the_one_that_alembic_finds(empty: Engine):
    from alembic.script import ScriptDirectory

    with empty.connect() as connection:
        assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == newest_revision()


def test_the_migrations_make_the_tables_that_the_program_declares(engine: Engine):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(thing: Any, name: str, kind: str, *_: Any) -> bool:
        return (name if kind == "table" else thing.table.name) in OURS

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": False})
        assert compare_metadata(context, questions.metadata) == []


def test_every_migration_can_be_taken_back_and_made_again(engine: Engine):
    from alembic import command

    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert tables(engine) == {"alembic_version"}
    with engine.begin() as connection:
        upgrade(connection, "head")
    assert tables(engine) > OURS


def test_a_migration_that_fails_leaves_the_schema_as_it_was(empty: Engine, monkeypatch: pytest.MonkeyPatch):
    import app.database

    def half(connection: Any, to: str) -> None:
        upgrade(connection, to)
        raise RuntimeError("the power fails")

    monkeypatch.setattr(app.database, "upgrade", half)
    with pytest.raises(RuntimeError):
        migrate(empty)
    assert tables(empty) == set()
    monkeypatch.undo()
    migrate(empty)
    assert now_at(empty) == newest_revision()


def test_several_processes_may_start_at_once_on_a_new_database(url: str):
    script = "import sys; from app.database import *; sys.stdin.read(); e = open_engine(sys.argv[1]); migrate(e); e.dispose()"
    started = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", script, url], env=environment(), text=True,
                         stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(PROCESSES)
    ]  # fmt: skip
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    ended = [(process.communicate()[1], process.returncode) for process in started]
    assert ended == [("", 0)] * PROCESSES
    engine = open_engine(url)
    assert now_at(engine) == newest_revision()
    engine.dispose()


def test_a_database_of_a_later_program_is_left_alone(engine: Engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseUnusable, match="升级程序"):
        migrate(engine)
    assert now_at(engine) == "9999"


def test_moments_come_back_in_utc_and_must_have_a_zone(engine: Engine):
    with engine.begin() as connection:
        connection.execute(insert(feedback).values(**rating()))
        at = connection.execute(select(feedback.c.at)).scalar_one()
    assert at == AT
    assert at.utcoffset().total_seconds() == 0
    with pytest.raises(ValueError, match="zone"):
        Moment().process_bind_param(AT.replace(tzinfo=None), engine.dialect)


def test_the_file_is_its_owners_alone_and_so_is_what_sqlite_puts_beside_it(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'yiboshi.db'}")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(insert(feedback).values(**rating()))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == dict.fromkeys(("yiboshi.db", "yiboshi.db-wal", "yiboshi.db-shm"), 0o600)
    with engine.connect() as connection:
        for name, value in {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}.items():
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value
    engine.dispose()


def test_a_file_put_in_the_place_of_the_old_one_is_the_database_from_then_on(tmp_path: Path):
    file, aside = tmp_path / "yiboshi.db", tmp_path / "aside.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    file.rename(aside)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(insert(feedback).values(**rating()))
    engine.dispose()
    engine = open_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert connection.execute(select(feedback.c.reply_id)).all() == [("0" * 32,)]
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite:////dev/null/yiboshi.db", "postgresql://nobody:secret@127.0.0.1:1/none"])
def test_a_database_that_cannot_be_opened_is_named_without_its_password(url: str):
    engine = open_engine(url)
    with pytest.raises(DatabaseUnusable) as caught:
        migrate(engine)
    assert "打不开" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_missing_driver_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseUnusable, match=r"yiboshi\[postgres\]"):
        open_engine("postgresql://nobody@127.0.0.1/none")
