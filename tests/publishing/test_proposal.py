"""Proposals: what counts as one, who may publish by it, and what becomes of it when the file is no good."""

from __future__ import annotations

import errno
import json
from itertools import count
from typing import Any

import pytest

from app.errors import EditedMeanwhile, NeedsSecondPerson, PublishBusy, StorageFailed
from app.publishing import proposal
from app.publishing.lock import one_at_a_time
from app.publishing.pipeline import source_digest
from app.publishing.proposal import NothingProposed, NothingToPropose, NotTheirs, objection, proposed
from tests.publishing.conftest import World
from tests.publishing.test_storage_faults import FAULTS, failing

AT = "2026-03-02T09:00:00+08:00"


@pytest.fixture
def edited(world: World) -> World:
    world.publish()
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    return world


def digest(world: World) -> str:
    return source_digest(world.kb)


def propose(world: World, person: str = "chen", note: str = "") -> None:
    proposal.propose(world.indexes, digest(world), person, person, AT, note)


def refused(world: World, person: str | None) -> str:
    refusal = objection(world.indexes, digest(world), person)
    assert refusal is not None
    assert (refusal.code, refusal.status) == ("needs_second_person", 409)
    return refusal.message


def test_what_one_proposes_another_may_publish_and_not_oneself(edited: World) -> None:
    assert "还没有人提交" in refused(edited, "li")
    propose(edited, note="改了问法")
    assert objection(edited.indexes, digest(edited), "li") is None
    assert "要由另一个人发布" in refused(edited, "chen")
    assert "要由另一个人发布" in refused(edited, "CHEN"), "one person, however the name is written"
    assert "不会自动发布" in refused(edited, None), "a signal is nobody"


def test_a_refusal_says_who_proposed_what_and_when(edited: World) -> None:
    propose(edited, note="改了问法")
    refusal = objection(edited.indexes, digest(edited), "chen")
    assert refusal is not None
    (told,) = refusal.data()
    assert (told["by"], told["at"], told["note"], told["digest"]) == ("chen", AT, "改了问法", digest(edited))
    assert str(refusal.details[0]) == f"{AT} 由 chen 提交：改了问法"


def test_an_edit_since_undoes_the_proposal_and_taking_it_back_restores_it(edited: World) -> None:
    propose(edited)
    edited.edit("- 去哪儿办锁", "- 哪里办锁")
    assert "又改过" in refused(edited, "li")
    edited.edit("- 哪里办锁", "- 去哪儿办锁")
    assert objection(edited.indexes, digest(edited), "li") is None


def test_protected_questions_are_edits_to_sign_off_too(world: World) -> None:
    world.publish()
    golden = world.kb / "golden/certificates.yaml"
    golden.write_text(golden.read_text("utf-8").replace("找谁", "去找谁"), "utf-8")
    assert "还没有人提交" in refused(world, "li")


def test_where_nothing_was_edited_nothing_stands_against_publishing(edited: World) -> None:
    """The calendar publishes so."""
    edited.edit("- 去哪儿办锁", "- 办锁去哪里")
    assert objection(edited.indexes, digest(edited), None) is None
    with pytest.raises(NothingToPropose):
        propose(edited)


def test_a_first_publication_needs_nobody(world: World) -> None:
    assert objection(world.indexes, digest(world), None) is None


def test_only_who_proposed_takes_it_back(edited: World) -> None:
    propose(edited)
    with pytest.raises(NotTheirs):
        proposal.withdraw(edited.indexes, "li")
    assert proposed(edited.indexes) is not None
    proposal.withdraw(edited.indexes, "Chen")
    assert proposed(edited.indexes) is None
    with pytest.raises(NothingProposed):
        proposal.withdraw(edited.indexes, "chen")


