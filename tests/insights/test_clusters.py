"""Made-up questions, clustered by the shipped encoder."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.insights.clusters import Cluster, Remembered, clustered, digest, holding
from app.insights.misses import Miss, Wording, wordings
from app.snapshot import Snapshot
from tests.conftest import Published
from tests.fakes import FakeEncoder
from tests.insights.conftest import NOW, ago

MADE_UP: Any = yaml.safe_load(Path(__file__).with_name("groups.yaml").read_text("utf-8"))


def asked(text: str, count: int = 1, hours: float = 1, failure: Any = "declined") -> list[Miss]:
    return [Miss(failure, ago(hours=hours) - timedelta(minutes=i), text) for i in range(count)]


def fake(texts: Any) -> Any:
    return FakeEncoder().encode(texts)


def outline(found: list[Cluster]) -> list[Any]:
    return [(it.key, it.medoid.text, it.count, [(one.text, one.count) for one in it.wordings]) for it in found]


def test_what_is_asked_in_several_ways_is_found_together(published: Published):
    """The F1 of pairs that ``ALIKE`` was chosen for, with the shipped knowledge's view of the vectors."""
    of = {text: number for number, group in enumerate(MADE_UP["groups"]) for text in group}
    of |= {text: -number for number, text in enumerate(MADE_UP["singles"], 1)}
    remembered = Remembered()
    found = clustered(
        wordings(miss for text in of for miss in asked(text)), lambda texts: remembered.of(published.snapshot, texts)
    )
    together = {frozenset(pair) for it in found for pair in combinations([one.text for one in it.wordings], 2)}
    wanted = {frozenset(pair) for group in MADE_UP["groups"] for pair in combinations(group, 2)}
    right = len(together & wanted)
    precision, recall = right / len(together), right / len(wanted)
    assert 2 * precision * recall / (precision + recall) >= 0.77
    assert precision >= 0.70


def test_the_cluster_asked_most_stands_first_and_says_what_it_is():
    misses = [
        *asked("地下停车场对外来车辆开放吗", 2, hours=9),
        *asked("停车场对外来车辆开放吗", 1, hours=1, failure="reasked"),
        *asked("中午食堂能不能给投标人吃饭", 2, hours=5),
    ]
    first, second = clustered(wordings(misses), fake, 0.4)
    assert (first.count, second.count) == (3, 2)
    assert first.failures == Counter(declined=2, reasked=1)
    assert (first.failure, first.first, first.last) == ("declined", ago(hours=9, minutes=1), ago(hours=1))
    assert first.medoid.text == "地下停车场对外来车辆开放吗"
    assert first.nearest is not None
    assert first.nearest.text == "停车场对外来车辆开放吗"


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(shuffle: random.Random):
    misses = [miss for i, text in enumerate(MADE_UP["singles"]) for miss in asked(text, 1 + i % 3, hours=i % 4)]
    misses += [miss for group in MADE_UP["groups"] for text in group for miss in asked(text)]
    shuffled = misses[:]
    shuffle.shuffle(shuffled)
    assert outline(clustered(wordings(shuffled), fake, 0.4)) == outline(clustered(wordings(misses), fake, 0.4))


def test_the_most_frequent_wordings_are_kept_and_of_even_ones_the_latest():
    found = wordings([*asked("甲", 2, 9), *asked("乙", 1, 5), *asked("丙", 1, 1), *asked("丁", 1, 7)], most=3)
    assert [it.text for it in found] == ["甲", "丙", "乙"]


def test_a_wording_shows_as_it_was_typed_most():
    (found,) = wordings([*asked("PIN码忘了？"), *asked("pin码忘了", 2)])
    assert (found.text, found.count) == ("pin码忘了", 3)


def test_an_address_finds_its_cluster_by_any_of_its_wordings():
    (one, two), key = clustered(wordings([*asked("甲乙丙丁"), *asked("戊己庚辛")]), fake, 0.99), "甲乙丙丁"
    assert holding([one, two], digest(key)) == next(it for it in (one, two) if it.medoid.key == key)
    assert holding([one, two], digest("没有")) is None


def test_what_was_encoded_once_is_remembered_and_no_more_than_so_much(snapshot: Snapshot):
    from dataclasses import replace

    encoder = FakeEncoder()
    whitening = replace(snapshot.whitening, mean=np.zeros(64, np.float32), matrix=np.eye(64, dtype=np.float32))
    small = replace(snapshot, encoder=encoder, whitening=whitening)
    remembered = Remembered(most=2)
    first = remembered.of(small, ["甲乙", "丙丁"])
    again = remembered.of(small, ["丙丁", "甲乙", "丙丁"])
    assert np.array_equal(again, first[[1, 0, 1]])
    assert encoder.seen == ["甲乙", "丙丁"]
    remembered.of(small, ["戊己"])
    remembered.of(small, ["丙丁"])
    assert encoder.seen == ["甲乙", "丙丁", "戊己"]
    remembered.of(small, ["甲乙"])
    assert encoder.seen == ["甲乙", "丙丁", "戊己", "甲乙"], "what was asked for longest ago was forgotten"


def test_of_nothing_there_are_no_clusters(snapshot: Snapshot):
    remembered = Remembered()
    assert clustered([], lambda texts: remembered.of(snapshot, texts)) == []


@pytest.mark.parametrize("text", ["？", "…", "", "🙂"])
def test_what_says_nothing_is_no_wording(text: str):
    assert [it.key for it in wordings(asked(text))] in ([], [text])


def test_moments_are_those_of_the_misses():
    wording: Wording = wordings([*asked("甲", 1, 3), *asked("甲", 1, 1)])[0]
    assert (wording.first, wording.last) == (NOW - timedelta(hours=3), NOW - timedelta(hours=1))
