"""The kept versions, the step back, and what each publication changed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import StringConstraints

from app.errors import AppError, IndexUnusable, NotFound
from app.evaluation import gate
from app.index import history, store
from app.knowledge.model import Knowledge
from app.publishing.differences import Difference, differences
from app.web import shape
from app.web.console.differences import grouped
from app.web.console.page import see, show
from app.web.deps import Actor, CurrentState, State, require

router = APIRouter()

Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]


@router.api_route("/versions", methods=["GET", "HEAD"], response_class=HTMLResponse)
def listed(request: Request, state: CurrentState, actor: Annotated[Actor, require("view")]) -> Response:
    return _list(request, state, actor)


@router.post("/versions", response_class=HTMLResponse)
def roll_back(
    request: Request,
    state: CurrentState,
    actor: Annotated[Actor, require("rollback")],
    version: Annotated[Version, Form()],
) -> Response:
    """It needs no second person, whatever the settings say: it is the emergency brake."""
    try:
        state.rollback(actor.name, version)
    except AppError as error:
        return _list(request, state, actor, error)
    return see(request, "versions", "rolled_back")


@router.api_route("/versions/{version}", methods=["GET", "HEAD"], response_class=HTMLResponse)
def one(request: Request, version: str, state: CurrentState, actor: Annotated[Actor, require("view")]) -> Response:
    indexes = state.settings.indexes
    if version not in history.versions(indexes):
        raise NotFound(f"没有留着版本 {version}")
    facts = shape.version(version, history.publication(indexes, version))
    context: dict[str, Any] = {
        "one": facts,
        "report": facts.report,
        "gate": facts.report.get("gate"),
        "kinds": gate.KINDS,
        "serving": store.current(indexes),
    }
    try:
        context |= _since(state, version, facts.previous)
    except (IndexUnusable, ValueError):  # of a format that this program no longer reads
        context["uncompared"] = "这一版或前一版是旧程序建的，比较不了。"
    return show(request, actor, "version.html", "versions", context)


def _since(state: State, version: str, previous: str | None) -> dict[str, Any]:
    """What this version says otherwise than the one before it, if that is kept."""
    after = _knowledge(state, version)
    titles = {entry.id: f"{entry.number} {entry.question}" for entry in (*after.superseded, *after.entries)}
    if previous not in history.versions(state.settings.indexes):
        gone = f"前一版 {previous} 已经不留着，比较不了。" if previous else "没有更早的版本可比。"
        return {"titles": titles, "uncompared": gone}
    found: tuple[Difference, ...] = differences(_knowledge(state, str(previous)), after)
    return {"titles": titles, "groups": grouped(found)}


def _knowledge(state: State, version: str) -> Knowledge:
    return Knowledge.model_validate_json(store.open_texts(state.settings.indexes, version)[0])


def _list(request: Request, state: State, actor: Actor, error: AppError | None = None) -> HTMLResponse:
    indexes = state.settings.indexes
    kept = [shape.version(name, history.publication(indexes, name)) for name in history.versions(indexes)]
    context: dict[str, Any] = {
        "versions": [(one, _figures(one.report)) for one in kept],
        "serving": store.current(indexes),
        "rolled_back": history.rolled_back(indexes),
        "keep": state.settings.keep_versions,
    }
    if error is not None:
        context |= {"problem": error.message, "details": error.details}
    return show(request, actor, "versions.html", "versions", context, error.status if error else 200)


def _figures(report: dict[str, Any]) -> dict[str, Any]:
    """What the gate measured, by the name of the figure."""
    return {metric["name"]: metric for metric in (report.get("gate") or {}).get("metrics", ())}
