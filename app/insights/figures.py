"""How many messages came, what became of them, how they were rated and how long they took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, func, select

from app.dialogue.policy import NAMED_POINTER
from app.insights.window import Window
from app.journal.journal import HANDOVER
from app.journal.tables import feedback, questions

Outcome = Literal["answer", "clarify", "pointer", "decline", "neutral", "smalltalk", "rejected"]
OUTCOMES: Mapping[Outcome, str] = {
    "answer": "答复",
    "clarify": "反问",
    "pointer": "指路",
    "decline": "没答上来",
    "neutral": "不作判断",
    "smalltalk": "寒暄",
    "rejected": "说“都不是”",
}
"""``pointer`` is a refusal that says where to look, written for it; ``decline`` one that has nothing.  ``answer`` includes
articles and words of the dictionary that were asked for by name."""
ANSWERS = ("answer", "policy", "term")
NO_QUESTIONS: tuple[Outcome, ...] = ("smalltalk", "rejected")
"""Messages that ask nothing: rates leave them out."""


def outcome() -> ColumnElement[Outcome]:
    """The ``Outcome`` of a row of ``questions``."""
    first = questions.c.candidates[0]
    pointed = and_(first["kind"].as_string() == "pointer", first["probability"].as_float() >= NAMED_POINTER)
    found: ColumnElement[Any] = case(
        (questions.c.kind.in_(ANSWERS), "answer"),
        (questions.c.kind != "decline", questions.c.kind),
        (questions.c.tier == "rejected", "rejected"),
        (pointed, "pointer"),
        else_="decline",
    )
    return found


def within(window: Window) -> ColumnElement[bool]:
    return and_(questions.c.at >= window.since, questions.c.at < window.until)


@dataclass(frozen=True)
class Figures:
    counts: Mapping[Outcome, int]
    conversations: int
    """Those that have a session; /lite has none."""
    rated: int
    helpful: int
    p50: float | None
    """Milliseconds that half of the replies took at most; None without any."""
    p95: float | None

    @property
    def messages(self) -> int:
        return sum(self.counts.values())

    @property
    def asked(self) -> int:
        """Messages that ask something."""
        return self.messages - sum(self.counts.get(name, 0) for name in NO_QUESTIONS)

    def rate(self, outcome: Outcome) -> float | None:
        """Share of what was asked; of small talk and 「都不是」, of all messages."""
        whole = self.messages if outcome in NO_QUESTIONS else self.asked
        return self.counts.get(outcome, 0) / whole if whole else None

    @property
    def helpful_rate(self) -> float | None:
        """Share of the ratings; None where nobody rated."""
        return self.helpful / self.rated if self.rated else None


def figures(connection: Connection, window: Window) -> Figures:
    name = outcome().label("outcome")
    counts = connection.execute(select(name, func.count()).where(within(window)).group_by(name)).all()
    by_outcome = {row[0]: row[1] for row in counts}
    sessions = select(func.count(questions.c.session_key.distinct())).where(within(window))
    rated, helpful = _ratings(connection, window)
    p50, p95 = _percentiles(connection, window, sum(by_outcome.values()))
    return Figures(by_outcome, connection.execute(sessions).scalar_one(), rated, helpful, p50, p95)


def ratings(window: Window) -> Subquery:
    """The rating that counts of every reply rated since the window began: its last."""
    given = and_(feedback.c.at >= window.since, feedback.c.reason.is_distinct_from(HANDOVER))
    last = select(func.max(feedback.c.id)).where(given).group_by(feedback.c.reply_id).scalar_subquery()
    return select(feedback.c.reply_id, feedback.c.helpful, feedback.c.reason).where(feedback.c.id.in_(last)).subquery()


def _ratings(connection: Connection, window: Window) -> tuple[int, int]:
    rating = ratings(window)
    helpful = func.sum(case((rating.c.helpful, 1), else_=0))
    joined = questions.join(rating, rating.c.reply_id == questions.c.reply_id)
    row = connection.execute(select(func.count(), helpful).select_from(joined).where(within(window))).one()
    return row[0], int(row[1] or 0)


def _percentiles(connection: Connection, window: Window, count: int) -> tuple[float | None, float | None]:
    """By nearest rank, sorted once."""
    if not count:
        return None, None
    place = func.row_number().over(order_by=questions.c.took_ms).label("place")
    ranked = select(questions.c.took_ms, place).where(within(window)).subquery()
    wanted = [ceil(count * share) for share in (0.5, 0.95)]
    found: dict[int, Any] = {
        row.place: row.took_ms for row in connection.execute(select(ranked).where(ranked.c.place.in_(wanted)))
    }
    return found.get(wanted[0]), found.get(wanted[1])
