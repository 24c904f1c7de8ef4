"""Type-ahead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.publishing.pipeline import publish
from app.retrieval.suggest import LIMIT, suggest
from app.snapshot import Snapshot
from tests import small_kb
from tests.conftest import Published
from tests.fakes import FakeEncoder


def found(snapshot: Snapshot, typed: str) -> list[str]:
    return [entry.id for entry in suggest(snapshot, typed)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("03", ["ca-01", "ca-02"]), ("061", ["deposit-01"]), ("０６１", ["deposit-01"]), ("999", [])],
)
def test_digits_are_read_as_the_beginning_of_a_number(small: Snapshot, typed: str, expected: list[str]) -> None:
    assert found(small, typed) == expected


def test_text_in_a_question_ranks_before_text_in_an_alias(small: Snapshot) -> None:
    """「锁」 stands in the question of ca-02, and of ca-01 only in aliases."""
    assert found(small, "锁") == ["ca-02", "ca-01"]


def test_an_earlier_place_ranks_higher_and_ties_stay_in_number_order(
    small: Snapshot, kb: Path, tmp_path: Path, fake: FakeEncoder, dictionary: Any
) -> None:
    assert found(small, "投标保证金") == ["deposit-01", "deposit-02"]
    small_kb.edit(
        kb, "faq/deposits.yaml", "question: 政府采购的投标保证金什么时候退？", "question: 投标保证金，政府采购何时退？"
    )
    edited, _ = publish(kb, tmp_path / "indexes", fake, dictionary, now=small_kb.NOW)
    assert found(edited, "投标保证金") == ["deposit-02", "deposit-01"]


@pytest.mark.parametrize("typed", ["PIN碼", "ｐｉｎ码", " pin 码 "])
def test_width_case_and_script_do_not_matter(small: Snapshot, typed: str) -> None:
    assert found(small, typed) == ["ca-02"]


@pytest.mark.parametrize("typed", ["", "  ", "？", "。。"])
def test_nothing_is_suggested_for_nothing(small: Snapshot, typed: str) -> None:
    assert found(small, typed) == []


def test_no_more_than_fit_and_each_entry_once(published: Published) -> None:
    shown = found(published.snapshot, "怎么")
    assert len(shown) == len(set(shown)) == LIMIT
