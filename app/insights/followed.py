"""What somebody did right after a reply, and what that says about the reply without a word.

Of an answer, within ``SOON``: the question typed again in other words, or a person asked for.  Of options offered: 「都不是」.
Whether a question is the last one again tells its ranking: the entry just given is among its first candidates.  What merely
follows on (「那多久退」) or turns to something else is no complaint.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, and_, extract, func, or_, select

from app.insights.figures import ANSWERS, within
from app.insights.top import TYPED
from app.insights.window import Window
from app.journal.journal import HANDOVER
from app.journal.tables import feedback, questions
from app.snapshot import Snapshot

SOON = timedelta(minutes=2)
"""To the second: SQLite tells no less."""

Sign = Literal["rejected", "reasked", "handover"]


class Followed(NamedTuple):
    """A reply, by the question it was given to, and the sign against it."""

    sign: Sign
    at: datetime
    """Of the question."""
    question: str
    typed: bool
    entry_id: str | None


def followed(connection: Connection, window: Window, snapshot: Snapshot) -> list[Followed]:
    """The latest first; messages without a session follow on nothing."""
    previous = func.lag(questions.c.id).over(
        partition_by=questions.c.session_key, order_by=(questions.c.at, questions.c.id)
    )
    spoken = (
        select(questions.c.id, previous.label("before"))
        .where(within(window), questions.c.session_key.is_not(None))
        .subquery()
    )
    now, before = questions.alias("now").c, questions.alias("before").c
    pressed = select(feedback.c.reply_id).where(feedback.c.reason == HANDOVER, feedback.c.at >= window.since)
    calls = now.reply_id.in_(pressed)
    gap = extract("epoch", now.at) - extract("epoch", before.at)
    asks_again = and_(now.via.in_(TYPED), now.kind.not_in(("smalltalk", "neutral")), now.tier != "follow_up")
    turns = or_(
        and_(before.kind == "clarify", now.tier == "rejected"),
        and_(
            before.kind.in_(ANSWERS),
            or_(now.kind == "smalltalk", asks_again, calls),
            gap <= SOON.total_seconds(),
        ),
    )
    wanted = (
        select(now.kind, now.tier, now.entry_id, now.candidates, calls.label("calls"), before.at, before.via)
        .add_columns(before.question_masked, before.entry_id.label("given"))
        .select_from(
            spoken.join(now.id.table, now.id == spoken.c.id).join(before.id.table, before.id == spoken.c.before)
        )
        .where(turns)
        .order_by(now.id.desc())
    )
    persons = {talk.id for talk in snapshot.knowledge.smalltalk if talk.handover}
    found = []
    for it in connection.execute(wanted, execution_options={"yield_per": 1_000}):
        sign = _sign(it, persons)
        if sign is not None:
            found.append(Followed(sign, it.at, it.question_masked, it.via in TYPED, it.given))
    return found


def _sign(it: Any, persons: set[str]) -> Sign | None:
    if it.tier == "rejected":
        return "rejected"
    first = it.candidates[0] if it.candidates else None
    if it.calls or (it.kind == "smalltalk" and first and first["id"] in persons):
        return "handover"
    if it.kind == "smalltalk" or it.given is None:
        return None
    near = {one["id"] for one in it.candidates if one["kind"] == "entry"} | {it.entry_id}
    return "reasked" if it.given in near else None
