"""What is asked and answered most."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from app.insights.figures import Outcome, outcome, within
from app.insights.window import Window
from app.journal.tables import questions
from app.text.normalize import match_key

TYPED = ("typed", "host")
"""What people put into words themselves; everything else was pressed."""
WORDINGS = 2_000
"""Wordings that are grouped by meaning the same: those typed most often.  What is rarer tips no scale."""


class TopQuestion(NamedTuple):
    text: str
    """The wording typed most often."""
    times: int
    outcome: Outcome
    """What mostly became of it."""


class TopEntry(NamedTuple):
    entry_id: str
    times: int


def top_questions(connection: Connection, window: Window, most: int = 20) -> list[TopQuestion]:
    """Typed questions; wordings with the same ``match_key`` are one."""
    name, count = outcome().label("outcome"), func.count().label("count")
    text = questions.c.question_masked
    frequent = (
        select(text, name, count)
        .where(
            within(window), questions.c.via.in_(TYPED), questions.c.kind != "smalltalk", questions.c.tier != "rejected"
        )
        .group_by(text, name)
        .order_by(count.desc(), text)
        .limit(WORDINGS)
    )
    wordings: dict[str, Counter[str]] = {}
    outcomes: dict[str, Counter[Outcome]] = {}
    for written, what, number in connection.execute(frequent):
        key = match_key(written)
        wordings.setdefault(key, Counter())[written] += number
        outcomes.setdefault(key, Counter())[what] += number
    order = sorted(wordings, key=lambda key: (-wordings[key].total(), key))
    return [
        TopQuestion(wordings[key].most_common(1)[0][0], wordings[key].total(), outcomes[key].most_common(1)[0][0])
        for key in order[:most]
    ]


def top_entries(connection: Connection, window: Window, most: int = 20) -> list[TopEntry]:
    """Entries given as answers."""
    count = func.count().label("count")
    wanted = (
        select(questions.c.entry_id, count)
        .where(within(window), questions.c.kind == "answer", questions.c.entry_id.is_not(None))
        .group_by(questions.c.entry_id)
        .order_by(count.desc(), questions.c.entry_id)
        .limit(most)
    )
    return [TopEntry(row[0], row[1]) for row in connection.execute(wanted)]


class TopPointer(NamedTuple):
    pointer_id: str
    times: int


def top_pointers(connection: Connection, window: Window, most: int = 10) -> list[TopPointer]:
    """Questions that are none of the knowledge base's and were told where to look; they are no misses."""
    key, count = questions.c.candidates[0]["id"].as_string().label("key"), func.count().label("count")
    wanted = (
        select(key, count)
        .where(within(window), questions.c.kind == "decline", outcome() == "pointer")
        .group_by(key)
        .order_by(count.desc(), key)
        .limit(most)
    )
    return [TopPointer(row[0], row[1]) for row in connection.execute(wanted)]
