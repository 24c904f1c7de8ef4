"""Ask every case and note what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.dialogue.answer import Question, Reply, answer
from app.dialogue.turn import Turn
from app.evaluation.cases import ANYTHING, Cases
from app.knowledge.model import Audience
from app.snapshot import Snapshot


@dataclass(frozen=True)
class Outcome:
    """One message and its reply.

    ``family`` is in_scope, out_of_scope, ambiguous, judgement or dialogue, ``group`` the style or kind inside it;
    ``right`` the entries that would have been right; ``ranked`` entries best first; ``correct`` whether the reply was
    the one wanted, ``offered`` whether a right entry was answered or stood among the options asked back with.
    """

    family: str
    group: str
    question: str
    right: tuple[str, ...]
    ranked: tuple[str, ...]
    kind: str
    entry: str | None
    options: tuple[str, ...]
    confidence: float
    probability: float
    correct: bool
    offered: bool


def outcomes(snapshot: Snapshot, cases: Cases) -> Iterator[Outcome]:
    """In the order of the cases; a dialogue gives one outcome a turn."""
    for case in cases.in_scope:
        reply = _ask(snapshot, case.question, case.audience)
        right = reply.kind == "answer" and _entry(reply) == case.entry
        yield _outcome("in_scope", case.style, case.question, (case.entry,), reply, right)
    for outside in cases.out_of_scope:
        reply = _ask(snapshot, outside.question)
        yield _outcome("out_of_scope", outside.kind, outside.question, (), reply, reply.kind != "answer")
    for vague in cases.ambiguous:
        reply = _ask(snapshot, vague.question)
        named = {option.entry.id for option in reply.options} & vague.entries
        right = reply.kind == "clarify" and len(named) >= 2
        yield _outcome("ambiguous", "all", vague.question, tuple(sorted(vague.entries)), reply, right)
    for verdict in cases.judgement:
        reply = _ask(snapshot, verdict.question)
        yield _outcome("judgement", "all", verdict.question, (), reply, reply.kind == "neutral")
    for dialogue in cases.dialogues:
        turn = Turn()
        for place, (message, expected) in enumerate(dialogue.turns):
            reply, turn = answer(snapshot, Question(message), turn)
            if expected == ANYTHING:
                continue
            wanted = expected.removeprefix("entry:")
            is_entry = expected.startswith("entry:")
            right = reply.kind == "answer" and _entry(reply) == wanted if is_entry else reply.kind == expected
            group = "first turn" if place == 0 else "later turns"
            yield _outcome("dialogue", group, message, (wanted,) if is_entry else (), reply, right)


def _ask(snapshot: Snapshot, question: str, audience: Audience | None = None) -> Reply:
    return answer(snapshot, Question(question, audience))[0]


def _entry(reply: Reply) -> str | None:
    return reply.entry.id if reply.entry else None


def _outcome(family: str, group: str, question: str, right: tuple[str, ...], reply: Reply, correct: bool) -> Outcome:
    entry = _entry(reply)
    hits = reply.ranking.hits if reply.ranking else ()
    ranked = tuple(hit.intent.id for hit in hits if hit.intent.kind == "entry")
    options = tuple(option.entry.id for option in reply.options)
    answered = reply.kind == "answer" and entry in right
    return Outcome(
        family=family,
        group=group,
        question=question,
        right=right,
        ranked=ranked if reply.ranking else (entry,) if entry else (),
        kind=reply.kind,
        entry=entry,
        options=options,
        confidence=reply.confidence,
        probability=reply.probability,
        correct=correct,
        offered=answered or (reply.kind == "clarify" and bool(set(options) & set(right))),
    )
