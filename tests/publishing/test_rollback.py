"""A step back: an earlier version answers again, until somebody publishes."""

from __future__ import annotations

import re

import pytest

from app.dialogue.answer import Question, answer
from app.errors import PublishBusy, RollbackImpossible
from app.index import history, store
from app.publishing.lock import one_at_a_time
from tests.fakes import FakeEncoder
from tests.publishing.conftest import World

QUESTION = "PIN码输错被锁死了怎么解锁？"
OLD = "联系发证机构解锁，**不要**反复再试。"


def text(world: World) -> str:
    snapshot = world.opened()
    reply, _ = answer(snapshot, Question(QUESTION))
    assert reply.entry is not None
    return snapshot.rendered[reply.entry.id].text


def editions(world: World, *texts: str) -> list[str]:
    """Publish the knowledge with each of these answers; the versions they became."""
    made, last = [world.publish()[0].version], OLD
    for new in texts:
        world.edit(last, new)
        made.append(world.publish()[0].version)
        last = new
    return made


def test_after_a_step_back_the_old_answer_is_given(world: World) -> None:
    before = (editions(world), text(world))
    new = editions(world, "先停手。")[-1]
    assert text(world) == "先停手。"
    done = world.rollback()
    assert (done.version, done.left) == (before[0][0], new)
    assert (store.current(world.indexes), text(world)) == (done.version, before[1])


def test_a_version_is_gone_back_to_by_name_and_forward_again(world: World) -> None:
    first, second, third = editions(world, "第二版。", "第三版。")
    assert world.rollback(first).left == third
    assert text(world).startswith("联系发证机构")
    assert world.rollback(third) == (third, first)
    assert text(world) == "第三版。"
    assert world.rollback() == (second, third)


def test_one_step_leads_to_what_served_before_not_to_what_was_gone_back_from(world: World) -> None:
    first, second = editions(world, "不好的一版。")
    world.rollback()
    world.edit("不好的一版。", "改好的一版。")
    third = world.publish()[0].version
    assert world.rollback() == (first, third)
    assert second in history.versions(world.indexes)


def test_step_after_step_leads_to_the_first_and_no_further(world: World) -> None:
    first, second, _ = editions(world, "第二版。", "第三版。")
    assert [world.rollback().version, world.rollback().version] == [second, first]
    with pytest.raises(RollbackImpossible, match="没有留着更早的版本"):
        world.rollback()
    assert store.current(world.indexes) == first


def test_a_step_back_is_marked_until_the_next_publication(world: World) -> None:
    first, second = editions(world, "第二版。")
    assert history.rolled_back(world.indexes) is None
    world.rollback()
    mark = history.rolled_back(world.indexes)
    left = history.publication(world.indexes, second)
    assert mark is not None
    assert left is not None
    assert (mark.version, mark.left, mark.by, mark.source) == (first, second, "王工", left.source)
    assert world.is_edited(), "the files are those of the version gone back from"
    assert world.publish()[0].version == second
    assert history.rolled_back(world.indexes) is None
    assert not world.is_edited()


def test_publishing_a_kept_version_again_takes_it_as_it_is(world: World) -> None:
    _, second = editions(world, "第二版。")
    world.rollback()
    world.encoder.seen.clear()
    before = {name: content for name, content in world.files().items() if name.startswith(second)}
    snapshot, report = world.publish()
    assert (snapshot.version, report.embedded, world.encoder.seen) == (second, 0, [])
    after = world.files()
    assert {name: after[name] for name in before if "publication" not in name}.items() <= before.items()


@pytest.mark.parametrize("version", ["0" * 12, "nonsense", "../kb", ""])
def test_a_version_that_is_not_kept_is_refused_with_those_that_are(world: World, version: str) -> None:
    first = editions(world)[0]
    with pytest.raises(RollbackImpossible) as refused:
        world.rollback(version or "x")
    assert first in refused.value.details[0]
    assert store.current(world.indexes) == first


def test_going_back_to_what_serves_is_refused(world: World) -> None:
    first, second = editions(world, "第二版。")
    with pytest.raises(RollbackImpossible, match="正在服务的就是"):
        world.rollback(second)
    assert first in history.versions(world.indexes)


def test_before_the_first_publication_there_is_nothing_to_go_back_to(world: World) -> None:
    with pytest.raises(RollbackImpossible, match="还没有发布过"):
        world.rollback()


def test_a_damaged_version_is_not_pointed_at(world: World) -> None:
    first, second = editions(world, "第二版。")
    (world.indexes / first / "vectors.npy").write_bytes(b"rubbish")
    with pytest.raises(RollbackImpossible, match="打不开") as refused:
        world.rollback()
    assert "vectors.npy" in refused.value.details[0]
    assert store.current(world.indexes) == second
    assert history.rolled_back(world.indexes) is None


def test_a_version_of_another_encoder_is_not_pointed_at(world: World) -> None:
    _, second = editions(world, "第二版。")
    with pytest.raises(RollbackImpossible, match=re.escape("fake-other")):
        world._replace(encoder=FakeEncoder("-other")).rollback()
    assert store.current(world.indexes) == second


def test_nobody_steps_back_while_somebody_publishes(world: World) -> None:
    _, second = editions(world, "第二版。")
    with one_at_a_time(world.indexes), pytest.raises(PublishBusy):
        world.rollback()
    assert store.current(world.indexes) == second


def test_as_many_versions_are_kept_as_asked_for_and_what_serves_among_them(world: World) -> None:
    made = editions(world, *(f"第{i}版。" for i in range(2, 6)))
    world.rollback(made[0])
    world.edit("第5版。", "第6版。")
    last = world.publish(keep=3)[0].version
    assert history.versions(world.indexes) == [last, made[4], made[3]]
    assert world.rollback().version == made[4], "what served before is no longer kept; the one published before is"


def test_an_edit_that_changes_no_answer_keeps_the_place_of_the_version(world: World) -> None:
    first, second = editions(world, "第二版。")
    made = history.publication(world.indexes, second)
    (world.kb / "terms.yaml").write_text("# a remark\n" + (world.kb / "terms.yaml").read_text("utf-8"), "utf-8")
    assert world.is_edited()
    assert world.publish()[0].version == second
    assert not world.is_edited()
    again = history.publication(world.indexes, second)
    assert made is not None
    assert again is not None
    assert (again.serial, again.previous) == (made.serial, first)


def test_a_version_published_before_there_were_records_gets_one_and_its_place(world: World) -> None:
    first, second = editions(world, "第二版。")
    (world.indexes / second / "publication.json").unlink()
    assert world.is_edited(), "nothing is known of its files"
    assert world.publish()[1].embedded == 0
    assert not world.is_edited()
    assert history.versions(world.indexes) == [second, first]
    assert world.rollback() == (first, second)
