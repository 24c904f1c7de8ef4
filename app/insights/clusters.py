"""Questions that went wrong, clustered by meaning; each cluster with the wording that stands for it."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from app.index.encoder import Vectors
from app.insights import linkage
from app.insights.misses import Failure, Wording
from app.snapshot import Snapshot, encoded_form

ALIKE = 0.24
"""Mean cosine, in the whitened view, down to which clusters are joined.  On ``tests/insights/groups.yaml`` (77 made-up wordings of
20 questions, and 12 that stand alone) the F1 of pairs is flat, 0.78 to 0.80, from 0.18 to 0.26, and of those the higher ones mix
fewer questions: precision 0.70 at 0.18, 0.73 at 0.24.  Without whitening it has one narrow top, 0.77 at 0.91."""

REMEMBERED = 2_000
"""Vectors kept in memory: 3 MB."""

Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Cluster:
    """``wordings`` are the most frequent first; ``medoid`` is one of them, closest to all."""

    medoid: Wording
    wordings: Sequence[Wording]
    nearest: Wording | None = None
    """The wording closest to the medoid; None where there is no other."""

    @property
    def key(self) -> str:
        """Names it in an address for as long as one of its wordings is in it; see ``holding``."""
        return digest(self.medoid.key)

    @property
    def count(self) -> int:
        return sum(wording.count for wording in self.wordings)

    @property
    def first(self) -> datetime:
        return min(wording.first for wording in self.wordings)

    @property
    def last(self) -> datetime:
        return max(wording.last for wording in self.wordings)

    @property
    def failures(self) -> Counter[Failure]:
        return sum((wording.failures for wording in self.wordings), Counter[Failure]())

    @property
    def failure(self) -> Failure:
        """The typical one."""
        found = self.failures
        return min(found, key=lambda name: (-found[name], name))


class Remembered:
    """An encoder's vectors by text, so that a page asked for again costs nothing; safe in threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._vectors: OrderedDict[tuple[str, str], Vectors] = OrderedDict()

    def of(self, snapshot: Snapshot, texts: Sequence[str]) -> Vectors:
        """``(texts, dim)`` float32 unit rows of the whitened space of this version."""
        model = snapshot.encoder.fingerprint
        with self._lock:
            known = {text: self._vectors[model, text] for text in texts if (model, text) in self._vectors}
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        known |= zip(unknown, snapshot.encoder.encode([encoded_form(text) for text in unknown]), strict=True)
        with self._lock:
            for text in texts:
                self._vectors[model, text] = known[text]
                self._vectors.move_to_end((model, text))
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
        if not texts:
            return np.zeros((0, snapshot.encoder.dimension), np.float32)
        return snapshot.whitening.apply(np.stack([known[text] for text in texts]))


def clustered(wordings: Sequence[Wording], encode: Encode, alike: float = ALIKE) -> list[Cluster]:
    """The cluster asked most often first, then the one asked last; the same for any order of the wordings."""
    in_order = sorted(wordings, key=_place)
    vectors = encode([wording.text for wording in in_order])
    weights = np.array([wording.count for wording in in_order], np.float64)
    found = []
    for rows in linkage.clusters(vectors, alike):
        middle = linkage.medoid(vectors, rows, weights)
        nearest = linkage.nearest(vectors, rows, middle)
        other = None if nearest is None else in_order[nearest]
        found.append(Cluster(in_order[middle], [in_order[row] for row in rows], other))
    return sorted(found, key=lambda cluster: (-cluster.count, -cluster.last.timestamp(), cluster.medoid.key))


def holding(found: Sequence[Cluster], key: str) -> Cluster | None:
    """The cluster that an address names: clusters move on as people ask, so any of its wordings will do."""
    return next((it for it in found if any(digest(wording.key) == key for wording in it.wordings)), None)


def digest(key: str) -> str:
    """Names a wording without holding what somebody wrote."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _place(wording: Wording) -> tuple[int, float, str]:
    return -wording.count, -wording.last.timestamp(), wording.key
