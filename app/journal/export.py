"""The journal as a table for people, CSV or Excel: one row a message, with the rating that counts.  As masked as it is kept."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, and_, exists, select

from app.journal.tables import feedback, questions

HEADINGS = (
    "时间", "问题", "改正为", "连同上文", "身份", "渠道", "来路", "答复", "由什么决定", "条目", "选项", "最像的几个", "把握", "知识库版本",
    "用时（毫秒）", "有帮助", "原因", "意见", "会话", "答复编号",
)  # fmt: skip
CHUNK = 1_000
"""Rows read at a time: a year's journal need not fit in memory."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(file: Path, engine: Engine, since: datetime, until: datetime) -> int:
    """Write what was asked in ``since <= at < until``, times in the zone of ``since``; how many.  In UTF-8 that Excel knows."""
    with file.open("w", encoding="utf-8-sig", newline="") as target:
        out = csv.writer(target)
        out.writerow(HEADINGS)
        written = 0
        for cells in rows(engine, since, until):
            out.writerow(cells)
            written += 1
    return written


def write_xlsx(file: Path, engine: Engine, since: datetime, until: datetime) -> int:
    """The same as a workbook."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("记录")
    sheet.freeze_panes = "A2"
    sheet.append(HEADINGS)
    written = 0
    for cells in rows(engine, since, until):
        sheet.append(cells)
        written += 1
    book.save(file)
    return written


def rows(engine: Engine, since: datetime, until: datetime) -> Iterator[list[str | float]]:
    """The cells, the oldest first."""
    rating, later = feedback.c, feedback.alias("later").c
    # For each row, as few as there are: a list of all that count SQLite would walk for every question.
    superseded = exists().where(later.reply_id == rating.reply_id, later.id > rating.id)
    wanted = (
        select(questions, rating.helpful, rating.reason, rating.comment_masked)
        .select_from(questions.outerjoin(feedback, and_(rating.reply_id == questions.c.reply_id, ~superseded)))
        .where(questions.c.at >= since, questions.c.at < until)
        .order_by(questions.c.at, questions.c.id)
    )
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=CHUNK).execute(wanted):
            yield [safe(cell) for cell in _cells(row, since.tzinfo)]


def _cells(row: Any, zone: tzinfo | None) -> list[Any]:
    candidates = "、".join(f"{one['id']} {one['probability']:.2f}" for one in row.candidates)
    helpful = {None: "", True: "是", False: "否"}[row.helpful]
    return [
        row.at.astimezone(zone).isoformat(" ", "seconds"), row.question_masked, row.corrected, row.understood_as, row.audience,
        row.channel, row.via, row.kind, row.tier, row.entry_id, "、".join(row.options), candidates, round(row.confidence, 4),
        row.version, row.took_ms, helpful, row.reason, row.comment_masked, row.session_key, row.reply_id,
    ]  # fmt: skip


def safe(cell: Any) -> str | float:
    """A cell that no spreadsheet takes for a formula, and no control character that Excel refuses."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return float(cell)
    text = "".join(char for char in cell if char >= " " or char in "\t\n\r")
    return f"'{text}" if text.startswith(_FORMULA) else text
