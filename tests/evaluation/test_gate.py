"""The gate: what protected and recent questions are replied to, by the candidate and by what serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.evaluation import gate as gating
from app.evaluation.gate import GateResult, gate
from app.knowledge.loader import load
from app.knowledge.model import Golden
from app.publishing.pipeline import publish
from app.snapshot import Snapshot
from tests import small_kb
from tests.fakes import FakeEncoder

PROTECTED = "工程项目签完合同投标保证金什么时候退"
"""Expects deposit-01."""
STOLEN = ("faq/deposits.yaml", "- 政采没中标的押金几天退", f"- 政采没中标的押金几天退\n      - {PROTECTED}")
"""An edit by which deposit-02 answers it."""
Make = Callable[..., Snapshot]


@pytest.fixture
def make(kb: Path, tmp_path: Path, dictionary: Any) -> Make:
    """The small knowledge with these places edited, one after the other."""

    def made(*edits: tuple[str, str, str], encoder: FakeEncoder | None = None) -> Snapshot:
        for edit in edits:
            small_kb.edit(kb, *edit)
        return publish(kb, tmp_path / "indexes", encoder or FakeEncoder(), dictionary, now=small_kb.NOW)[0]

    return made


@pytest.fixture
def golden(kb: Path) -> list[Golden]:
    return list(load(kb).golden.values())


def metric(result: GateResult, name: str) -> Any:
    return next(one for one in result.metrics if one.name == name)


def test_the_same_version_passes_and_changes_nothing(make: Make, golden: list[Golden]) -> None:
    snapshot = make()
    result = gate(snapshot, snapshot, golden, ["保证金多久退", "早上好", "早上好"])
    assert (result.golden, result.recent) == (len(golden), 2)
    assert (result.failures, result.flipped, result.blocked_by) == ((), (), ())
    assert result.passed
    assert metric(result, "golden_right").value == metric(result, "golden_right").before == 1.0


def test_a_version_compared_with_itself_is_asked_once(make: Make, golden: list[Golden]) -> None:
    encoder = FakeEncoder()
    snapshot = make(encoder=encoder)
    encoder.seen.clear()
    gate(snapshot, snapshot, golden, [])
    assert len(encoder.seen) == len(set(encoder.seen))


def test_a_protected_question_that_another_entry_takes_blocks_by_its_name(make: Make, golden: list[Golden]) -> None:
    serving = make()
    result = gate(make(STOLEN), serving, golden, [])
    (failure,) = result.failures
    assert (failure.question, failure.expected) == (PROTECTED, "答 deposit-01")
    assert (failure.got.kind, failure.got.entry, failure.got.probability) == ("answer", "deposit-02", 1.0)
    assert failure.before is not None
    assert failure.before.entry == "deposit-01"
    (flip,) = result.flipped
    assert (flip.question, flip.protected, flip.before, flip.after) == (PROTECTED, True, failure.before, failure.got)
    assert result.blocked_by == (PROTECTED,)
    assert not result.passed
    for part in (PROTECTED, "应答 deposit-01", "现在答 deposit-02", "原来答 deposit-01"):
        assert part in str(failure)


def test_a_new_protected_question_that_does_not_hold_blocks_though_nothing_flips(
    make: Make, golden: list[Golden]
) -> None:
    snapshot = make()
    wanted = Golden(question="红灯一直闪咋整", entry="ca-02")
    result = gate(snapshot, snapshot, [*golden, wanted], [])
    assert result.flipped == ()
    assert result.blocked_by == (wanted.question,)


def test_where_nothing_serves_failures_are_told_and_block_nothing(make: Make, golden: list[Golden]) -> None:
    result = gate(make(STOLEN), None, golden, ["早上好"])
    assert [failure.question for failure in result.failures] == [PROTECTED]
    assert result.failures[0].before is None
    assert result.flipped == ()
    assert result.passed


def test_a_recent_question_that_flips_is_told_and_does_not_block(make: Make) -> None:
    serving = make()
    result = gate(make(STOLEN), serving, [], [PROTECTED, "早上好"])
    (flip,) = result.flipped
    assert (flip.question, flip.protected) == (PROTECTED, False)
    assert "原来答 deposit-01" in str(flip)
    assert "现在答 deposit-02" in str(flip)
    assert metric(result, "recent_same").value == 0.5
    assert result.passed, "two questions make no figure"


def test_a_figure_below_its_floor_blocks_by_its_name(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gating, "ENOUGH", 2)
    serving = make()
    result = gate(make(STOLEN), serving, [], [PROTECTED, "早上好"])
    assert result.blocked_by == ("recent_same",)
    assert metric(result, "recent_same").falls
    assert "recent_same" in str(metric(result, "recent_same"))
    assert "底线 90.0%" in str(metric(result, "recent_same"))


def test_recent_questions_that_come_to_nothing_are_a_figure_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gating, "ENOUGH", 2)
    gone = ("smalltalk.yaml", "      - 早上好\n", "      - 再会了朋友\n")
    serving = make()
    result = gate(make(gone), serving, [], ["早上好", "工程投标押金几天能退"])
    helped = metric(result, "recent_helped")
    assert (helped.value, helped.before) == (0.5, 1.0)
    assert "recent_helped" in result.blocked_by


def test_a_protected_question_asked_lately_counts_once(make: Make, golden: list[Golden]) -> None:
    snapshot = make()
    assert gate(snapshot, snapshot, golden, [PROTECTED]).recent == 0


def test_kinds_and_options_are_protected(make: Make) -> None:
    snapshot = make()
    question = "保证金多久退"
    asked_back = Golden(question=question, kind="clarify", options=("deposit-01", "deposit-02"))
    cases = {
        "as it is": (asked_back, True),
        "another option": (Golden(question=question, kind="clarify", options=("ca-01",)), False),
        "another kind": (Golden(question=question, kind="decline"), False),
        "declined": (Golden(question="今天天气怎么样", kind="decline"), True),
        "no verdict": (Golden(question="这家该不该废标", kind="neutral"), True),
    }
    found = {name: gate(snapshot, snapshot, [case], []).passed for name, (case, _) in cases.items()}
    assert found == {name: passes for name, (_, passes) in cases.items()}


def test_protected_questions_of_an_entry_out_of_force_are_passed_over(make: Make, golden: list[Golden]) -> None:
    serving = make()
    over = (
        "faq/certificates.yaml",
        "    keywords: [PIN码, 解锁]",
        "    effective_to: 2026-01-31\n    keywords: [PIN码, 解锁]",
    )
    result = gate(make(over), serving, golden, [])
    assert result.golden == len(golden) - 3
    assert result.passed
    candidate = make(
        ("faq/deposits.yaml", "    keywords: [退还]", "    effective_to: 2026-01-31\n    keywords: [退还]")
    )
    assert gate(candidate, serving, golden, []).golden == len(golden) - 7, "and the question back that offered it"


NEXT = """\
  - id: ca-02-next
    number: 038
    audience: [bidder]
    business: [通用]
    question: PIN码输错被锁死了怎么解锁？
    answer: 联系发证机构，按新规定解锁。
    keywords: [PIN码, 解锁]
    aliases: [锁的密码忘了, U盾提示密码已锁定]
    replaces: ca-02
    effective_from: 2026-03-01
    updated: 2026-03-01

  - id: ca-02
