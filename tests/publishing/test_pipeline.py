"""Publishing: a good version is swapped in whole, anything else leaves the old one."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import AppError, IndexUnusable, KnowledgeRejected, PublishBusy, StorageFailed
from app.index import store
from app.publishing import pipeline
from tests import small_kb
from tests.conftest import CHECKOUT
from tests.fakes import FakeEncoder
from tests.publishing.conftest import World


def alter(kb: Path) -> None:
    small_kb.edit(kb, "faq/certificates.yaml", "- 办锁去哪里", "- 去哪儿办锁")


def test_a_first_publication_serves_everything_and_opens_again_the_same(world: World) -> None:
    snapshot, report = world.publish()
    assert report.previous is None
    assert report.added == ("ca-01", "ca-02", "deposit-01", "deposit-02")
    assert (report.changed, report.removed, report.entries) == ((), (), 4)
    assert {warning.key for warning in report.warnings} == {"category", "values.ca_hotline"}
    assert store.current(world.indexes) == snapshot.version == report.version
    again = world.opened()
    assert again.knowledge == snapshot.knowledge
    assert again.rendered == snapshot.rendered
    assert again.phrase_texts == snapshot.phrase_texts


def test_nothing_is_current_before_the_first_publication(world: World) -> None:
    assert pipeline.open_current(world.indexes, world.encoder, world.dictionary) is None


def test_publishing_the_same_again_does_nothing(world: World) -> None:
    first, _ = world.publish()
    before = world.files()
    world.encoder.seen.clear()
    second, report = world.publish(now=small_kb.NOW + timedelta(hours=1))
    assert second.version == first.version == report.previous
    assert (report.added, report.changed, report.removed, report.embedded) == ((), (), (), 0)
    assert world.encoder.seen == []
    assert world.files() == before


def test_the_version_follows_content_and_encoder_not_time_place_or_layout(world: World, tmp_path: Path) -> None:
    version = world.publish()[0].version
    small_kb.edit(world.kb, "terms.yaml", "terms:", "# nothing but a remark\nterms:")
    elsewhere = world._replace(indexes=tmp_path / "elsewhere")
    assert elsewhere.publish(now=small_kb.NOW + timedelta(days=1))[0].version == version
    other = world._replace(indexes=tmp_path / "other", encoder=FakeEncoder("-other"))
    assert other.publish()[0].version != version
    alter(world.kb)
    assert world.publish()[0].version != version


def test_only_changed_wordings_are_embedded(world: World) -> None:
    _, first = world.publish()
    assert first.embedded == len(world.encoder.seen) == len(set(world.encoder.seen))
    world.encoder.seen.clear()
    alter(world.kb)
    _, report = world.publish()
    assert world.encoder.seen == ["去哪儿办锁"]
    assert report.embedded == 1


def test_reused_vectors_are_those_a_fresh_publication_makes(world: World, tmp_path: Path) -> None:
    world.publish()
    alter(world.kb)
    version = world.publish()[0].version
    fresh = world._replace(indexes=tmp_path / "fresh")
    assert fresh.publish()[0].version == version
    made = {name: content for name, content in world.files().items() if name.startswith(version)}
    del made[f"{version}/publication.json"]  # the one thing that tells how it came about
    assert made.items() <= fresh.files().items()


def test_a_changed_answer_embeds_nothing(world: World) -> None:
    world.publish()
    small_kb.edit(world.kb, "faq/certificates.yaml", "**不要**反复再试", "**不要**再试")
    _, report = world.publish()
    assert (report.changed, report.embedded) == (("ca-02",), 0)


def test_progress_counts_up_to_what_is_embedded(world: World) -> None:
    told: list[tuple[int, int]] = []
    _, report = world.publish(progress=lambda done, total: told.append((done, total)))
    assert told == [(i + 1, report.embedded) for i in range(report.embedded)]


def test_the_report_says_what_was_added_changed_and_removed(world: World) -> None:
    world.publish()
    path = world.kb / "faq/certificates.yaml"
    text = path.read_text("utf-8")
    kept, removed = text[: text.index("  - id: ca-02")], text[text.index("  - id: ca-02") :]
    new = removed.replace("ca-02", "ca-03").replace("038", "039")
    path.write_text(kept.replace("related: [ca-02]", "related: [ca-03]") + new, "utf-8")
    golden = world.kb / "golden/certificates.yaml"
    golden.write_text(golden.read_text("utf-8").replace("ca-02", "ca-03"), "utf-8")
    _, report = world.publish()
    assert (report.added, report.changed, report.removed) == (("ca-03",), ("ca-01",), ("ca-02",))
    assert report.as_dict()["warnings"][0].keys() >= {"file", "line", "column", "message"}


def test_bad_knowledge_is_refused_with_every_problem_and_the_old_version_stays(world: World) -> None:
    version = world.publish()[0].version
    before = world.files()
    small_kb.edit(world.kb, "faq/certificates.yaml", "number: 037", "number: 37")
    small_kb.edit(world.kb, "pointers.yaml", "related: [ca-01]", "related: [nowhere]")
    small_kb.edit(world.kb, "terms.yaml", "terms:", "term:")
    with pytest.raises(KnowledgeRejected) as refused:
        world.publish()
    errors = [problem for problem in refused.value.details if problem.severity == "error"]
    assert {problem.mark.file for problem in errors} >= {
        "kb/faq/certificates.yaml",
        "kb/pointers.yaml",
        "kb/terms.yaml",
    }
    assert f"{len(errors)} 处错误" in refused.value.message
    assert world.files() == before
    assert world.opened().version == version


def test_an_index_of_another_encoder_is_refused_with_both_names_and_the_way_out(world: World) -> None:
    world.publish()
    other = FakeEncoder("-other")
    with pytest.raises(IndexUnusable) as refused:
        pipeline.open_current(world.indexes, other, world.dictionary)
    for named in (world.encoder.name, world.encoder.fingerprint, other.name, other.fingerprint, "yiboshi publish"):
        assert named in refused.value.message
    snapshot, report = world._replace(encoder=other).publish()
    assert report.embedded == len(set(other.seen)) > 1, "no vector of the other encoder is reused"
    assert store.current(world.indexes) == snapshot.version


def test_publishing_mends_a_damaged_version(world: World) -> None:
    version = world.publish()[0].version
    (world.indexes / version / "vectors.npy").write_bytes(b"rubbish")
    with pytest.raises(IndexUnusable):
        world.opened()
    assert world.publish()[0].version == version
    assert world.opened().version == version


def test_a_version_gone_out_of_force_is_published_without_the_entry(world: World) -> None:
    """The window, not only the text, decides what a version holds."""
    small_kb.edit(world.kb, "faq/deposits.yaml", "    legal_basis:", "    effective_to: 2026-03-02\n    legal_basis:")
    world.publish()
    snapshot, report = world.publish(now=small_kb.NOW + timedelta(days=1))
    assert report.removed == ("deposit-01",)
    assert "deposit-01" not in snapshot.entries


def test_an_indexes_folder_that_cannot_be_made_is_a_storage_failure(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="没有改动任何内容"):
        world._replace(indexes=tmp_path / "file" / "indexes").publish()


def test_a_second_publication_meanwhile_is_told_to_wait(world: World) -> None:
    seen: list[AppError] = []

    def meanwhile(done: int, _total: int) -> None:
        if done == 1:
            with pytest.raises(PublishBusy) as busy:
                world.publish()
            seen.append(busy.value)

    world.publish(progress=meanwhile)
    assert [error.status for error in seen] == [409]
    world.publish()  # the lock is free again


def test_a_failing_encoder_frees_the_lock_and_leaves_the_old_version(world: World) -> None:
    version = world.publish()[0].version
    before = world.files()
    alter(world.kb)

    def fail(_done: int, _total: int) -> None:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        world.publish(progress=fail)
    assert world.files() == before
    assert world.opened().version == version
    assert world.publish()[1].changed == ("ca-01",)


PUBLISHER = """
import sys
from pathlib import Path
from app.publishing.pipeline import publish
from app.text.tokenize import load_dictionary
from tests import small_kb
from tests.fakes import FakeEncoder
from tests.publishing.conftest import World

