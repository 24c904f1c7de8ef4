"""decide(hits, ...) -> what kind of reply.  Pure; every threshold is named and says what chose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.knowledge.model import Audience, Business, Entry, Topic
from app.retrieval.search import Hit

ANSWER = 0.52
"""Fused score from which an entry may be the answer."""
CLARIFY = 0.44
"""Fused score from which entries may be offered as options."""
MARGIN = 0.04
"""Lead over the next entry below which both are offered."""
OTHER_INTENT = 0.50
"""Fused score from which a topic, pointer, judgement or small talk is believed."""
NEAR = 0.34
"""Fused score from which an entry is near enough to be named under a refusal."""
MAX_OPTIONS = 5

Kind = Literal["answer", "clarify", "decline", "smalltalk", "neutral"]


@dataclass(frozen=True)
class Decision:
    """``entry`` for answer and neutral; ``options`` are entry ids; ``intent`` the topic, pointer or small talk behind it."""

    kind: Kind
    confidence: float
    entry: str | None = None
    options: tuple[str, ...] = ()
    intent: str | None = None


def decide(
    hits: Sequence[Hit],
    entries: Mapping[str, Entry],
    topics: Mapping[str, Topic],
    *,
    audience: Audience | None = None,
    named: Sequence[Business] = (),
    verdict: bool = False,
) -> Decision:
    """Choose the kind of reply.

    ``named`` are the lines of business the question (or the conversation) names; ``verdict`` says the question seeks
    a judgement on a concrete case.
    """
    if not hits:
        return Decision("decline", 0.0)
    best = hits[0]
    rivals = [hit for hit in hits if hit.intent.kind == "entry"]
    if verdict or (best.intent.kind == "judgement" and believed(best)):
        return Decision("neutral", confidence(best.score), intent=best.intent.id)
    if best.intent.kind == "smalltalk" and believed(best):
        return Decision("smalltalk", confidence(best.score), intent=best.intent.id)
    if best.intent.kind == "pointer" and believed(best):
        return Decision("decline", confidence(best.score), intent=best.intent.id)
    if best.intent.kind == "topic" and believed(best):
        return resolve(topics[best.intent.id], best, entries, audience=audience, named=named)
    if not rivals or rivals[0].score < CLARIFY:
        return Decision("decline", confidence(best.score), options=near(rivals))
    first = rivals[0]
    close = [hit for hit in rivals[1:] if first.score - hit.score < MARGIN]
    if first.exact or (first.score >= ANSWER and not close):
        return Decision("answer", confidence(first.score), entry=first.intent.id)
    options = tuple(hit.intent.id for hit in (first, *close))[:MAX_OPTIONS]
    if len(options) < 2:
        options = tuple(hit.intent.id for hit in rivals[:3] if hit.score >= NEAR)
    if len(options) < 2:
        return Decision("decline", confidence(first.score), options=near(rivals))
    return Decision("clarify", confidence(first.score), options=options)


def resolve(
    topic: Topic,
    hit: Hit,
    entries: Mapping[str, Entry],
    *,
    audience: Audience | None,
    named: Sequence[Business],
) -> Decision:
    """A question that several entries answer: take the one that its business or the asker's role singles out, or ask."""
    options = [option.entry for option in topic.options]
    fitting = [entry for entry in options if set(entries[entry].business) & set(named)] if named else options
    if audience is not None and len(fitting) != 1:
        fitting = [entry for entry in fitting or options if audience in entries[entry].audience]
    if len(fitting) == 1:
        return Decision("answer", confidence(hit.score), entry=fitting[0], intent=topic.id)
    return Decision("clarify", confidence(hit.score), options=tuple(options), intent=topic.id)


def believed(hit: Hit) -> bool:
    return hit.exact or hit.score >= OTHER_INTENT


def near(rivals: Sequence[Hit]) -> tuple[str, ...]:
    return tuple(hit.intent.id for hit in rivals[:3] if hit.score >= NEAR)


def confidence(score: float) -> float:
    """How sure a reply with this fused score is; monotone, 0..1."""
    return round(min(max((score - 0.2) / 0.6, 0.0), 1.0), 3)
