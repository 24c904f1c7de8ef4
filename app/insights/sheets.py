"""Figures and clusters as tables for Excel, and how any table becomes CSV or a workbook a piece at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from app.insights.breakdown import Tally
from app.insights.clusters import Cluster
from app.insights.dismissals import Dismissal, of
from app.insights.figures import OUTCOMES, Figures
from app.insights.followed import Sign
from app.insights.misses import FAILURES
from app.insights.near import Today
from app.insights.report import Report
from app.insights.window import Window
from app.journal.export import safe
from app.snapshot import Snapshot

CHUNK = 1_000
"""Rows made into text at a time."""
CHANNELS = {"api": "聊天页和接口", "lite": "简易版"}
ROLES = {"bidder": "投标人", "tenderer": "招标人", "agency": "代理机构", "evaluator": "评标专家", None: "没有说"}
SIGNS: Mapping[Sign, str] = {name: FAILURES[name] for name in ("reasked", "handover", "rejected")}


class Sheet(NamedTuple):
    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]


def of_figures(found: Report, snapshot: Snapshot) -> list[Sheet]:
    before = found.window.before
    entries = [(it.entry_id, _question(snapshot, it.entry_id), it.times) for it in found.entries]
    return [
        Sheet("概况", ("", span(found.window), span(before)), _overview(found.now, found.before)),
        _tallies("每天", "日期", {str(day): tally for day, tally in found.times.days.items()}),
        _tallies("每小时", "时段", {f"{hour} 时": tally for hour, tally in found.times.hours.items()}),
        _tallies("分类", "分类", found.categories),
        _tallies("渠道", "渠道", {CHANNELS.get(name, name): tally for name, tally in found.channels.items()}),
        _tallies("身份", "身份", {ROLES.get(name, name or ""): tally for name, tally in found.roles.items()}),
        Sheet("常问", ("问题", "次数", "多半"), [(it.text, it.times, OUTCOMES[it.outcome]) for it in found.questions]),
        Sheet("常答", ("条目", "标准问题", "次数"), entries),
        Sheet("没说出口的不满", ("表现", "次数"), [(name, found.signs.get(sign, 0)) for sign, name in SIGNS.items()]),
    ]


def of_clusters(
    found: Sequence[tuple[Cluster, Today]], dismissed: Mapping[str, Dismissal], zone: tzinfo | None
) -> list[Sheet]:
    """A row a cluster, and a row a wording; times in a zone."""

    def told(moment: datetime) -> str:
        return moment.astimezone(zone).isoformat(" ", "minutes")[:16]

    def settled(cluster: Cluster) -> str:
        known = of(cluster, dismissed)
        return f"{known.by} {told(known.at)}" if known else ""

    groups = [
        (number, it.medoid.text, it.count, len(it.wordings), FAILURES[it.failure], told(it.first), told(it.last), *_near(today), settled(it))
        for number, (it, today) in enumerate(found, 1)
    ]  # fmt: skip
    wordings = [
        (number, wording.text, wording.count, told(wording.first), told(wording.last))
        for number, (it, _) in enumerate(found, 1)
        for wording in it.wordings
    ]
    headings = (
        "组",
        "代表问法",
        "次数",
        "问法数",
        "多半",
        "最早",
        "最近",
        "最近的条目",
        "相像的可能",
        "为什么没给",
        "不用管",
    )
    return [
        Sheet("没答好的问题", headings, groups),
        Sheet("各组的问法", ("组", "问法", "次数", "最早", "最近"), wordings),
    ]


def span(window: Window) -> str:
    first, last = window.days[0], window.days[-1]
    return str(first) if first == last else f"{first} 至 {last}"


def as_csv(sheets: Sequence[Sheet]) -> Iterator[str]:
    """UTF-8 that Excel knows, ``CHUNK`` rows at a time; several tables stand under each other, each below its title."""
    yield "\ufeff"
    for number, sheet in enumerate(sheets):
        title: list[list[str]] = [[sheet.title]] if len(sheets) > 1 else []
        yield _lines([*([[]] if number else []), *title, sheet.headings])
        rows = iter(sheet.rows)
        while batch := list(islice(rows, CHUNK)):
            yield _lines(batch)


def write_xlsx(file: Path, sheets: Iterable[Sheet]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        page.freeze_panes = "A2"
        for row in (sheet.headings, *sheet.rows):
            page.append([_cell(cell) for cell in row])
    book.save(file)


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(cell: Any) -> Any:
    return cell if isinstance(cell, (int, float)) else safe(cell)


def _overview(now: Figures, before: Figures) -> list[tuple[Any, ...]]:
    return list(zip(_OVERVIEW, _column(now), _column(before), strict=True))


_OVERVIEW = (
    "消息", "会话", "提问（不算寒暄和“都不是”）", *(f"{said}占比" for said in OUTCOMES.values()), "评价", "有帮助占比",
    "用时中位数（毫秒）", "用时 95% 以内（毫秒）",
)  # fmt: skip


def _column(it: Figures) -> list[float | None]:
    rates = [_rounded(it.rate(key)) for key in OUTCOMES]
    times = [_rounded(it.p50, 1), _rounded(it.p95, 1)]
    return [it.messages, it.conversations, it.asked, *rates, it.rated, _rounded(it.helpful_rate), *times]


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(value, digits)


def _tallies(title: str, first: str, found: Mapping[str, Tally]) -> Sheet:
    rows = [(name, it.messages, *(it.counts[key] for key in OUTCOMES)) for name, it in found.items()]
    return Sheet(title, (first, "消息", *OUTCOMES.values()), rows)


def _question(snapshot: Snapshot, entry_id: str) -> str:
    entry = snapshot.entries.get(entry_id)
    return entry.question if entry else ""


def _near(today: Today) -> tuple[str, float | None, str]:
    if not today.near:
        return "", None, ""
    first = today.near[0]
    return f"{first.entry.number} {first.entry.question}", round(first.probability, 4), first.why
