"""FAISS over unit vectors: inner product is cosine."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from app.index.encoder import Vectors

faiss.omp_set_num_threads(1)  # a flat index of a few thousand rows is done before threads would have started


class DenseIndex:
    """Search of all rows of ``(n, dim)`` float32 unit vectors, kept in eight bits a component.

    A quarter of the memory, and faster for it; a cosine is off by about 0.001, the same on every machine.
    """

    def __init__(self, vectors: Vectors) -> None:
        eight = faiss.ScalarQuantizer.QT_8bit
        self._index = faiss.IndexScalarQuantizer(vectors.shape[1], eight, faiss.METRIC_INNER_PRODUCT)
        rows = np.ascontiguousarray(vectors, np.float32)
        self._index.train(rows)  # the range of each component
        self._index.add(rows)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, vector: Vectors, top_k: int, among: npt.NDArray[np.int64] | None = None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """``vector`` is ``(dim,)``; returns row numbers and cosines of the ``top_k`` nearest, best first.

        With ``among``, only those rows are looked at.
        """
        if among is None:
            scores, rows = self._index.search(vector.reshape(1, -1), min(top_k, len(self)))
        else:
            parameters: Any = faiss.SearchParameters
            chosen = parameters(sel=faiss.IDSelectorBatch(among))
            scores, rows = self._index.search(vector.reshape(1, -1), min(top_k, len(among)), params=chosen)
        return rows[0], scores[0]


def rows_of(owner: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """``(count, most rows)``: the rows of each owner, in order, padded with -1; ``owner`` ``(n,)`` is ascending."""
    counts = np.bincount(owner, minlength=count)
    rows = np.full((count, int(counts.max())), -1)
    column = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows[owner, column] = np.arange(len(owner))
    return rows


def near_pairs(vectors: Vectors, cosine: float) -> list[tuple[int, int]]:
    """Pairs of rows of ``(n, dim)`` float32 unit vectors that are at least this close, ``i < j``, in order.

    Rows are sorted into cells first and compared within the nearest ones, so a pair right at the bound may be missed;
    30,000 rows take a second and not ten.
    """
    count, dim = vectors.shape
    cells = max(1, int(np.sqrt(count)))
    flat = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFFlat(flat, dim, cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1  # a small knowledge base is no reason to warn
    index.cp.niter = 5
    index.train(vectors)
    index.add(vectors)
    index.nprobe = min(8, cells)
    limits, _, rows = index.range_search(vectors, cosine)
    return sorted((i, int(j)) for i in range(count) for j in rows[int(limits[i]) : int(limits[i + 1])] if i < int(j))
