"""Insights: how people ask, what was not answered well, and from there into the editor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import SQLAlchemyError

from app.insights import dismissals, drafts, near, sheets, trend
from app.insights.breakdown import Tally, Times
from app.insights.dismissals import AGAIN, NEW_WORDINGS
from app.insights.figures import OUTCOMES
from app.insights.misses import FAILURES, KEPT
from app.insights.window import BadWindow, Window
from app.web import insights as read
from app.web.charts import Chart, Column
from app.web.console.page import see, show
from app.web.deps import Actor, CurrentSnapshot, CurrentState, State, require

SPANS = {1: "今天", 7: "7 天", 30: "30 天", 90: "90 天"}
LISTED = 30
"""Clusters on the page; the export has all."""

router = APIRouter()


@dataclass(frozen=True)
class Chosen:
    """A window, and how an address and a form name it."""

    window: Window
    days: int | None
    first: str = ""
    until: str = ""
    problem: str = ""

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    @property
    def fields(self) -> dict[str, str]:
        return {"days": str(self.days)} if self.days else {"from": self.first, "to": self.until}


def chosen(state: State, days: str, first: str, until: str) -> Chosen:
    """What was asked for; where that makes no sense the usual window, and what is wrong with it."""
    now = state.now()
    try:
        if first or until:
            window = read.window_of(now, None, _day(first), _day(until))
            return Chosen(window, None, first, until)
        number = int(days) if days.isdecimal() and len(days) < 5 else read.USUAL_DAYS
        return Chosen(read.window_of(now, number, None, None), number)
    except BadWindow as error:
        usual = read.window_of(now, None, None, None)
        return Chosen(usual, read.USUAL_DAYS, first, until, error.message)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadWindow(f"日期应写成 2026-11-24 的样子，现为「{text[:20]}」") from error


Text = Annotated[str, Query(max_length=40)]
From = Annotated[str, Query(alias="from", max_length=40)]
To = Annotated[str, Query(alias="to", max_length=40)]


@router.api_route("/insights", methods=["GET", "HEAD"], response_class=HTMLResponse)
def insights_page(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    actor: Annotated[Actor, require("view")],
    days: Text = "",
    first: From = "",
    until: To = "",
) -> Response:
    picked = chosen(state, days, first, until)
    than = read.than(picked.window)
    context: dict[str, Any] = {
        "problem": picked.problem,
        "chosen": picked,
        "spans": SPANS,
        "journal": state.settings.journal,
        "outcomes": OUTCOMES,
        "failures": FAILURES,
        "than": than,
        "listed": LISTED,
        "most_wordings": KEPT,
    }
    try:
        report, found, dismissed = read.read_both(state, snapshot, picked.window)
    except SQLAlchemyError as error:
        return show(request, actor, "insights.html", "insights", context | unavailable(error))
    context |= {
        "report": report,
        "trend": trend.sentences(report.now, report.before, than),
        "cards": trend.cards(report.now, report.before, than) + trend.speed(report.now, report.before, than),
        "clusters": dismissals.open_ones(found, dismissed),
        "dismissed": [(it, known) for it in found if (known := dismissals.of(it, dismissed))],
        "charts": charts(report.times, picked.window),
        "titles": {it.entry_id: read.title(snapshot, it.entry_id) for it in report.entries},
        "pointers": {it.pointer_id: read.pointer_title(snapshot, it.pointer_id) for it in report.pointers},
        "named": {"channels": sheets.CHANNELS, "roles": sheets.ROLES, "signs": sheets.SIGNS},
        "entries": snapshot.entries,
    }
    return show(request, actor, "insights.html", "insights", context, 422 if picked.problem else 200)


@router.api_route("/insights/clusters/{key}", methods=["GET", "HEAD"], response_class=HTMLResponse)
def cluster_page(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    actor: Annotated[Actor, require("view")],
    key: str,
    days: Text = "",
    first: From = "",
    until: To = "",
) -> Response:
    picked = chosen(state, days, first, until)
    try:
        cluster, dismissed = read.read_cluster(state, snapshot, picked.window, key)
    except SQLAlchemyError as error:
        return show(request, actor, "cluster.html", "insights", {"chosen": picked} | unavailable(error))
    today, draft = near.today(snapshot, cluster.medoid.text), drafts.draft(cluster)
    context = {
        "chosen": picked,
        "cluster": cluster,
        "dismissal": dismissals.of(cluster, dismissed),
        "failures": FAILURES,
        "today": today,
        "draft": draft,
        "aliases": {it.entry.id: drafts.as_alias(it.entry.id, draft) for it in today.near} if draft else {},
        "new_entry": drafts.as_entry(today.near[0].entry.category if today.near else "", draft) if draft else "",
        "again": AGAIN,
        "new_wordings": NEW_WORDINGS,
        "zone": picked.window.since.tzinfo,
    }
    return show(request, actor, "cluster.html", "insights", context)


@router.post("/insights/clusters/{key}")
def settle_cluster(
    request: Request,
    state: CurrentState,
    snapshot: CurrentSnapshot,
    actor: Annotated[Actor, require("edit")],
    key: str,
    dismiss: Annotated[bool, Form()],
    days: Annotated[str, Form(max_length=40)] = "",
    first: Annotated[str, Form(alias="from", max_length=40)] = "",
    until: Annotated[str, Form(alias="to", max_length=40)] = "",
) -> Response:
    picked = chosen(state, days, first, until)
    cluster, _ = read.settle(state, snapshot, picked.window, key, actor, dismiss)
    target = "insights" if dismiss else f"insights/clusters/{cluster.key}"
    return see(request, f"{target}?{picked.query}", "done")


def unavailable(error: SQLAlchemyError) -> dict[str, Any]:
    """The page stays up and says in words what it cannot show."""
    read.log_away(error)
    return {"away": True}


def charts(times: Times, window: Window) -> list[Chart]:
    """Days, unless it is one, and hours."""
    hours = _chart("hours", "一天里各个钟点的消息", {f"{hour} 时": it for hour, it in times.hours.items()})
    return [hours] if len(window.days) == 1 else [days_chart(times), hours]


def days_chart(times: Times) -> Chart:
    return _chart("days", "每天的消息", {f"{day:%m-%d}": it for day, it in times.days.items()})


def _chart(identifier: str, title: str, tallies: dict[str, Tally]) -> Chart:
    columns = [Column(name, it.messages, it.missed) for name, it in tallies.items()]
    return Chart(identifier, title, _said(columns), "消息", "其中没答上来", columns)


def _said(columns: Sequence[Column]) -> str:
    whole, part = sum(it.whole for it in columns), sum(it.part for it in columns)
    if not whole:
        return "没有消息。"
    most = max(columns, key=lambda it: it.whole)
    return f"共 {whole} 条，其中没答上来 {part} 条；最多的是 {most.name}，{most.whole} 条。逐项数字在图下的表里。"
