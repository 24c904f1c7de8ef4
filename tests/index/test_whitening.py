"""Whitening against a plane small enough to work by hand."""

from __future__ import annotations

import numpy as np

from app.index.whitening import SHRINKAGE, fit

PHRASES = np.array([[1, 1], [-1, 1], [1, -1], [-1, -1]], np.float32)
"""The first two are of one intent, the last two of another: wording differs along x, meaning along y."""
OWNER = np.array([0, 0, 1, 1])


def test_what_differs_within_an_intent_counts_less_and_what_differs_between_counts_more() -> None:
    """Within-intent covariance diag(2, 0), shrunk to diag(2 - s, s); so x is divided by root 2 - s and y by root s.

    Two phrases of one intent were at right angles, and so were two that differ in meaning only.  Now the first have the
    cosine (1/s - 1/(2 - s)) / (1/s + 1/(2 - s)) = 1 - s, and the second its opposite.
    """
    whitened = fit(PHRASES, OWNER, 2).apply(PHRASES)
    cosines = whitened @ whitened.T
    assert np.isclose(cosines[0, 1], 1 - SHRINKAGE, atol=1e-5)
    assert np.isclose(cosines[0, 2], -(1 - SHRINKAGE), atol=1e-5)
    assert np.isclose(cosines[0, 3], -1.0, atol=1e-5)


def test_the_middle_of_all_phrases_becomes_the_origin() -> None:
    moved = PHRASES + np.array([7, -3], np.float32)
    at_home, away = fit(PHRASES, OWNER, 2), fit(moved, OWNER, 2)
    assert np.allclose(away.mean, [7, -3], atol=1e-5)
    assert np.allclose(away.apply(moved), at_home.apply(PHRASES), atol=1e-5)


def test_rows_come_out_as_float32_unit_rows_and_apply_to_texts_not_learned_from() -> None:
    made = np.random.default_rng(3)
    learned = made.normal(size=(60, 16)).astype(np.float32)
    whitening = fit(learned, np.repeat(np.arange(12), 5), 12)
    out = whitening.apply(made.normal(size=(9, 16)).astype(np.float32))
    assert out.dtype == whitening.mean.dtype == whitening.matrix.dtype == np.float32
    assert np.allclose(np.linalg.norm(out, axis=1), 1.0, atol=1e-5)


def test_the_order_in_which_phrases_stand_does_not_matter() -> None:
    made = np.random.default_rng(4)
    vectors, owner, order = (
        made.normal(size=(30, 8)).astype(np.float32),
        np.repeat(np.arange(6), 5),
        made.permutation(30),
    )
    one, other = fit(vectors, owner, 6), fit(vectors[order], owner[order], 6)
    assert np.allclose(one.matrix, other.matrix, atol=1e-4)


def test_intents_of_a_single_phrase_teach_nothing_and_break_nothing() -> None:
    """No wording differs within any intent: only the origin moves, and the middle itself stays finite."""
    whitening = fit(PHRASES, np.arange(4), 4)
    assert np.allclose(whitening.apply(PHRASES), PHRASES / np.sqrt(2), atol=1e-5)
    assert np.isfinite(whitening.apply(np.zeros((1, 2), np.float32))).all()
