"""Questions with known right replies, from ``tests/quality/<split>/``.  None of them may stand in the knowledge base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.knowledge.model import Audience
from app.knowledge.yaml_source import read

ANYTHING = "any"


@dataclass(frozen=True)
class InScope:
    """One entry answers it."""

    question: str
    style: str
    entry: str
    audience: Audience | None = None


@dataclass(frozen=True)
class OutOfScope:
    """No entry answers it."""

    question: str
    kind: str


@dataclass(frozen=True)
class Ambiguous:
    """Several entries answer it about equally."""

    question: str
    entries: frozenset[str]


@dataclass(frozen=True)
class Judgement:
    """It seeks a verdict on a concrete case."""

    question: str


@dataclass(frozen=True)
class Dialogue:
    """Messages of one conversation, each with what is expected: ``entry:<id>``, a kind of reply, or ``ANYTHING`` where
    annotators did not agree and the message only leads on to the next.
    """

    turns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cases:
    in_scope: Sequence[InScope]
    out_of_scope: Sequence[OutOfScope]
    ambiguous: Sequence[Ambiguous]
    judgement: Sequence[Judgement]
    dialogues: Sequence[Dialogue]


def load_cases(folder: Path) -> Cases:
    """Read every YAML file of a split; raises ``ValueError`` naming the file that is unreadable."""
    in_scope: list[InScope] = []
    groups: dict[str, list[Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        data, _, problems = read(path, path.name)
        if problems:
            raise ValueError("; ".join(map(str, problems)))
        if isinstance(data, list):
            in_scope += [InScope(case["question"], case["style"], case["entry"]) for case in data]
            continue
        for name, cases in data.items():
            groups.setdefault(name, []).extend(cases)
    for style in ("lookalike", "error_text", "audience"):
        in_scope += [InScope(c["question"], style, c["entry"], c.get("audience")) for c in groups.get(style, ())]
    return Cases(
        in_scope=in_scope,
        out_of_scope=[OutOfScope(c["question"], c["kind"]) for c in groups.get("out_of_scope", ())],
        ambiguous=[Ambiguous(c["question"], frozenset(c["entries"])) for c in groups.get("ambiguous", ())],
        judgement=[Judgement(c["question"]) for c in groups.get("judgement", ())],
        dialogues=[
            Dialogue(tuple((turn["user"], turn["expect"]) for turn in c["turns"])) for c in groups.get("dialogues", ())
        ],
    )
