"""Rows reach the database, or are counted as dropped; nobody waits for them, whatever becomes of the database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import app.database
from app.database import migrate, open_engine
from app.journal.journal import Journal
from app.journal.tables import feedback, questions
from app.journal.writer import Writer
from tests.journal.postgres import Postgres
from tests.journal.samples import AT, asked, kept
from tests.web.server import environment


@pytest.fixture
def sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """With tables; does not wait for a lock."""
    monkeypatch.setattr(app.database, "BUSY_SECONDS", 0)
    engine = open_engine(f"sqlite:///{tmp_path / 'yiboshi.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Another one writes, and goes on and on."""
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        other.rollback()


def note(journal: Journal, count: int) -> None:
    for i in range(count):
        journal.asked(AT, asked(reply_id=f"{i:032x}"))


def test_everything_noted_is_written_in_order(engine: Engine):
    journal = Journal(Writer(engine))
    note(journal, 500)
    assert journal.rated(AT, "0" * 32, True, None, None)
    journal.close()
    assert [row.reply_id for row in kept(engine, questions)] == [f"{i:032x}" for i in range(500)]
    assert len(kept(engine, feedback)) == 1
    assert (journal.written, journal.dropped) == (501, 0)


def test_the_tables_are_made_where_there_are_none(empty: Engine):
    journal = Journal(Writer(empty))
    note(journal, 1)
    assert journal.flush()
    assert len(kept(empty, questions)) == 1
    journal.close()


def test_what_finds_no_room_is_dropped_and_counted(sqlite: Engine):
    with locked(sqlite):
        journal = Journal(Writer(sqlite, size=3))
        note(journal, 5)
        assert not journal.rated(AT, "0" * 32, True, None, None)
        assert (journal.written, journal.dropped) == (0, 3)
    assert journal.flush()
    assert (journal.written, journal.dropped) == (3, 3)
    assert len(kept(sqlite, questions)) == 3
    journal.close()


def test_what_could_not_be_written_waits_until_it_can_be(sqlite: Engine, caplog: pytest.LogCaptureFixture):
    journal = Journal(Writer(sqlite))
    note(journal, 2)
    assert journal.flush()
    with locked(sqlite):
        journal.asked(AT, asked())
        assert not journal.flush()
        assert journal.rated(AT, "0" * 32, True, None, None)
        assert not journal.flush()
    assert journal.flush()
    journal.close()
    assert (journal.written, journal.dropped) == (4, 0)
    said = [record.message for record in caplog.records]
    assert len(said) == 2  # when it went, and when it came back
    assert "locked" in said[0]


def test_a_file_that_vanishes_is_made_anew(tmp_path: Path, sqlite: Engine):
    journal = Journal(Writer(sqlite))
    note(journal, 1)
    assert journal.flush()
    for path in tmp_path.glob("yiboshi.db*"):
        path.unlink()
    journal.asked(AT, asked(reply_id="f" * 32))
    assert journal.flush() or journal.flush()  # an attempt finds no tables, the next makes them
    journal.close()
    assert [row.reply_id for row in kept(sqlite, questions)] == ["f" * 32]


def test_a_folder_that_cannot_be_written_at_first_can_later(tmp_path: Path):
    place = tmp_path / "mount"
    place.write_text("not a folder yet")
    engine = open_engine(f"sqlite:///{place / 'yiboshi.db'}")
    journal = Journal(Writer(engine))
    note(journal, 1)
    assert not journal.flush()
    place.unlink()
    assert journal.flush()
    assert len(kept(engine, questions)) == 1
    journal.close()
    engine.dispose()


def test_a_server_that_stops_and_starts_loses_nothing(postgres: Postgres):
    engine = open_engine(postgres.new_database())
    journal = Journal(Writer(engine))
    note(journal, 1)
    assert journal.flush()
    postgres.stop()
    try:
        journal.asked(AT, asked())
        assert not journal.flush()
    finally:
        postgres.start()
    assert journal.flush()
    assert (journal.written, journal.dropped) == (2, 0)
    assert len(kept(engine, questions)) == 2
    journal.close()
    engine.dispose()


def test_a_row_that_the_database_refuses_is_dropped_alone(engine: Engine, caplog: pytest.LogCaptureFixture):
    journal = Journal(Writer(engine))
    note(journal, 3)
    journal.asked(AT.replace(tzinfo=None), asked())
    journal.asked(AT, asked(reply_id="0" * 31 + "1"))  # as the second
    journal.asked(AT, asked(entry_id=None, audience=None))
    assert journal.flush()
    journal.close()
    assert (journal.written, journal.dropped) == (4, 2)
    assert len(kept(engine, questions)) == 4
    assert not any("保证金" in record.message for record in caplog.records)  # no text of people in the log


def test_stopping_while_the_database_is_away_counts_what_is_lost(sqlite: Engine):
    journal = Journal(Writer(sqlite))
    with locked(sqlite):
        note(journal, 2)
        journal.close()
    assert (journal.written, journal.dropped) == (0, 2)
    journal.asked(AT, asked())
    assert journal.dropped == 3


NOTE_FOREVER = """
import itertools, sys
from app.database import open_engine
from app.journal.journal import Journal
from app.journal.writer import Writer
from tests.journal.samples import AT, asked
journal = Journal(Writer(open_engine(sys.argv[1])))
for i in itertools.count():
    journal.asked(AT, asked(question=f"第{i}问" * 50))
    if i % 50 == 0:
        journal.flush()
        print(journal.written, flush=True)
"""


def test_a_writer_killed_in_the_middle_leaves_a_readable_database(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'yiboshi.db'}"
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", NOTE_FOREVER, url], env=environment(), text=True, stdout=subprocess.PIPE
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                if int(line) > 400:
                    break
            os.kill(process.pid, signal.SIGKILL)
        engine = open_engine(url)
        migrate(engine)
        with closing(engine.raw_connection()) as connection:
            assert connection.cursor().execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with engine.begin() as connection:
            assert connection.execute(text("SELECT count(*) FROM questions")).scalar_one() >= int(line)
            connection.execute(text("DELETE FROM questions"))
        engine.dispose()


NOTE_MANY = """
import json, sys
from app.database import open_engine
from app.journal.journal import Journal
from app.journal.writer import Writer
from tests.journal.samples import AT, asked
sys.stdin.read()
journal = Journal(Writer(open_engine(sys.argv[1])))
for i in range(600):
    journal.asked(AT, asked())
journal.close()
print(json.dumps([journal.written, journal.dropped]))
"""


def test_two_processes_write_at_once(url: str):
    command = [sys.executable, "-c", NOTE_MANY, url]
    both = [
        subprocess.Popen(command, env=environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in "12"
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    counts = [json.loads(process.communicate()[0]) for process in both]
    assert counts == [[600, 0], [600, 0]]
    engine = open_engine(url)
    assert len({row.reply_id for row in kept(engine, questions)}) == 1200
    engine.dispose()
