"""Payloads of the insights, exactly as documented."""

from __future__ import annotations

from datetime import datetime

from app.insights.figures import Outcome
from app.insights.followed import Sign
from app.insights.misses import Failure
from app.knowledge.model import Category
from app.web.schemas import EntryRef, KnowledgeOut, Payload


class SpanOut(Payload):
    since: datetime
    until: datetime


class FiguresOut(Payload):
    """``rates`` are shares of ``asked``, those of ``smalltalk`` and ``rejected`` of ``messages``; null where there is nothing to
    divide by."""

    messages: int
    conversations: int
    asked: int
    counts: dict[Outcome, int]
    rates: dict[Outcome, float | None]
    rated: int
    helpful: int
    helpful_rate: float | None
    p50_ms: float | None
    p95_ms: float | None


class TallyOut(Payload):
    name: str
    messages: int
    counts: dict[Outcome, int]


class TopQuestionOut(Payload):
    text: str
    count: int
    outcome: Outcome


class TopOut(Payload):
    id: str
    title: str
    count: int


class InsightsOut(Payload):
    journal: bool
    """Whether questions are being noted at all."""
    span: SpanOut
    before: SpanOut
    figures: FiguresOut
    figures_before: FiguresOut
    trend: list[str]
    days: list[TallyOut]
    hours: list[TallyOut]
    categories: list[TallyOut]
    channels: list[TallyOut]
    roles: list[TallyOut]
    questions: list[TopQuestionOut]
    entries: list[TopOut]
    pointers: list[TopOut]
    signs: dict[Sign, int]
    knowledge: KnowledgeOut


class DismissedOut(Payload):
    by: str
    at: datetime


class ClusterOut(Payload):
    key: str
    text: str
    count: int
    wordings: int
    first: datetime
    last: datetime
    failure: Failure
    failures: dict[Failure, int]
    dismissed: DismissedOut | None


class ClustersOut(Payload):
    span: SpanOut
    clusters: list[ClusterOut]
    knowledge: KnowledgeOut


class WordingOut(Payload):
    text: str
    count: int
    first: datetime
    last: datetime


class DraftOut(Payload):
    """What the editor is opened with; masked tokens are left out."""

    alias: str
    golden: str


class NearOut(EntryRef):
    category: Category
    probability: float
    phrase: str
    why: str


class ClusterDetailOut(Payload):
    cluster: ClusterOut
    wordings: list[WordingOut]
    kind: str
    """Of the reply that the version serving now gives to ``cluster.text``."""
    given: EntryRef | None
    near: list[NearOut]
    draft: DraftOut | None
    knowledge: KnowledgeOut
