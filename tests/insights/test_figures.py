"""Figures against a table done by hand, on both databases."""

from __future__ import annotations

import pytest

from app.insights.figures import figures
from app.snapshot import Snapshot
from tests.insights.conftest import NOW, Notes, Read, ago, candidate, entry, week

POINTER = [candidate("pointer", "project-opening-time", 0.8)]
WEAK_POINTER = [candidate("pointer", "project-opening-time", 0.2), entry("ca-01", 0.1)]

# what is noted, and what it counts as
TABLE = [
    ({"kind": "answer", "took_ms": 1.0, "session_key": "a"}, "answer"),
    ({"kind": "answer", "took_ms": 2.0, "session_key": "a"}, "answer"),
    ({"kind": "policy", "took_ms": 3.0, "session_key": "a"}, "answer"),
    ({"kind": "term", "took_ms": 4.0, "session_key": "b"}, "answer"),
    ({"kind": "clarify", "took_ms": 5.0, "session_key": "b"}, "clarify"),
    ({"kind": "decline", "tier": "rejected", "candidates": [], "took_ms": 6.0, "session_key": "b"}, "rejected"),
    ({"kind": "decline", "took_ms": 7.0}, "decline"),
    ({"kind": "decline", "candidates": WEAK_POINTER, "took_ms": 8.0}, "decline"),
    ({"kind": "decline", "candidates": [], "took_ms": 9.0}, "decline"),
    ({"kind": "decline", "candidates": POINTER, "took_ms": 10.0}, "pointer"),
    ({"kind": "neutral", "took_ms": 11.0}, "neutral"),
    ({"kind": "smalltalk", "took_ms": 100.0}, "smalltalk"),
]


@pytest.fixture
def noted(notes: Notes) -> list[str]:
    ids = [notes.asked(ago(hours=hour), **facts) for hour, (facts, _) in enumerate(TABLE, 1)]
    notes.asked(ago(days=8), session_key="c", took_ms=1_000.0)
    notes.asked(NOW, session_key="c", took_ms=1_000.0)  # until is not included
    return ids


def test_every_message_counts_as_what_became_of_it(noted: list[str], read: Read):
    found = read(figures, week())
    assert found.counts == {
        "answer": 4, "clarify": 1, "rejected": 1, "decline": 3, "pointer": 1, "neutral": 1, "smalltalk": 1
    }  # fmt: skip
    assert (found.messages, found.asked, found.conversations) == (12, 10, 2)
    assert read(figures, week().before).messages == 1


def test_rates_are_shares_of_what_was_asked(noted: list[str], read: Read):
    found = read(figures, week())
    assert found.rate("answer") == pytest.approx(4 / 10)
    assert found.rate("decline") == pytest.approx(3 / 10)
    assert found.rate("smalltalk") == pytest.approx(1 / 12)


def test_half_and_nineteen_in_twenty_took_at_most(noted: list[str], read: Read):
    found = read(figures, week())
    assert (found.p50, found.p95) == (6.0, 100.0)  # the 6th and the 12th of twelve


def test_of_several_ratings_the_last_counts_and_a_pressed_number_is_none(noted: list[str], notes: Notes, read: Read):
    for helpful in (False, True):
        notes.rated(noted[0], helpful)
    notes.rated(noted[1], False)
    notes.rated(noted[6], False, reason="转人工")
    notes.rated("f" * 32, True)  # its question was dropped
    found = read(figures, week())
    assert (found.rated, found.helpful, found.helpful_rate) == (2, 1, 0.5)


def test_a_rating_stays_a_rating_when_the_number_is_pressed_afterwards(noted: list[str], notes: Notes, read: Read):
    notes.rated(noted[0], True)
    notes.rated(noted[0], False, reason="转人工")
    assert read(figures, week()).helpful == 1


def test_of_nothing_there_are_no_rates(read: Read, snapshot: Snapshot):
    found = read(figures, week())
    assert (found.messages, found.rate("answer"), found.helpful_rate, found.p50, found.p95) == (
        0,
        None,
        None,
        None,
        None,
    )
