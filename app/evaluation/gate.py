"""The gate before a publication: are protected questions still replied to as they must be, and what else is replied otherwise?

It asks the candidate and the version that serves the same questions and compares; same versions and questions, same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.dialogue.answer import Question, answer
from app.dialogue.policy import Kind
from app.knowledge.model import Golden
from app.snapshot import Snapshot

GOLDEN_RIGHT_FLOOR = 0.98
"""Share of protected questions replied to as expected.  Each that is not blocks by itself; a publication that asks for more
exceptions than this has a reason of its own to give."""
GOLDEN_SURE_LOSS = 0.03
"""How much less sure, on the average, the right replies to protected questions may become."""
RECENT_HELPED_LOSS = 0.03
"""How many more recent questions, as a share, may be declined than now."""
RECENT_SAME_FLOOR = 0.9
"""Share of recent questions replied to as now: more change than this in one publication is to be meant."""
ENOUGH = 50
"""Questions behind a figure before its floor holds."""

KINDS: dict[Kind, str] = {
    "answer": "答",
    "clarify": "反问",
    "decline": "说没有",
    "smalltalk": "寒暄",
    "neutral": "不作判断",
    "policy": "给法条",
    "term": "给词义",
}


class Given(NamedTuple):
    """The gist of a reply."""

    kind: Kind
    entry: str | None
    options: tuple[str, ...]
    probability: float
    """What decided; ``confidence`` is the same, calibrated."""
    confidence: float

    def __str__(self) -> str:
        named = self.entry if self.kind == "answer" else "、".join(self.options) if self.kind == "clarify" else ""
        return f"{KINDS[self.kind]}{f' {named}' if named else ''}（把握 {self.confidence:.2f}）"


@dataclass(frozen=True)
class Failure:
    """A protected question that the candidate does not reply to as expected."""

    question: str
    expected: str
    got: Given
    before: Given | None

    def __str__(self) -> str:
        before = f"；原来{self.before}" if self.before and not _same(self.before, self.got) else ""
        return f"受保护的问题「{self.question}」应{self.expected}，现在{self.got}{before}"

    def as_dict(self) -> dict[str, Any]:
        before = self.before._asdict() if self.before else None
        return {"question": self.question, "expected": self.expected, "got": self.got._asdict(), "before": before}


@dataclass(frozen=True)
class Flip:
    """A question that gets another kind of reply, or another entry, than now."""

    question: str
    protected: bool
    before: Given
    after: Given

    def __str__(self) -> str:
        return f"答复变了：「{self.question}」原来{self.before}，现在{self.after}"

    def as_dict(self) -> dict[str, Any]:
        facts = {"question": self.question, "protected": self.protected}
        return facts | {"before": self.before._asdict(), "after": self.after._asdict()}


@dataclass(frozen=True)
class Metric:
    name: str
    about: str
    value: float
    before: float | None
    floor: float | None
    count: int
    """Questions behind it."""

    @property
    def falls(self) -> bool:
        return self.floor is not None and self.count >= ENOUGH and self.value < self.floor

    def __str__(self) -> str:
        before = "" if self.before is None else f"，原来 {self.before:.1%}"
        floor = "" if self.floor is None else f"，底线 {self.floor:.1%}"
        return f"{self.name}（{self.about}）{self.value:.1%}{before}{floor}"

    def as_dict(self) -> dict[str, Any]:
        return self.__dict__ | {"falls": self.falls}


@dataclass(frozen=True)
class GateResult:
    golden: int
    """Protected questions asked: those whose entry the candidate serves."""
    recent: int
    failures: tuple[Failure, ...]
    flipped: tuple[Flip, ...]
    metrics: tuple[Metric, ...]
    blocked_by: tuple[str, ...]
    """Questions and names of figures; empty while nothing serves that could serve on."""

    @property
    def passed(self) -> bool:
        return not self.blocked_by

    def as_dict(self) -> dict[str, Any]:
        return {
            "golden": self.golden,
            "recent": self.recent,
            "failures": [failure.as_dict() for failure in self.failures],
            "flipped": [flip.as_dict() for flip in self.flipped],
            "metrics": [metric.as_dict() for metric in self.metrics],
            "blocked_by": list(self.blocked_by),
        }


def gate(candidate: Snapshot, serving: Snapshot | None, golden: Iterable[Golden], recent: Sequence[str]) -> GateResult:
    """What the candidate makes of protected and of recent questions, beside what serves now.

    Protected questions of entries that the candidate does not serve (hidden, out of force) are passed over.
    """
    cases = [(case, wanted) for case in golden if (wanted := _wanted(candidate, case))]
    protected = {case.question for case, _ in cases}
    others = [question for question in dict.fromkeys(recent) if question not in protected]
    asked = [*(case.question for case, _ in cases), *others]
    after = {question: _ask(candidate, question) for question in asked}
    if serving is None:
        before: dict[str, Given] = {}
    elif serving.version == candidate.version:
        before = after
    else:
        before = {question: _ask(serving, question) for question in asked}
    failures = tuple(
        Failure(case.question, wanted.text, after[case.question], before.get(case.question))
        for case, wanted in cases
        if not wanted.met(after[case.question])
    )
    flipped = tuple(
        Flip(question, question in protected, before[question], after[question])
        for question in asked
        if question in before and not _same(before[question], after[question], candidate)
    )
    metrics = (*_of_golden(cases, before, after), *_of_recent(others, before, after, candidate))
    blocked = [failure.question for failure in failures] + [metric.name for metric in metrics if metric.falls]
    return GateResult(len(cases), len(others), failures, flipped, metrics, tuple(blocked) if serving else ())


class _Wanted(NamedTuple):
    text: str
    met: Callable[[Given], bool]


def _wanted(candidate: Snapshot, case: Golden) -> _Wanted | None:
    """What a protected question expects of this version; None when its entry is not served by it."""
    if case.entry is not None:
        entry = _served(candidate, case.entry)
        if entry is None:
            return None
        versions = {one.id for one in _chain(candidate, entry)}
        return _Wanted(f"答 {entry}", lambda given: given.kind == "answer" and given.entry in versions)
    options = {_served(candidate, key) for key in case.options}
    if None in options:
        return None
    kind: Kind = case.kind or "answer"
    named = f"，选项里有 {'、'.join(case.options)}" if options else ""
    return _Wanted(KINDS[kind] + named, lambda given: given.kind == kind and options <= set(given.options))


def _served(snapshot: Snapshot, entry: str) -> str | None:
    """The version of an entry that is asked; None when there is none."""
    return next((one.id for one in _chain(snapshot, entry) if one.id in snapshot.entries), None)


def _chain(snapshot: Snapshot, entry: str) -> Sequence[Any]:
    own = snapshot.entries.get(entry)
    return snapshot.versions.get(entry, (own,) if own else ())


def _ask(snapshot: Snapshot, question: str) -> Given:
    reply, _ = answer(snapshot, Question(question))
    entry = reply.entry.id if reply.entry else None
    options = tuple(option.entry.id for option in reply.options)
    return Given(reply.kind, entry, options, round(reply.probability, 4), round(reply.confidence, 4))


def _same(before: Given, after: Given, candidate: Snapshot | None = None) -> bool:
    """Whether a reader would call it the same reply: of an answer its entry, or the version that has taken its place."""
    if before.kind != after.kind:
        return False
    if before.kind != "answer" or before.entry == after.entry:
        return True
    return candidate is not None and before.entry in {one.id for one in _chain(candidate, after.entry or "")}


def _of_golden(
    cases: Sequence[tuple[Golden, _Wanted]], before: dict[str, Given], after: dict[str, Given]
) -> tuple[Metric, ...]:
    if not cases:
        return ()
    now = [after[case.question].probability for case, wanted in cases if wanted.met(after[case.question])]
    then = [before[case.question].probability for case, wanted in cases if before and wanted.met(before[case.question])]
    sure_then = sum(then) / len(then) if then else None
    floor = sure_then - GOLDEN_SURE_LOSS if sure_then is not None else None
    return (
        Metric(
            "golden_right",
            "受保护的问题答对的比例",
            len(now) / len(cases),
            len(then) / len(cases) if before else None,
            GOLDEN_RIGHT_FLOOR,
            len(cases),
        ),
        Metric("golden_sure", "其中答对的平均概率", sum(now) / len(now) if now else 0.0, sure_then, floor, len(now)),
    )


def _of_recent(
    questions: Sequence[str], before: dict[str, Given], after: dict[str, Given], candidate: Snapshot
) -> tuple[Metric, ...]:
    count = len(questions)
    if not count:
        return ()
    helped = sum(after[question].kind != "decline" for question in questions) / count
    if not before:
        return (Metric("recent_helped", "近期的问题没有落空的比例", helped, None, None, count),)
    helped_then = sum(before[question].kind != "decline" for question in questions) / count
    same = sum(_same(before[question], after[question], candidate) for question in questions) / count
    floor = helped_then - RECENT_HELPED_LOSS
    return (
        Metric("recent_helped", "近期的问题没有落空的比例", helped, helped_then, floor, count),
        Metric("recent_same", "近期的问题答复不变的比例", same, None, RECENT_SAME_FLOOR, count),
    )
