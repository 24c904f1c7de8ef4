"""What people asked lately, for the gate."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app.database import open_engine
from app.journal import recent
from app.journal.journal import Journal
from app.journal.recent import recent_questions
from app.journal.writer import Writer
from tests.journal.samples import AT, asked


def noted(engine: Engine, *rows: tuple[str, str]) -> None:
    journal = Journal(Writer(engine))
    for number, (question, via) in enumerate(rows):
        journal.asked(AT, asked(reply_id=f"{number:032x}", question=question, via=via))
    journal.close()


def test_what_was_typed_once_each_the_latest_first_and_masked(engine: Engine):
    noted(engine, ("早上好", "typed"), ("我是13800138000", "typed"), ("点选的", "clarify"), ("早上好", "typed"))
    assert recent_questions(engine) == ["早上好", "我是〔手机号〕"]


def test_no_more_than_asked_for(engine: Engine, monkeypatch: Any):
    noted(engine, *((f"问题{number}", "typed") for number in range(5)))
    assert recent_questions(engine, 2) == ["问题4", "问题3"]
    monkeypatch.setattr(recent, "SPAN", 3)
    assert recent_questions(engine) == ["问题4", "问题3", "问题2"]


def test_where_nothing_was_ever_asked_no_file_is_made(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'yiboshi.db'}")
    assert recent_questions(engine) == []
    engine.dispose()
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_its_tables_costs_the_comparison_and_nothing_else(empty: Engine, caplog: Any):
    with caplog.at_level(logging.WARNING), empty.connect():
        assert recent_questions(empty) == []
    assert "没有比较" in caplog.text
