"""When a person answers the phone: the hours of a week with its exceptions, and what they come to at a moment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

from app.knowledge.record import Record, Unfit

Weekday = Literal["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
WEEKDAYS: tuple[Weekday, ...] = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

AHEAD = 60
"""Days searched for the next opening; longer than any holiday."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Span(NamedTuple):
    """A part of a day; its end does not belong to it."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


class Days(NamedTuple):
    """From the first day to the last, which belongs to them."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}至{self.last}"


def _clock(written: str) -> time:
    return datetime.strptime(written.strip(), "%H:%M").time()


def read_span(written: object) -> Span:
    """``09:00-11:30``; raises ``Unfit``."""
    if isinstance(written, Span):
        return written
    start, _, end = str(written).partition("-")
    try:
        span = Span(_clock(start), _clock(end))
    except ValueError:
        raise Unfit("不是有效的时段", '"时:分-时:分"，如 "09:00-11:30"') from None
    if span.end <= span.start:
        raise Unfit("时段的结束不晚于开始", '同一天内先开始、后结束，如 "09:00-11:30"')
    return span


def read_day(written: object) -> date:
    """``2026-10-01``; raises ``Unfit``."""
    if isinstance(written, date):
        return written
    try:
        if _DAY.fullmatch(str(written)):
            return date.fromisoformat(str(written))
    except ValueError:
        pass
    raise Unfit("不是有效日期", "年-月-日，如 2026-10-01")


def read_days(written: object) -> Days:
    """``2026-10-01`` or ``2026-10-01至2026-10-08``; raises ``Unfit``."""
    if isinstance(written, Days):
        return written
    first, joined, last = (part.strip() for part in str(written).partition("至"))
    days = Days(read_day(first), read_day(last if joined else first))
    if days.last < days.first:
        raise Unfit("最后一天早于第一天", "如 2026-10-01至2026-10-08")
    return days


def _in_order(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    ordered = tuple(sorted(spans))
    for earlier, later in pairwise(ordered):
        if later.start < earlier.end:
            raise Unfit(f"时段重叠：{earlier} 和 {later}", "同一天的各段互不重叠")
    return ordered


Spans = Annotated[
    tuple[Annotated[Span, PlainValidator(read_span), PlainSerializer(str)], ...],
    AfterValidator(_in_order),
]
"""In the order of the day, none overlapping another."""


class Hours(Record):
    """A day in ``open`` has the spans given there, a day in ``closed`` none, any other those of its weekday."""

    weekly: dict[Weekday, Spans] = Field(default_factory=dict)
    closed: tuple[Annotated[Days, PlainValidator(read_days), PlainSerializer(str)], ...] = ()
    open: dict[Annotated[date, BeforeValidator(read_day)], Spans] = Field(default_factory=dict)

    def on(self, day: date) -> Sequence[Span]:
        if day in self.open:
            return self.open[day]
        if any(days.first <= day <= days.last for days in self.closed):
            return ()
        return self.weekly.get(WEEKDAYS[day.weekday()], ())


class Opening(NamedTuple):
    """``until``: the end of the hours that run, while open; ``next``: the next opening, while closed, if one is known."""

    open: bool
    until: time | None = None
    next: datetime | None = None


def opening(hours: Hours | None, now: datetime) -> Opening | None:
    """Whether somebody answers at ``now``, by its own clock; None while this centre has set no hours at all."""
    if hours is None or not any((*hours.weekly.values(), *hours.open.values())):
        return None
    until = now.time()
    for span in hours.on(now.date()):
        if span.start <= until < span.end:  # spans that touch run on into each other
            until = span.end
    if until > now.time():
        return Opening(True, until=until)
    for ahead in range(AHEAD + 1):
        day = now.date() + timedelta(days=ahead)
        for span in hours.on(day):
            begins = datetime.combine(day, span.start, now.tzinfo)
            if begins > now:
                return Opening(False, next=begins)
    return Opening(False)


def said(opening: Opening, now: datetime) -> str:
    """The opening as a sentence without its full stop."""
    if opening.until is not None:
        return f"现在有人接听，到{opening.until:%H:%M}"
    if opening.next is None:
        return "现在没有人接听"
    at = opening.next
    days = (at.date() - now.date()).days
    day = {0: "今天", 1: "明天"}.get(days, f"{at.month}月{at.day}日（{WEEKDAYS[at.weekday()]}）")
    return f"现在没有人接听，下次是{day}{at:%H:%M}"
