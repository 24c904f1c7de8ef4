"""Publishing through the gate: what is blocked changes nothing, and passes only by name and with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import GateBlocked
from app.index import history, store
from app.publishing.gating import Gate
from tests import small_kb
from tests.fakes import FakeEncoder
from tests.publishing.conftest import World

PROTECTED = "工程项目签完合同投标保证金什么时候退"


def steal(world: World) -> None:
    """deposit-02 takes a protected question of deposit-01."""
    small_kb.edit(
        world.kb, "faq/deposits.yaml", "- 政采没中标的押金几天退", f"- 政采没中标的押金几天退\n      - {PROTECTED}"
    )


def blocked(world: World, **gate: Any) -> GateBlocked:
    with pytest.raises(GateBlocked) as refused:
        world.publish(gate=Gate(**gate))
    return refused.value


def test_what_the_gate_blocks_changes_nothing_and_says_what_stands_against_it(world: World) -> None:
    version = world.publish(gate=Gate())[0].version
    before = world.files()
    steal(world)
    error = blocked(world, recent=["早上好"])
    assert (error.code, error.status) == ("gate_blocked", 409)
    assert "1 个受保护的问题" in error.message
    assert "原来的版本继续服务" in error.message
    (detail,) = error.data()
    assert (detail["what"], detail["question"], detail["got"]["entry"]) == ("failure", PROTECTED, "deposit-02")
    assert detail["message"] == str(error.details[0])
    json.dumps(error.data())
    assert world.files() == before
    assert world.opened().version == version


def test_a_blocked_item_passes_by_its_name_with_a_reason_that_is_kept(world: World) -> None:
    world.publish(gate=Gate())
    steal(world)
    snapshot, report = world.publish(gate=Gate(override={PROTECTED: " 以后由政府采购那条答 "}), by="王工")
    assert store.current(world.indexes) == snapshot.version
    assert report.overridden == {PROTECTED: "以后由政府采购那条答"}
    assert report.gate is not None
    assert [failure.question for failure in report.gate.failures] == [PROTECTED]
    made = history.publication(world.indexes, snapshot.version)
    assert made is not None
    assert (made.by, made.at) == ("王工", small_kb.NOW.isoformat(timespec="seconds"))
    assert made.report["overridden"] == report.overridden
    assert made.report["gate"]["flipped"][0]["question"] == PROTECTED


@pytest.mark.parametrize(
    "override", [{PROTECTED: "  "}, {"golden_right": "看过了"}, {}], ids=["blank", "other", "none"]
)
def test_no_reason_or_another_name_is_no_override(world: World, override: dict[str, str]) -> None:
    world.publish()
    steal(world)
    assert PROTECTED in str(blocked(world, override=override).details[0])


def test_every_blocked_item_needs_its_own_override(world: World) -> None:
    world.publish()
    steal(world)
    golden = world.kb / "golden/deposits.yaml"
    golden.write_text(f'{golden.read_text("utf-8")}  - {{entry: ca-02, question: "红灯一直闪咋整"}}\n', "utf-8")
    (detail,) = blocked(world, override={PROTECTED: "看过了"}).details
    assert str(detail).startswith("受保护的问题「红灯一直闪咋整」应答 ca-02，现在说没有")


def test_the_first_publication_of_a_centre_is_told_and_not_blocked(world: World) -> None:
    steal(world)
    _, report = world.publish(gate=Gate())
    assert report.gate is not None
    assert [failure.question for failure in report.gate.failures] == [PROTECTED]
    assert report.gate.passed


def test_where_another_encoder_made_what_serves_there_is_nothing_to_serve_on(world: World) -> None:
    world.publish()
    steal(world)
    _, report = world._replace(encoder=FakeEncoder("-other")).publish(gate=Gate())
    assert report.gate is not None
    assert report.gate.flipped == ()


def test_a_gate_that_only_reports_lets_pass(world: World) -> None:
    """An expired law waits for nobody."""
    world.publish()
    steal(world)
    _, report = world.publish(gate=Gate(enforce=False))
    assert report.gate is not None
    assert report.gate.blocked_by == (PROTECTED,)
    assert report.overridden == {}


def test_other_questions_that_would_be_replied_to_otherwise_are_told_with_a_refusal(world: World) -> None:
    world.publish()
    steal(world)
    small_kb.edit(world.kb, "smalltalk.yaml", "- 早上好", "- 再会了朋友")
    found = [detail["what"] for detail in blocked(world, recent=["早上好"]).data()]
    assert found == ["failure", "flip"]


def test_protected_questions_make_no_version_and_are_asked_at_the_next_publication(world: World) -> None:
    """They are edits to publish, so that they are seen to hold; but nothing is found by them."""
    version = world.publish(gate=Gate())[0].version
    small_kb.edit(world.kb, "golden/certificates.yaml", "PIN码输错锁死了怎么办", "红灯一直闪咋整")
    assert world.is_edited()
    assert "红灯一直闪咋整" in str(blocked(world).details[0])
    small_kb.edit(world.kb, "golden/certificates.yaml", "红灯一直闪咋整", "PIN码输错了锁死怎么解锁")
    snapshot, report = world.publish(gate=Gate())
    assert (snapshot.version, report.embedded) == (version, 0)
    assert "PIN码输错了锁死怎么解锁" not in snapshot.phrase_texts
    assert not world.is_edited()


def test_the_version_at_hand_is_asked_and_need_not_be_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = world.publish()[0]
    steal(world)
    monkeypatch.setattr("app.publishing.gating.assemble", None)
    _, report = world.publish(gate=Gate(at_hand=serving, enforce=False))
    assert report.gate is not None
    assert [flip.question for flip in report.gate.flipped] == [PROTECTED]


def test_without_a_gate_nothing_is_asked(world: World) -> None:
    world.publish()
    steal(world)
    assert world.publish()[1].gate is None
