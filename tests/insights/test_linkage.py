"""Average linkage: by hand, against scipy, and its laws."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.index.encoder import Vectors
from app.insights import linkage


def at(*degrees: float) -> Vectors:
    """Unit vectors in the plane."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@st.composite
def points(draw: st.DrawFn) -> Vectors:
    seed = draw(st.integers(0, 2**32 - 1))
    rows = draw(st.integers(1, 25))
    made = np.random.default_rng(seed).normal(size=(rows, 4))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_the_closest_are_joined_and_what_is_far_stands_alone():
    assert linkage.clusters(at(0, 10, 90, 100, 180), 0.9) == [[0, 1], [2, 3], [4]]


def test_it_is_the_mean_between_members_that_counts():
    """0 and 20 are joined first; from 46 the cosines to them are 0.695 and 0.899, on average 0.797."""
    assert linkage.clusters(at(0, 20, 46), 0.79) == [[0, 1, 2]]
    assert linkage.clusters(at(0, 20, 46), 0.80) == [[0, 1], [2]]


def test_of_nothing_there_are_no_clusters():
    assert linkage.clusters(np.zeros((0, 4), np.float32), 0.5) == []


@given(points(), st.floats(-0.9, 0.95))
def test_as_scipy_has_it(vectors: Vectors, cosine: float):
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    found = linkage.clusters(vectors, cosine)
    if len(vectors) == 1:
        assert found == [[0]]
        return
    tree = hierarchy.linkage(np.clip(1 - (vectors.astype(np.float64) @ vectors.T.astype(np.float64))[
        np.triu_indices(len(vectors), 1)], 0, 2), "average")  # fmt: skip
    if np.abs(tree[:, 2] - (1 - cosine)).min() < 1e-4:
        return  # as near to the bound as rounding
    labels: npt.NDArray[np.int32] = hierarchy.fcluster(tree, 1 - cosine, "distance")
    assert {frozenset(group) for group in found} == {
        frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist())
    }


@given(points(), st.floats(-0.9, 0.95))
def test_every_row_is_in_exactly_one_cluster(vectors: Vectors, cosine: float):
    assert sorted(row for group in linkage.clusters(vectors, cosine) for row in group) == list(range(len(vectors)))


@given(points(), st.floats(-0.9, 0.9))
def test_a_stricter_bound_only_splits(vectors: Vectors, cosine: float):
    wide, narrow = linkage.clusters(vectors, cosine), linkage.clusters(vectors, cosine + 0.05)
    assert all(any(set(group) <= set(whole) for whole in wide) for group in narrow)


def test_the_medoid_is_closest_to_all_each_counted_as_often_as_it_was_asked():
    vectors = at(0, 20, 50)
    assert linkage.medoid(vectors, [0, 1, 2], np.array([1.0, 1.0, 1.0])) == 1
    assert linkage.medoid(vectors, [0, 1, 2], np.array([1.0, 1.0, 9.0])) == 2


def test_the_nearest_is_another_one():
    assert linkage.nearest(at(0, 20, 30), [0, 1, 2], 1) == 2
    assert linkage.nearest(at(0), [0], 0) is None
