"""Word statistics (BM25) and string similarity (rapidfuzz)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import bm25s
import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

Scores = npt.NDArray[np.float32]

logging.getLogger("bm25s").setLevel(logging.WARNING)  # bm25s sets DEBUG on import

K1, B = 1.2, 0.75
"""Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), section 3.5: usual values."""


class Bm25Index:
    """BM25 (Lucene variant) over documents given as lists of features."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        self._bm25.index([list(document) or [""] for document in documents], show_progress=False)
        vocabulary = self._bm25.vocab_dict
        counts = dict.fromkeys(vocabulary, 0)
        for document in documents:
            for feature in set(document):
                counts[feature] += 1
        n = len(documents)
        self._idf = {f: float(np.log(1 + (n - df + 0.5) / (df + 0.5))) for f, df in counts.items() if df}
        self._unseen = float(np.log(1 + (n + 0.5) / 0.5))

    def scores(self, features: Sequence[str]) -> Scores:
        """BM25 of every document, ``(n,)`` float32, for a query given as features."""
        known = [feature for feature in features if feature in self._idf]
        if not known:
            return np.zeros(self._bm25.scores["num_docs"], np.float32)
        return np.asarray(self._bm25.get_scores(known), np.float32)

    def ceiling(self, features: Sequence[str]) -> float:
        """What a document holding every feature many times would score: the sum of idf.

        Features no document has count at the idf of a word never seen, so that ``scores / ceiling`` falls when half of
        the question is foreign to the knowledge base.  (Lucene's variant has no factor ``k1 + 1``.)
        """
        return sum(self._idf.get(feature, self._unseen) for feature in features) or 1.0


class FuzzyIndex:
    """Edit-distance similarity to known wordings."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)

    def ratios(self, key: str) -> Scores:
        """Normalised indel similarity (0..1) of ``key`` to every wording, ``(n,)`` float32."""
        return np.asarray(
            process.cdist([key], self._keys, scorer=fuzz.ratio, dtype=np.float32, workers=1)[0] / 100, np.float32
        )

    def partial(self, key: str, rows: Sequence[int]) -> Scores:
        """As ``ratios`` for the best-matching part of the longer string, for the given rows only (it costs more)."""
        found = [fuzz.partial_ratio(key, self._keys[row]) / 100 for row in rows]
        return np.asarray(found, np.float32)
