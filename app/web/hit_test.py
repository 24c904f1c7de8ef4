"""Many questions at once, beside the entries they should lead to: over JSON, and as the console's page shows it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from app.dialogue.answer import Question
from app.dialogue.policy import Kind
from app.evaluation import hit_test
from app.evaluation.hit_test import MOST_QUESTIONS, Outcome, Totals, Trial, Verdict
from app.knowledge.model import Audience, Business, Stage
from app.web import schemas, shape
from app.web.deps import CurrentSnapshot, CurrentState, require

router = APIRouter(
    prefix="/api/v1/admin", responses={status: {"model": schemas.ErrorOut} for status in (401, 403, 422)}
)


class TrialIn(schemas.Payload):
    question: schemas.QuestionText
    expected: Annotated[str, Field(max_length=80)] = ""
    """Id or number of the entry that should answer."""


class HitTestIn(schemas.Payload):
    questions: Annotated[list[TrialIn], Field(min_length=1, max_length=MOST_QUESTIONS)]
    audience: Audience | None = None
    business: Business | None = None
    stage: Stage | None = None


class SecondOut(schemas.Payload):
    kind: str
    id: str
    probability: float


class OutcomeOut(schemas.Payload):
    question: str
    expected: str
    kind: Kind
    entry: schemas.EntryRef | None
    """Of an answer its entry, else the first of the options."""
    confidence: float
    second: SecondOut | None
    verdict: Literal["right", "offered", "wrong", "unknown"] | None
    """None where nothing was expected; unknown where there is no such entry."""
    took_ms: float


class TotalsOut(schemas.Payload):
    asked: int
    kinds: dict[Kind, int]
    judged: int
    """With an expectation that names an entry there is."""
    verdicts: dict[Verdict, int]


class HitTestOut(schemas.Payload):
    results: list[OutcomeOut]
    totals: TotalsOut
    knowledge: schemas.KnowledgeOut


@router.post("/hit-test", summary="批量命中测试", dependencies=[require("try")])
def run(body: HitTestIn, state: CurrentState, snapshot: CurrentSnapshot) -> HitTestOut:
    """一次最多 2000 句，要十几秒。不留记录，也不接上文。"""
    trials = [Trial(it.question, it.expected.strip()) for it in body.questions]
    beside = Question("", body.audience, None, body.business, state.now().date(), body.stage)
    outcomes = hit_test.run(snapshot, trials, beside)
    return HitTestOut(
        results=[_outcome(found) for found in outcomes],
        totals=_totals(hit_test.totals(outcomes)),
        knowledge=shape.knowledge(snapshot),
    )


def _outcome(found: Outcome) -> OutcomeOut:
    second = found.second
    return OutcomeOut(
        question=found.trial.question,
        expected=found.trial.expected,
        kind=found.kind,
        entry=shape.ref(found.entry) if found.entry else None,
        confidence=found.confidence,
        second=SecondOut(kind=second.intent.kind, id=second.intent.id, probability=round(second.probability, 4))
        if second
        else None,
        verdict=found.verdict,
        took_ms=found.took_ms,
    )


def _totals(found: Totals) -> TotalsOut:
    counts: dict[str, Any] = {"kinds": dict(found.kinds), "verdicts": dict(found.verdicts)}
    return TotalsOut(asked=found.asked, judged=found.judged, **counts)
