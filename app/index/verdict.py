"""Whether a sentence seeks a verdict on one concrete case, by its wording alone, whatever it is about.

A linear discriminant between the wordings of all judgements and all others: ridge regression on their vectors towards
+1 and -1, both sides weighing the same, which for two classes is Fisher's discriminant (Hastie, Tibshirani and Friedman,
The Elements of Statistical Learning, exercise 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.index.encoder import Vectors

RIDGE = 0.3
"""Log loss of the dev judgements, cross-validated: without this source 0.236; 0.1 0.099, 0.3 0.098, 1.0 0.096."""


@dataclass(frozen=True)
class Verdict:
    """``weights`` ``(dim,)`` and ``bias``, float32."""

    weights: Vectors
    bias: float

    def score(self, vector: Vectors) -> float:
        """0..1 for a ``(dim,)`` unit vector; 0.5 is undecided."""
        return float(np.clip((vector @ self.weights + self.bias + 1) / 2, 0.0, 1.0))


def fit(vectors: Vectors, seeks: npt.NDArray[np.bool_]) -> Verdict:
    """Learn it from phrases: ``vectors`` ``(n, dim)``; ``seeks`` ``(n,)`` marks those of judgements.

    Without both kinds there is nothing to learn, and everything is undecided.
    """
    if seeks.all() or not seeks.any():
        return Verdict(np.zeros(vectors.shape[1], np.float32), 0.0)
    exact = vectors.astype(np.float64)
    mean = exact.mean(0)
    rows = np.concatenate([exact - mean, np.ones((len(exact), 1))], axis=1)
    share = seeks.mean()
    weight = np.where(seeks, 0.5 / share, 0.5 / (1 - share))[:, None]
    target = np.where(seeks, 1.0, -1.0)
    solved = np.linalg.solve((rows * weight).T @ rows + RIDGE * np.eye(rows.shape[1]), (rows * weight).T @ target)
    return Verdict(solved[:-1].astype(np.float32), float(solved[-1] - mean @ solved[:-1]))
