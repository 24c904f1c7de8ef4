"""The first page: today and the last seven days at a glance, what is open, and how the knowledge stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.index import history
from app.insights import breakdown, dismissals, figures, trend
from app.insights.misses import FAILURES
from app.insights.window import Window, last
from app.knowledge.lint.citations import SOON
from app.knowledge.model import Policy, SiteValue
from app.publishing import pipeline
from app.snapshot import Snapshot
from app.web import insights as read
from app.web.console.insights import days_chart, unavailable
from app.web.console.page import show
from app.web.deps import Actor, CurrentSnapshot, CurrentState, State, require

LARGEST = 5
AT_A_GLANCE = 100
"""Wordings clustered here: the first time they take a fifth of a second, all that the insights page looks at three times that."""
WEEK, MONTH = 7, 30

router = APIRouter()


@router.api_route("/", methods=["GET", "HEAD"], response_class=HTMLResponse)
def dashboard(
    request: Request, state: CurrentState, snapshot: CurrentSnapshot, actor: Annotated[Actor, require("view")]
) -> Response:
    context: dict[str, Any] = {
        "standing": standing(state, snapshot, state.now().date()),
        "journal": state.settings.journal,
        "written": state.journal.written,
        "dropped": state.journal.dropped,
        "failures": FAILURES,
        "week": WEEK,
        "month": MONTH,
    }
    try:
        context |= _asked(state, snapshot)
    except SQLAlchemyError as error:
        context |= unavailable(error)
    return show(request, actor, "dashboard.html", "", context)


def _asked(state: State, snapshot: Snapshot) -> dict[str, Any]:
    """Clusters of the most frequent wordings of a week: so the page comes up at once however much the journal holds."""
    now = state.now()
    today, week, month = (last(days, now) for days in (1, WEEK, MONTH))
    with state.engine.connect() as connection:
        spans = [(name, _cards(connection, window)) for name, window in (("今天", today), (f"最近 {WEEK} 天", week))]
        times = breakdown.times(connection, month)
    found, dismissed = read.read_clusters(state, snapshot, week, AT_A_GLANCE)
    return {
        "spans": spans,
        "chart": days_chart(times),
        "clusters": dismissals.open_ones(found, dismissed)[:LARGEST],
    }


def _cards(connection: Connection, window: Window) -> list[trend.Card]:
    now, before = figures.figures(connection, window), figures.figures(connection, window.before)
    return trend.cards(now, before, read.than(window), ("answer", "decline"))


@dataclass(frozen=True)
class Standing:
    """How the knowledge stands that serves, and the files beside it."""

    version: str
    fingerprint: str
    entries: int
    at: datetime | None
    """When it was published, by whom; None and empty of a version that an earlier program published."""
    by: str
    back: history.RolledBack | None
    edited: bool
    """Whether files have changed since."""
    warnings: int | None
    resting: int | None
    expiring: tuple[Policy, ...]
    missing: tuple[SiteValue, ...]


def standing(state: State, snapshot: Snapshot, today: date) -> Standing:
    settings = state.settings
    made = history.publication(settings.indexes, snapshot.version)
    report = made.report if made else {}
    policies = snapshot.knowledge.policies
    return Standing(
        version=snapshot.version,
        fingerprint=snapshot.fingerprint,
        entries=len(snapshot.knowledge.entries),
        at=datetime.fromisoformat(made.at) if made else None,
        by=made.by if made else "",
        back=history.rolled_back(settings.indexes),
        edited=pipeline.is_edited(
            settings.indexes, snapshot.version, settings.kb_dir, settings.laws, settings.overlays
        ),
        warnings=report.get("warnings"),
        resting=len(report["resting"]) if "resting" in report else None,
        expiring=tuple(it for it in policies if it.effective_to and today <= it.effective_to <= today + SOON),
        missing=tuple(it for it in snapshot.knowledge.site.values() if not it.value),
    )
