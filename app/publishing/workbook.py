"""What an edited workbook would change in ``kb/faq``: the rows checked as if they were the knowledge, then the difference."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from app.errors import KnowledgeRejected
from app.knowledge.loader import load
from app.knowledge.model import Entry, Problem
from app.knowledge.validation import in_order, validate
from app.knowledge.workbook import reading, writing, yaml_edit
from app.knowledge.workbook.yaml_edit import Changes
from app.publishing.pipeline import official_texts


def exported(kb: Path) -> tuple[bytes, Sequence[Entry]]:
    """The FAQ of a folder as a workbook, and what is in it.  Raises ``KnowledgeRejected`` when the folder has errors."""
    source = load(kb)
    errors = [problem for problem in source.problems if problem.severity == "error"]
    if errors:
        raise KnowledgeRejected("知识库有错误，没有导出；请先检查并改好", errors)
    entries = sorted(source.records["entries"], key=lambda entry: entry.number)
    file = io.BytesIO()
    writing.write(file, entries)
    return file.getvalue(), entries


def plan(
    kb: Path, content: bytes, name: str, today: date, laws: Path | None = None, delete_missing: bool = False
) -> tuple[Changes | None, list[Problem]]:
    """What the workbook ``content``, a file of that ``name``, would change.

    The changes and every problem but what the centre has yet to fill in; None while there is an error.

    The folder itself must be sound: its files are edited in place, and what could not be read cannot be kept.
    """
    base = load(kb)
    faults = [problem for problem in base.problems if problem.severity == "error"]
    if faults:
        return None, faults
    rows, problems = reading.read(content, name)
    listed = {row.id for row in rows}
    kept = [] if delete_missing else [entry for entry in base.raw if entry.id not in listed]
    source = load(kb, faq=[*rows, *kept])
    official, _ = official_texts(source, laws)
    found = [p for p in in_order([*problems, *validate(source, today, official)]) if p.severity != "note"]
    if any(problem.severity == "error" for problem in found):
        return None, found
    old = {entry.id: entry for entry in base.records["entries"]}
    changes = yaml_edit.plan(kb, old, source.records["entries"], delete_missing)
    if not delete_missing:
        changes = replace(changes, missing=tuple(entry.id for entry in kept if entry.id))
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


def digest(kb: Path, changes: Changes) -> str:
    """Of everything that is to be written and of what stands there now: the same only for the same changes to the same files."""
    whole = hashlib.sha256()
    for path, texts in sorted(changes.edit.texts.items()):
        for part in (str(path.relative_to(kb)), *(text or "" for text in texts)):
            whole.update(hashlib.sha256(part.encode()).digest())
    return whole.hexdigest()
