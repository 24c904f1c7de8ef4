"""Why a question got the reply it got: every score, the tier that decided, and what the runner-up lacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.dialogue.answer import Question, Reply, Tier, answer
from app.dialogue.turn import Turn
from app.knowledge.model import IntentKind
from app.retrieval.fusion import FEATURES, WEIGHTS
from app.retrieval.search import Hit
from app.snapshot import Snapshot

SHOWN = 8
"""Candidates listed: what could have won is always among the first few."""

TIERS: dict[Tier, str] = {
    "offered": "从上一条的选项里选定",
    "error_text": "认出了程序的报错文字",
    "number": "问的是条目的编号",
    "cited": "认出了法规名称或条号",
    "exact": "与已知问法完全相同",
    "scores": "按得分",
    "follow_up": "接着上文理解后按得分",
    "corrected": "更正错别字后按得分",
    "term": "问的是业务词典里的词",
    "pinyin": "打的是拼音，列出读音相符的条目",
    "rejected": "说了“都不是”",
}
SOURCES: dict[str, str] = {
    "phrase": "最近的问法",
    "nearby": "最近几条问法",
    "prototype": "意图中心",
    "words": "词的覆盖",
    "bigrams": "字对的覆盖",
    "phrase_bm25": "问法 BM25",
    "fuzzy": "编辑相似",
    "verdict": "像要一个判定",
    "negative": "像“不是这条”的问法",
    "conflict": "业务不符",
    "other_role": "身份不符",
    "kind": "这一类的常数",
}


@dataclass(frozen=True)
class Part:
    """One source: its ``value`` (0..1), and ``points`` = weight x value, what it adds to the utility."""

    source: str
    value: float
    points: float


@dataclass(frozen=True)
class Candidate:
    kind: IntentKind
    id: str
    title: str
    """A question, or the first wording."""
    phrase: str
    """The closest wording."""
    probability: float
    points: float
    """The utility: the parts and the constant of the kind; infinite for an exact wording."""
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Explanation:
    reply: Reply
    tier: Tier
    read_as: str | None
    """What was ranked, where that is not the text as typed."""
    none: float
    """Probability that nothing fits."""
    candidates: tuple[Candidate, ...]
    runner_up: tuple[Part, ...]
    """By how much the second lies behind the first, source by source, the largest difference first; ``points`` above 0
    speak for the first."""


def explain(snapshot: Snapshot, question: Question, turn: Turn | None = None) -> Explanation:
    """Ask as ``answer`` does and show the working."""
    reply, _ = answer(snapshot, question, turn)
    hits = reply.ranking.hits[:SHOWN] if reply.ranking else ()
    candidates = tuple(_candidate(hit) for hit in hits)
    return Explanation(
        reply=reply,
        tier=reply.tier,
        read_as=reply.corrected or reply.understood_as,
        none=reply.ranking.none if reply.ranking else 0.0,
        candidates=candidates,
        runner_up=_difference(candidates),
    )


def _candidate(hit: Hit) -> Candidate:
    return Candidate(
        kind=hit.intent.kind,
        id=hit.intent.id,
        title=hit.intent.phrases[0],
        phrase=hit.phrase,
        probability=hit.probability,
        points=hit.utility,
        parts=tuple(Part(name, hit.sources[name], WEIGHTS.sources[name] * hit.sources[name]) for name in FEATURES),
    )


def _difference(candidates: Sequence[Candidate]) -> tuple[Part, ...]:
    if len(candidates) < 2:
        return ()
    first, second = candidates[:2]
    parts = [
        Part(a.source, a.value - b.value, a.points - b.points)
        for a, b in zip(first.parts, second.parts, strict=True)
        if a.points != b.points
    ]
    kind = WEIGHTS.kinds[first.kind] - WEIGHTS.kinds[second.kind]
    if kind:
        parts.append(Part("kind", 1.0, kind))
    return tuple(sorted(parts, key=lambda part: -abs(part.points)))
