"""What an edited workbook would change in ``kb/faq``: the rows checked as if they were the knowledge, then the difference."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app.knowledge.loader import load
from app.knowledge.model import Problem
from app.knowledge.validation import in_order, validate
from app.knowledge.workbook import reading, yaml_edit
from app.knowledge.workbook.yaml_edit import Changes
from app.publishing.pipeline import official_texts


def plan(
    kb: Path, workbook: Path, today: date, laws: Path | None = None, delete_missing: bool = False
) -> tuple[Changes | None, list[Problem]]:
    """The changes and every problem but what the centre has yet to fill in; None while there is an error.

    The folder itself must be sound: its files are edited in place, and what could not be read cannot be kept.
    """
    base = load(kb)
    faults = [problem for problem in base.problems if problem.severity == "error"]
    if faults:
        return None, faults
    rows, problems = reading.read(workbook)
    listed = {row.id for row in rows}
    kept = [] if delete_missing else [entry for entry in base.raw if entry.id not in listed]
    source = load(kb, faq=[*rows, *kept])
    official, _ = official_texts(source, laws)
    found = [p for p in in_order([*problems, *validate(source, today, official)]) if p.severity != "note"]
    if any(problem.severity == "error" for problem in found):
        return None, found
    old = {entry.id: entry for entry in base.records["entries"]}
    changes = yaml_edit.plan(kb, old, source.records["entries"], delete_missing)
    homeless = [
        Problem(
            "error",
            source.mark("entries", key, "category"),
            "分类",
            "这个分类还没有文件",
            key,
            "先在 kb/faq 建一个文件，第一行写 category",
        )
        for key in changes.homeless
    ]
    return (None, [*homeless, *found]) if homeless else (changes, found)
