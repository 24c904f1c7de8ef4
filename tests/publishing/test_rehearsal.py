"""A rehearsal: what a publication would do, told beforehand, and nothing done."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.errors import KnowledgeRejected, PublishBusy
from app.publishing.gating import Gate
from app.publishing.lock import one_at_a_time
from app.publishing.pipeline import source_digest
from app.publishing.rehearsal import Rehearsal, RehearsalBusy, one_rehearsal, rehearse
from tests import small_kb
from tests.publishing.conftest import World
from tests.publishing.test_gating import PROTECTED, steal


def tried(world: World, **more: Any) -> Rehearsal:
    facts = {"now": small_kb.NOW, "gate": Gate()} | more
    return rehearse(world.kb, world.indexes, world.encoder, world.dictionary, **facts)


def test_it_tells_what_the_publication_then_does_and_writes_nothing(world: World) -> None:
    world.publish()
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    before = world.files()
    made = tried(world)
    assert world.files() == before
    assert made.digest == source_digest(world.kb)
    assert [(one.kind, one.id, one.what) for one in made.differences] == [("entry", "ca-01", "changed")]
    assert (made.blocked_by, made.changes_nothing) == ((), False)
    report = world.publish(gate=Gate())[1]
    assert made.report.gate == report.gate
    assert (made.report.version, made.report.changed) == (report.version, report.changed)


def test_what_the_gate_would_block_is_told_and_not_raised(world: World) -> None:
    world.publish()
    steal(world)
    made = tried(world, gate=Gate(recent=["早上好"]))
    assert made.blocked_by == (PROTECTED,)
    assert made.report.gate is not None
    assert [flip.question for flip in made.report.gate.flipped] == [PROTECTED]
    assert made.as_dict()["passes"] is False


def test_wrong_knowledge_is_refused_with_every_problem(world: World) -> None:
    world.publish()
    world.edit("- 办锁去哪里", "- 锁的密码忘了")
    with pytest.raises(KnowledgeRejected) as refused:
        tried(world)
    (problem,) = [problem for problem in refused.value.details if problem.severity == "error"]
    assert (problem.key, problem.found) == ("ca-02.aliases[0]", "锁的密码忘了")
    assert "（ca-01）已有" in problem.message, "the entry that has it is named"


def test_while_somebody_publishes_it_goes_on(world: World) -> None:
    world.publish()
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    with one_at_a_time(world.indexes):
        assert tried(world).report.changed == ("ca-01",)


def test_before_the_first_publication_everything_is_new(world: World) -> None:
    made = tried(world)
    assert {one.what for one in made.differences if one.kind == "entry"} == {"added"}
    assert made.blocked_by == ()
    assert not world.indexes.exists()


def test_unedited_files_change_nothing(world: World) -> None:
    world.publish()
    made = tried(world)
    assert (made.changes_nothing, made.differences, made.reworded) == (True, (), ())


def test_answers_that_read_otherwise_by_a_value_are_named_apart(world: World) -> None:
    world.publish()
    small_kb.edit(world.kb, "site.yaml", "value: 0500-1234567", "value: 0500-7654321")
    made = tried(world)
    assert [one.kind for one in made.differences] == ["site"]
    assert made.reworded == ("deposit-01",)


def test_entries_that_are_not_served_are_named_with_the_reason(tmp_path: Path, world: World) -> None:
    kb = small_kb.write_whole(tmp_path / "whole")
    small_kb.edit(
        kb,
        "faq/certificates.yaml",
        "    keywords: [PIN码, 解锁]",
        "    keywords: [PIN码, 解锁]\n    effective_to: 2026-03-01",
    )
    small_kb.edit(
        kb,
        "faq/deposits.yaml",
        "    own_figures: [五个工作日]",
        "    own_figures: [五个工作日]\n    effective_from: 2026-04-01",
    )
    regulations = kb / "policies/regulations.yaml"
    regulations.write_text(regulations.read_text("utf-8").replace("status: in_force", "status: repealed"), "utf-8")
    overlay = tmp_path / "county"
    overlay.mkdir()
    (overlay / "hide.yaml").write_text("hide: [ca-01]\n", "utf-8")
    made = tried(world._replace(kb=kb), overlays=[overlay])
    assert [one.id for one in made.unserved] == ["ca-01", "ca-02", "deposit-01", "deposit-02"]
    hidden, over, resting, to_come = (one.reason for one in made.unserved)
    assert "hide.yaml" in hidden
    assert over == "2026-03-01 已失效"
    assert resting == "依据不在施行期：中华人民共和国招标投标法实施条例已废止"
    assert to_come == "2026-04-01 起才生效"


def test_a_version_of_an_entry_that_another_has_replaced_is_named_with_it(world: World) -> None:
    small_kb.edit(world.kb, "faq/deposits.yaml", "    own_figures: [五个工作日]",
                  "    own_figures: [五个工作日]\n    replaces: deposit-01\n    effective_from: 2026-03-01")  # fmt: skip
    made = tried(world)
    assert [(one.id, one.reason) for one in made.unserved] == [("deposit-01", "已由 deposit-02 代替")]
    before = tried(world, now=small_kb.NOW - timedelta(days=3))
    assert [(one.id, one.reason) for one in before.unserved] == [("deposit-02", "2026-03-01 起才生效")]


def test_a_second_one_is_refused_and_the_next_is_not() -> None:
    lock = threading.Lock()
    with one_rehearsal(lock), pytest.raises(RehearsalBusy) as refused, one_rehearsal(lock):
        pass
    assert isinstance(refused.value, PublishBusy)
    assert (refused.value.code, refused.value.status) == ("rehearsal_busy", 409)
    with pytest.raises(KnowledgeRejected), one_rehearsal(lock):
        raise KnowledgeRejected("")
    with one_rehearsal(lock):
        pass
