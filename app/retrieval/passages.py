"""How well documents made of passages fit a text: by the closest passage, and by the words of them all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from app.index.encoder import Encoder
from app.index.passages import PassageIndex
from app.retrieval.fusion import Scores, best_per_owner, mean_of_best, stretch_cosine
from app.text.tokenize import Tokenizer, bigrams

WEIGHTS = {"meaning": 0.65, "nearby": 1.0, "words": 0.75, "pairs": 0.55}
"""Of the closest passage's cosine, the mean of the three closest, and the shares of words and character pairs found anywhere in
the document.  A conditional logit on the dev questions of tests/quality/laws, rounded;
cross-validated, 90.0 % of them have a right article first and 97.5 % among three.  scripts/bench_laws.py shows both splits."""
NEARBY = 3
CLOSEST = 800
"""Passages whose cosine counts; those further away count as the last of these."""


class Scored(NamedTuple):
    """``documents`` ``(count,)`` and ``passages`` ``(passages,)``, float32; the latter say which passage it was."""

    documents: Scores
    passages: Scores


def score(index: PassageIndex, encoder: Encoder, tokenizer: Tokenizer, text: str) -> Scored:
    """Scores for a normalised text."""
    rows, cosines = index.parts.search(encoder.encode([text])[0], CLOSEST)
    closest = stretch_cosine(cosines)
    near = np.full(len(index.parts), closest[-1], np.float32)
    near[rows] = closest
    words, pairs = tokenizer.words(text), bigrams(text)
    documents = (
        WEIGHTS["meaning"] * best_per_owner(near, index.owner, index.count)
        + WEIGHTS["nearby"] * mean_of_best(near, index.rows, NEARBY)
        + WEIGHTS["words"] * index.lexicon.words.relative(words)
        + WEIGHTS["pairs"] * index.lexicon.bigrams.relative(pairs)
    )
    return Scored(np.asarray(documents, np.float32), near)
