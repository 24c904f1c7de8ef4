"""A swap never changes a running answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dialogue.answer import Question, answer
from app.errors import NotReady
from app.publishing.pipeline import publish
from app.snapshot import Snapshot, SnapshotHolder
from tests import small_kb
from tests.fakes import FakeEncoder

FRAGMENTS = ["保证金", "多久退", "CA锁", "泗河投标通", "怎么办", "解锁", "政采", "工程", "天气", "，", "这家", "早上好"]
questions = st.text(max_size=20) | st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join)


def result(snapshot: Snapshot, question: str) -> tuple[Any, ...]:
    """Everything a reader can see of a reply, and the words behind it."""
    reply, _ = answer(snapshot, Question(question))
    shown = [(option.entry.id, option.label) for option in reply.options]
    entry = snapshot.rendered[reply.entry.id] if reply.entry else None
    words = snapshot.tokenizer.words(question)
    return reply.kind, reply.text, reply.confidence, shown, entry, reply.handover, words, snapshot.version


class Room:
    """A serving version, and what it takes to publish another with other words, phrases and vectors."""

    def __init__(self, folder: Path, dictionary: Any) -> None:
        self.kb = small_kb.write(folder)
        self.indexes = folder / "indexes"
        self.dictionary = dictionary
        self.serving = self.publish(0)

    def publish(self, edition: int) -> Snapshot:
        terms = self.kb / "terms.yaml"
        word = f"  - {{term: 泗河投标通{edition}, aliases: [泗河投标, 多久退], definition: 第{edition}版}}\n"
        terms.write_text(small_kb.FILES["terms.yaml"] + (word if edition else ""), "utf-8")
        encoder = FakeEncoder(f"-{edition}")
        return publish(self.kb, self.indexes, encoder, self.dictionary, now=small_kb.NOW)[0]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, dictionary: Any) -> Room:
    return Room(tmp_path_factory.mktemp("room"), dictionary)


@settings(max_examples=30)
@given(asked=st.lists(questions, min_size=1, max_size=5), edition=st.integers(1, 3))
def test_a_reader_with_a_snapshot_gets_identical_results_after_any_swap(
    room: Room, asked: list[str], edition: int
) -> None:
    holder = SnapshotHolder(room.serving)
    taken = holder.current()
    before = [result(taken, question) for question in asked]
    new = room.publish(edition)
    assert holder.swap(new) is taken
    assert [result(taken, question) for question in asked] == before
    assert holder.current() is new
    assert {result(holder.current(), question)[-1] for question in asked} == {new.version}


@given(questions)
def test_the_same_question_gets_the_same_reply(room: Room, question: str) -> None:
    assert result(room.serving, question) == result(room.serving, question)


def test_before_there_is_a_snapshot_readers_are_told_so() -> None:
    holder = SnapshotHolder()
    assert holder.peek() is None
    with pytest.raises(NotReady):
        holder.current()
