"""What people say next after an answer: wordings that mean nothing by themselves, each known only after one entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.index.dense import DenseIndex
from app.index.encoder import Vectors
from app.knowledge.model import Knowledge
from app.text.normalize import match_key


class Said(NamedTuple):
    after: str
    entry: str
    text: str


class Meant(NamedTuple):
    """An entry, and how near its nearest wording is: a cosine, 1 for a known wording."""

    entry: str
    nearness: float


@dataclass(frozen=True)
class FollowUpIndex:
    said: tuple[Said, ...]
    exact: Mapping[tuple[str, str], str]
    """(entry answered last, ``match_key`` of a wording) -> the entry meant."""
    rows: Mapping[str, np.ndarray[tuple[int], np.dtype[np.int64]]]
    """Entry answered last -> rows of ``vectors``."""
    vectors: DenseIndex

    def meant(self, after: str, text: str, vector: Vectors) -> list[Meant]:
        """The entries that this may mean after an answer, the nearest first; ``vector`` ``(dim,)`` is that of ``text``."""
        known = self.exact.get((after, match_key(text)))
        if known is not None:
            return [Meant(known, 1.0)]
        rows = self.rows.get(after)
        if rows is None:
            return []
        found, cosines = self.vectors.search(vector, len(rows), among=rows)
        best: dict[str, float] = {}
        for row, cosine in zip(found, cosines, strict=True):
            best.setdefault(self.said[row].entry, float(cosine))
        return [Meant(entry, cosine) for entry, cosine in best.items()]


def said_list(knowledge: Knowledge) -> list[Said]:
    """Every wording in row order."""
    return [Said(item.after, item.entry, phrase) for item in knowledge.follow_ups for phrase in item.phrases]


def assemble(knowledge: Knowledge, vectors: Vectors) -> FollowUpIndex | None:
    """``vectors`` ``(wordings, dim)`` in the order of ``said_list``; None when there are none."""
    said = tuple(said_list(knowledge))
    if not said:
        return None
    after = np.array([item.after for item in said])
    rows = {key: np.flatnonzero(after == key) for key in dict.fromkeys(after.tolist())}
    exact = {(item.after, match_key(item.text)): item.entry for item in said}
    return FollowUpIndex(said, exact, rows, DenseIndex(vectors))
