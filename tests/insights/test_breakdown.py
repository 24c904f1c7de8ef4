"""By day and hour in the server's zone, by category, channel and role; what is asked and answered most."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from app.insights import breakdown, top
from app.insights.breakdown import GONE, NOWHERE
from app.insights.window import Window
from app.journal.tables import questions
from app.snapshot import Snapshot
from tests.insights.conftest import NOW, Notes, Read, ago, candidate, entry, week


def test_days_and_hours_are_those_of_the_server(notes: Notes, read: Read):
    late = datetime(2026, 3, 9, 15, 59, 59, 999_999, tzinfo=timezone.utc)  # 23:59:59.999999 in China
    notes.asked(late)
    notes.asked(late + timedelta(microseconds=1), kind="decline")
    found = read(breakdown.times, week())
    assert [(day, it.messages, it.missed) for day, it in found.days.items() if it.messages] == [
        (date(2026, 3, 9), 1, 0),
        (date(2026, 3, 10), 1, 1),
    ]
    assert [(hour, it.messages) for hour, it in found.hours.items() if it.messages] == [(0, 1), (23, 1)]
    assert len(found.days) == 7, "days without a message are there as well"


@pytest.mark.parametrize("offset", [timedelta(hours=5, minutes=30), -timedelta(hours=9, minutes=30), timedelta()])
def test_zones_of_half_hours_and_west_of_greenwich_are_told_right(notes: Notes, read: Read, offset: timedelta):
    zone = timezone(offset)
    notes.asked(datetime(2026, 3, 9, 7, 29, 30, tzinfo=zone))
    window = Window(datetime(2026, 3, 8, tzinfo=zone), datetime(2026, 3, 11, tzinfo=zone))
    found = read(breakdown.times, window)
    assert [day for day, it in found.days.items() if it.messages] == [date(2026, 3, 9)]
    assert [hour for hour, it in found.hours.items() if it.messages] == [7]


def test_what_was_answered_counts_for_its_entry_and_what_was_not_for_what_was_nearest(
    notes: Notes, read: Read, snapshot: Snapshot
):
    notes.asked(ago(hours=1))
    notes.asked(ago(hours=1), kind="decline", candidates=[entry("deposit-01", 0.3)])
    notes.asked(ago(hours=1), kind="clarify", candidates=[candidate("topic", "deposit-refund", 0.6)])
    notes.asked(ago(hours=1), kind="neutral", candidates=[candidate("judgement", "void-this-bid", 0.9)])
    notes.asked(ago(hours=1), kind="decline", candidates=[])
    notes.asked(ago(hours=1), entry_id="no-longer-there")
    notes.asked(ago(hours=1), kind="smalltalk", candidates=[candidate("smalltalk", "greeting", 1.0)])
    found = read(breakdown.categories, week(), snapshot)
    assert {name: it.messages for name, it in found.items()} == {
        "CA数字证书": 1, "保证金缴纳": 3, NOWHERE: 1, GONE: 1
    }  # fmt: skip
    assert found["保证金缴纳"].counts == {"decline": 1, "clarify": 1, "neutral": 1}


def test_channels_and_roles_are_counted_apart(notes: Notes, read: Read):
    for channel, role in (("api", "bidder"), ("api", None), ("lite", "bidder")):
        notes.asked(ago(hours=1), channel=channel, audience=role)
    channels = read(breakdown.by, week(), questions.c.channel)
    roles = read(breakdown.by, week(), questions.c.audience)
    assert [(name, it.messages) for name, it in channels.items()] == [("api", 2), ("lite", 1)]
    assert [(name, it.messages) for name, it in roles.items()] == [("bidder", 2), (None, 1)]


def test_wordings_that_count_as_the_same_are_one_question(notes: Notes, read: Read):
    for text in ("保证金多久退", "请问保证金多久退？", "保证金多久退"):
        notes.asked(ago(hours=1), question_masked=text, kind="clarify")
    notes.asked(ago(hours=1), question_masked="办锁去哪里")
    for pressed in ("hot", "clarify", "suggest"):
        notes.asked(ago(hours=1), question_masked="点选的", via=pressed)
    found = read(top.top_questions, week())
    assert found == [("保证金多久退", 3, "clarify"), ("办锁去哪里", 1, "answer")]


def test_entries_given_most_stand_first(notes: Notes, read: Read):
    for key in ("ca-01", "ca-02", "ca-02"):
        notes.asked(ago(hours=1), entry_id=key)
    notes.asked(ago(hours=1), kind="neutral", entry_id="deposit-01")
    notes.asked(NOW - timedelta(days=9), entry_id="ca-01")
    assert read(top.top_entries, week()) == [("ca-02", 2), ("ca-01", 1)]


def test_pointers_are_shown_apart(notes: Notes, read: Read):
    notes.asked(ago(hours=1), kind="decline", candidates=[candidate("pointer", "project-opening-time", 0.9)])
    notes.asked(ago(hours=1), kind="decline", candidates=[entry("ca-01", 0.2)])
    assert read(top.top_pointers, week()) == [("project-opening-time", 1)]
