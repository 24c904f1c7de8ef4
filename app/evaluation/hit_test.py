"""The hit test: many questions asked at once, beside the entry that each should lead to."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.dialogue.answer import Question, Reply, answer
from app.dialogue.policy import Kind
from app.errors import AppError
from app.knowledge.model import Entry
from app.knowledge.workbook.opening import decoded, sheets
from app.retrieval.search import Hit
from app.snapshot import Snapshot

MOST_QUESTIONS = 2_000
"""Some ten seconds of one core."""
MOST_CHARS = 500
"""In a question, as everywhere."""
MOST_CHARS_IN_ALL = 300_000
"""900 kB of UTF-8: a form takes no field of over a megabyte."""

Verdict = Literal["right", "offered", "wrong", "unknown"]
"""Against the expectation: answered by it; offered among the options; neither; there is no such entry."""
VERDICTS: Mapping[Verdict, str] = {"right": "对", "offered": "在选项里", "wrong": "错", "unknown": "没有期望的这一条"}


class ListRefused(AppError):
    """Too many questions, too long ones, or none; ``details`` name the lines."""

    code = "list_refused"
    status = 422


@dataclass(frozen=True)
class Trial:
    question: str
    expected: str = ""
    """Id or number of an entry; empty where nothing is expected."""


@dataclass(frozen=True)
class Outcome:
    """What one question leads to; ``entry`` answers, or stands first among the options and hits."""

    trial: Trial
    kind: Kind
    entry: Entry | None
    confidence: float
    second: Hit | None
    verdict: Verdict | None
    """None where nothing was expected."""
    took_ms: float


@dataclass(frozen=True)
class Totals:
    asked: int
    kinds: Mapping[Kind, int]
    verdicts: Mapping[Verdict, int]

    @property
    def judged(self) -> int:
        return sum(self.verdicts.values()) - self.verdicts.get("unknown", 0)


def pasted(text: str) -> list[Trial]:
    """One question a line, the entry expected after a tab.  Raises ``ListRefused``."""
    lines = [line.split("\t") for line in text.splitlines()]
    return _checked(lines)


def uploaded(content: bytes) -> list[Trial]:
    """The first two columns of the first sheet, or of a CSV file.  Raises ``ListRefused``, ``WorkbookUnusable``."""
    if content.startswith((b"PK", b"\xd0\xcf")):
        return _checked(next(iter(sheets(content).values()), ()))
    text = decoded(content)
    try:
        return _checked(list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))))
    except csv.Error as error:
        raise ListRefused("这个文件不是 CSV，也不是 .xlsx") from error


HEADINGS = ("问题", "question")
"""A first row that begins so is a heading."""


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return "\t" if "\t" in first else ","


def _checked(rows: Sequence[Sequence[str]]) -> list[Trial]:
    trials, faults = [], []
    for number, row in enumerate(rows, 1):
        question, expected = (" ".join(cell.split()) for cell in (*row, "", "")[:2])
        if not question or (number == 1 and question.casefold() in HEADINGS):
            continue
        if len(question) > MOST_CHARS:
            faults.append(f"第 {number} 行：问题超过 {MOST_CHARS} 字（{question[:20]}…）")
        if "\0" in question or len(expected) > 80:
            faults.append(f"第 {number} 行：不是「问题、期望的条目」两列")
        trials.append(Trial(question, expected))
    if faults:
        raise ListRefused("有几行不能用，一句也没有测", faults[:20])
    if not trials:
        raise ListRefused("没有问题可测：一行写一句")
    if len(trials) > MOST_QUESTIONS:
        raise ListRefused(f"一次最多测 {MOST_QUESTIONS} 句，这里有 {len(trials)} 句：请分几次")
    length = sum(len(trial.question) for trial in trials)
    if length > MOST_CHARS_IN_ALL:
        raise ListRefused(f"一次最多测 {MOST_CHARS_IN_ALL} 字，这里有 {length} 字：请分几次")
    return trials


def as_text(trials: Sequence[Trial]) -> str:
    """As ``pasted`` reads it."""
    return "\n".join(f"{trial.question}\t{trial.expected}".rstrip("\t") for trial in trials)


def run(snapshot: Snapshot, trials: Sequence[Trial], beside: Question) -> list[Outcome]:
    """Ask every question by itself, each with what ``beside`` says of the asker.  Nothing is remembered or recorded."""
    return [_outcome(snapshot, trial, replace(beside, text=trial.question)) for trial in trials]


def totals(outcomes: Sequence[Outcome]) -> Totals:
    return Totals(
        len(outcomes),
        Counter(outcome.kind for outcome in outcomes),
        Counter(outcome.verdict for outcome in outcomes if outcome.verdict is not None),
    )


def _outcome(snapshot: Snapshot, trial: Trial, question: Question) -> Outcome:
    started = time.perf_counter()
    reply, _ = answer(snapshot, question)
    took = round((time.perf_counter() - started) * 1000, 2)
    hits = reply.ranking.hits if reply.ranking else ()
    second = hits[1] if len(hits) > 1 else None
    return Outcome(trial, reply.kind, _first(reply), reply.confidence, second, _verdict(snapshot, trial, reply), took)


def _first(reply: Reply) -> Entry | None:
    if reply.entry is not None:
        return reply.entry
    return reply.options[0].entry if reply.options else None


def _verdict(snapshot: Snapshot, trial: Trial, reply: Reply) -> Verdict | None:
    if not trial.expected:
        return None
    wanted = snapshot.entries.get(trial.expected) or snapshot.by_number.get(trial.expected.zfill(3))
    if wanted is None:
        return "unknown"
    if reply.kind == "answer" and reply.entry == wanted:
        return "right"
    return "offered" if any(option.entry == wanted for option in reply.options) else "wrong"
