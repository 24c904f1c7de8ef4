"""The hit test: one question with its working, or many with what each leads to.  Nothing of it is journalled."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from pydantic import ValidationError

from app.dialogue.answer import Question
from app.dialogue.explain import explain
from app.dialogue.policy import Kind
from app.errors import AppError
from app.evaluation import hit_test
from app.evaluation.hit_test import MOST_QUESTIONS, VERDICTS, Outcome, Trial
from app.knowledge.model import INTENT_NAMES
from app.knowledge.workbook.columns import BUSINESSES
from app.web import pages, schemas, shape
from app.web.console import download
from app.web.console.page import show
from app.web.deps import Actor, CurrentSnapshot, CurrentState, State, require

KINDS: dict[Kind, str] = {
    "answer": "直接回答",
    "clarify": "反问",
    "decline": "没有答案",
    "smalltalk": "寒暄",
    "neutral": "不作判断",
    "policy": "给出法条",
    "term": "解释词语",
}
"""What kinds of reply are called in front of administrators."""
STAGES = {"before": "开标前", "opening": "开标时", "evaluation": "评标时", "after": "评标后"}
SHOWN = {"": "全部", "wrong": "没答对的", "clarify": "反问的", "decline": "没有答案的"}
"""Which results are listed."""
HEADINGS = (
    "问题",
    "期望",
    "对不对",
    "怎么答的",
    "编号",
    "条目",
    "标准问法",
    "把握",
    "第二名",
    "第二名的概率",
    "用时（毫秒）",
)
MOST_BYTES = 5 * 1024 * 1024
"""Of a file, as the page says; a request may have a little more."""
COMPARED = 3
"""Candidates whose single scores are shown."""

router = APIRouter()
Viewer = Annotated[Actor, require("try")]


@router.api_route("/hit-test", methods=["GET", "HEAD"], response_class=HTMLResponse)
def page(
    request: Request,
    actor: Viewer,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    q: Annotated[str, Query()] = "",
    audience: Annotated[str, Query(max_length=20)] = "",
    business: Annotated[str, Query(max_length=20)] = "",
    stage: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    context = _choices(audience, business, stage) | {"q": q}
    status = 200
    if q.strip():
        chosen = {name: value for name, value in context["chosen"].items() if value}
        try:
            asked = schemas.AskIn.model_validate({"question": q} | chosen)
        except ValidationError:
            context["problem"], status = f"问题最多 {schemas.MAX_QUESTION_CHARS} 字，不能有认不出的字符", 422
        else:
            context |= _explained(state, snapshot, asked)
    return show(request, actor, "hit_test.html", "hit-test", context, status)


def _explained(state: State, snapshot: CurrentSnapshot, asked: schemas.AskIn) -> dict[str, Any]:
    started = time.perf_counter()
    found = explain(snapshot, asked.asked_on(state.now().date()))
    took = round((time.perf_counter() - started) * 1000, 2)
    shown = shape.explanation(snapshot, found, took, state.now())
    html = Markup(shown.reply.answer.html) if shown.reply.answer else ""  # noqa: S704  sanitised when it was published
    compared = shown.candidates[:COMPARED]
    scores = list(zip(*(candidate.parts for candidate in compared), strict=True))
    return {"shown": shown, "html": html, "compared": compared, "scores": scores, "names": INTENT_NAMES, "kinds": KINDS}


@router.post("/hit-test", response_class=HTMLResponse)
def batch(
    request: Request,
    actor: Viewer,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    pasted: Annotated[str, Form(alias="list")] = "",
    file: UploadFile | None = None,
    audience: Annotated[str, Form(max_length=20)] = "",
    business: Annotated[str, Form(max_length=20)] = "",
    stage: Annotated[str, Form(max_length=20)] = "",
    wanted: Annotated[str, Form(alias="show", max_length=20)] = "",
    form: Annotated[Literal["page", "xlsx", "csv"], Form(alias="format")] = "page",
) -> Response:
    """Nothing is kept between requests: filtering and exporting send the list again."""
    context = _choices(audience, business, stage)
    chosen = {name: value for name, value in context["chosen"].items() if value}
    try:
        chosen_file = file if file is not None and file.filename else None
        trials = hit_test.uploaded(chosen_file.file.read()) if chosen_file else hit_test.pasted(pasted)
    except AppError as error:
        context |= {"problem": error.message, "details": error.details, "list": pasted}
        return show(request, actor, "hit_test.html", "hit-test", context, error.status)
    outcomes = hit_test.run(snapshot, trials, Question("", as_of=state.now().date(), **chosen))
    listed = [outcome for outcome in outcomes if _is_shown(outcome, wanted)]
    if form != "page":
        return download.table(f"命中测试-{state.now():%Y-%m-%d}", form, HEADINGS, map(_cells, listed))
    context |= {"list": hit_test.as_text(trials), "outcomes": listed, "totals": hit_test.totals(outcomes)}
    context |= {"kinds": KINDS, "verdicts": VERDICTS, "shown_names": SHOWN, "wanted": wanted, "second": second_place}
    return show(request, actor, "hit_test.html", "hit-test", context)


def _choices(audience: str, business: str, stage: str) -> dict[str, Any]:
    """What can be chosen, and what was; what there is not counts as not chosen."""
    return {
        "audiences": pages.AUDIENCES,
        "businesses": BUSINESSES,
        "stages": STAGES,
        "most": MOST_QUESTIONS,
        "most_bytes": MOST_BYTES,
        "chosen": {
            "audience": audience if audience in pages.AUDIENCES else "",
            "business": business if business in BUSINESSES else "",
            "stage": stage if stage in STAGES else "",
        },
    }


def _is_shown(outcome: Outcome, wanted: str) -> bool:
    if wanted == "wrong":
        return outcome.verdict in ("offered", "wrong", "unknown")
    return outcome.kind == wanted if wanted in SHOWN and wanted else True


def second_place(outcome: Outcome) -> str:
    return f"{INTENT_NAMES[outcome.second.intent.kind]} {outcome.second.intent.id}" if outcome.second else ""


def _cells(outcome: Outcome) -> tuple[Any, ...]:
    trial: Trial = outcome.trial
    entry, second = outcome.entry, outcome.second
    found = (entry.number, entry.id, entry.question) if entry else ("", "", "")
    verdict = VERDICTS[outcome.verdict] if outcome.verdict else ""
    probability = round(second.probability, 4) if second else None
    confidence = round(outcome.confidence, 4)
    return (
        *(trial.question, trial.expected, verdict, KINDS[outcome.kind]),
        *found,
        *(confidence, second_place(outcome), probability, outcome.took_ms),
    )
