"""The values of this centre: what is filled in, what is missing, who uses it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from app.editing import site
from app.editing.faults import refuse_faults_made
from app.errors import AppError
from app.knowledge.catalogue import catalogue
from app.knowledge.loader import load_entries
from app.snapshot import Snapshot
from app.web.console.form import GivenForm
from app.web.console.page import see, show
from app.web.deps import Actor, CurrentSnapshot, CurrentState, State, require
from app.web.editing import saved

router = APIRouter()

PREFIX = "value-"
"""Of the names of the form's inputs."""


@router.api_route("/site", methods=["GET", "HEAD"], response_class=HTMLResponse)
def site_page(
    request: Request, state: CurrentState, snapshot: CurrentSnapshot, actor: Annotated[Actor, require("view")]
) -> HTMLResponse:
    return _page(request, state, snapshot, actor)


@router.post("/site", response_class=HTMLResponse)
def change_site(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    actor: Annotated[Actor, require("edit")],
    form: GivenForm,
) -> Response:
    """The changes are looked at first, then saved."""
    typed = {key.removeprefix(PREFIX): str(value).strip() for key, value in form.items() if key.startswith(PREFIX)}
    standing = {value.name: value.value for value in site.values(state.layers)}
    changes = {name: text or None for name, text in typed.items() if text != standing.get(name, "")}
    if not changes:
        return see(request, "site", "unchanged")
    try:
        edit = site.changed(state.layers, changes)
        refuse_faults_made(state.bench, edit, "这样填有错误，没有保存")
        if form.get("do") != "save":
            return _page(request, state, snapshot, actor, typed, edit.diff(state.layers.folders))
        saved(state, actor, "site.save", "、".join(changes), edit)
    except AppError as error:
        return _page(request, state, snapshot, actor, typed, problem=error)
    return see(request, "site", "saved")


def _page(
    request: Request,
    state: State,
    snapshot: Snapshot,
    actor: Actor,
    typed: Mapping[str, str] | None = None,
    diff: str = "",
    problem: AppError | None = None,
) -> HTMLResponse:
    """``typed`` stands in the form in place of what the files say."""
    source = load_entries(state.layers.kb, state.layers.overlays)
    rows = catalogue(source, snapshot.knowledge, (), state.now().date())
    used = Counter(name for row in rows for name in row.placeholders)
    values = [
        {
            "name": value.name,
            "about": value.about,
            "value": (typed or {}).get(value.name, value.value),
            "filled": bool(value.value),
            "fallback": value.fallback,
            "file": value.file,
            "used": used[value.name],
        }
        for value in site.values(state.layers)
    ]
    context = {
        "values": sorted(values, key=lambda value: bool(value["filled"])),
        "missing": sum(not value["filled"] for value in values),
        "diff": diff,
        "problem": problem.message if problem else "",
        "details": problem.details if problem else (),
    }
    return show(request, actor, "site.html", "site", context, problem.status if problem else 200)
