"""Average-linkage agglomerative clustering of unit vectors, and the member that stands for a cluster.

Forty lines of numpy rather than scipy: its wheel is a hundred times larger than this program, and importing its clustering costs
an idle service 40 MB.  A test holds the two against each other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.index.encoder import Vectors

DECIMALS = 6
"""Cosines are rounded, so that what is even stays even on every machine; then the first pair counts."""


def clusters(vectors: Vectors, cosine: float) -> list[list[int]]:
    """Rows of ``(n, dim)`` float32 unit vectors in groups: the two closest are joined as long as the mean cosine between
    their members is at least ``cosine``.  Largest first, then by their first row; rows ascend within each.
    """
    members = [[row] for row in range(len(vectors))]
    alive = np.ones(len(vectors), bool)
    sizes = np.ones(len(vectors))
    between = _cosines(vectors)
    np.fill_diagonal(between, -np.inf)
    while len(vectors):
        i, j = sorted(divmod(int(between.argmax()), len(vectors)))
        if between[i, j] < cosine:
            break
        joined = (sizes[i] * between[i] + sizes[j] * between[j]) / (sizes[i] + sizes[j])
        joined[~alive | (np.arange(len(vectors)) == i)] = -np.inf
        between[i], between[:, i] = joined, joined
        between[j], between[:, j] = -np.inf, -np.inf
        alive[j] = False
        sizes[i] += sizes[j]
        members[i] += members[j]
    groups = [sorted(group) for group, there in zip(members, alive, strict=True) if there]
    return sorted(groups, key=lambda group: (-len(group), group[0]))


def medoid(vectors: Vectors, rows: list[int], weights: npt.NDArray[np.float64]) -> int:
    """The row closest to all others, each counted as often as it was asked (``weights`` ``(n,)``); of several the first."""
    closeness = np.round(_cosines(vectors[rows]) @ weights[rows], DECIMALS)
    return rows[int(closeness.argmax())]


def nearest(vectors: Vectors, rows: list[int], row: int) -> int | None:
    """The other row of a group that is closest to one of them."""
    others = [other for other in rows if other != row]
    if not others:
        return None
    return others[int(np.round(vectors[others].astype(np.float64) @ vectors[row], DECIMALS).argmax())]


def _cosines(vectors: Vectors) -> npt.NDArray[np.float64]:
    rows = vectors.astype(np.float64)
    return np.asarray(np.round(rows @ rows.T, DECIMALS))
