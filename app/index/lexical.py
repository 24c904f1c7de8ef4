"""Word statistics (BM25) and string similarity (rapidfuzz)."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import bm25s
import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

Scores = npt.NDArray[np.float32]

logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets DEBUG on import


class Bm25Index:
    """BM25 (Lucene variant) over documents given as lists of features.

    Several indexes share one ``vocabulary``, feature -> column: it is the largest part of them.
    """

    def __init__(self, vocabulary: Mapping[str, int], matrix: Mapping[str, Any]) -> None:
        """``matrix`` is what ``build`` returned: the scores as compressed sparse columns, one column a feature."""
        self._vocabulary = vocabulary
        self.matrix = matrix
        self._count = int(matrix["num_docs"])
        self._bm25 = bm25s.BM25(method="lucene")
        self._bm25.scores = matrix
        self._bm25.nonoccurrence_array = None  # as in its own load(): the Lucene variant scores no absent features
        held = np.diff(matrix["indptr"])
        self._idf = np.log(1 + (self._count - held + 0.5) / (held + 0.5)).astype(np.float32)
        self._unseen = math.log(1 + (self._count + 0.5) / 0.5)

    @staticmethod
    def build(
        documents: Sequence[Sequence[str]], vocabulary: Mapping[str, int], k1: float = 1.2, b: float = 0.75
    ) -> dict[str, Any]:
        """Score every feature in every document; all of them must be in ``vocabulary``, which must have an empty one.

        ``k1`` says how much repetition counts and ``b`` how much a long document is held against it; with ``k1`` near 0
        and ``b`` 0 it is the idf-weighted share of the question that a document covers at all.
        """
        bm25 = bm25s.BM25(method="lucene", k1=k1, b=b)
        bm25.index(
            ([[vocabulary[feature] for feature in document or ("",)] for document in documents], dict(vocabulary)),
            show_progress=False,
        )
        return dict(bm25.scores)

    def document_frequencies(self) -> dict[str, int]:
        """How many documents have each feature; those that none has are left out."""
        held = np.diff(self.matrix["indptr"])
        return {feature: int(held[column]) for feature, column in self._vocabulary.items() if held[column]}

    def relative(self, features: Iterable[str]) -> Scores:
        """Each document's score as a share (0..1) of what the question could score at most, ``(n,)`` float32.

        That ceiling is the sum of the features' idf (Lucene's variant has no factor ``k1 + 1``).  A feature that no
        document has counts at the idf of a word never seen, so a question half foreign to the knowledge scores low.
        """
        distinct = dict.fromkeys(features)
        known = [column for column in map(self._vocabulary.get, distinct) if column is not None]
        if not known:
            return np.zeros(self._count, np.float32)
        ceiling = float(self._idf[known].sum()) + self._unseen * (len(distinct) - len(known))
        return np.asarray(np.clip(self._bm25.get_scores(known) / ceiling, 0.0, 1.0), np.float32)


MIN_PART = 6
"""Shortest wording that is looked for inside a longer one, in characters: less would be found inside anything."""


class FuzzyIndex:
    """Edit-distance similarity to known wordings."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)

    def ratios(self, key: str, rows: Iterable[int]) -> Scores:
        """Normalised indel similarity (0..1) of ``key`` to the wordings in ``rows``, float32 in their order."""
        chosen = [self._keys[row] for row in rows]
        if not chosen:
            return np.zeros(0, np.float32)
        return np.asarray(
            process.cdist([key], chosen, scorer=fuzz.ratio, dtype=np.float32, workers=1)[0] / 100, np.float32
        )

    def partial(self, key: str, rows: Iterable[int]) -> Scores:
        """As ``ratios`` for the best-matching part of the longer of the two, several times as costly.

        Used for error texts inside a paste.  As a source of the ranking it was tried (64 closest wordings, worth 0.8)
        and made the dev log loss worse, 0.434 against 0.423.  Texts shorter than ``MIN_PART`` count 0.
        """
        chosen = [self._keys[row] for row in rows]
        found = [
            fuzz.partial_ratio(key, other) / 100 if min(len(key), len(other)) >= MIN_PART else 0 for other in chosen
        ]
        return np.asarray(found, np.float32)
