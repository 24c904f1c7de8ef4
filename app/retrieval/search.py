"""search(snapshot, question) -> hits: what the question could mean, best first, with every score that led there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.knowledge.model import Audience, Business, Intent
from app.retrieval import fusion
from app.retrieval.fusion import Sources
from app.snapshot import Snapshot, encoded_form
from app.text.normalize import match_key
from app.text.tokenize import bigrams

CANDIDATES = 64
"""Intents nearest by prototype, whose single phrases are then looked at.  All of several hundred intents with their
many thousand phrases would cost three times as much and change nothing that could win."""
CLOSEST = 256
"""Phrases of the candidates whose cosine and edit distance are taken exactly; the others count as the last of these."""


@dataclass(frozen=True)
class Hit:
    """One intent the question may mean.

    ``probability`` is its share against all other intents and "none"; ``utility`` the score behind it; ``sources`` the
    single scores, 0..1; ``phrase`` its closest wording.
    """

    intent: Intent
    probability: float
    utility: float
    phrase: str
    sources: dict[str, float]
    exact: bool = False


@dataclass(frozen=True)
class Ranking:
    """All that was found: ``hits`` best first, and the probability that nothing fits."""

    hits: tuple[Hit, ...]
    none: float


def score(
    snapshot: Snapshot, question: str, audience: Audience | None, named: Sequence[Business]
) -> tuple[Sources, fusion.Scores]:
    """Ask every source about every intent.  ``named`` are the lines of business the question names.

    Also returns how close each phrase is, ``(phrases,)``: to show the wording behind a hit.
    """
    text, key = encoded_form(question), match_key(question)
    count = len(snapshot.intents)
    vector = snapshot.encoder.encode([text])[0]
    prototype = np.empty(count, np.float32)
    order, cosines = snapshot.prototypes.search(snapshot.whitening.apply(vector[None])[0], count)
    prototype[order] = np.clip(cosines, 0.0, 1.0)
    candidates = order[:CANDIDATES]
    rows = snapshot.phrase_rows[candidates]
    closest_rows, cosines = snapshot.phrases.search(vector, CLOSEST, among=rows[rows >= 0])
    closest = fusion.stretch_cosine(cosines)
    by_row = np.full(len(snapshot.phrases), closest[-1], np.float32)
    by_row[closest_rows] = closest
    phrase = fusion.best_of_run(by_row, snapshot.starts)
    nearby = np.full(count, closest[-1], np.float32)
    nearby[candidates] = fusion.mean_of_best(by_row, rows, fusion.NEARBY)
    negative = np.zeros(count, np.float32)
    if snapshot.negatives is not None:
        rows, cosines = snapshot.negatives.search(vector, CLOSEST // 2)
        barred = fusion.best_per_owner(fusion.stretch_cosine(cosines), snapshot.negative_owner[rows], count)
        negative = np.maximum(barred - phrase, 0.0)
    ratios = np.zeros(len(snapshot.phrases), np.float32)
    ratios[closest_rows] = snapshot.fuzzy.ratios(key, closest_rows)
    words, pairs = snapshot.tokenizer.words(text), bigrams(text)
    sources = Sources(
        phrase=phrase,
        nearby=nearby,
        prototype=prototype,
        words=snapshot.lexicon.words.relative(words),
        bigrams=snapshot.lexicon.bigrams.relative(pairs),
        phrase_bm25=fusion.best_of_run(snapshot.lexicon.phrase_bm25.relative(words + pairs), snapshot.starts),
        fuzzy=fusion.best_of_run(ratios, snapshot.starts),
        verdict=np.where(snapshot.is_judgement, np.float32(snapshot.verdict.score(vector)), np.float32(0)),
        negative=negative,
        conflict=_conflict(snapshot, named),
        other_role=_other_role(snapshot, audience),
    )
    return sources, by_row + ratios


def _conflict(snapshot: Snapshot, named: Sequence[Business]) -> fusion.Scores:
    marks = np.zeros(len(snapshot.intents), np.float32)
    if named:
        for i, entry in enumerate(snapshot.knowledge.entries):
            marks[i] = not {*named, "通用"} & set(entry.business)
    return marks


def _other_role(snapshot: Snapshot, audience: Audience | None) -> fusion.Scores:
    marks = np.zeros(len(snapshot.intents), np.float32)
    if audience is not None:
        for i, entry in enumerate(snapshot.knowledge.entries):
            marks[i] = audience not in entry.audience
    return marks


def search(
    snapshot: Snapshot,
    question: str,
    *,
    audience: Audience | None = None,
    named: Sequence[Business] = (),
    top_k: int = 12,
    weights: fusion.Weights = fusion.WEIGHTS,
) -> Ranking:
    """Rank every intent for a question.

    A wording that equals a known one (after normalisation) is first with probability 1, whatever the other sources
    say; an entry that lists the wording among its ``not_aliases`` is left out.
    """
    key = match_key(question)
    if not key:
        return Ranking((), 1.0)
    sources, closeness = score(snapshot, question, audience, named)
    utility = fusion.utilities(sources, snapshot.kinds, weights)
    barred = snapshot.not_exact.get(key, frozenset())
    utility[list(barred)] = -np.inf
    probability, none = fusion.probabilities(utility, weights.none)
    exact = snapshot.exact.get(key)
    if exact is not None:
        utility[exact] = np.inf
        probability, none = np.zeros_like(probability), 0.0
        probability[exact] = 1.0
    matrix = sources.matrix()
    hits = []
    for row in np.argsort(-utility, kind="stable")[:top_k]:
        if row in barred:
            continue
        begin = int(snapshot.starts[row])
        closest = begin + int(np.argmax(closeness[begin : begin + len(snapshot.intents[row].phrases)]))
        hits.append(
            Hit(
                intent=snapshot.intents[row],
                probability=float(probability[row]),
                utility=float(utility[row]),
                phrase=snapshot.phrase_texts[closest],
                sources={name: round(float(v), 4) for name, v in zip(fusion.FEATURES, matrix[row], strict=True)},
                exact=bool(row == exact),
            )
        )
    return Ranking(tuple(hits), none)
