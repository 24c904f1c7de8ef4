"""The state of the system, and a check of its parts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.web import system as api
from app.web.console.page import show
from app.web.deps import Actor, CurrentSnapshot, CurrentState, require

router = APIRouter()
Viewer = Annotated[Actor, require("view")]


@router.api_route("/system", methods=["GET", "HEAD"], response_class=HTMLResponse)
def page(request: Request, actor: Viewer, state: CurrentState, snapshot: CurrentSnapshot) -> Response:
    return show(request, actor, "system.html", "system", {"it": api.gathered(request, state, snapshot), "span": span})


@router.post("/system/check", response_class=HTMLResponse)
def check(request: Request, actor: Viewer, state: CurrentState, snapshot: CurrentSnapshot) -> Response:
    found = api.checks(state, snapshot)
    context = {"checks": found, "it": api.gathered(request, state, snapshot), "span": span}
    return show(request, actor, "system.html", "system", context)


def span(seconds: int) -> str:
    """As people say it: 3 天 4 小时."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    if days:
        return f"{days} 天 {hours} 小时"
    return f"{hours} 小时 {rest // 60} 分" if hours else f"{rest // 60} 分"
