"""What everybody may ask: /ask and the reading of the knowledge base."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from app.dialogue.answer import Question, answer
from app.errors import NotFound
from app.knowledge.model import Category
from app.retrieval.search import search
from app.retrieval.suggest import suggest
from app.text.normalize import match_key
from app.web import schemas, shape
from app.web.deps import CurrentSnapshot, CurrentState

router = APIRouter(prefix="/api/v1")

SearchText = Annotated[str, Query(min_length=1, max_length=schemas.MAX_QUESTION_CHARS, description="要找的文字")]


@router.post("/ask", summary="提问")
def ask(body: schemas.AskIn, state: CurrentState, snapshot: CurrentSnapshot) -> schemas.ReplyOut:
    """答案是知识库里的原文；拿不准时反问；没有的如实说明并转人工。"""
    started = time.perf_counter()
    question = Question(body.question, body.audience, body.category, body.business)
    given, turn = answer(snapshot, question, state.sessions.get(body.session_id))
    state.sessions.put(body.session_id, turn)
    reply_id = uuid.uuid4().hex
    out = shape.reply(snapshot, given, reply_id, round((time.perf_counter() - started) * 1000, 2))
    state.journal.write(
        "ask",
        state.now(),
        reply_id=reply_id,
        question=body.question,
        audience=body.audience,
        reply=given.kind,
        entry=given.entry.id if given.entry else None,
        options=[chosen.entry.id for chosen in given.options],
        confidence=given.confidence,
        version=snapshot.version,
    )
    return out


@router.get("/suggest", summary="边打边提示")
def suggestions(
    snapshot: CurrentSnapshot, q: Annotated[str, Query(max_length=100, description="已经打出的字")] = ""
) -> schemas.SuggestOut:
    found = suggest(snapshot, q)
    return schemas.SuggestOut(
        suggestions=[schemas.SuggestionOut(**shape.ref(e).model_dump(), category=e.category) for e in found],
        knowledge=shape.knowledge(snapshot),
    )


@router.get("/categories", summary="分类")
def categories(snapshot: CurrentSnapshot) -> schemas.CategoriesOut:
    return schemas.CategoriesOut(
        categories=[schemas.CategoryOut(category=name, entries=len(entries)) for name, entries in snapshot.categories],
        knowledge=shape.knowledge(snapshot),
    )


@router.get("/entries", summary="条目列表")
def entries(
    snapshot: CurrentSnapshot, category: Annotated[Category | None, Query(description="只看一个分类")] = None
) -> schemas.EntriesOut:
    chosen = [entry for entry in snapshot.knowledge.entries if category in (None, entry.category)]
    return schemas.EntriesOut(
        entries=[
            schemas.OptionOut(
                **shape.ref(e).model_dump(), category=e.category, label=e.clarify.label if e.clarify else e.question
            )
            for e in chosen
        ],
        knowledge=shape.knowledge(snapshot),
    )


@router.get("/entries/{key}", summary="一个条目", responses={404: {"model": schemas.ErrorOut}})
def entry(snapshot: CurrentSnapshot, key: str) -> schemas.EntryOut:
    """``key`` 是条目的 id（deposit-04）或三位数字编号（044）。"""
    found = snapshot.entries.get(key) or snapshot.by_number.get(key.zfill(3) if key.isdecimal() else key)
    if found is None:
        raise NotFound(f"没有条目「{key[:60]}」")
    return schemas.EntryOut(answer=shape.answer(snapshot, found), knowledge=shape.knowledge(snapshot))


@router.get("/search", summary="搜索常见问题和业务词典")
def find(
    snapshot: CurrentSnapshot,
    q: SearchText,
    kind: Annotated[Literal["faq", "term"], Query(description="找什么")] = "faq",
) -> schemas.SearchOut:
    if kind == "faq":
        results = [
            schemas.FoundOut(
                kind="faq",
                id=hit.intent.id,
                title=snapshot.entries[hit.intent.id].question,
                text=snapshot.rendered[hit.intent.id].text,
                score=round(hit.probability, 4),
            )
            for hit in search(snapshot, q, top_k=40).hits
            if hit.intent.kind == "entry"
        ][:10]
    else:
        key = match_key(q)
        results = [
            schemas.FoundOut(kind="term", id=term.term, title=term.term, text=term.definition, score=1.0)
            for term in snapshot.knowledge.terms
            if key and any(key in match_key(name) for name in (term.term, *term.aliases))
        ][:10]
    return schemas.SearchOut(results=results, knowledge=shape.knowledge(snapshot))


@router.get("/terms/{term}", summary="业务词典的一个词", responses={404: {"model": schemas.ErrorOut}})
def term_detail(snapshot: CurrentSnapshot, term: str) -> schemas.TermDetailOut:
    key = match_key(term)
    for found in snapshot.knowledge.terms:
        if key in {match_key(name) for name in (found.term, *found.aliases)}:
            using = [e for e in snapshot.knowledge.entries if found.term in snapshot.rendered[e.id].text]
            return schemas.TermDetailOut(
                term=found.term,
                aliases=list(found.aliases),
                definition=found.definition,
                law=found.law,
                article=found.article,
                entries=[shape.ref(e) for e in using],
                knowledge=shape.knowledge(snapshot),
            )
    raise NotFound(f"业务词典里没有「{term[:60]}」")


@router.post("/feedback", summary="评价一次答复")
def feedback(body: schemas.FeedbackIn, state: CurrentState) -> schemas.FeedbackOut:
    recorded = state.journal.write("feedback", state.now(), **body.model_dump())
    return schemas.FeedbackOut(recorded=recorded)
