from __future__ import annotations

from typing import Any

import pytest

from app.evaluation import metrics
from app.evaluation.cases import Ambiguous, Cases, Dialogue, InScope, Judgement, OutOfScope
from app.evaluation.outcomes import Outcome, outcomes
from app.evaluation.page import page
from app.snapshot import Snapshot


def outcome(**changes: Any) -> Outcome:
    plain: dict[str, Any] = {
        "family": "in_scope",
        "group": "colloquial",
        "question": "问",
        "right": ("a",),
        "ranked": ("a", "b"),
        "kind": "answer",
        "entry": "a",
        "options": (),
        "confidence": 0.9,
        "probability": 1.0,
        "correct": True,
        "offered": True,
    }
    return Outcome(**plain | changes)


WRONG = {"correct": False, "offered": False}
FOUND = [
    outcome(confidence=0.95),
    outcome(confidence=0.95, right=("b",), **WRONG),
    outcome(confidence=0.55),
    outcome(confidence=0.55, right=("c",), ranked=("a", "b"), kind="clarify", entry=None, **WRONG),
]
"""Two replies at 0.95 and two at 0.55, one of each right; three answers, one of them wrong."""


def test_recall_and_reciprocal_rank_by_hand() -> None:
    """Right first twice, second once, absent once: r@1 2/4, r@3 3/4, mean reciprocal rank (1 + 1 + 1/2 + 0) / 4."""
    assert metrics.ranking(FOUND) == {"r@1": 0.5, "r@3": 0.75, "mrr": 0.625}


def test_reliability_groups_replies_by_confidence() -> None:
    assert metrics.reliability(FOUND) == [(pytest.approx(0.55), 0.5, 2), (pytest.approx(0.95), 0.5, 2)]


def test_calibration_error_is_the_mean_gap_weighted_by_bin() -> None:
    """(|0.55 - 0.5| * 2 + |0.95 - 0.5| * 2) / 4 = 0.25."""
    assert metrics.calibration_error(FOUND) == pytest.approx(0.25)


def test_full_confidence_falls_into_the_last_bin() -> None:
    assert metrics.reliability([outcome(confidence=1.0)]) == [(1.0, 1.0, 1)]


def test_risk_rises_as_less_sure_answers_are_let_in() -> None:
    """Three of four messages are answered; the sort is stable, so the wrong one of the two at 0.95 comes second."""
    assert metrics.risk_coverage(FOUND) == [(0.25, 0.0), (0.5, 0.5), (0.75, pytest.approx(1 / 3))]


def test_confusions_name_the_right_entry_and_what_stood_first() -> None:
    assert metrics.confusions(FOUND) == [("b", "a", 1), ("c", "a", 1)]


def test_outcomes_judge_each_family_by_its_own_rule(published: Any) -> None:
    snapshot: Snapshot = published.snapshot
    cases = Cases(
        in_scope=[
            InScope("U盾密码输错锁住了咋整", "colloquial", "ca-05"),
            InScope("U盾密码输错锁住了咋整", "wrong", "gp-01"),
        ],
        out_of_scope=[OutOfScope("今天天气怎么样", "chitchat")],
        ambiguous=[Ambiguous("保证金多久退", frozenset({"deposit-04", "deposit-05"}))],
        judgement=[Judgement("这家报价太低能不能废掉"), Judgement("你好")],
        dialogues=[Dialogue((("保证金多久退", "clarify"), ("政府采购", "entry:deposit-05")))],
    )
    found = list(outcomes(snapshot, cases))
    assert [o.correct for o in found] == [True, False, True, True, True, False, True, True]
    assert [o.group for o in found[-2:]] == ["first turn", "later turns"]


def test_the_page_is_self_contained_and_escapes_what_it_shows() -> None:
    found = [
        *FOUND,
        outcome(family="ambiguous", group="all"),
        outcome(family="out_of_scope", group="<b>", kind="decline"),
    ]
    found += [outcome(family="judgement", group="all", kind="neutral"), outcome(family="dialogue", group="first turn")]
    text = page("题目 <script>", metrics.summary(found), found)
    assert "<script" not in text
    assert "<b>" not in text
    assert 'href="http' not in text.replace("http://www.w3.org", "").replace("http://purl.org", "")
    assert text.count("<svg") == 2
