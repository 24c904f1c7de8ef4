"""For editors: entries, their protected questions and the centre's values, changed in the files.  Publishing is apart."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter

from app.dialogue.answer import Question
from app.dialogue.explain import Explanation, explain
from app.editing import entry, golden, site
from app.editing.bench import Found
from app.editing.entry import Draft
from app.editing.faults import refuse_faults_made
from app.editing.save import save
from app.errors import DraftUnreadable, EditConflict
from app.knowledge.edit import Edit, named
from app.knowledge.keys import DRAFT
from app.knowledge.model import Mark, Problem
from app.web import editing_schemas as out
from app.web import schemas, shape
from app.web.deps import Actor, CurrentSnapshot, CurrentState, State, require

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.ErrorOut} for status in (401, 403, 404, 409, 422, 507)
}
router = APIRouter(prefix="/api/v1/admin", responses=_ERRORS)
Editor = Annotated[Actor, require("edit")]


@router.get("/entries/{entry_id}/draft", summary="打开一个条目来改", dependencies=[require("view")])
def draft(entry_id: str, state: CurrentState) -> out.DraftOut:
    """条目在文件里的写法（有叠加层的，是合并后的样子），表单用的各项，和它的受保护问题。"""
    found = entry.opened(state.layers, entry_id)
    listed = golden.listed(state.layers, entry_id)
    return out.DraftOut(**found._asdict(), fields=entry.fields(found.text), golden=listed)


@router.post("/entries/check", summary="检查一份草稿，不保存", dependencies=[require("validate")])
def check(body: out.DraftIn, state: CurrentState) -> out.CheckedOut:
    """查的就是发布时要查的。给了 fields，先把表单里的值写进 text。读不懂的草稿也返回 200，问题带草稿里的行号。"""
    text, diff, html, plain = body.text, "", "", ""
    fields: dict[str, Any] = {}
    usable = False
    try:
        made = _draft(body)
        text = made.text
        fields = entry.fields(text)
        edit = entry.edit(state.layers, made)
        edit, found = _with_golden(state, made, edit, body.golden)
        looked = state.bench.look(edit, str(fields["id"]), text)
        usable = looked.checked.knowledge is not None and not found
        found += looked.found
        html, plain = looked.rendered
        diff = edit.diff(state.layers.folders)
    except DraftUnreadable as error:
        found = [Found(problem, True, problem.mark.line) for problem in error.details]
    problems = [
        out.DraftProblemOut(**shape.problem(one.problem).model_dump(), here=one.here, draft_line=one.line)
        for one in found
    ]
    return out.CheckedOut(
        text=text, fields=fields, ok=usable, problems=problems, html=html, text_preview=plain, diff=diff
    )


def _with_golden(state: State, draft: Draft, edit: Edit, questions: list[str]) -> tuple[Edit, list[Found]]:
    """A question that is another entry's is a problem among others while one is still at it."""
    try:
        return entry.with_golden(state.layers, draft, questions), []
    except EditConflict as error:
        place = Mark(DRAFT, 1, 1)
        return edit, [Found(Problem("error", place, "golden", str(told)), True, None) for told in error.details]


@router.post("/entries/try", summary="拿一个问题试草稿：改之前和改之后", dependencies=[require("try")])
def attempt(body: out.TryIn, state: CurrentState, snapshot: CurrentSnapshot) -> out.ComparedOut:
    """草稿有错误时返回 422 和全部问题。第一次试要把候选版本建出来，接着再试就快了。不留记录。"""
    candidate = state.bench.candidate(entry.with_golden(state.layers, _draft(body), body.golden))
    question = Question(body.question, as_of=state.now().date())
    return out.ComparedOut(before=_tried(explain(snapshot, question)), after=_tried(explain(candidate, question)))


@router.post("/entries/save", summary="把草稿存进知识库文件")
def save_entry(body: out.DraftIn, state: CurrentState, actor: Editor) -> out.SavedOut:
    """发布后才生效。条目已被别人改过时返回 409 和现在的内容；会给文件添上错误的草稿返回 422，不保存。"""
    made = _draft(body)
    edit = entry.with_golden(state.layers, made, body.golden)
    refuse_faults_made(state.bench, edit, "草稿有错误，没有保存：存进文件的内容，服务下次启动就会拿去发布")
    entry_id = str(entry.fields(made.text)["id"])
    files = saved(state, actor, "entry.save", entry_id, edit)
    return out.SavedOut(id=entry_id, base=entry.opened(state.layers, entry_id).base, files=files)


@router.post("/entries/{entry_id}/remove", summary="从知识库文件里删去一个条目")
def remove_entry(entry_id: str, body: out.RemoveIn, state: CurrentState, actor: Editor) -> out.SavedOut:
    """它的受保护问题一并删去。条目来自下层文件夹的，改为在叠加层里隐藏。发布后才生效。"""
    edit = entry.removed(state.layers, entry_id, body.base)
    refuse_faults_made(state.bench, edit, "还有别处用到这一条，没有删去")
    files = saved(state, actor, "entry.remove", entry_id, edit)
    return out.SavedOut(id=entry_id, base="", files=files)


@router.get("/site", summary="本中心的取值", dependencies=[require("view")])
def site_values(state: CurrentState) -> out.SiteOut:
    return out.SiteOut(values=_site(state))


@router.post("/site", summary="改本中心的取值")
def save_site(body: out.SiteIn, state: CurrentState, actor: Editor) -> out.SiteSavedOut:
    """只写要改的；空的表示还没有填。发布后才生效。"""
    edit = site.changed(state.layers, body.values)
    refuse_faults_made(state.bench, edit, "取值有错误，没有保存")
    files = saved(state, actor, "site.save", "、".join(body.values), edit)
    return out.SiteSavedOut(values=_site(state), files=files)


def saved(state: State, actor: Actor, action: str, object: str, edit: Edit) -> list[str]:
    """The edit written, and who did it noted with every file's digest before and after; the names of the files."""
    names = {path: named(path, state.layers.folders) for path in edit.texts}
    save(state.layers, edit)
    if edit:
        state.bench.forget()
        digests = {names[path]: [_digest(before), _digest(after)] for path, (before, after) in edit.texts.items()}
        state.audit.write(actor.name, action, object, files=digests)
    return list(names.values())


def _digest(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]


def _draft(body: out.DraftIn) -> Draft:
    text = body.text if body.fields is None else entry.with_fields(body.text, body.fields)
    return Draft(body.id, text, body.category, body.base)


def _tried(found: Explanation) -> out.TriedOut:
    given = found.reply.entry
    return out.TriedOut(
        kind=found.reply.kind,
        entry=given.id if given else None,
        confidence=found.reply.confidence,
        hits=[
            out.HitOut(kind=one.kind, entry_id=one.id, question=one.title, probability=one.probability, rank=rank)
            for rank, one in enumerate(found.candidates, 1)
        ],
    )


def _site(state: State) -> list[out.SiteValueOut]:
    return [out.SiteValueOut(**value._asdict()) for value in site.values(state.layers)]
