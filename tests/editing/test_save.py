"""Saving: all files or none, whatever the disk says and whoever else saves or publishes; after a kill every file is whole."""

from __future__ import annotations

import errno
import itertools
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.editing.layers import Layers
from app.editing.save import save
from app.errors import OS_REASONS, EditConflict, StorageFailed
from app.knowledge.edit import Edit
from app.publishing import lock, pipeline
from app.publishing.lock import reading, saving
from tests import small_kb
from tests.conftest import CHECKOUT
from tests.editing.conftest import files
from tests.editing.saving import edit
from tests.publishing.test_storage_faults import FAULTS, failing


@pytest.mark.parametrize("code", FAULTS.values(), ids=FAULTS)
def test_a_save_fails_with_the_reason_and_the_folder_or_is_complete(layers: Layers, code: int):
    made, before = edit(layers), files(layers)
    undone = 0
    for at in itertools.count():
        try:
            with failing(at, code):
                save(layers, made)
        except StorageFailed as error:
            assert OS_REASONS[code] in error.message
            if "没有改动" in error.message:
                assert str(layers.kb) in error.message or str(layers.indexes) in error.message
                assert files(layers) == before
            else:  # the disk gave out between two files, and does not let us back either
                undone += 1
                present = {path: path.read_text("utf-8") for path in made.texts}
                assert all(present[path] in made.texts[path] for path in made.texts)
                assert any(path.name in error.message for path in made.texts if present[path] == made.texts[path][1])
                for path, (text, _) in made.texts.items():
                    path.write_text(str(text), "utf-8")
        else:
            break
    assert at > 15
    assert 0 < undone <= 6
    assert {path: path.read_text("utf-8") for path in made.texts} == {
        path: new for path, (_, new) in made.texts.items()
    }
    assert list(layers.kb.rglob(".*")) == []


def test_a_disk_that_fails_once_between_two_files_leaves_none_of_them_changed(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
):
    made, before = edit(layers), files(layers)
    replace = os.replace
    for failure in range(len(made.texts)):
        calls = itertools.count()

        def once(*places: Path, calls: itertools.count[int] = calls, failure: int = failure) -> None:
            if next(calls) == failure:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            replace(*places)

        monkeypatch.setattr(os, "replace", once)
        with pytest.raises(StorageFailed, match="没有改动任何内容"):
            save(layers, made)
        assert files(layers) == before


def test_killed_before_each_call_every_file_is_whole_and_the_entry_is_never_lost(layers: Layers):
    command = [sys.executable, "-m", "tests.editing.saving", str(layers.kb), str(layers.indexes)]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    *deaths, end = map(json.loads, run.stdout.splitlines())
    assert len(deaths) > 10
    assert all(all(trial["whole"]) and trial["left"] == [] for trial in (*deaths, end))
    assert all(trial["done"] == sorted(trial["done"], reverse=True) for trial in deaths), "in the order of the edit"
    assert {trial["stands"] for trial in deaths} == {1, 2}, "in two files for a moment rather than in none"
    assert (end["done"], end["stands"]) == ([True, True, True], 1)


def test_a_file_changed_since_the_edit_was_made_is_named_and_nothing_is_written(layers: Layers):
    made = edit(layers)
    small_kb.edit(layers.kb, "faq/deposits.yaml", "签完合同保证金多久回来", "签完合同多久退")
    before = files(layers)
    with pytest.raises(EditConflict, match=r"deposits\.yaml"):
        save(layers, made)
    assert files(layers) == before


def test_a_file_that_came_into_being_since_is_not_overwritten(layers: Layers):
    path = layers.kb / "faq" / "land.yaml"
    path.write_text("category: 地矿资源\nentries: []\n", "utf-8")
    with pytest.raises(EditConflict, match=r"land\.yaml"):
        save(layers, Edit({path: (None, "entries: []\n")}))


def test_files_keep_their_rights_and_links_keep_leading_where_they_led(layers: Layers):
    place, real = layers.kb / "site.yaml", layers.kb.parent / "shared.yaml"
    place.rename(real)
    place.symlink_to(real)
    real.chmod(0o640)
    text = real.read_text("utf-8")
    save(layers, Edit({place: (text, text + "# 说明\n")}))
    assert place.is_symlink()
    assert real.read_text("utf-8").endswith("# 说明\n")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_who_publishes_waits_for_a_save_and_a_save_waits_for_who_reads(layers: Layers):
    order: list[str] = []
    for holds, waits in ((saving, reading), (reading, saving), (saving, saving)):
        begun = threading.Event()

        def wait(waits: object = waits, begun: threading.Event = begun) -> None:
            begun.set()
            with waits(layers.indexes):  # type: ignore[operator]
                order.append("second")

        with holds(layers.indexes):
            other = threading.Thread(target=wait)
            other.start()
            begun.wait()
            order.append("first")
        other.join()
    assert order == ["first", "second"] * 3
    with reading(layers.indexes), reading(layers.indexes):
        pass  # readers do not wait for each other


def test_a_publication_reads_the_files_under_the_lock(layers: Layers, monkeypatch: pytest.MonkeyPatch):
    held: list[str] = []
    layers.indexes.mkdir(parents=True)

    class Seen(Exception):
        pass

    def locked(name: str) -> bool:
        """Whether a save would have to wait now."""
        with (layers.indexes / ".edit.lock").open("w") as handle:
            try:
                lock.fcntl.flock(handle, lock.fcntl.LOCK_EX | lock.fcntl.LOCK_NB)
            except OSError:
                held.append(name)
        return True

    digest = pipeline.source_digest
    monkeypatch.setattr(pipeline, "source_digest", lambda *what: locked("digest") and digest(*what))

    def loaded(*_: object) -> None:
        locked("load")
        raise Seen

    monkeypatch.setattr(pipeline, "load", loaded)
    with pytest.raises(Seen):
        pipeline.prepare(layers.kb, layers.indexes, None, None, now=small_kb.NOW)  # type: ignore[arg-type]
    assert held == ["digest", "load"]
