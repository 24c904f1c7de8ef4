"""The evaluation sets are read whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.evaluation.cases import ANYTHING, Ambiguous, Dialogue, InScope, Judgement, OutOfScope, load_cases
from tests.conftest import CHECKOUT, Published

QUALITY = CHECKOUT / "tests" / "quality"

IN_SCOPE = """\
- {entry: ca-01, style: short, question: "办锁"}
"""
DECISION = """\
out_of_scope:
  - {kind: "weather", question: "下雨吗"}
ambiguous:
  - {question: "保证金", entries: ["deposit-01", "deposit-02"]}
judgement:
  - {question: "这家废不废"}
lookalike:
  - {entry: "ca-02", question: "锁死了按规定怎么办"}
audience:
  - {question: "怎么入驻", audience: "agency", entry: "ca-01"}
error_text:
  - {entry: "ca-02", question: "PIN码错误"}
dialogues:
  - turns:
      - {user: "保证金多久退", expect: "clarify"}
      - {user: "工程的", expect: "entry:deposit-01"}
"""


@pytest.fixture
def split(tmp_path: Path) -> Path:
    (tmp_path / "in_scope.yaml").write_text(IN_SCOPE, "utf-8")
    (tmp_path / "decision.yaml").write_text(DECISION, "utf-8")
    return tmp_path


def test_every_group_becomes_its_own_kind_of_case(split: Path) -> None:
    cases = load_cases(split)
    assert cases.in_scope == [
        InScope("办锁", "short", "ca-01"),
        InScope("锁死了按规定怎么办", "lookalike", "ca-02"),
        InScope("PIN码错误", "error_text", "ca-02"),
        InScope("怎么入驻", "audience", "ca-01", "agency"),
    ]
    assert cases.out_of_scope == [OutOfScope("下雨吗", "weather")]
    assert cases.ambiguous == [Ambiguous("保证金", frozenset({"deposit-01", "deposit-02"}))]
    assert cases.judgement == [Judgement("这家废不废")]
    assert cases.dialogues == [Dialogue((("保证金多久退", "clarify"), ("工程的", "entry:deposit-01")))]


def test_groups_that_are_not_there_are_empty(split: Path) -> None:
    (split / "decision.yaml").unlink()
    cases = load_cases(split)
    assert len(cases.in_scope) == 1
    assert not (cases.out_of_scope or cases.ambiguous or cases.judgement or cases.dialogues)


@pytest.mark.parametrize(
    "content",
    [b"judgement:\n\t- broken", b"- {entry: ca-01, entry: ca-02}", b"\xff\xfe not utf-8", b"- {entry: [}"],
    ids=["tab", "key twice", "encoding", "brackets"],
)
def test_an_unreadable_file_is_refused_by_name(split: Path, content: bytes) -> None:
    (split / "mangled.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=r"mangled\.yaml"):
        load_cases(split)


@pytest.mark.parametrize("name", ["dev", "test"])
def test_both_splits_load_and_name_only_entries_and_replies_there_are(name: str, published: Published) -> None:
    cases = load_cases(QUALITY / name)
    entries = set(published.snapshot.entries)
    assert {case.entry for case in cases.in_scope} <= entries
    assert all(case.entries <= entries and len(case.entries) >= 2 for case in cases.ambiguous)
    expected = {expect for dialogue in cases.dialogues for _, expect in dialogue.turns}
    named = {expect.removeprefix("entry:") for expect in expected if expect.startswith("entry:")}
    assert named <= entries
    assert {expect for expect in expected if not expect.startswith("entry:")} <= {
        "answer",
        "clarify",
        "decline",
        "smalltalk",
        "neutral",
        ANYTHING,
    }
    assert cases.out_of_scope
    assert cases.judgement


@pytest.mark.parametrize("name", ["dev", "test"])
def test_no_question_asked_for_evaluation_stands_in_the_knowledge(name: str, published: Published) -> None:
    """Else its answer would be looked up, not found."""
    cases = load_cases(QUALITY / name)
    asked = [case.question for case in (*cases.in_scope, *cases.out_of_scope, *cases.ambiguous, *cases.judgement)]
    known = {phrase for intent in published.snapshot.intents for phrase in intent.phrases}
    assert known.isdisjoint(asked)
