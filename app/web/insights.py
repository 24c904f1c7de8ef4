"""/api/v1/admin/insights: figures of the journal, questions that went wrong, and both as files."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, Response, StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask

from app.database import reason
from app.errors import NotFound
from app.insights import clusters, dismissals, near, sheets, trend
from app.insights import report as reports
from app.insights.breakdown import Tally
from app.insights.clusters import Cluster
from app.insights.dismissals import Dismissal
from app.insights.drafts import draft
from app.insights.figures import OUTCOMES, Figures
from app.insights.followed import followed
from app.insights.misses import FAILURES, KEPT, Wording
from app.insights.report import Report
from app.insights.sheets import CHANNELS, ROLES, SIGNS, Sheet
from app.insights.window import LONGEST, BadWindow, Window, between, last
from app.journal import export
from app.snapshot import Snapshot
from app.web import insights_schemas as out
from app.web import schemas, shape
from app.web.deps import Actor, CurrentSnapshot, CurrentState, State, require

log = logging.getLogger("yiboshi")

USUAL_DAYS = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

ExportFile = Literal["figures.csv", "figures.xlsx", "clusters.csv", "clusters.xlsx", "records.csv", "records.xlsx"]

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": schemas.ErrorOut} for status in (401, 403, 422, 503, 507)}
_NO_CLUSTER: dict[int | str, dict[str, Any]] = {404: {"model": schemas.ErrorOut}}
router = APIRouter(prefix="/api/v1/admin/insights", responses=_ERRORS)


def window_of(now: datetime, days: int | None, first: date | None, until: date | None) -> Window:
    """Days up to now, or from one day to another; raises ``BadWindow``."""
    if first is None and until is None:
        return last(USUAL_DAYS if days is None else days, now)
    if first is None:
        raise BadWindow("写了结束的一天，还要写开始的一天")
    return between(first, until or now.date(), now)


def _chosen(
    state: CurrentState,
    days: Annotated[int | None, Query(ge=1, le=LONGEST, description="最近几天，含今天；不写为 30")] = None,
    first: Annotated[date | None, Query(alias="from", description="从哪一天起，写了就不看 days")] = None,
    until: Annotated[date | None, Query(alias="to", description="到哪一天为止，含这一天；不写到今天")] = None,
) -> Window:
    return window_of(state.now(), days, first, until)


ChosenWindow = Annotated[Window, Depends(_chosen)]


@router.get("/figures", summary="一段时间的提问情况，和前一段比", dependencies=[require("view")])
def figures(state: CurrentState, snapshot: CurrentSnapshot, window: ChosenWindow) -> out.InsightsOut:
    """``decline`` 是没答上来的，``pointer`` 是说明了该去哪里问的；``days`` 和 ``hours`` 按服务器的时区。"""
    found = read_report(state, snapshot, window)
    return out.InsightsOut(
        journal=state.settings.journal,
        span=_span(window),
        before=_span(window.before),
        figures=_figures(found.now),
        figures_before=_figures(found.before),
        trend=[it.text for it in trend.sentences(found.now, found.before, than(window))],
        days=[_tally(str(day), it) for day, it in found.times.days.items()],
        hours=[_tally(str(hour), it) for hour, it in found.times.hours.items()],
        categories=[_tally(name, it) for name, it in found.categories.items()],
        channels=[_tally(CHANNELS.get(name, name), it) for name, it in found.channels.items()],
        roles=[_tally(ROLES.get(name, name or ""), it) for name, it in found.roles.items()],
        questions=[out.TopQuestionOut(text=it.text, count=it.times, outcome=it.outcome) for it in found.questions],
        entries=[
            out.TopOut(id=it.entry_id, title=title(snapshot, it.entry_id), count=it.times) for it in found.entries
        ],
        pointers=[
            out.TopOut(id=it.pointer_id, title=pointer_title(snapshot, it.pointer_id), count=it.times)
            for it in found.pointers
        ],
        signs={sign: found.signs.get(sign, 0) for sign in SIGNS},
        knowledge=shape.knowledge(snapshot),
    )


@router.get("/clusters", summary="没答好的问题，意思相近的归成组", dependencies=[require("view")])
def listed(state: CurrentState, snapshot: CurrentSnapshot, window: ChosenWindow) -> out.ClustersOut:
    """没答上来的、选项都不是的、评了没帮助的、看了答复又换个说法问或找人工的；问得最多的组在前。"""
    found, dismissed = read_clusters(state, snapshot, window)
    return out.ClustersOut(
        span=_span(window),
        clusters=[_cluster(it, dismissed) for it in found],
        knowledge=shape.knowledge(snapshot),
    )


@router.get("/clusters/{key}", summary="一组没答好的问题", dependencies=[require("view")], responses=_NO_CLUSTER)
def detail(state: CurrentState, snapshot: CurrentSnapshot, window: ChosenWindow, key: str) -> out.ClusterDetailOut:
    """最近的几条为什么没有给出，按现在的知识库算。"""
    found, dismissed = read_cluster(state, snapshot, window, key)
    today, made = near.today(snapshot, found.medoid.text), draft(found)
    return out.ClusterDetailOut(
        cluster=_cluster(found, dismissed),
        wordings=[_wording(it) for it in found.wordings],
        kind=today.kind,
        given=shape.ref(today.entry) if today.entry else None,
        near=[
            out.NearOut(
                **shape.ref(it.entry).model_dump(),
                category=it.entry.category,
                probability=round(it.probability, 4),
                phrase=it.phrase,
                why=it.why,
            )
            for it in today.near
        ],
        draft=out.DraftOut(**made._asdict()) if made else None,
        knowledge=shape.knowledge(snapshot),
    )


@router.post("/clusters/{key}/dismiss", summary="这一组不用管", responses=_NO_CLUSTER)
def dismiss(
    state: CurrentState,
    snapshot: CurrentSnapshot,
    window: ChosenWindow,
    key: str,
    actor: Annotated[Actor, require("edit")],
) -> out.ClusterOut:
    """再问到 5 次，或又有两种新的问法，就重新列出。"""
    return _cluster(*settle(state, snapshot, window, key, actor, dismissed=True))


@router.post("/clusters/{key}/restore", summary="重新列出这一组", responses=_NO_CLUSTER)
def restore(
    state: CurrentState,
    snapshot: CurrentSnapshot,
    window: ChosenWindow,
    key: str,
    actor: Annotated[Actor, require("edit")],
) -> out.ClusterOut:
    return _cluster(*settle(state, snapshot, window, key, actor, dismissed=False))


@router.get("/exports/{file}", summary="导出", dependencies=[require("view")], response_class=Response)
def exported(state: CurrentState, snapshot: CurrentSnapshot, window: ChosenWindow, file: ExportFile) -> Response:
    """``figures`` 是数字，``clusters`` 是没答好的问题，``records`` 是逐条的记录（个人信息已遮盖）；CSV 或 Excel。"""
    what, _, kind = file.partition(".")
    made = {"figures": _figure_sheets, "clusters": _cluster_sheets, "records": _record_sheets}[what](
        state, snapshot, window
    )
    name = f"yiboshi-{what}-{window.days[0]}-{window.days[-1]}.{kind}"
    return _as_csv(made, name) if kind == "csv" else _as_xlsx(made, name)


# What the pages read as well.


def log_away(error: SQLAlchemyError) -> None:
    log.error("记录现在读不出来：%s", reason(error))


def read_report(state: State, snapshot: Snapshot, window: Window) -> Report:
    with state.engine.connect() as connection:
        return reports.report(connection, window, snapshot, followed(connection, window, snapshot))


def read_both(state: State, snapshot: Snapshot, window: Window) -> tuple[Report, list[Cluster], dict[str, Dismissal]]:
    with state.engine.connect() as connection:
        signs = followed(connection, window, snapshot)
        report = reports.report(connection, window, snapshot, signs)
        found = reports.unanswered(connection, window, snapshot, state.vectors, signs)
        return report, found, dismissals.known(connection)


def read_clusters(
    state: State, snapshot: Snapshot, window: Window, most: int = KEPT
) -> tuple[list[Cluster], dict[str, Dismissal]]:
    with state.engine.connect() as connection:
        signs = followed(connection, window, snapshot)
        found = reports.unanswered(connection, window, snapshot, state.vectors, signs, most)
        return found, dismissals.known(connection)


def read_cluster(state: State, snapshot: Snapshot, window: Window, key: str) -> tuple[Cluster, Mapping[str, Dismissal]]:
    """Raises ``NotFound``."""
    found, dismissed = read_clusters(state, snapshot, window)
    cluster = clusters.holding(found, key)
    if cluster is None:
        raise NotFound("这段时间里没有这一组问题了：可能过了时间，也可能已经答上来了")
    return cluster, dismissed


def settle(
    state: State, snapshot: Snapshot, window: Window, key: str, actor: Actor, dismissed: bool
) -> tuple[Cluster, Mapping[str, Dismissal]]:
    """Dismiss a cluster or take it up again; recorded before it counts, without a word of what people asked."""
    cluster, _ = read_cluster(state, snapshot, window, key)
    action = "cluster.dismiss" if dismissed else "cluster.restore"
    state.audit.write(actor.name, action, cluster.key, wordings=len(cluster.wordings), count=cluster.count)
    with state.engine.begin() as connection:
        if dismissed:
            dismissals.dismiss(connection, cluster, actor.name, state.now())
        else:
            dismissals.restore(connection, cluster)
        return cluster, dismissals.known(connection)


def title(snapshot: Snapshot, entry_id: str) -> str:
    entry = snapshot.entries.get(entry_id)
    return entry.question if entry else "（已不在知识库）"


def pointer_title(snapshot: Snapshot, pointer_id: str) -> str:
    pointer = snapshot.pointers.get(pointer_id)
    return pointer.title if pointer else "（已不在知识库）"


def than(window: Window) -> str:
    """What the window before is called."""
    count = len(window.days)
    return "昨天同一时段" if count == 1 and window.until.date() == window.since.date() else f"前 {count} 天"


# Files.


def _figure_sheets(state: State, snapshot: Snapshot, window: Window) -> list[Sheet]:
    return sheets.of_figures(read_report(state, snapshot, window), snapshot)


def _cluster_sheets(state: State, snapshot: Snapshot, window: Window) -> list[Sheet]:
    found, dismissed = read_clusters(state, snapshot, window)
    explained = [(it, near.today(snapshot, it.medoid.text)) for it in found]
    return sheets.of_clusters(explained, dismissed, window.since.tzinfo)


def _record_sheets(state: State, _: Snapshot, window: Window) -> list[Sheet]:
    return [Sheet("记录", export.HEADINGS, export.rows(state.engine, window.since, window.until))]


def _as_csv(made: list[Sheet], name: str) -> Response:
    """Sent as it is read; what is wrong with the database shows before the first byte."""
    lines = sheets.as_csv(made)
    first = [next(lines), next(lines, ""), next(lines, "")]

    def encoded() -> Iterator[bytes]:
        for text in chain(first, lines):
            yield text.encode()

    return StreamingResponse(encoded(), media_type="text/csv; charset=utf-8", headers=_attached(name))


def _as_xlsx(made: list[Sheet], name: str) -> Response:
    """A workbook is a zip file, so it is written whole, to a file that goes when it was sent."""
    with tempfile.NamedTemporaryFile(prefix="yiboshi-", suffix=".xlsx", delete=False) as file:
        path = Path(file.name)
    try:
        sheets.write_xlsx(path, made)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return FileResponse(path, media_type=XLSX, headers=_attached(name), background=BackgroundTask(path.unlink, True))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


# Records -> payloads.


def _span(window: Window) -> out.SpanOut:
    return out.SpanOut(since=window.since, until=window.until)


def _figures(it: Figures) -> out.FiguresOut:
    return out.FiguresOut(
        messages=it.messages,
        conversations=it.conversations,
        asked=it.asked,
        counts={name: it.counts.get(name, 0) for name in OUTCOMES},
        rates={name: it.rate(name) for name in OUTCOMES},
        rated=it.rated,
        helpful=it.helpful,
        helpful_rate=it.helpful_rate,
        p50_ms=it.p50,
        p95_ms=it.p95,
    )


def _tally(name: str, it: Tally) -> out.TallyOut:
    return out.TallyOut(name=name, messages=it.messages, counts={key: it.counts[key] for key in OUTCOMES})


def _cluster(it: Cluster, dismissed: Mapping[str, Dismissal]) -> out.ClusterOut:
    known = dismissals.of(it, dismissed)
    return out.ClusterOut(
        key=it.key,
        text=it.medoid.text,
        count=it.count,
        wordings=len(it.wordings),
        first=it.first,
        last=it.last,
        failure=it.failure,
        failures={name: it.failures[name] for name in FAILURES if it.failures[name]},
        dismissed=out.DismissedOut(by=known.by, at=known.at) if known else None,
    )


def _wording(it: Wording) -> out.WordingOut:
    return out.WordingOut(text=it.text, count=it.count, first=it.first, last=it.last)
