"""find(snapshot.knowledge.terms, text) -> words of the dictionary: by name first, then by what their definitions say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.knowledge.model import Term
from app.text.normalize import match_key
from app.text.tokenize import bigrams

ENOUGH = 0.6
"""Share of the text's character pairs that name and definition must have for a term to be worth showing."""


class TermHit(NamedTuple):
    """``score`` is 1 for a name that holds the text or stands in it, else the share of its character pairs."""

    term: Term
    score: float


def find(terms: Sequence[Term], text: str, top_k: int = 10) -> list[TermHit]:
    key = match_key(text)
    if not key:
        return []
    hits = [hit for term in terms if (hit := _hit(term, key))]
    return sorted(hits, key=lambda hit: -hit.score)[:top_k]


def _hit(term: Term, key: str) -> TermHit | None:
    names = [match_key(name) for name in (term.term, *term.aliases)]
    if key in names:
        return TermHit(term, 1.0)
    if any(key in name or name in key for name in names):
        return TermHit(term, 0.9)
    wanted = set(bigrams(key))
    said = set(bigrams(match_key(term.definition))) | {pair for name in names for pair in bigrams(name)}
    share = len(wanted & said) / len(wanted) if wanted else 0.0
    return TermHit(term, round(0.8 * share, 4)) if share >= ENOUGH else None
