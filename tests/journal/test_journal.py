"""What is noted of a question and of a rating: all that insights need, and nothing personal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from app.journal.journal import TOP, Journal
from app.journal.tables import feedback, questions
from app.journal.writer import Writer
from tests.journal.samples import AT, asked, kept

KEY = b"k" * 32
PHONE = "13912345678"


@pytest.fixture
def journal(engine: Engine) -> Iterator[Journal]:
    journal = Journal(Writer(engine), KEY, re.compile(r"ZB-\d{4}"))
    yield journal
    journal.close()


def noted(journal: Journal, engine: Engine, **other: Any) -> Any:
    journal.asked(AT, asked(**other))
    assert journal.flush()
    return kept(engine, questions)[-1]


def test_every_fact_is_kept(journal: Journal, engine: Engine):
    fact = asked(kind="clarify", entry_id=None, options=["deposit-01", "deposit-02"], via="hot")
    journal.asked(AT, fact)
    assert journal.flush()
    (row,) = kept(engine, questions)
    assert row.at == AT
    assert row.question_masked == fact.question
    for name in ("reply_id", "channel", "via", "audience", "kind", "tier", "entry_id", "options", "candidates"):
        assert getattr(row, name) == getattr(fact, name), name
    for name in ("confidence", "version", "took_ms", "corrected", "understood_as"):
        assert getattr(row, name) == getattr(fact, name), name


@pytest.mark.parametrize("text", ["question", "corrected", "understood_as"])
def test_every_text_of_a_question_is_masked(journal: Journal, engine: Engine, text: str):
    row = noted(journal, engine, **{text: f"我的电话{PHONE}，项目ZB-2025"})
    assert getattr(row, "question_masked" if text == "question" else text) == "我的电话〔手机号〕，项目〔项目编号〕"
    assert PHONE not in str(row)


def test_a_comment_is_masked_and_every_rating_kept_in_order(journal: Journal, engine: Engine):
    assert journal.rated(AT, "0" * 32, False, "看不懂", f"请回电{PHONE}")
    assert journal.rated(AT, "0" * 32, True, None, None)
    assert journal.flush()
    assert [(row.helpful, row.reason, row.comment_masked) for row in kept(engine, feedback)] == [
        (False, "看不懂", "请回电〔手机号〕"),
        (True, None, None),
    ]


def test_what_waits_in_memory_is_masked_already():
    class Holding(Writer):
        def __init__(self) -> None:
            self.held: list[Any] = []

        def put(self, table: str, row: dict[str, Any]) -> bool:
            self.held.append(row)
            return True

    writer = Holding()
    journal = Journal(writer, KEY)
    journal.asked(AT, asked(question=f"电话{PHONE}", session_id="s" * 36))
    journal.rated(AT, "0" * 32, True, None, f"电话{PHONE}")
    assert len(writer.held) == 2
    assert PHONE not in str(writer.held)
    assert "s" * 36 not in str(writer.held)


def test_messages_of_a_conversation_have_a_key_in_common_that_leads_nowhere(journal: Journal, engine: Engine):
    one, same, other, none = (
        noted(journal, engine, session_id=session).session_key
        for session in ("session-1", "session-1", "session-2", None)
    )
    assert one == same
    assert one != other
    assert none is None
    assert "session" not in one
    elsewhere = Journal(Writer(engine), b"another key")
    assert noted(elsewhere, engine, session_id="session-1").session_key != one
    elsewhere.close()


def test_only_the_first_candidates_are_kept(journal: Journal, engine: Engine):
    many = [{"kind": "entry", "id": f"e-{i}", "probability": 0.1} for i in range(8)]
    assert noted(journal, engine, candidates=many).candidates == many[:TOP]


def test_a_nul_character_which_postgresql_refuses_costs_nothing(journal: Journal, engine: Engine):
    assert noted(journal, engine, question="保证\0金").question_masked == "保证金"
    assert journal.dropped == 0


def test_a_journal_that_is_off_takes_everything_and_keeps_nothing():
    journal = Journal.off()
    journal.asked(AT, asked())
    assert journal.rated(AT, "0" * 32, True, None, None)
    assert journal.flush()
    journal.close()
    assert (journal.written, journal.dropped) == (0, 0)
