"""search(snapshot, question) -> hits: what the question could mean, best first, with every score that led there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.knowledge.model import Intent
from app.retrieval import fusion
from app.snapshot import Snapshot, encoded_form
from app.text.normalize import match_key


@dataclass(frozen=True)
class Hit:
    """One intent the question may mean.  ``score`` and ``sources`` lie in 0..1; ``phrase`` is its closest wording."""

    intent: Intent
    score: float
    phrase: str
    sources: dict[str, float]

    @property
    def exact(self) -> bool:
        return self.sources.get("exact", 0.0) == 1.0


def search(snapshot: Snapshot, question: str, top_k: int = 10, weights: fusion.Weights = fusion.WEIGHTS) -> list[Hit]:
    """Rank every intent for a question.

    A wording that equals a known one (after normalisation) is first with score 1, whatever the other sources say; an
    intent that lists the wording among its ``not_aliases`` is left out.
    """
    key = match_key(question)
    if not key:
        return []
    text = encoded_form(question)
    count = len(snapshot.intents)
    vector = snapshot.encoder.encode([text])[0]

    rows, cosines = snapshot.phrases.search(vector, len(snapshot.phrases))
    by_row = np.empty(len(snapshot.phrases), np.float32)
    by_row[rows] = cosines
    prototype = np.empty(count, np.float32)
    near, near_cosines = snapshot.prototypes.search(vector, count)
    prototype[near] = near_cosines

    features = snapshot.tokenizer.features(text)
    phrase_bm25 = fusion.relative(snapshot.phrase_bm25.scores(features), snapshot.phrase_bm25.ceiling(features))
    ratios = snapshot.fuzzy.ratios(key)
    sources = {
        "phrase": fusion.stretch_cosine(fusion.best_per_owner(by_row, snapshot.owner, count)),
        "prototype": fusion.stretch_cosine(prototype),
        "intent_bm25": fusion.relative(snapshot.intent_bm25.scores(features), snapshot.intent_bm25.ceiling(features)),
        "phrase_bm25": fusion.best_per_owner(phrase_bm25, snapshot.owner, count),
        "fuzzy": fusion.best_per_owner(ratios, snapshot.owner, count),
    }
    score = fusion.combine(**sources, weights=weights)

    exact = snapshot.exact.get(key)
    if exact is not None:
        score[exact] = 1.0
    for row in snapshot.not_exact.get(key, ()):
        score[row] = -1.0
    order = np.argsort(-score, kind="stable")[:top_k]
    closeness = fusion.stretch_cosine(by_row) + ratios
    hits = []
    for row in order:
        if score[row] < 0:
            continue
        own = np.flatnonzero(snapshot.owner == row)
        detail = {name: round(float(values[row]), 4) for name, values in sources.items()}
        detail["exact"] = float(row == exact)
        phrase = snapshot.phrase_texts[own[np.argmax(closeness[own])]]
        hits.append(Hit(snapshot.intents[row], round(float(score[row]), 6), phrase, detail))
    return hits
