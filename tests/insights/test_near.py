"""The nearest entries, and why none of them was given."""

from __future__ import annotations

from app.insights import near
from app.snapshot import Snapshot


def test_a_known_wording_is_said_to_be_answered_by_now(snapshot: Snapshot):
    found = near.today(snapshot, "锁的密码忘了")
    assert (found.kind, found.entry) == ("answer", snapshot.entries["ca-02"])
    assert found.near[0].why == "排在第一，够把握"


def test_the_first_lacks_what_an_answer_needs(snapshot: Snapshot):
    found = near.today(snapshot, "食堂中午供应什么菜")
    assert (found.kind, found.entry) == ("decline", None)
    first = found.near[0]
    assert 0 < first.probability < 0.55
    assert "把握" in first.why or "更像" in first.why


def test_what_stands_behind_something_else_is_told_behind_what(snapshot: Snapshot):
    found = near.today(snapshot, "锁的密码忘了")
    assert "排在「PIN码输错被锁死了怎么解锁？」后面" in found.near[1].why
    pointed = near.today(snapshot, "明天那个标几点开")
    assert pointed.kind == "decline"
    assert "只指路" in pointed.near[0].why
