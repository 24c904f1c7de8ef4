"""Records -> payloads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import isfinite

from app.dialogue.answer import Option, Reply
from app.dialogue.explain import SOURCES, TIERS, Explanation, Part
from app.index.articles import LawArticle
from app.index.history import Publication
from app.index.manuals import ManualTask
from app.knowledge.hours import opening, said
from app.knowledge.model import Audience, Entry, LegalBasis, Manual, Policy, Problem, Step, Task, Term
from app.knowledge.notices import notices_at
from app.receipt import Receipt
from app.snapshot import Snapshot, Wording, fingerprint_of
from app.text.normalize import normalize
from app.web import schemas

MAX_TASKS = 4
"""Of the manuals' tasks that belong to an answer; more would bury the related questions."""


def knowledge(snapshot: Snapshot) -> schemas.KnowledgeOut:
    return schemas.KnowledgeOut(version=snapshot.version, fingerprint=snapshot.fingerprint)


def ref(entry: Entry) -> schemas.EntryRef:
    return schemas.EntryRef(entry_id=entry.id, number=entry.number, question=entry.question)


def option(chosen: Option) -> schemas.OptionOut:
    entry = chosen.entry
    return schemas.OptionOut(
        entry_id=entry.id, number=entry.number, question=entry.question, category=entry.category, label=chosen.label
    )


def answer(snapshot: Snapshot, entry: Entry) -> schemas.AnswerOut:
    rendered = snapshot.rendered[entry.id]
    tasks = snapshot.manuals.by_entry.get(entry.id, ())[:MAX_TASKS] if snapshot.manuals else ()
    return schemas.AnswerOut(
        entry_id=entry.id,
        number=entry.number,
        category=entry.category,
        question=entry.question,
        html=rendered.html,
        text=rendered.text,
        legal_basis=[_basis(snapshot, entry, basis) for basis in entry.legal_basis],
        related=[ref(snapshot.entries[key]) for key in entry.related if key in snapshot.entries],
        terms=terms_in(snapshot, rendered.text),
        manuals=[task_ref(snapshot, task) for task in tasks],
        updated=entry.updated,
        effective_from=entry.effective_from,
        effective_to=entry.effective_to,
    )


def _basis(snapshot: Snapshot, entry: Entry, basis: LegalBasis) -> schemas.LegalBasisOut:
    found = snapshot.article_cited(entry, basis)
    gist = found.gist.gist if found and found.gist else None
    return schemas.LegalBasisOut(law=basis.law, article=basis.article, gist=gist)


def article(found: LawArticle) -> schemas.ArticleOut:
    return schemas.ArticleOut(
        policy_id=found.policy.id,
        law=found.policy.title,
        article=found.number,
        heading=found.heading,
        path=list(found.official.path) if found.official else [],
        gist=found.gist.gist if found.gist else None,
        official=list(found.official.paragraphs) if found.official else None,
        status=found.policy.status,
        version=found.policy.version,
        effective_from=found.since,
        effective_to=found.until,
    )


def article_with_versions(snapshot: Snapshot, found: LawArticle) -> schemas.ArticleOut:
    others = snapshot.laws.other_versions(found) if snapshot.laws else []
    return article(found).model_copy(update={"versions": [article(other) for other in others]})


def policy(snapshot: Snapshot, found: Policy) -> schemas.PolicyRef:
    texts = {text.policy: text for text in snapshot.knowledge.official}
    articles = snapshot.laws.of(found.id) if snapshot.laws else ()
    return schemas.PolicyRef(
        policy_id=found.id,
        title=found.title,
        issuer=found.issuer,
        number=found.number,
        version=found.version,
        status=found.status,
        articles=len(articles),
        official=found.id in texts,
    )


def task_ref(snapshot: Snapshot, found: ManualTask) -> schemas.TaskRef:
    return schemas.TaskRef(
        manual_id=found.manual.id,
        manual=found.manual.title,
        task=found.task.number,
        title=snapshot.fill(found.task.title),
    )


def manual_ref(snapshot: Snapshot, found: Manual) -> schemas.ManualRef:
    return schemas.ManualRef(
        manual_id=found.id,
        title=found.title,
        audience=list(found.audience),
        about=snapshot.fill(found.about),
        tasks=len(found.tasks),
    )


def manual(snapshot: Snapshot, found: Manual) -> schemas.ManualOut:
    """A whole manual, with this centre's facts put in."""
    return schemas.ManualOut(
        manual=manual_ref(snapshot, found),
        tasks=[_task(snapshot, task) for task in found.tasks],
        knowledge=knowledge(snapshot),
    )


def _task(snapshot: Snapshot, found: Task) -> schemas.TaskOut:
    def filled(texts: Sequence[str]) -> list[str]:
        return [snapshot.fill(text) for text in texts]

    return schemas.TaskOut(
        task=found.number,
        title=snapshot.fill(found.title),
        purpose=snapshot.fill(found.purpose),
        before=filled(found.before),
        steps=filled(found.steps),
        expect=filled(found.expect),
        trouble=[
            schemas.TroubleOut(
                symptom=snapshot.fill(item.symptom),
                remedy=snapshot.fill(item.remedy),
                entries=[ref(snapshot.entries[key]) for key in item.entries if key in snapshot.entries],
            )
            for item in found.trouble
        ],
    )


def term(found: Term) -> schemas.TermFoundOut:
    return schemas.TermFoundOut(
        term=found.term,
        aliases=list(found.aliases),
        definition=found.definition,
        law=found.law,
        article=found.article,
    )


def step(snapshot: Snapshot, found: Step) -> schemas.StepOut:
    return schemas.StepOut(now=snapshot.fill(found.now), fallback=snapshot.fill(found.fallback))


