"""FAISS answers to a plain dot product."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.index.dense import DenseIndex


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_the_nearest_of_four_hand_made_vectors_come_in_order() -> None:
    index = DenseIndex(np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], np.float32))
    rows, cosines = index.search(np.array([0.8, 0.6], np.float32), 4)
    assert rows.tolist() == [2, 0, 1, 3]
    assert np.allclose(cosines, [0.8 * 0.6 + 0.6 * 0.8, 0.8, 0.6, -0.8], atol=1e-2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 80))
def test_search_equals_sorting_the_dot_products(seed: int, count: int, top_k: int) -> None:
    made = np.random.default_rng(seed)
    vectors, query = unit(made.normal(size=(count, 24))), unit(made.normal(size=(1, 24)))[0]
    rows, cosines = DenseIndex(vectors).search(query, top_k)
    expected = vectors @ query
    assert len(rows) == min(top_k, count)
    assert len(set(rows.tolist())) == len(rows)
    assert np.allclose(cosines, expected[rows], atol=1e-2)
    assert np.allclose(cosines, np.sort(expected)[::-1][: len(rows)], atol=1e-2)


def test_every_row_is_its_own_nearest() -> None:
    vectors = unit(np.random.default_rng(7).normal(size=(200, 32)))
    index = DenseIndex(vectors)
    assert len(index) == 200
    assert [int(index.search(vector, 1)[0][0]) for vector in vectors] == list(range(200))
