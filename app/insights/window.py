"""A span of days, and the span before it that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.errors import AppError

LONGEST = 400
"""Days: more than a journal is usually kept."""


class BadWindow(AppError):
    code = "bad_window"
    status = 422


@dataclass(frozen=True)
class Window:
    """``since <= at < until``, both in one zone with a fixed offset: that of the server, in which days and hours are told."""

    since: datetime
    until: datetime

    @property
    def days(self) -> list[date]:
        """Every day that has a part in it."""
        first, last = self.since.date(), (self.until - timedelta(microseconds=1)).date()
        return [first + timedelta(days=i) for i in range((last - first).days + 1)]

    @property
    def before(self) -> Window:
        """As many days earlier and up to the same hour, so that a day not yet over is not held against a whole one."""
        back = timedelta(days=len(self.days))
        return Window(self.since - back, self.until - back)


def last(days: int, now: datetime) -> Window:
    """Today so far, and the days before it that make so many; at most ``LONGEST``."""
    if not 1 <= days <= LONGEST:
        raise BadWindow(f"天数应在 1 到 {LONGEST} 之间，现为 {days}")
    return Window(_midnight(now.date() - timedelta(days=days - 1), now), now)


def between(first: date, until: date, now: datetime) -> Window:
    """Whole days, both included; the last one so far, if it is today."""
    if first > now.date():
        raise BadWindow(f"开始的一天 {first} 还没有到")
    if until < first:
        raise BadWindow(f"开始的一天 {first} 在结束的一天 {until} 之后")
    if (until - first).days >= LONGEST:
        raise BadWindow(f"从 {first} 到 {until} 超过 {LONGEST} 天")
    return Window(_midnight(first, now), min(_midnight(until + timedelta(days=1), now), now))


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo)