def terms_in(snapshot: Snapshot, text: str) -> list[schemas.TermOut]:
    """The dictionary's terms that stand in a text, in order of appearance."""
    plain = normalize(text)
    found = [(plain.find(normalize(term.term)), term) for term in snapshot.knowledge.terms]
    return [
        schemas.TermOut(term=term.term, definition=term.definition)
        for _, term in sorted(((at, term) for at, term in found if at >= 0), key=lambda pair: pair[0])
    ]


def notices(snapshot: Snapshot, now: datetime) -> list[schemas.NoticeOut]:
    return [
        schemas.NoticeOut(
            text=snapshot.fill(notice.text),
            level=notice.level,
            link=schemas.LinkOut(text=notice.link.text, href=notice.link.href) if notice.link else None,
        )
        for notice in notices_at(snapshot.knowledge.notices, now)
    ]


def offer(snapshot: Snapshot, audience: Audience | None) -> schemas.OfferOut:
    """What a role is offered: its own list if any entry of it is served, else the common one."""
    common = snapshot.knowledge.welcome
    role = common.roles.get(audience) if audience else None
    lists = (role.hot if role else (), common.hot)
    served = ([ref(snapshot.entries[key]) for key in keys if key in snapshot.entries] for keys in lists)
    hint = snapshot.fill(role.hint) if role and role.hint else None
    return schemas.OfferOut(hint=hint, hot=next(filter(None, served), []))


def welcome(snapshot: Snapshot, audience: Audience | None, now: datetime) -> schemas.WelcomeOut:
    offered = offer(snapshot, audience)
    return schemas.WelcomeOut(
        name=snapshot.knowledge.welcome.name,
        greeting=snapshot.fill(snapshot.knowledge.welcome.greeting),
        hint=offered.hint,
        hot=offered.hot,
        notices=notices(snapshot, now),
        knowledge=knowledge(snapshot),
    )


def handover(snapshot: Snapshot, now: datetime) -> schemas.HandoverOut:
    """Where a person helps, and whether one answers now; each only when this centre has filled it in."""
    replies, site = snapshot.knowledge.replies, snapshot.knowledge.site
    phone = site.get(replies.handover_phone)
    found = opening(snapshot.knowledge.hours, now)
    return schemas.HandoverOut(
        text=snapshot.fill(replies.handover),
        phone=phone.value if phone else None,
        hours=snapshot.fill(replies.handover_hours),
        where=snapshot.fill(replies.handover_where),
        now=said(found, now) if found else None,
    )


def reply(
    snapshot: Snapshot, given: Reply, reply_id: str, took_ms: float, now: datetime, receipt: str | None = None
) -> schemas.ReplyOut:
    return schemas.ReplyOut(
        kind=given.kind,
        reply_id=reply_id,
        text=given.text,
        answer=answer(snapshot, given.entry) if given.entry else None,
        urgent=step(snapshot, given.urgent) if given.urgent else None,
        options=[option(chosen) for chosen in given.options],
        versions=[answer(snapshot, entry) for entry in given.versions],
        articles=[article_with_versions(snapshot, hit.article) for hit in given.articles],
        term=term(given.term) if given.term else None,
        handover=handover(snapshot, now) if given.handover else None,
        understood_as=given.understood_as,
        corrected=given.corrected,
        confidence=given.confidence,
        knowledge=knowledge(snapshot),
        took_ms=took_ms,
        receipt=receipt,
    )


def receipt(snapshot: Snapshot, found: Receipt, then: Wording | None) -> schemas.ReceiptOut:
    """``then``: the entry as the receipt's version has it, None when that version is no longer kept."""
    current = found.fingerprint == snapshot.fingerprint
    today = snapshot.by_number.get(found.number)
    shown = then or today
    same = then is not None and today is not None and then.text == snapshot.rendered[today.id].text
    return schemas.ReceiptOut(
        number=found.number,
        at=found.at,
        fingerprint=found.fingerprint,
        current=current,
        entry=schemas.EntryRef(entry_id=shown.id, number=found.number, question=shown.question) if shown else None,
        unchanged=current or (same if then else None),
        knowledge=knowledge(snapshot),
    )


def explanation(snapshot: Snapshot, found: Explanation, took_ms: float, now: datetime) -> schemas.ExplanationOut:
    return schemas.ExplanationOut(
        reply=reply(snapshot, found.reply, "0" * 32, took_ms, now),
        tier=found.tier,
        tier_name=TIERS[found.tier],
        read_as=found.read_as,
        none=found.none,
        candidates=[
            schemas.CandidateOut(
                kind=candidate.kind,
                id=candidate.id,
                title=candidate.title,
                phrase=candidate.phrase,
                probability=candidate.probability,
                points=candidate.points if isfinite(candidate.points) else None,
                parts=_parts(candidate.parts),
            )
            for candidate in found.candidates
        ],
        runner_up=_parts(found.runner_up),
    )


def _parts(parts: Sequence[Part]) -> list[schemas.PartOut]:
    return [
        schemas.PartOut(source=p.source, name=SOURCES[p.source], value=round(p.value, 4), points=round(p.points, 4))
        for p in parts
    ]


def version(name: str, made: Publication | None) -> schemas.VersionOut:
    """A kept version; of one that an earlier program published little is known."""
    return schemas.VersionOut(
        version=name,
        fingerprint=fingerprint_of(name),
        at=made.at if made else None,
        by=made.by if made else None,
        previous=made.previous if made else None,
        report=dict(made.report) if made else {},
    )


def problem(found: Problem) -> schemas.ProblemOut:
    return schemas.ProblemOut(**found.as_dict())