"""


def test_the_next_version_of_an_entry_holds_what_protected_the_last(make: Make, golden: list[Golden]) -> None:
    serving = make()
    candidate = make(("faq/certificates.yaml", "  - id: ca-02\n", NEXT))
    result = gate(candidate, serving, golden, [])
    assert "ca-02-next" in candidate.entries
    assert result.golden == len(golden)
    assert (result.failures, result.flipped) == ((), ())
    assert metric(result, "golden_right").before == 1.0


def test_the_same_versions_and_questions_give_the_same_result(make: Make, golden: list[Golden]) -> None:
    serving, candidate = make(), make(STOLEN)
    asked = ["早上好", "保证金", PROTECTED, "解锁"]
    assert gate(candidate, serving, golden, asked) == gate(candidate, serving, golden, asked)


def test_the_result_is_plain_data(make: Make, golden: list[Golden]) -> None:
    serving = make()
    facts = gate(make(STOLEN), serving, golden, ["早上好"]).as_dict()
    assert facts.keys() == {"golden", "recent", "failures", "flipped", "metrics", "blocked_by"}
    assert facts["failures"][0]["got"]["entry"] == "deposit-02"
    assert facts["flipped"][0]["before"]["kind"] == "answer"
    assert {one["name"] for one in facts["metrics"]} == {"golden_right", "golden_sure", "recent_helped", "recent_same"}
