"""Wordings of two entries that mean the same, found by their vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.index.dense import near_pairs
from app.knowledge.lint.wordings import wordings
from app.knowledge.loader import load
from app.publishing.near_duplicates import problems
from app.publishing.pipeline import vectors_at_hand
from app.snapshot import encoded_form
from tests import small_kb
from tests.fakes import FakeEncoder


def vectors(kb: Path, alike: tuple[str, str]) -> dict[str, np.ndarray]:
    """Every wording far from every other, but for two that are the same."""
    forms = [encoded_form(text) for entry in load(kb).records["entries"] for _, text in wordings(entry)]
    axes = np.eye(len(forms), dtype=np.float32)
    found = dict(zip(forms, axes, strict=True))
    found[encoded_form(alike[1])] = found[encoded_form(alike[0])]
    return found


def test_two_wordings_of_different_entries_that_mean_the_same_are_told_with_both_places(kb: Path):
    first = small_kb.mark_of(kb, "faq/certificates.yaml", "办锁去哪里")
    second = small_kb.mark_of(kb, "faq/deposits.yaml", "政采没中标的押金几天退")
    (problem,) = problems(load(kb), vectors(kb, ("办锁去哪里", "政采没中标的押金几天退")))
    assert problem.mark == second
    assert f"{first.file} 第 {first.line} 行（ca-01）" in problem.message


def test_two_wordings_of_one_entry_may_mean_the_same(kb: Path):
    assert list(problems(load(kb), vectors(kb, ("锁的密码忘了", "U盾提示密码已锁定")))) == []


def test_a_pair_the_editors_know_is_not_told_again(kb: Path):
    small_kb.edit(kb, "faq/certificates.yaml", "- 登录密码忘了", "- 政采没中标的押金几天退")
    assert list(problems(load(kb), vectors(kb, ("锁的密码忘了", "政采没中标的押金几天退")))) == []


def test_wordings_without_a_vector_are_passed_over(kb: Path):
    assert list(problems(load(kb), {})) == []


def test_an_editor_who_has_published_nothing_yet_waits_for_no_embedding(tmp_path: Path):
    encoder = FakeEncoder()
    assert vectors_at_hand(tmp_path, encoder)([f"问法{i}" for i in range(1000)]) == {}
    assert encoder.seen == []


def test_a_few_new_wordings_are_embedded(tmp_path: Path):
    found = vectors_at_hand(tmp_path, FakeEncoder())(["甲", "乙"])
    assert set(found) == {"甲", "乙"}


@pytest.mark.parametrize("count", [1, 2, 50, 700])
def test_near_pairs_are_those_a_full_comparison_finds(count: int):
    rng = np.random.default_rng(count)
    rows = rng.normal(size=(count, 24)).astype(np.float32)
    rows[1::7] = rows[::7][: len(rows[1::7])] + 0.01 * rng.normal(size=rows[1::7].shape).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    close = np.argwhere(np.triu(rows @ rows.T >= 0.99, 1))
    assert near_pairs(rows, 0.99) == [(int(i), int(j)) for i, j in close]
