"""Scores of several sources -> one score.  Pure functions; every constant says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

COSINE_FLOOR = 0.78
COSINE_CEILING = 0.98
"""Cosines of the shipped encoder lie in 0.75..0.97 even for unrelated text; this range is stretched to 0..1."""


@dataclass(frozen=True)
class Weights:
    """How much each source counts.  The sum is 1, so a fused score lies in 0..1."""

    phrase: float = 0.30
    prototype: float = 0.15
    intent_bm25: float = 0.25
    phrase_bm25: float = 0.15
    fuzzy: float = 0.15


WEIGHTS = Weights()


def stretch_cosine(cosine: Scores) -> Scores:
    return np.asarray(np.clip((cosine - COSINE_FLOOR) / (COSINE_CEILING - COSINE_FLOOR), 0.0, 1.0), np.float32)


def relative(scores: Scores, ceiling: float) -> Scores:
    """BM25 as a share of what the question could score at most, 0..1."""
    return np.asarray(np.clip(scores / ceiling, 0.0, 1.0), np.float32)


def best_per_owner(scores: Scores, owner: npt.NDArray[np.int64], count: int) -> Scores:
    """Maximum over each owner's rows, ``(count,)``; owners without rows get 0."""
    best = np.zeros(count, np.float32)
    np.maximum.at(best, owner, scores)
    return best


def combine(
    phrase: Scores,
    prototype: Scores,
    intent_bm25: Scores,
    phrase_bm25: Scores,
    fuzzy: Scores,
    weights: Weights = WEIGHTS,
) -> Scores:
    """Weighted sum of five scores in 0..1."""
    fused = (
        weights.phrase * phrase
        + weights.prototype * prototype
        + weights.intent_bm25 * intent_bm25
        + weights.phrase_bm25 * phrase_bm25
        + weights.fuzzy * fuzzy
    )
    return np.asarray(fused, np.float32)
