"""How often the right entry is found, on questions nobody looked at while writing the knowledge (dev) or ever (test).

The floors are what the service promises; the table shows where it stands.  ``paraphrase`` avoids every word of the entry
and ``typo`` misspells: both are harder than what people type, so they count in the table and not in the first floor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from app.knowledge.yaml_source import read
from app.retrieval.search import search
from tests.conftest import CHECKOUT, Published

QUALITY = CHECKOUT / "tests" / "quality"
R_AT_1 = 0.96
R_AT_3 = 0.99
HARD = {"typo", "paraphrase"}
PER_ENTRY = 4


class Asked(NamedTuple):
    question: str
    style: str
    entry: str
    place: int
    """Of the right entry among the entries found; 0 is first."""


class Recall(NamedTuple):
    count: int
    at_1: float
    at_3: float


def recall(asked: Sequence[Asked]) -> Recall:
    return Recall(
        len(asked), sum(a.place < 1 for a in asked) / len(asked), sum(a.place < 3 for a in asked) / len(asked)
    )


def table(split: str, asked: Sequence[Asked]) -> str:
    rows = [(style, [a for a in asked if a.style == style]) for style in sorted({a.style for a in asked})]
    rows += [("but typo, paraphrase", [a for a in asked if a.style not in HARD]), ("all", list(asked))]
    lines = [f"\n{split}/in_scope.yaml", f"{'style':<22}{'n':>5}{'r@1':>8}{'r@3':>8}"]
    for name, group in rows:
        figures = recall(group)
        lines.append(f"{name:<22}{figures.count:>5}{figures.at_1:>8.3f}{figures.at_3:>8.3f}")
    return "\n".join(lines)


def missed(asked: Sequence[Asked]) -> str:
    return "\n".join(f"{a.entry} at {a.place + 1}: {a.question}" for a in asked if a.place)


@pytest.fixture(scope="module")
def results(published: Published) -> dict[str, list[Asked]]:
    """Every in-scope question of both splits, asked once."""
    found: dict[str, list[Asked]] = {}
    for split in ("dev", "test"):
        cases, _, problems = read(QUALITY / split / "in_scope.yaml", "in_scope.yaml")
        assert not problems
        found[split] = []
        for case in cases:
            hits = search(published.snapshot, case["question"], top_k=999).hits
            entries = [hit.intent.id for hit in hits if hit.intent.kind == "entry"]
            place = entries.index(case["entry"]) if case["entry"] in entries else len(entries)
            found[split].append(Asked(case["question"], case["style"], case["entry"], place))
    return found


@pytest.mark.parametrize("split", ["dev", "test"])
def test_ordinary_questions_find_their_entry(
    split: str, results: dict[str, list[Asked]], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(table(split, results[split]))
    ordinary = [asked for asked in results[split] if asked.style not in HARD]
    figures = recall(ordinary)
    assert figures.at_1 >= R_AT_1, missed(ordinary)
    assert figures.at_3 >= R_AT_3, missed(ordinary)


def test_on_dev_the_hard_ones_count_too(results: dict[str, list[Asked]]) -> None:
    figures = recall(results["dev"])
    assert figures.at_1 >= R_AT_1, missed(results["dev"])
    assert figures.at_3 >= R_AT_3, missed(results["dev"])


@pytest.mark.parametrize("split", ["dev", "test"])
def test_every_entry_is_asked_for_often_enough(
    split: str, results: dict[str, list[Asked]], published: Published
) -> None:
    per_entry = Counter(asked.entry for asked in results[split])
    assert {entry: per_entry[entry] for entry in published.snapshot.entries if per_entry[entry] < PER_ENTRY} == {}
