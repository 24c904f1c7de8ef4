"""Scores of several sources -> one probability per intent, and one for "none of them".

A conditional logit (McFadden 1974): every intent has the utility ``w . x`` of its few scores, "none" has a constant
one, and the probabilities are their softmax.  So the same handful of numbers ranks, says how far the first is ahead,
and says when nothing fits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.knowledge.model import IntentKind

Scores = npt.NDArray[np.float32]

COSINE_FLOOR = 0.8
COSINE_CEILING = 1.0
"""Cosines of the shipped encoder lie in 0.75..0.97 even for unrelated text; this range is stretched to 0..1."""

NEARBY = 3
"""How many of an intent's closest phrases ``nearby`` averages: one lucky phrase counts less than agreement."""


@dataclass(frozen=True)
class Sources:
    """What each source says of each intent; every field is ``(intents,)`` float32 in 0..1."""

    phrase: Scores
    """Cosine of the closest phrase."""
    nearby: Scores
    """Mean cosine of the ``NEARBY`` closest phrases."""
    prototype: Scores
    """Cosine of the mean of all phrases, in the whitened space."""
    words: Scores
    """Share of the question's words, weighted by idf, that anything said of the intent has."""
    bigrams: Scores
    """The same for character pairs."""
    phrase_bm25: Scores
    """BM25 of the best single phrase.  Beside the shares above, what it adds is how short and general that phrase is;
    its weight comes out negative: a long question is rarely meant by a two-word phrase it happens to contain."""
    fuzzy: Scores
    """Edit similarity of the closest phrase."""
    verdict: Scores
    """For judgements, how much the sentence sounds like a request for a verdict, whatever it is about."""
    negative: Scores
    """By how much the closest not-alias is closer than the closest phrase."""
    conflict: Scores
    """1 where the question names another line of business than the entry's."""
    other_role: Scores
    """1 where the asker's role is not among the entry's audience."""

    def matrix(self) -> Scores:
        """``(intents, len(FEATURES))``."""
        return np.stack([getattr(self, name) for name in FEATURES], axis=1)


FEATURES: tuple[str, ...] = tuple(Sources.__dataclass_fields__)
KINDS: tuple[IntentKind, ...] = ("entry", "topic", "judgement", "pointer", "smalltalk")


@dataclass(frozen=True)
class Weights:
    """Utility per unit of each source, per kind of intent (entries are the zero), and of "none".

    ``provenance`` says which run of ``scripts/fit_fusion.py`` chose them, on what.
    """

    sources: Mapping[str, float]
    kinds: Mapping[str, float]
    none: float
    provenance: Mapping[str, Any]

    def vector(self) -> Scores:
        return np.array([self.sources[name] for name in FEATURES], np.float32)

    def offsets(self, kinds: Sequence[IntentKind]) -> Scores:
        return np.array([self.kinds[kind] for kind in kinds], np.float32)

    @staticmethod
    def read(path: Path) -> Weights:
        return Weights(**json.loads(path.read_text("utf-8")))


WEIGHTS = Weights.read(Path(__file__).with_name("weights.json"))


def stretch_cosine(cosine: Scores) -> Scores:
    return np.asarray(np.clip((cosine - COSINE_FLOOR) / (COSINE_CEILING - COSINE_FLOOR), 0.0, 1.0), np.float32)


def best_per_owner(scores: Scores, owner: npt.NDArray[np.int64], count: int) -> Scores:
    """Maximum over each owner's rows, ``(count,)``; owners without rows get 0."""
    best = np.zeros(count, np.float32)
    np.maximum.at(best, owner, scores)
    return best


def best_of_run(scores: Scores, starts: npt.NDArray[np.int64]) -> Scores:
    """Maximum of each run of rows; run ``i`` begins at ``starts[i]`` and ends where the next begins."""
    return np.asarray(np.maximum.reduceat(scores, starts), np.float32)


def mean_of_best(scores: Scores, rows: npt.NDArray[np.int64], top: int) -> Scores:
    """Mean of the ``top`` highest scores among each line of ``rows`` ``(intents, k)``; -1 marks an empty place.

    A line with fewer rows than ``top`` is averaged over those it has.
    """
    padded = np.where(rows >= 0, scores[rows], -np.inf)
    if padded.shape[1] > top:
        padded = np.partition(padded, -top, axis=1)[:, -top:]
    held = np.isfinite(padded)
    return np.asarray(np.where(held, padded, 0.0).sum(1) / np.maximum(held.sum(1), 1), np.float32)


def utilities(sources: Sources, kinds: Sequence[IntentKind], weights: Weights = WEIGHTS) -> Scores:
    return np.asarray(sources.matrix() @ weights.vector() + weights.offsets(kinds), np.float32)


def probabilities(utility: Scores, none: float) -> tuple[npt.NDArray[np.float64], float]:
    """Softmax over the intents and "none" (whose utility is given): ``(intents,)``, and none's share; they sum to 1."""
    every = np.append(utility.astype(np.float64), none)
    exponent = np.exp(every - every.max())
    share = exponent / exponent.sum()
    return share[:-1], float(share[-1])
