"""Every entry of the knowledge files in a row, also those that are not served, and how each stands."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from app.knowledge.lint.citations import quarantined
from app.knowledge.lint.statutes import Statutes
from app.knowledge.loader import RawEntry, Source
from app.knowledge.model import Entry, Knowledge, Problem
from app.knowledge.placeholders import PLACEHOLDER
from app.knowledge.validation import PROTECTED

State = Literal["error", "warning", "unpublished", "resting", "unprotected"]
STATES: Mapping[State, str] = {
    "error": "有错误",
    "warning": "有提醒",
    "unpublished": "改动没有发布",
    "resting": "不提供",
    "unprotected": "受保护的问题不足 3 个",
}


class Standing(NamedTuple):
    state: State
    words: str


class Row(NamedTuple):
    id: str
    number: str
    category: str
    question: str
    audience: Sequence[str]
    wordings: Sequence[str]
    """Question, aliases, keywords, error texts: what a search looks through."""
    aliases: int
    updated: str
    protected: int
    placeholders: frozenset[str]
    """Names of the values that its texts use."""
    standing: Sequence[Standing]

    def stands(self, state: str) -> bool:
        return any(one.state == state for one in self.standing)


def catalogue(source: Source, serving: Knowledge, problems: Sequence[Problem], today: date) -> list[Row]:
    """By number.  ``problems`` are those of the last check; those of the files themselves, without a check."""
    records = {entry.id: entry for entry in source.records["entries"]}
    protected = Counter(golden.entry for golden in source.golden.values())
    own = _own(source.raw, problems)
    resting = quarantined(source, Statutes(serving.policies, today=today), today)
    served = {entry.id: entry for entry in (*serving.superseded, *serving.entries)}
    asked = {entry.id for entry in serving.entries}
    overtaken = {entry.replaces for entry in records.values() if entry.replaces and entry.in_force(today)}

    def standing(key: str) -> Iterator[Standing]:
        entry = records.get(key)
        counted = Counter(problem.severity for problem in own.get(key, ()))
        if counted["error"]:
            yield Standing("error", f"{counted['error']} 处错误")
        if counted["warning"]:
            yield Standing("warning", f"{counted['warning']} 处提醒")
        if key in source.hidden:
            yield Standing("resting", "本中心不提供")
        elif entry is not None and not entry.in_force(today):
            later = entry.effective_from and entry.effective_from > today
            words = f"{entry.effective_from} 起生效" if later else f"{entry.effective_to} 已失效"
            yield Standing("resting", words)
        elif key in overtaken:
            yield Standing("resting", "已被新的一条取代")
        elif key in resting:
            yield Standing("resting", "依据失效，已停用")
        elif key not in served:
            yield Standing("unpublished", "新增，还没发布")
        elif entry is not None and _shown(entry, asked) != _shown(served[key], asked):
            yield Standing("unpublished", "改动还没发布")
        if protected[key] < PROTECTED:
            yield Standing("unprotected", f"受保护的问题 {protected[key]} 个，要 {PROTECTED} 个")

    rows = [_row(raw, protected, tuple(standing(raw.id or ""))) for raw in source.raw if isinstance(raw.data, dict)]
    return sorted(rows, key=lambda row: (row.number, row.id))


def _row(raw: RawEntry, protected: Mapping[str | None, int], standing: Sequence[Standing]) -> Row:
    """From the entry as it was read: also one that is faulty has a row."""
    data = raw.data
    return Row(
        id=raw.id or "",
        number=_text(data, "number"),
        category=_text(data, "category"),
        question=_text(data, "question"),
        audience=_texts(data, "audience"),
        wordings=[_text(data, "question"), *(text for key in _SEARCHED for text in _texts(data, key))],
        aliases=len(_texts(data, "aliases")),
        updated=_text(data, "updated"),
        protected=protected.get(raw.id, 0),
        placeholders=frozenset(PLACEHOLDER.findall(f"{data.get('answer')} {data.get('urgent')}")),
        standing=standing,
    )


_SEARCHED = ("aliases", "keywords", "error_texts")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _texts(data: Mapping[str, Any], key: str) -> list[str]:
    value = data.get(key)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _shown(entry: Entry, asked: set[str]) -> Entry:
    """A publication leaves out references to what is not served, which is no edit."""
    return entry.model_copy(update={"related": tuple(key for key in entry.related if key in asked)})


def _own(raw: Sequence[RawEntry], problems: Sequence[Problem]) -> Mapping[str, Sequence[Problem]]:
    """The problems of each entry, by where they stand: from its first line on, up to the next entry's."""
    places: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for item in raw:
        for at, mark in item.marks.items():
            if at[: len(item.path)] == item.path:
                places[mark.file].append((mark.line, item.id or ""))
    for lines in places.values():
        lines.sort()
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        lines = places.get(problem.mark.file, [])
        above = bisect_right(lines, problem.mark.line, key=lambda place: place[0])
        if above:
            found[lines[above - 1][1]].append(problem)
    return found
