"""The entries nearest to a question, and in words why none of them was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.dialogue.answer import Question
from app.dialogue.explain import SOURCES, Candidate, explain
from app.dialogue.policy import ANSWER
from app.knowledge.model import Entry
from app.retrieval.fusion import WEIGHTS
from app.snapshot import Snapshot

NEAREST = 3
LACKS = 2
"""Sources named: more is no explanation."""

Leader = Literal["topic", "judgement", "pointer", "smalltalk"]
LED_BY: dict[str, str] = {
    "topic": "更像一个要反问的话题",
    "judgement": "更像要评委作判断的问题",
    "pointer": "更像不归知识库管、只指路的问题",
    "smalltalk": "更像寒暄",
}


@dataclass(frozen=True)
class Near:
    entry: Entry
    probability: float
    phrase: str
    """Its closest wording."""
    why: str
    """Why it was not given, for people."""


@dataclass(frozen=True)
class Today:
    """What the version that serves now makes of a question; the entry it would give, if it would."""

    kind: str
    entry: Entry | None
    near: tuple[Near, ...]


def today(snapshot: Snapshot, question: str) -> Today:
    found = explain(snapshot, Question(question))
    entries = [it for it in found.candidates if it.kind == "entry" and it.id in snapshot.entries][:NEAREST]
    near = tuple(
        Near(snapshot.entries[it.id], it.probability, it.phrase, _why(it, found.candidates[0], found.none))
        for it in entries
    )
    given = found.reply.entry if found.reply.kind == "answer" else None
    return Today(found.reply.kind, given, near)


def _why(candidate: Candidate, first: Candidate, none: float) -> str:
    """Against the first of the ranking, or, for the first, against what an answer needs."""
    if candidate is not first:
        said = LED_BY.get(first.kind, f"排在「{first.title}」后面")
        gaps = {a.source: a.points - b.points for a, b in zip(first.parts, candidate.parts, strict=True)}
        lacks = [name for name, points in sorted(gaps.items(), key=lambda item: -item[1]) if points > 0][:LACKS]
        return said + (f"，主要差在{_named(lacks)}" if lacks else "")
    if candidate.probability >= ANSWER:
        return "排在第一，够把握"
    said = f"排在第一，但把握只有 {candidate.probability:.0%}，不到作答要的 {ANSWER:.0%}"
    if none > candidate.probability:
        said += f"（跟哪一条都不像的可能是 {none:.0%}）"
    weak = [part for part in candidate.parts if WEIGHTS.sources[part.source] > 0]
    weak.sort(key=lambda part: (part.value - 1) * WEIGHTS.sources[part.source])
    return f"{said}；最弱的是{_named([part.source for part in weak[:LACKS]])}"


def _named(sources: list[str]) -> str:
    return "、".join(f"「{SOURCES[name]}」" for name in sources)
