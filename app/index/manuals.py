"""The tasks of the operation manuals and what is searched of them: each step, and what goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.index import passages
from app.index.encoder import Vectors
from app.index.passages import Passage, PassageIndex
from app.knowledge.model import Knowledge, Manual, Task

Part = Literal["目的", "开始之前", "步骤", "完成后应看到", "出了问题"]


@dataclass(frozen=True)
class TaskLine:
    """One line of a task: ``position`` counts from 1 within its part."""

    part: Part
    position: int
    text: str


@dataclass(frozen=True)
class ManualTask:
    manual: Manual
    task: Task

    @property
    def lines(self) -> Sequence[TaskLine]:
        task = self.task
        parts: Sequence[tuple[Part, Sequence[str]]] = (
            ("目的", [task.purpose]),
            ("开始之前", task.before),
            ("步骤", task.steps),
            ("完成后应看到", task.expect),
            ("出了问题", [f"{item.symptom}：{item.remedy}" for item in task.trouble]),
        )
        return [TaskLine(part, i, text) for part, texts in parts for i, text in enumerate(texts, 1)]


@dataclass(frozen=True)
class ManualIndex:
    """Documents of ``passages`` are ``tasks``; each passage is one of ``lines``."""

    tasks: Sequence[ManualTask]
    lines: Sequence[TaskLine]
    texts: Sequence[str]
    """What is searched of each line."""
    passages: PassageIndex
    by_entry: Mapping[str, tuple[ManualTask, ...]]
    """Entry -> tasks that send people to it when something goes wrong, those first that are most about it."""


def manual_tasks(knowledge: Knowledge) -> tuple[ManualTask, ...]:
    return tuple(ManualTask(manual, task) for manual in knowledge.manuals for task in manual.tasks)


def passage_list(tasks: Sequence[ManualTask]) -> list[Passage]:
    """A line is embedded with the title of its task, without which 「输入PIN码」 could be anywhere."""
    return [(row, f"{task.task.title}：{line.text}") for row, task in enumerate(tasks) for line in task.lines]


def assemble(tasks: Sequence[ManualTask], texts: Sequence[Passage], vectors: Vectors, words: bytes) -> ManualIndex:
    """``texts`` are ``passage_list(tasks)`` with the centre's facts put in."""
    by_entry: dict[str, list[tuple[float, ManualTask]]] = {}
    for task in tasks:
        named = Counter(entry for item in task.task.trouble for entry in item.entries)
        for entry, count in named.items():
            by_entry.setdefault(entry, []).append((count / named.total(), task))
    return ManualIndex(
        tasks=tasks,
        lines=[line for task in tasks for line in task.lines],
        texts=[text for _, text in texts],
        passages=passages.assemble(texts, len(tasks), vectors, words),
        by_entry={
            entry: tuple(task for _, task in sorted(found, key=lambda pair: -pair[0]))
            for entry, found in by_entry.items()
        },
    )
