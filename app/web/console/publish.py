"""Publishing: what serves, what was edited, a rehearsal with all that would change, and then whatever one's role may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.errors import AppError, GateBlocked, KnowledgeRejected
from app.evaluation import gate
from app.index import history, store
from app.publishing import proposal
from app.publishing.rehearsal import Rehearsal
from app.snapshot import fingerprint_of
from app.web import proposals
from app.web.console import problems
from app.web.console.differences import grouped
from app.web.console.page import see, show
from app.web.deps import Actor, CurrentState, State, permit, require

router = APIRouter()

Viewer = Annotated[Actor, require("view")]
Checker = Annotated[Actor, require("validate")]
Proposer = Annotated[Actor, require("propose")]
Publisher = Annotated[Actor, require("publish")]

Given = Annotated[str, Form(max_length=500)]


@router.api_route("/publish", methods=["GET", "HEAD"], response_class=HTMLResponse)
def page(request: Request, state: CurrentState, actor: Viewer) -> Response:
    return _page(request, state, actor)


@router.get("/publish/{_}")
def back(request: Request, _: str, actor: Viewer) -> Response:
    """The address of a form, opened anew."""
    return see(request, "publish")


@router.post("/publish", response_class=HTMLResponse)
def rehearse(request: Request, state: CurrentState, actor: Checker) -> Response:
    """Shown at once and not led on to: it changes nothing, and no process keeps it for the others."""
    return _rehearsed(request, state, actor)


@router.post("/publish/check", response_class=HTMLResponse)
def check(request: Request, state: CurrentState, actor: Checker) -> Response:
    _, found, _ = state.check()
    return _page(request, state, actor, {"checked": True, "problems": problems.shown(found, _titles(state))})


@router.post("/publish/propose", response_class=HTMLResponse)
def propose(request: Request, state: CurrentState, actor: Proposer, digest: Given = "", note: Given = "") -> Response:
    try:
        proposals.propose(state, actor, note.strip(), digest)
    except AppError as error:
        return _page(request, state, actor, {"note": note}, error)
    return see(request, "publish", "proposed")


@router.post("/publish/withdraw", response_class=HTMLResponse)
def withdraw(request: Request, state: CurrentState, actor: Proposer) -> Response:
    try:
        proposals.withdraw(state, actor)
    except AppError as error:
        return _page(request, state, actor, {}, error)
    return see(request, "publish", "withdrawn")


@router.post("/publish/send-back", response_class=HTMLResponse)
def send_back(request: Request, state: CurrentState, actor: Publisher, reason: Given = "") -> Response:
    if not reason.strip():
        return _page(request, state, actor, {"problem": "请写明为什么退回，提交的人会看到"}, status=422)
    try:
        proposals.send_back(state, actor, reason.strip())
    except AppError as error:
        return _page(request, state, actor, {"reason": reason}, error)
    return see(request, "publish", "sent_back")


@router.post("/publish/now", response_class=HTMLResponse)
def publish(
    request: Request,
    state: CurrentState,
    actor: Publisher,
    digest: Given = "",
    name: Annotated[list[str], Form()] = [],  # noqa: B006  FastAPI copies it
    reason: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:
    """Only what was rehearsed, as ``digest`` says; ``name`` and ``reason`` let pass what would block."""
    override = {key: said.strip()[:500] for key, said in zip(name, reason, strict=False) if said.strip()}
    if override:
        permit(actor, "override")
    try:
        report = state.publish(actor.name, override, person=actor.person, rehearsed=digest)
    except GateBlocked as error:
        return _rehearsed(request, state, actor, override, error)
    except AppError as error:
        return _page(request, state, actor, {}, error)
    return see(request, f"versions/{report.version}", "published" if report.version != report.previous else "noted")


def _rehearsed(
    request: Request,
    state: State,
    actor: Actor,
    reasons: Mapping[str, str] | None = None,
    error: GateBlocked | None = None,
) -> Response:
    """The page with a rehearsal; ``reasons`` are those typed already, ``error`` what became of them."""
    try:
        tried = state.rehearse()
    except AppError as refused:
        return _page(request, state, actor, {}, refused)
    return _page(request, state, actor, _of(tried, _titles(state), reasons or {}), error)


def _of(tried: Rehearsal, titles: dict[str, str], reasons: Mapping[str, str]) -> dict[str, Any]:
    result = tried.report.gate
    metrics = {metric.name: str(metric) for metric in result.metrics} if result else {}
    added = {one.id: one.title for one in tried.differences if one.kind == "entry"}
    return {
        "rehearsal": tried,
        "groups": grouped(tried.differences),
        "gate": result.as_dict() if result else None,
        "kinds": gate.KINDS,
        "titles": titles | added,
        "blocked": [(name, metrics.get(name, f"「{name}」"), reasons.get(name, "")) for name in tried.blocked_by],
        "problems": problems.shown(tried.report.warnings, titles),
    }


def _page(
    request: Request,
    state: State,
    actor: Actor,
    context: dict[str, Any] | None = None,
    error: AppError | None = None,
    status: int = 200,
) -> HTMLResponse:
    """What serves and what waits, with what ``context`` adds; an error is said with everything that it has to say."""
    indexes, digest = state.settings.indexes, state.digest()
    serving = store.current(indexes) or state.holder.current().version
    found = proposal.proposed(indexes)
    refusal = proposal.objection(indexes, digest, actor.person) if state.settings.two_person else None
    facts: dict[str, Any] = {
        "serving": serving,
        "fingerprint": fingerprint_of(serving),
        "published": history.publication(indexes, serving),
        "rolled_back": history.rolled_back(indexes),
        "edited": not proposal.serves(indexes, digest),
        "two_person": state.settings.two_person,
        "proposal": found,
        "stands": found is not None and found.stands_for(digest),
        "own": found is not None and found.person.casefold() == actor.person.casefold(),
        "objection": refusal.message if refusal else "",
        "digest": digest,
    }
    if error is not None:
        status = error.status
        facts["problem"] = error.message
        if isinstance(error, KnowledgeRejected):
            facts |= {"checked": True, "problems": problems.shown(error.details, _titles(state))}
        elif not isinstance(error, GateBlocked):  # whose details the rehearsal below shows in full
            facts["details"] = error.details
    return show(request, actor, "publish.html", "publish", facts | (context or {}), status)


def _titles(state: State) -> dict[str, str]:
    entries = state.holder.current().entries.values()
    return {entry.id: f"{entry.number} {entry.question}" for entry in entries}
