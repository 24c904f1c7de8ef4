"""An .xlsx file -> raw entries, each field with the cell it stands in; nothing is judged here but the form of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from app.knowledge.loader import RawEntry
from app.knowledge.model import Mark, Problem
from app.knowledge.workbook.columns import COLUMNS, ENTRIES, KINDS, LISTS, WORDING_COLUMNS, WORDINGS, YES
from app.knowledge.workbook.opening import Rows, WorkbookUnusable, cell_name, sheets
from app.knowledge.yaml_source import Marks, Path_

Row = dict[str, tuple[str, Mark]]
"""Title of the column -> (text, place) of a cell that is not empty."""


def read(content: bytes, name: str) -> tuple[list[RawEntry], list[Problem]]:
    """Entries in the order of the rows; marks count rows and columns of the sheet from 1.  ``name`` is that of the file."""
    problems: list[Problem] = []
    try:
        found = sheets(content)
    except WorkbookUnusable as error:
        return [], [Problem("error", Mark(name, 1, 1), "", error.message)]
    rows = _rows(found, name, ENTRIES, [column.title for column in COLUMNS], problems)
    wordings = _rows(found, name, WORDINGS, [title for title, _, _ in WORDING_COLUMNS], problems)
    entries = [_entry(row, i) for i, row in enumerate(rows)]
    by_id = {entry.id: entry for entry in entries if entry.id}
    for row in wordings:
        _add_wording(row, by_id, problems)
    return entries, problems


def cell_of(mark: Mark) -> tuple[str, str] | None:
    """Sheet and cell, as Excel shows them; None for a place in a file of the knowledge base."""
    _, is_cell, sheet = mark.file.rpartition("#")
    return (sheet, cell_name(mark.line, mark.column)) if is_cell and sheet in (ENTRIES, WORDINGS) else None


def _rows(found: Mapping[str, Rows], file: str, sheet: str, titles: list[str], problems: list[Problem]) -> list[Row]:
    if sheet not in found:
        message = f"没有名为「{sheet}」的工作表"
        problems.append(Problem("error", Mark(file, 1, 1), sheet, message, "、".join(found), sheet))
        return []
    name = f"{file}#{sheet}"
    head, *lines = found[sheet] or [()]
    for position, title in enumerate(head, 1):
        if title and title not in titles:
            near = get_close_matches(title, titles, 1, 0.5)
            hint = f"，是不是想写「{near[0]}」" if near else ""
            mark = Mark(name, 1, position)
            problems.append(Problem("error", mark, title, f"不认识的列{hint}", title, "、".join(titles)))
        elif title and title in head[: position - 1]:
            problems.append(Problem("error", Mark(name, 1, position), title, "列重复", title, "只留一列"))
    for title in titles:
        if title not in head:
            problems.append(Problem("error", Mark(name, 1, 1), title, "缺少列", allowed=title))
    filled = []
    for number, line in enumerate(lines, 2):
        row = {
            title: (text, Mark(name, number, position))
            for position, (title, text) in enumerate(zip(head, line, strict=False), 1)
            if title and text
        }
        if row:
            filled.append(row)
    return filled


def _entry(row: Row, position: int) -> RawEntry:
    path = ("entries", position)
    first = next(iter(row.values()))[1]
    data: dict[str, Any] = {}
    marks: Marks = {(): Mark(first.file, 1, 1), path: first._replace(column=1)}
    for column in COLUMNS:
        if column.title not in row:
            continue
        text, mark = row[column.title]
        key, _, value = column.key.partition("=")
        field, *parts = key.split(".")
        marks.setdefault((*path, field), mark)
        if value:
            # Anything but the one word is shown to the schema, which refuses it with the values there are.
            data.setdefault(field, []).append(value if text == YES else text)
            cell: Path_ = (*path, field, len(data[field]) - 1)
            marks[cell] = mark
        elif parts:
            block = data.setdefault(field, {})
            for depth, part in enumerate(parts[:-1], 1):
                block = block.setdefault(part, {})
                marks.setdefault((*path, field, *parts[:depth]), mark)
            block[parts[-1]] = text
            cell = (*path, field, *parts)
            marks[cell] = mark
        elif key == "number":
            data[key] = text.zfill(3)
        elif key in LISTS or key == "legal_basis":
            items = _items(text)
            data[key] = items if key in LISTS else [_basis(line) for line in items]
            for i in range(len(items)):
                place: Path_ = (*path, key, i)
                marks[place] = mark
        else:
            data[key] = text
    return RawEntry(data, marks, path)


def _items(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _basis(line: str) -> dict[str, str]:
    law, _, article = line.rpartition(" ")
    return {"law": law.strip(), "article": article} if law else {"law": line}


def _add_wording(row: Row, entries: dict[str, RawEntry], problems: list[Problem]) -> None:
    place = next(iter(row.values()))[1]
    values = {title: row.get(title, ("", place._replace(column=i)))
              for i, (title, _, _) in enumerate(WORDING_COLUMNS, 1)}  # fmt: skip
    (owner, owner_mark), (kind, kind_mark), (text, mark) = (values[title] for title, _, _ in WORDING_COLUMNS)
    field = next((key for key, name in KINDS.items() if name == kind), None)
    for missing, at, title in (
        (not owner, owner_mark, "标识"),
        (not kind, kind_mark, "类别"),
        (not text, mark, "文字"),
    ):
        if missing:
            problems.append(Problem("error", at, title, "没有填", allowed=f"补上{title}，或删去整行"))
    if owner and owner not in entries:
        near = _nearest(owner, entries)
        message = f"「{ENTRIES}」里没有这个标识{near}"
        problems.append(Problem("error", owner_mark, "标识", message, owner, "已有条目的标识"))
    if kind and field is None:
        near = _nearest(kind, KINDS.values())
        problems.append(Problem("error", kind_mark, "类别", f"取值不在允许范围{near}", kind, "、".join(KINDS.values())))
    if text and field and owner in entries:
        entry = entries[owner]
        items = entry.data.setdefault(field, [])
        entry.marks.setdefault((*entry.path, field), mark)
        item: Path_ = (*entry.path, field, len(items))
        entry.marks[item] = mark
        items.append(text)


def _nearest(text: str, known: Iterable[str]) -> str:
    near = get_close_matches(text, list(known), 1, 0.5)
    return f"，是不是想写「{near[0]}」" if near else ""
