"""Spans of days and the spans they are compared with."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from app.insights.window import LONGEST, BadWindow, Window, between, last
from tests.insights.conftest import NOW


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=NOW.tzinfo)


def test_today_is_held_against_yesterday_up_to_the_same_hour():
    today = last(1, NOW)
    assert today == Window(at(11), NOW)
    assert today.before == Window(at(10), at(10, 15))


def test_seven_days_are_today_and_the_six_before_it():
    week = last(7, NOW)
    assert week.since == at(5)
    assert week.days == [date(2026, 3, day) for day in range(5, 12)]
    assert week.before == Window(at(5) - timedelta(days=7), NOW - timedelta(days=7))


def test_named_days_are_whole_and_both_included():
    window = between(date(2026, 3, 1), date(2026, 3, 2), NOW)
    assert window == Window(at(1), at(3))
    assert len(window.days) == 2


def test_named_days_end_now_where_they_include_today():
    assert between(date(2026, 3, 11), date(2026, 4, 30), NOW).until == NOW


@pytest.mark.parametrize(
    ("first", "until", "why"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "之后"),
        (date(2026, 3, 12), date(2026, 3, 12), "还没有到"),
        (date(2024, 1, 1), date(2026, 3, 1), "超过"),
    ],
)
def test_days_that_make_no_window_are_refused_in_words(first: date, until: date, why: str):
    with pytest.raises(BadWindow, match=why):
        between(first, until, NOW)


@pytest.mark.parametrize("days", [0, -1, LONGEST + 1])
def test_no_days_or_too_many_are_refused(days: int):
    with pytest.raises(BadWindow, match="天数"):
        last(days, NOW)