def stop_half_way(done, total):
    print("embedding", flush=True)
    sys.stdin.read()

publish(Path(sys.argv[1]), Path(sys.argv[2]), FakeEncoder(), load_dictionary(), now=small_kb.NOW, progress=stop_half_way)
"""


def test_a_publisher_killed_while_embedding_leaves_the_old_version_and_a_free_lock(world: World) -> None:
    old = world.publish()[0].version
    before = world.files()
    alter(world.kb)
    command = [sys.executable, "-c", PUBLISHER, str(world.kb), str(world.indexes)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "embedding\n"
        with pytest.raises(PublishBusy):
            world.publish()
        child.kill()
    assert world.files() == before
    assert world.opened().version == old
    _, report = world.publish()
    assert (report.previous, report.changed) == (old, ("ca-01",))


FULL_DISK = """
import resource, sys
from pathlib import Path
from app.errors import StorageFailed
from app.publishing.pipeline import publish
from app.text.tokenize import load_dictionary
from tests import small_kb
from tests.fakes import FakeEncoder
from tests.publishing.conftest import World

resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
try:
    publish(Path(sys.argv[1]), Path(sys.argv[2]), FakeEncoder(), load_dictionary(), now=small_kb.NOW)
except StorageFailed as error:
    sys.stdout.write(error.message)
"""


def test_a_full_disk_is_a_storage_failure_and_nothing_changes(world: World) -> None:
    old = world.publish()[0].version
    before = world.files()
    alter(world.kb)
    command = [sys.executable, "-B", "-c", FULL_DISK, str(world.kb), str(world.indexes)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert "没有改动任何内容" in done.stdout
    assert world.files() == before
    assert world.opened().version == old
    assert world.publish()[1].previous == old
