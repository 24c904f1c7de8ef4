"""One entry in the console: opened, checked, tried, saved, taken out.  Complete without the script of the page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from starlette.datastructures import FormData

from app.dialogue.answer import Question
from app.dialogue.explain import Candidate, Explanation, explain
from app.editing import entry as entries
from app.editing import golden as protected
from app.editing.bench import Found
from app.editing.entry import Draft
from app.editing.faults import refuse_faults_made
from app.errors import AppError, DraftUnreadable, EditConflict, KnowledgeRejected
from app.knowledge.model import CATEGORIES
from app.text.normalize import match_key
from app.web import shape
from app.web.console import entry_form
from app.web.console.form import GivenForm, lines_of, text_of
from app.web.console.page import see, show
from app.web.deps import Actor, CurrentState, State, require
from app.web.editing import saved
from app.web.schemas import MAX_QUESTION_CHARS

router = APIRouter()

Editor = Annotated[Actor, require("edit")]
Brought = Annotated[list[str], Query(max_length=20)]
"""Wordings that another page found and leads here with."""

SHOWN = 5
"""Candidates shown of a question that is tried."""
KINDS = {
    "answer": "直接回答",
    "clarify": "反问",
    "decline": "答不上来",
    "neutral": "不作结论",
    "smalltalk": "寒暄",
    "policy": "给出法规",
    "term": "解释名词",
}


class Typed(NamedTuple):
    """What stands in the editor.  The controls of the form may show what no draft can be made of."""

    draft: Draft
    controls: Mapping[str, Any]
    golden: Sequence[str] = ()
    side: str = "form"
    """Which of the two was edited last, and counts: ``form`` or ``yaml``."""
    unreadable: str = ""
    """Why no fields can be read from the draft."""
    added: Mapping[str, Sequence[str]] = {}
    """What another page led here with, by field."""


class Outcome(NamedTuple):
    """What came of a form that did not lead on."""

    error: AppError | None = None
    found: Sequence[Found] = ()
    html: str = ""
    tried: str = ""
    before: Explanation | None = None
    after: Explanation | None = None


@router.api_route("/entries/new", methods=["GET", "HEAD"], response_class=HTMLResponse)
def new_page(
    request: Request,
    state: CurrentState,
    actor: Editor,
    category: Annotated[str, Query(max_length=60)] = "",
    question: Annotated[str, Query(max_length=500)] = "",
    alias: Brought = [],  # noqa: B006  FastAPI's way to say: none
    golden: Brought = [],  # noqa: B006
) -> HTMLResponse:
    named = category if category in CATEGORIES else CATEGORIES[0]
    draft = entries.blank(state.layers, named, " ".join(question.split()), state.now().date())
    return _page(request, state, actor, _brought(draft, alias, golden), new=True)


@router.post("/entries/new", response_class=HTMLResponse)
def add(request: Request, state: CurrentState, actor: Editor, form: GivenForm) -> Response:
    typed = _typed(form, "")
    typed = typed._replace(draft=typed.draft._replace(id=str(typed.controls["id"])))
    return _sent(request, state, actor, typed, form, new=True)


@router.api_route("/entries/{entry_id}", methods=["GET", "HEAD"], response_class=HTMLResponse)
def entry_page(
    request: Request,
    state: CurrentState,
    actor: Annotated[Actor, require("view")],
    entry_id: str,
    alias: Brought = [],  # noqa: B006
    golden: Brought = [],  # noqa: B006
) -> HTMLResponse:
    return _page(request, state, actor, _brought(entries.opened(state.layers, entry_id), alias, golden))


@router.post("/entries/{entry_id}", response_class=HTMLResponse)
def edit(request: Request, state: CurrentState, actor: Editor, entry_id: str, form: GivenForm) -> Response:
    return _sent(request, state, actor, _typed(form, entry_id), form)


@router.post("/entries/{entry_id}/remove", response_class=HTMLResponse)
def remove(request: Request, state: CurrentState, actor: Editor, entry_id: str, form: GivenForm) -> Response:
    """Not while something refers to the entry: what is saved is what a start would publish."""
    try:
        change = entries.removed(state.layers, entry_id, text_of(form, "base"))
        refuse_faults_made(state.bench, change, "别处还用着这一条，没有删除；先改下面这些地方")
        saved(state, actor, "entry.remove", entry_id, change)
    except (EditConflict, KnowledgeRejected) as error:
        return _page(request, state, actor, _read(entries.opened(state.layers, entry_id)), Outcome(error))
    return see(request, "entries", "saved")


def _sent(
    request: Request, state: State, actor: Actor, typed: Typed, form: FormData, new: bool = False
) -> HTMLResponse | Response:
    """Saved, if that was wanted and nothing of its own is wrong with it; else shown again with what came of it."""
    wanted, question = text_of(form, "do"), text_of(form, "try").strip()[:MAX_QUESTION_CHARS]
    outcome = Outcome(tried=question)
    try:
        if typed.unreadable:
            raise DraftUnreadable(typed.unreadable)
        change = entries.with_golden(state.layers, typed.draft, typed.golden)
        looked = state.bench.look(change, typed.draft.id, typed.draft.text)
        outcome = outcome._replace(found=looked.found, html=looked.rendered.html)
        if wanted == "save":
            _refuse_faulty(looked.found)
            saved(state, actor, "entry.save", typed.draft.id, change)
            return see(request, f"entries/{typed.draft.id}", "saved" if change else "unchanged")
        if wanted == "try" and question:
            candidate = state.bench.candidate(change)
            asked = Question(question, as_of=state.now().date())
            outcome = outcome._replace(before=explain(state.holder.current(), asked), after=explain(candidate, asked))
    except AppError as error:
        outcome = outcome._replace(error=error)
    return _page(request, state, actor, typed, outcome, new=new)


def _refuse_faulty(found: Sequence[Found]) -> None:
    """The files are what a start would publish, so nothing is put into them that cannot be."""
    errors = sum(one.here and one.problem.severity == "error" for one in found)
    if errors:
        raise KnowledgeRejected(
            f"这一条有 {errors} 处错误，不能保存：存进文件的内容，服务下次启动就会拿去发布。您写的都还在，改好再存"
        )


def _brought(draft: Draft, aliases: Sequence[str], golden: Sequence[str]) -> Typed:
    """The draft with what another page leads here with."""
    fields = entries.fields(draft.text)
    held = fields.get("aliases")
    held = held if isinstance(held, list) else []
    known = {match_key(str(text)) for text in (fields.get("question", ""), *held)}
    new = [" ".join(text.split()) for text in aliases if match_key(text) not in known]
    if new:
        draft = draft._replace(text=entries.with_fields(draft.text, {"aliases": [*held, *new]}))
    return _read(draft, golden)._replace(added={"aliases": new, "golden": golden})


def _typed(form: FormData, entry_id: str) -> Typed:
    """What was sent; the side that counts is carried into the other."""
    draft = Draft(entry_id, text_of(form, "text"), text_of(form, "category"), text_of(form, "base"))
    golden, side = lines_of(form, "golden"), text_of(form, "side")
    if side == "yaml":
        return _read(draft, golden, side)
    given = entry_form.read(form)
    typed = Typed(draft, entry_form.shown(given), golden)
    try:
        return typed._replace(draft=draft._replace(text=entries.with_fields(draft.text, given)))
    except DraftUnreadable as error:
        return typed._replace(unreadable=error.message)


def _read(draft: Draft, golden: Sequence[str] = (), side: str = "form") -> Typed:
    try:
        return Typed(draft, entry_form.shown(entries.fields(draft.text)), golden, side)
    except DraftUnreadable as error:
        return Typed(draft, entry_form.shown({}), golden, side, error.message)


def _page(
    request: Request,
    state: State,
    actor: Actor,
    typed: Typed,
    outcome: Outcome = Outcome(),  # noqa: B008  it is a constant
    *,
    new: bool = False,
) -> HTMLResponse:
    problems = [shape.problem(one.problem).model_dump() | {"here": one.here} for one in outcome.found]
    told = [it for it in problems if it["here"] or it["severity"] == "error"]
    controls = {
        name: {
            **control._asdict(),
            "value": typed.controls[name],
            "problems": [it for it in told if it["here"] and entry_form.field_of(it["key"]) == name],
        }
        for name, control in entry_form.CONTROLS.items()
    }
    served = state.holder.current().entries
    error, draft = outcome.error, typed.draft
    theirs = None
    if isinstance(error, EditConflict) and not new:
        theirs = next((now for now in error.details if isinstance(now, dict)), {"text": "", "base": ""})
        draft = draft._replace(base=theirs["base"])
    context = {
        "draft": draft,
        "new": new,
        "controls": controls,
        "categories": CATEGORIES,
        "golden": "\n".join(typed.golden),
        "protected": [] if new else protected.listed(state.layers, draft.id),
        "opened": {
            block: any(it["value"] or it["problems"] for name, it in controls.items() if name.startswith(names))
            for block, names in _FOLDED.items()
        },
        "added": defaultdict(list, typed.added),
        "changed": request.method == "POST" or any(typed.added.values()),
        "side": typed.side,
        "unreadable": typed.unreadable,
        "theirs": theirs,
        "problem": error.message if error else "",
        "details": [it for it in error.details if isinstance(it, str)] if error else (),
        "problems": told,
        "summary": _summary(told) if outcome.found or outcome.html else "",
        "html": Markup(outcome.html),  # noqa: S704  sanitised by what rendered it
        "related": [served[key] for key in str(controls["related"]["value"]).split("\n") if key in served],
        "all": list(served.values()),
        "tried": outcome.tried,
        "ranks": _ranks(outcome, draft.id),
    }
    return show(request, actor, "entry.html", "entries", context, error.status if error else 200)


_FOLDED = {"urgent": ("urgent.",), "clarify": ("clarify.",), "dates": ("effective_", "replaces")}
"""Parts of the form that are folded while they are empty."""


def _summary(problems: Sequence[Mapping[str, Any]]) -> str:
    counted = Counter(it["severity"] for it in problems if it["here"])
    elsewhere = sum(not it["here"] for it in problems)
    here = "，".join(
        f"{counted[key]} 处{name}" for key, name in (("error", "错误"), ("warning", "提醒")) if counted[key]
    )
    return (here or "这一条没有错误") + (f"；别处有 {elsewhere} 处错误，改好才能发布" if elsewhere else "")


def _ranks(outcome: Outcome, entry_id: str) -> dict[str, Any] | None:
    """A question before and after, as words."""
    if outcome.before is None or outcome.after is None:
        return None
    before, after = _said(outcome.before), _said(outcome.after)
    return {
        "words": f"没有变：{after}" if before == after else f"改了以后：{before} → {after}",
        "before": {"words": before, "hits": _hits(outcome.before.candidates, entry_id)},
        "after": {"words": after, "hits": _hits(outcome.after.candidates, entry_id)},
    }


def _said(found: Explanation) -> str:
    entry = found.reply.entry
    kind = KINDS.get(found.reply.kind, found.reply.kind)
    return f"{kind}：{entry.number} {entry.question}" if entry and found.reply.kind == "answer" else kind


def _hits(candidates: Sequence[Candidate], entry_id: str) -> list[dict[str, Any]]:
    return [
        {"question": it.title, "percent": f"{it.probability:.0%}".replace("%", " %"), "here": it.id == entry_id}
        for it in candidates[:SHOWN]
    ]