def test_what_was_sent_back_counts_no_longer_and_keeps_the_reason(edited: World) -> None:
    propose(edited)
    proposal.send_back(edited.indexes, "li", AT, "少了一步")
    found = proposed(edited.indexes)
    assert found is not None
    assert found.sent_back == ("li", AT, "少了一步")
    assert "少了一步" in str(found)
    assert "已被退回" in refused(edited, "li")
    with pytest.raises(NothingProposed):
        proposal.send_back(edited.indexes, "li", AT, "再退一次")
    propose(edited)
    assert objection(edited.indexes, digest(edited), "li") is None, "proposed anew"


def test_a_publication_settles_it_so_that_after_a_step_back_it_is_proposed_anew(edited: World) -> None:
    propose(edited)
    edited.publish()
    assert proposed(edited.indexes) is None
    edited.rollback()
    assert "还没有人提交" in refused(edited, "li")


def test_a_step_back_leaves_it(edited: World) -> None:
    edited.publish()
    edited.edit("- 去哪儿办锁", "- 哪里办锁")
    propose(edited)
    edited.rollback()
    assert objection(edited.indexes, digest(edited), "li") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b'{"digest": 1}',
        b'{"digest":"x","sent_back":{"by":"li"}}',
        b"{}",
    ],
)
def test_a_damaged_file_proposes_nothing_and_the_next_takes_its_place(edited: World, content: bytes) -> None:
    (edited.indexes / proposal.FILE).write_bytes(content)
    assert proposed(edited.indexes) is None
    assert "还没有人提交" in refused(edited, "li")
    propose(edited)
    assert objection(edited.indexes, digest(edited), "li") is None


def test_of_a_forged_type_nothing_is_believed(edited: World) -> None:
    propose(edited)
    path = edited.indexes / proposal.FILE
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"person": None}), "utf-8")
    assert "还没有人提交" in refused(edited, "li")


def test_what_cannot_be_read_proposes_nothing(edited: World) -> None:
    (edited.indexes / proposal.FILE).mkdir()  # even root cannot read it
    assert "还没有人提交" in refused(edited, "li")
    with pytest.raises(StorageFailed):
        propose(edited)


@pytest.mark.parametrize("code", FAULTS.values(), ids=FAULTS)
def test_on_a_disk_that_takes_nothing_the_old_proposal_stays_whole(edited: World, code: int) -> None:
    propose(edited, "chen", "以前的")
    refusals = 0
    for at in count():
        try:
            with failing(at, code):
                propose(edited, "sun", "新的")
        except StorageFailed as error:
            refusals += 1
            assert "没有改动" in error.message
            found = proposed(edited.indexes)
            assert found is not None
            assert found.note == "以前的"
        else:
            break
    assert refusals > 2
    found = proposed(edited.indexes)
    assert found is not None
    assert (found.person, found.note) == ("sun", "新的")


def test_one_that_cannot_be_deleted_says_so(edited: World, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(edited)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.unlink", full)
    with pytest.raises(StorageFailed):
        proposal.withdraw(edited.indexes, "chen")
    proposal.settle(edited.indexes)  # a publication is not failed by it


def test_while_a_publication_runs_nothing_is_proposed(edited: World) -> None:
    with one_at_a_time(edited.indexes), pytest.raises(PublishBusy):
        propose(edited)


def test_what_may_not_be_published_is_not_even_built(edited: World) -> None:
    before = edited.files()
    seen = []

    def permit(given: str) -> None:
        seen.append(given)
        raise NeedsSecondPerson("双人发布")

    edited.encoder.seen.clear()
    with pytest.raises(NeedsSecondPerson):
        edited.publish(permit=permit)
    assert seen == [digest(edited)]
    assert edited.encoder.seen == []
    assert edited.files() == before


def test_files_edited_between_the_permission_and_the_reading_are_not_published(edited: World) -> None:
    """Else what nobody signed off would slip through."""
    before = edited.opened().version
    with pytest.raises(EditedMeanwhile) as refused:
        edited.publish(permit=lambda _: edited.edit("- 去哪儿办锁", "- 哪里办锁"))
    assert (refused.value.code, refused.value.status) == ("edited_meanwhile", 409)
    assert edited.opened().version == before
