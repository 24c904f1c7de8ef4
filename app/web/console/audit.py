"""The audit log: who changed what, and whether anybody altered the log since."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from app.audit import Verdict, parsed, verify
from app.web import audit as api
from app.web.audit import PAGE, Wanted
from app.web.console import download
from app.web.console.page import show
from app.web.deps import Actor, CurrentState, State, require

HEADINGS = ("序号", "时间", "谁", "做什么", "对象", "结果", "细节")

router = APIRouter()
Owner = Annotated[Actor, require("audit")]


def _wanted(
    who: Annotated[str, Query(max_length=80)] = "",
    action: Annotated[str, Query(max_length=80)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Wanted:
    """As the form sends it: what is no date leaves the date open."""
    return Wanted(who, action, _day(since), _day(until))


FromQuery = Annotated[Wanted, Depends(_wanted)]


@router.api_route("/audit", methods=["GET", "HEAD"], response_class=HTMLResponse)
def page(
    request: Request,
    actor: Owner,
    state: CurrentState,
    wanted: FromQuery,
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Response:
    return _show(request, actor, state, wanted, number)


@router.get("/audit/export", dependencies=[require("audit")])
def export(state: CurrentState, wanted: FromQuery) -> Response:
    rows = (
        (
            *(str(record["seq"]), record["at"], record["who"], api.name_of(record["action"]), record["object"]),
            *("成功" if record["result"] == "ok" else "没有成功", api.in_words(record["detail"])),
        )
        for record in api.selected(state.settings.audit_dir, wanted)
    )
    return download.table(f"审计日志-{state.now():%Y-%m-%d}", "csv", HEADINGS, rows)


@router.post("/audit/verify", response_class=HTMLResponse)
def verification(
    request: Request, actor: Owner, state: CurrentState, head: Annotated[str, Form(max_length=80)] = ""
) -> Response:
    noted = parsed(head.strip())
    if head.strip() and noted is None:
        wrong = {"problem": "链头写成 序号:校验值，校验值至少 12 位", "head": head}
        return _show(request, actor, state, Wanted(), 1, wrong, 422)
    verdict: Verdict = verify(state.settings.audit_dir, noted)
    context = {"verdict": verdict, "reached": api.head_of(verdict), "noted": noted, "head": head}
    return _show(request, actor, state, Wanted(), 1, context)


def _show(
    request: Request,
    actor: Actor,
    state: State,
    wanted: Wanted,
    number: int,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    everything = api.selected(state.settings.audit_dir, Wanted())
    found = [record for record in everything if wanted.fits(record)]
    chosen = {name: str(value) for name, value in wanted._asdict().items() if value}
    log = {
        "records": found[(number - 1) * PAGE : number * PAGE],
        "total": len(found),
        "page": number,
        "pages": api.pages(len(found)),
        "people": api.distinct(everything, "who"),
        "actions": {action: api.name_of(action) for action in api.distinct(everything, "action")},
        "chosen": chosen,
        "query": urlencode(chosen),
        "in_words": api.in_words,
        "name_of": api.name_of,
    }
    return show(request, actor, "audit.html", "audit", log | (context or {}), status)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
