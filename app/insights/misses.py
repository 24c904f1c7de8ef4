"""Typed questions that went wrong, whatever says so, grouped by what counts as the same wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from app.insights.figures import outcome, ratings, within
from app.insights.followed import Followed
from app.insights.top import TYPED
from app.insights.window import Window
from app.journal.tables import questions
from app.text.normalize import match_key

Failure = Literal["declined", "rejected", "unhelpful", "reasked", "handover"]
FAILURES: Mapping[Failure, str] = {
    "declined": "没答上来",
    "rejected": "给的选项都不是",
    "unhelpful": "评了“没帮助”",
    "reasked": "看了答复，换个说法又问",
    "handover": "看了答复，还是找人工",
}

LOOKED_AT = 20_000
"""Of each kind, the latest so many: a journal of any length takes a second."""
COMPARED = 1_000
"""Texts compared by their normal form, and below the wordings that are kept: most frequent first, then the latest."""
KEPT = 300
"""Encoded within half a second the first time."""


class Miss(NamedTuple):
    failure: Failure
    at: datetime
    question: str


@dataclass
class Wording:
    """One way of asking, all that counts as the same taken together."""

    key: str
    texts: Counter[str] = field(default_factory=Counter)
    failures: Counter[Failure] = field(default_factory=Counter)
    times: list[datetime] = field(default_factory=list)

    @property
    def text(self) -> str:
        """As it was typed most often."""
        return min(self.texts, key=lambda text: (-self.texts[text], text))

    @property
    def count(self) -> int:
        return len(self.times)

    @property
    def first(self) -> datetime:
        return min(self.times)

    @property
    def last(self) -> datetime:
        return max(self.times)


def misses(connection: Connection, window: Window, signs: Iterable[Followed]) -> Iterator[Miss]:
    """One question may go wrong in two ways; it is then there twice.  What was pressed and not typed is left out."""
    typed = (within(window), questions.c.via.in_(TYPED))
    declined = (
        select(questions.c.at, questions.c.question_masked)
        .where(*typed, questions.c.kind == "decline", outcome() == "decline")
        .order_by(questions.c.id.desc())
        .limit(LOOKED_AT)
    )
    for row in connection.execute(declined):
        yield Miss("declined", *row)
    rating = ratings(window)
    unhelpful = (
        select(questions.c.at, questions.c.question_masked)
        .join_from(rating, questions, questions.c.reply_id == rating.c.reply_id)
        .where(*typed, rating.c.helpful.is_(False))
        .order_by(questions.c.id.desc())
        .limit(LOOKED_AT)
    )
    for row in connection.execute(unhelpful):
        yield Miss("unhelpful", *row)
    for it in islice((it for it in signs if it.typed), LOOKED_AT):
        yield Miss(it.sign, it.at, it.question)


def wordings(found: Iterable[Miss], most: int = KEPT) -> list[Wording]:
    """The ``most`` frequent wordings, the latest of them first where they are even; the same for any order of misses."""
    by_text: dict[str, list[Miss]] = {}
    for miss in found:
        by_text.setdefault(miss.question, []).append(miss)
    frequent = sorted(by_text.items(), key=lambda item: (-len(item[1]), -_latest(item[1]), item[0]))
    by_key: dict[str, Wording] = {}
    for text, of_text in frequent[:COMPARED]:
        key = match_key(text)
        if not key:
            continue
        wording = by_key.setdefault(key, Wording(key))
        wording.texts[text] += len(of_text)
        wording.failures.update(miss.failure for miss in of_text)
        wording.times.extend(miss.at for miss in of_text)
    kept = sorted(by_key.values(), key=lambda it: (-it.count, -it.last.timestamp(), it.key))[:most]
    for wording in kept:
        wording.times.sort()
    return kept


def _latest(found: list[Miss]) -> float:
    return max(miss.at for miss in found).timestamp()
