"""What is said against a reply without a word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.insights.followed import followed
from app.insights.misses import misses, wordings
from app.snapshot import Snapshot
from tests.insights.conftest import Notes, Read, ago, candidate, entry, week

SECOND = timedelta(seconds=1)
SOMEBODY = [candidate("smalltalk", "person", 1.0)]


@pytest.fixture
def talk(notes: Notes) -> Any:
    """``talk(seconds between, first, second)``: two messages of one conversation."""

    def say(seconds: float, first: dict[str, Any], second: dict[str, Any]) -> tuple[str, str]:
        at = ago(hours=2)
        one = notes.asked(at, **{"session_key": "a", "question_masked": "第一句"} | first)
        two = notes.asked(at + seconds * SECOND, **{"session_key": "a", "question_masked": "第二句"} | second)
        return one, two

    return say


def signs(read: Read, snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(it.sign, it.question) for it in read(followed, week(), snapshot)]


@pytest.fixture
def with_a_person(snapshot: Snapshot) -> Snapshot:
    """The small knowledge, whose greeting hands over to a person."""
    from dataclasses import replace

    talk = snapshot.knowledge.smalltalk[0].model_copy(update={"id": "person", "handover": True})
    return replace(snapshot, knowledge=snapshot.knowledge.model_copy(update={"smalltalk": (talk,)}))


def test_the_same_entry_again_says_that_it_did_not_help(talk: Any, read: Read, snapshot: Snapshot):
    talk(60, {}, {})
    assert signs(read, snapshot) == [("reasked", "第一句")]


def test_so_does_another_reply_to_a_question_close_to_the_entry_just_given(talk: Any, read: Read, snapshot: Snapshot):
    talk(60, {}, {"entry_id": "ca-01", "candidates": [entry("ca-01", 0.7), entry("ca-02", 0.2)]})
    assert signs(read, snapshot) == [("reasked", "第一句")]


NO_COMPLAINT: dict[str, tuple[float, dict[str, Any], dict[str, Any]]] = {
    "after more than two minutes": (122, {}, {}),
    "something else": (60, {}, {"entry_id": "deposit-01", "candidates": [entry("deposit-01", 0.9)]}),
    "a continuation": (60, {}, {"tier": "follow_up"}),
    "pressed, not typed": (60, {}, {"via": "related"}),
    "after a question back": (60, {"kind": "clarify"}, {}),
    "in another conversation": (60, {}, {"session_key": "b"}),
    "without a conversation": (60, {"session_key": None}, {"session_key": None}),
    "thanks": (60, {}, {"kind": "smalltalk", "candidates": [candidate("smalltalk", "greeting", 1.0)]}),
}


@pytest.mark.parametrize(("seconds", "first", "second"), NO_COMPLAINT.values(), ids=NO_COMPLAINT)
def test_what_is_no_complaint(
    talk: Any, read: Read, snapshot: Snapshot, seconds: float, first: dict[str, Any], second: dict[str, Any]
):
    talk(seconds, first, second)
    assert signs(read, snapshot) == []


def test_exactly_two_minutes_still_count(talk: Any, read: Read, snapshot: Snapshot):
    talk(120, {}, {})
    assert signs(read, snapshot) == [("reasked", "第一句")]


def test_asking_for_a_person_after_an_answer(talk: Any, read: Read, with_a_person: Snapshot):
    talk(60, {}, {"kind": "smalltalk", "candidates": SOMEBODY})
    assert signs(read, with_a_person) == [("handover", "第一句")]


def test_asking_for_a_person_straight_away_is_no_complaint(notes: Notes, read: Read, with_a_person: Snapshot):
    notes.asked(ago(hours=1), session_key="a", kind="smalltalk", candidates=SOMEBODY)
    assert signs(read, with_a_person) == []


def test_the_number_on_the_handover_card_pressed_after_an_answer(
    talk: Any, notes: Notes, read: Read, snapshot: Snapshot
):
    _, declined = talk(60, {}, {"kind": "decline", "via": "related", "candidates": []})
    assert signs(read, snapshot) == []
    notes.rated(declined, False, reason="转人工")
    assert signs(read, snapshot) == [("handover", "第一句")]


def test_none_of_the_options(talk: Any, read: Read, snapshot: Snapshot):
    rejected = {"kind": "decline", "tier": "rejected", "via": "clarify", "candidates": []}
    talk(600, {"kind": "clarify"}, rejected)
    assert signs(read, snapshot) == [("rejected", "第一句")]


# What becomes of it


def found(read: Read, snapshot: Snapshot) -> list[tuple[str, int, dict[str, int]]]:
    known = read(followed, week(), snapshot)
    return [(it.text, it.count, dict(it.failures)) for it in wordings(read(misses, week(), known))]


def test_whatever_went_wrong_is_gathered_by_wording(notes: Notes, talk: Any, read: Read, snapshot: Snapshot):
    for text in ("停车场在哪", "停车场在哪？", "停车场在哪"):
        notes.asked(ago(hours=3), question_masked=text, kind="decline")
    notes.rated(notes.asked(ago(hours=4), question_masked="食堂在哪"), False)
    notes.rated(notes.asked(ago(hours=4), question_masked="锁忘带了"), True)
    talk(30, {}, {})
    assert found(read, snapshot) == [
        ("停车场在哪", 3, {"declined": 3}),
        ("第一句", 1, {"reasked": 1}),
        ("食堂在哪", 1, {"unhelpful": 1}),
    ]


def test_pointers_none_of_these_and_what_was_pressed_are_no_questions_gone_wrong(
    notes: Notes, read: Read, snapshot: Snapshot
):
    notes.asked(ago(hours=1), kind="decline", candidates=[candidate("pointer", "project-opening-time", 0.9)])
    notes.asked(ago(hours=1), kind="decline", tier="rejected", question_masked="都不是")
    notes.asked(ago(hours=1), kind="decline", via="hot")
    notes.rated(notes.asked(ago(hours=1), via="suggest"), False)
    assert found(read, snapshot) == []


def test_a_pressed_number_alone_is_no_bad_rating(notes: Notes, read: Read, snapshot: Snapshot):
    notes.rated(notes.asked(ago(hours=1)), False, reason="转人工")
    assert found(read, snapshot) == []
