"""Fusion is a few pure functions; each against figures worked by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieval import fusion
from app.retrieval.fusion import FEATURES, KINDS, Sources, Weights


def floats(*values: float) -> fusion.Scores:
    return np.array(values, np.float32)


def sources(count: int, **given: fusion.Scores) -> Sources:
    """What is not given is nothing."""
    return Sources(**{name: given.get(name, np.zeros(count, np.float32)) for name in FEATURES})


def weights(kinds: dict[str, float] | None = None, **given: float) -> Weights:
    return Weights(dict.fromkeys(FEATURES, 0.0) | given, dict.fromkeys(KINDS, 0.0) | (kinds or {}), 0.0, {})


def test_cosines_are_stretched_between_floor_and_ceiling_and_cut_off_outside() -> None:
    low, high = fusion.COSINE_FLOOR, fusion.COSINE_CEILING
    stretched = fusion.stretch_cosine(floats(-1, low - 0.1, low, (low + high) / 2, low + (high - low) / 4, high, 1.1))
    assert stretched.dtype == np.float32
    assert np.allclose(stretched, [0, 0, 0, 0.5, 0.25, 1, 1], atol=1e-5)


def test_each_owner_gets_the_best_of_its_rows_and_one_without_rows_gets_nothing() -> None:
    best = fusion.best_per_owner(floats(0.25, 0.75, 0.5, 0.125), np.array([0, 2, 0, 2]), 4)
    assert best.tolist() == [0.5, 0.0, 0.75, 0.0]


def test_the_mean_of_the_best_is_over_those_there_are() -> None:
    """-1 is no row: the last score must not leak in through it."""
    scores = floats(1.0, 0.5, 0.25, 0.75, 99.0)
    rows = np.array([[0, 1, 2], [3, -1, -1], [2, 1, -1], [-1, -1, -1]])
    assert fusion.mean_of_best(scores, rows, 2).tolist() == [0.75, 0.75, 0.375, 0.0]
    assert fusion.mean_of_best(scores, rows, 1).tolist() == [1.0, 0.75, 0.5, 0.0]
    assert np.allclose(fusion.mean_of_best(scores, rows, 9), [1.75 / 3, 0.75, 0.375, 0.0])


def test_a_utility_is_the_weighted_sum_of_the_scores_plus_what_the_kind_adds() -> None:
    given = sources(3, phrase=floats(1.0, 0.5, 0.0), conflict=floats(0.0, 1.0, 1.0))
    found = fusion.utilities(given, ["entry", "topic", "entry"], weights({"topic": 0.25}, phrase=4.0, conflict=-3.0))
    assert found.tolist() == [4.0, 2.0 - 3.0 + 0.25, -3.0]


def test_every_source_reaches_its_own_weight() -> None:
    """Ten sources, each 1 for an intent of its own: the utilities are the weights in order."""
    one_each = {name: np.eye(len(FEATURES), dtype=np.float32)[i] for i, name in enumerate(FEATURES)}
    numbered = {name: float(i + 1) for i, name in enumerate(FEATURES)}
    found = fusion.utilities(sources(0, **one_each), ["entry"] * len(FEATURES), weights(None, **numbered))
    assert found.tolist() == list(numbered.values())


def test_probabilities_are_the_softmax_over_the_intents_and_none() -> None:
    """e^ln2 : e^0 : e^0 = 2 : 1 : 1."""
    shares, none = fusion.probabilities(floats(math.log(2), 0.0), 0.0)
    assert np.allclose(shares, [0.5, 0.25])
    assert none == pytest.approx(0.25)


def test_the_larger_the_utility_of_none_the_less_is_left_for_every_intent_in_proportion() -> None:
    """Adding ln 4 to "none" makes it 2 : 1 : 4."""
    shares, none = fusion.probabilities(floats(math.log(2), 0.0), math.log(4))
    assert np.allclose(shares, [2 / 7, 1 / 7])
    assert none == pytest.approx(4 / 7)


def test_an_intent_that_is_barred_has_no_share() -> None:
    shares, none = fusion.probabilities(floats(-np.inf, 0.0), 0.0)
    assert shares.tolist() == [0.0, 0.5]
    assert none == 0.5


def test_without_intents_none_has_it_all() -> None:
    shares, none = fusion.probabilities(floats(), 3.0)
    assert shares.tolist() == []
    assert none == 1.0


@given(st.lists(st.floats(-900, 900, width=32), min_size=1, max_size=40), st.floats(-900, 900, width=32))
def test_shares_add_up_to_one_and_keep_the_order_however_far_apart(utility: list[float], none: float) -> None:
    shares, left = fusion.probabilities(floats(*utility), none)
    assert math.isclose(shares.sum() + left, 1.0, abs_tol=1e-9)
    ranked = shares[np.argsort(utility)]
    assert (np.diff(ranked) >= 0).all()
    assert shares.min() >= 0.0
    assert left >= 0.0


WEIGHTS_FILE = Path(fusion.__file__).with_name("weights.json")


def test_the_shipped_weights_name_exactly_the_sources_and_kinds_there_are() -> None:
    shipped: dict[str, Any] = json.loads(WEIGHTS_FILE.read_text("utf-8"))
    assert set(shipped["sources"]) == set(FEATURES)
    assert set(shipped["kinds"]) == set(KINDS)
    figures = [*shipped["sources"].values(), *shipped["kinds"].values(), shipped["none"]]
    assert all(math.isfinite(figure) for figure in figures)


def test_entries_are_the_zero_the_other_kinds_are_measured_from() -> None:
    assert fusion.WEIGHTS.kinds["entry"] == 0.0


def test_what_speaks_against_an_entry_never_raises_it() -> None:
    assert all(fusion.WEIGHTS.sources[name] <= 0.0 for name in ("negative", "conflict", "other_role"))


def test_a_weights_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(json.dumps({"sources": {}, "kinds": {}, "none": 2.5, "provenance": {"run": "x"}}), "utf-8")
    assert Weights.read(path) == Weights({}, {}, 2.5, {"run": "x"})
