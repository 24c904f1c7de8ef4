"""What everybody may ask: /ask and the reading of the knowledge base."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from app.dialogue import lookup
from app.errors import NotFound
from app.knowledge.model import Audience, Category
from app.retrieval import laws, manuals, terms
from app.retrieval.search import search
from app.retrieval.suggest import suggest
from app.snapshot import Snapshot
from app.text.normalize import match_key
from app.text.numerals import to_chinese
from app.web import schemas, shape
from app.web.asking import asked
from app.web.deps import CurrentSnapshot, CurrentState

router = APIRouter(prefix="/api/v1")

SearchKind = Literal["faq", "policy", "term", "manual"]

AsOf = Annotated[date | None, Query(description="按哪一天有效的版本，如公告日期 2026-11-24")]
SearchText = Annotated[str, Query(min_length=1, max_length=schemas.MAX_QUESTION_CHARS, description="要找的文字")]


@router.post("/ask", summary="提问")
def ask(body: schemas.AskIn, state: CurrentState, snapshot: CurrentSnapshot) -> schemas.ReplyOut:
    """答案是知识库里的原文；拿不准时反问；没有的如实说明并转人工。"""
    return asked(state, snapshot, body.asked_on(state.now().date()), "api", body.via, body.session_id)


@router.get("/welcome", summary="欢迎语、大家常问和公告")
def welcome(
    state: CurrentState,
    snapshot: CurrentSnapshot,
    audience: Annotated[Audience | None, Query(description="身份；不写就给通用的一组")] = None,
) -> schemas.WelcomeOut:
    """``hot`` 是这种身份常问的条目，没有单独编排的给通用的；``notices`` 是此刻应当显示的公告。"""
    return shape.welcome(snapshot, audience, state.now())


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


@router.get("/search", summary="搜索常见问题、政策法规、业务词典和操作手册")
def find(
    snapshot: CurrentSnapshot,
    state: CurrentState,
    q: SearchText,
    kind: Annotated[SearchKind, Query(description="找什么")] = "faq",
    as_of: AsOf = None,
) -> schemas.SearchOut:
    """``policy`` 认得法规简称、文号和条号：「招标投标法实施条例第五十一条」「12号令27条」「87号令 同品牌」；``manual`` 找到任务和其中最合的一步。"""
    day = as_of or state.now().date()
    found = {"faq": _entries, "policy": _articles, "term": _terms, "manual": _tasks}[kind](snapshot, q, day)
    return schemas.SearchOut(results=found, knowledge=shape.knowledge(snapshot))


def _entries(snapshot: Snapshot, q: str, day: date) -> list[schemas.FoundOut]:
    """Each entry in the version of the day; one that has none is left out."""
    hits = [hit for hit in search(snapshot, q, top_k=40).hits if hit.intent.kind == "entry"]
    found = [(snapshot.version_on(hit.intent.id, day), hit.probability) for hit in hits]
    return [
        schemas.FoundOut(
            kind="faq", id=entry.id, title=entry.question, text=snapshot.rendered[entry.id].text, score=round(score, 4)
        )
        for entry, score in found
        if entry is not None
    ][:10]


def _articles(snapshot: Snapshot, q: str, day: date) -> list[schemas.FoundOut]:
    if snapshot.laws is None:
        return []
    return [
        schemas.FoundOut(
            kind="policy",
            id=f"{hit.article.policy.id}/{hit.article.number}",
            title=f"《{hit.article.policy.title}》{hit.article.number} {hit.article.heading}".strip(),
            text=hit.article.gist.gist if hit.article.gist else "",
            score=round(hit.score, 4),
            article=shape.article_with_versions(snapshot, hit.article),
        )
        for hit in laws.find(snapshot.laws, snapshot.encoder, snapshot.tokenizer, q, as_of=day)
    ]


def _terms(snapshot: Snapshot, q: str, _: date) -> list[schemas.FoundOut]:
    return [
        schemas.FoundOut(kind="term", id=hit.term.term, title=hit.term.term, text=hit.term.definition, score=hit.score)
        for hit in terms.find(snapshot.knowledge.terms, q)
    ]


def _tasks(snapshot: Snapshot, q: str, _: date) -> list[schemas.FoundOut]:
    if snapshot.manuals is None:
        return []
    return [
        schemas.FoundOut(
            kind="manual",
            id=f"{hit.task.manual.id}/{hit.task.task.number}",
            title=f"{hit.task.manual.title} 任务 {hit.task.task.number} {snapshot.fill(hit.task.task.title)}",
            text=f"{hit.line.part} {hit.line.position}：{snapshot.fill(hit.line.text)}",
            score=round(hit.score, 4),
            task=shape.task_ref(snapshot, hit.task),
        )
        for hit in manuals.find(snapshot.manuals, snapshot.encoder, snapshot.tokenizer, q)
    ]


@router.get("/manuals", summary="操作手册目录")
def manual_list(snapshot: CurrentSnapshot) -> schemas.ManualsOut:
    found = [shape.manual_ref(snapshot, manual) for manual in snapshot.knowledge.manuals]
    return schemas.ManualsOut(manuals=found, knowledge=shape.knowledge(snapshot))


@router.get("/manuals/{manual_id}", summary="一本操作手册", responses={404: {"model": schemas.ErrorOut}})
def manual(snapshot: CurrentSnapshot, manual_id: str) -> schemas.ManualOut:
    found = snapshot.manual_of.get(manual_id)
    if found is None:
        raise NotFound(f"没有手册「{manual_id[:60]}」")
    return shape.manual(snapshot, found)


@router.get("/policies", summary="法规目录")
def policies(snapshot: CurrentSnapshot) -> schemas.PoliciesOut:
    found = [shape.policy(snapshot, policy) for policy in snapshot.knowledge.policies]
    return schemas.PoliciesOut(policies=found, knowledge=shape.knowledge(snapshot))


@router.get("/policies/{policy_id}", summary="一部法规", responses={404: {"model": schemas.ErrorOut}})
def policy(snapshot: CurrentSnapshot, policy_id: str) -> schemas.PolicyOut:
    found = next((p for p in snapshot.knowledge.policies if p.id == policy_id), None)
    if found is None:
        raise NotFound(f"没有法规「{policy_id[:60]}」")
    return schemas.PolicyOut(
        policy=shape.policy(snapshot, found),
        about=found.about,
        aliases=list(found.aliases),
        effective_from=found.effective_from,
        effective_to=found.effective_to,
        replaced_by=found.replaced_by,
        articles=[shape.article(article) for article in snapshot.laws.of(found.id)] if snapshot.laws else [],
        knowledge=shape.knowledge(snapshot),
    )


@router.get("/policies/{policy_id}/{article}", summary="法规的一条", responses={404: {"model": schemas.ErrorOut}})
def policy_article(snapshot: CurrentSnapshot, policy_id: str, article: str) -> schemas.PolicyArticleOut:
    """``article`` 写「第五十一条」或 51。"""
    number = f"第{to_chinese(int(article))}条" if article.isdecimal() and 0 < int(article) < 10_000 else article
    row = snapshot.laws.numbered.get((policy_id, number)) if snapshot.laws else None
    if snapshot.laws is None or row is None:
        raise NotFound(f"没有「{policy_id[:60]}」的{number[:20]}")
    found = snapshot.laws.articles[row]
    return schemas.PolicyArticleOut(
        article=shape.article_with_versions(snapshot, found),
        entries=[shape.ref(entry) for entry in lookup.citing(snapshot, found)],
        knowledge=shape.knowledge(snapshot),
    )


@router.get("/terms/{term}", summary="业务词典的一个词", responses={404: {"model": schemas.ErrorOut}})
def term_detail(snapshot: CurrentSnapshot, term: str) -> schemas.TermDetailOut:
    found = snapshot.term_of.get(match_key(term))
    if found is None:
        raise NotFound(f"业务词典里没有「{term[:60]}」")
    return schemas.TermDetailOut(
        **shape.term(found).model_dump(),
        entries=[shape.ref(entry) for entry in lookup.entries_using(snapshot, found)],
        knowledge=shape.knowledge(snapshot),
    )


@router.post("/feedback", summary="评价一次答复")
def feedback(body: schemas.FeedbackIn, state: CurrentState) -> schemas.FeedbackOut:
    return schemas.FeedbackOut(recorded=state.journal.rated(state.now(), **body.model_dump()))
