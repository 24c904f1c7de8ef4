"""Messages by day, by hour of the day, by category, channel and role."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, case, cast, extract, func, literal, select

from app.insights.figures import Outcome, outcome, within
from app.insights.window import Window
from app.journal.tables import questions
from app.snapshot import Snapshot

GONE, NOWHERE = "已不在知识库", "没有相近的条目"


@dataclass
class Tally:
    """How many messages of a group came to what."""

    counts: Counter[Outcome] = field(default_factory=Counter)

    @property
    def messages(self) -> int:
        return self.counts.total()

    @property
    def missed(self) -> int:
        return self.counts["decline"]


@dataclass(frozen=True)
class Times:
    days: Mapping[date, Tally]
    """Every day of the window, empty ones too."""
    hours: Mapping[int, Tally]
    """0 to 23."""


def times(connection: Connection, window: Window) -> Times:
    """In the zone of the window.  The database counts by the hour, so a year is some thousand rows."""
    offset = window.since.utcoffset() or timedelta()
    minute = extract("epoch", questions.c.at) - extract("second", questions.c.at)  # whole, so that no cast has to round
    hour = (cast(minute + int(offset.total_seconds()), BigInteger) // 3600).label("hour")
    name = outcome().label("outcome")
    days = {day: Tally() for day in window.days}
    hours = {number: Tally() for number in range(24)}
    for row in connection.execute(select(hour, name, func.count()).where(within(window)).group_by(hour, name)):
        day, number = divmod(row[0], 24)
        days[date(1970, 1, 1) + timedelta(days=day)].counts[row[1]] += row[2]
        hours[number].counts[row[1]] += row[2]
    return Times(days, hours)


def by(connection: Connection, window: Window, column: ColumnElement[Any]) -> dict[Any, Tally]:
    """By the values of a column, the most frequent first."""
    name = outcome().label("outcome")
    found: dict[Any, Tally] = defaultdict(Tally)
    for value, what, count in connection.execute(
        select(column, name, func.count()).where(within(window)).group_by(column, name)
    ):
        found[value].counts[what] += count
    return dict(sorted(found.items(), key=lambda item: (-item[1].messages, str(item[0]))))


def categories(connection: Connection, window: Window, snapshot: Snapshot) -> dict[str, Tally]:
    """By the category of the entry answered or, without one, of what was nearest; what is neither has a name of its own."""
    first = questions.c.candidates[0]
    answered = questions.c.entry_id.is_not(None)
    kind = case((answered, literal("entry")), else_=first["kind"].as_string()).label("of")
    key = case((answered, questions.c.entry_id), else_=first["id"].as_string()).label("key")
    name = outcome().label("outcome")
    asks = and_(within(window), questions.c.kind != "smalltalk", questions.c.tier != "rejected")
    found: dict[str, Tally] = defaultdict(Tally)
    for of, identifier, what, count in connection.execute(
        select(kind, key, name, func.count()).where(asks).group_by(kind, key, name)
    ):
        found[category_of(snapshot, of, identifier)].counts[what] += count
    order = {category: i for i, (category, _) in enumerate(snapshot.categories)}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))


def category_of(snapshot: Snapshot, kind: str | None, identifier: str | None) -> str:
    """Of an entry, or of what leads to one."""
    key = identifier or ""
    if kind == "topic" and key in snapshot.topics:
        key = snapshot.topics[key].options[0].entry
    elif kind == "judgement" and key in snapshot.judgements:
        key = snapshot.judgements[key].entry
    elif kind not in ("entry", "topic", "judgement"):
        return NOWHERE
    entry = snapshot.entries.get(key)
    return entry.category if entry else GONE
