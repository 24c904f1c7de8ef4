"""Versions on disk: whole, checked, and pointed at last."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import IndexUnusable, StorageFailed
from app.index import history, store
from app.index.store import Manifest, Stored
from tests.conftest import CHECKOUT


def a_version(name: str = "aaaaaaaaaaaa") -> Stored:
    manifest = Manifest(name, "2026-03-02T09:00:00+08:00", "fingerprint", "fake", "source")
    return Stored(manifest, b'{"a": 1}', b'{"b": 2}', b"c", np.eye(3, 5, dtype=np.float32))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_saved_version_is_a_folder_of_its_name_and_serves_only_when_activated(tmp_path: Path) -> None:
    assert store.save(tmp_path, a_version()) == tmp_path / "aaaaaaaaaaaa"
    assert store.current(tmp_path) is None
    store.activate(tmp_path, "aaaaaaaaaaaa")
    assert store.current(tmp_path) == "aaaaaaaaaaaa"
    assert (tmp_path / "current").read_text() == "aaaaaaaaaaaa\n"


def test_other_users_may_read_what_was_published(tmp_path: Path) -> None:
    """Temporary names begin private; workers may run under another account."""
    folder = store.save(tmp_path, a_version())
    store.activate(tmp_path, "aaaaaaaaaaaa")
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "current").stat().st_mode & 0o777 == 0o644


def test_before_the_first_publication_nothing_is_current(tmp_path: Path) -> None:
    assert store.current(tmp_path) is None
    assert store.current(tmp_path / "absent") is None
    (tmp_path / "current").write_bytes(b"\xff\xfe")
    assert store.current(tmp_path) is None


@pytest.mark.parametrize("name", ["knowledge.json", "rendered.json", "lexicon.npz", "vectors.npy"])
def test_a_flipped_byte_is_noticed_and_the_file_named(tmp_path: Path, name: str) -> None:
    path = store.save(tmp_path, a_version()) / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexUnusable, match=rf"{name} 已损坏.*请重新发布"):
        store.open_version(tmp_path, "aaaaaaaaaaaa")


@pytest.mark.parametrize("name", ["manifest.json", "knowledge.json", "rendered.json", "lexicon.npz", "vectors.npy"])
def test_a_missing_or_cut_file_is_refused(tmp_path: Path, name: str) -> None:
    path = store.save(tmp_path, a_version()) / name
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(IndexUnusable, match="请重新发布"):
        store.open_version(tmp_path, "aaaaaaaaaaaa")
    path.unlink()
    with pytest.raises(IndexUnusable, match=r"不完整.*请重新发布"):
        store.open_version(tmp_path, "aaaaaaaaaaaa")


@pytest.mark.parametrize("manifest", ["[]", "{}", '"x"', "null", "{"])
def test_a_manifest_of_anything_else_is_refused(tmp_path: Path, manifest: str) -> None:
    (store.save(tmp_path, a_version()) / "manifest.json").write_text(manifest)
    with pytest.raises(IndexUnusable):
        store.open_version(tmp_path, "aaaaaaaaaaaa")


@pytest.mark.parametrize("more", [{}, {"a_key_of_tomorrow": 1}], ids=["same keys", "new keys"])
def test_another_format_is_refused_by_its_number(tmp_path: Path, more: dict[str, int]) -> None:
    path = store.save(tmp_path, a_version()) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99} | more))
    with pytest.raises(IndexUnusable, match=rf"格式是 99，本程序用 {store.FORMAT}，请重新发布"):
        store.open_version(tmp_path, "aaaaaaaaaaaa")


def test_a_version_that_is_not_there_cannot_be_activated(tmp_path: Path) -> None:
    store.save(tmp_path, a_version())
    store.activate(tmp_path, "aaaaaaaaaaaa")
    with pytest.raises(StorageFailed):
        store.activate(tmp_path, "bbbbbbbbbbbb")
    assert store.current(tmp_path) == "aaaaaaaaaaaa"


def test_what_a_killed_publication_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    store.save(tmp_path, a_version())
    store.activate(tmp_path, "aaaaaaaaaaaa")
    before = contents(tmp_path)
    (tmp_path / ".building-x1").mkdir()
    (tmp_path / ".building-x1" / "knowledge.json").write_text("{")
    (tmp_path / ".current-x2").write_text("bbb")
    assert history.versions(tmp_path) == ["aaaaaaaaaaaa"]
    store.remove_leftovers(tmp_path)
    assert contents(tmp_path) == before
    assert not (tmp_path / ".building-x1").exists()


def test_saving_again_replaces_a_damaged_copy(tmp_path: Path) -> None:
    folder = store.save(tmp_path, a_version())
    (folder / "vectors.npy").write_bytes(b"rubbish")
    store.save(tmp_path, a_version())
    assert store.open_version(tmp_path, "aaaaaaaaaaaa").knowledge == a_version().knowledge


def test_a_place_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match=r"写不进 .*file.*没有改动任何内容"):
        store.save(tmp_path / "file" / "indexes", a_version())


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from app.errors import StorageFailed
from app.index import store

root, step = Path(sys.argv[1]), sys.argv[2]
stored = store.Stored(store.Manifest("b" * 12, "", "f", "n", "s"), b"k" * 9000, b"r", b"l", np.eye(3, dtype=np.float32))
if step == "activate":
    store.save(root, stored)
resource.setrlimit(resource.RLIMIT_FSIZE, ({"save": 4096, "activate": 4}[step],) * 2)
try:
    store.save(root, stored) if step == "save" else store.activate(root, "b" * 12)
except StorageFailed as error:
    sys.stdout.write(error.message)
"""


@pytest.mark.parametrize("step", ["save", "activate"])
def test_a_disk_that_takes_no_more_leaves_the_old_version_serving(tmp_path: Path, step: str) -> None:
    """The operating system's own limit on file size stands for the full disk: writing stops half way."""
    store.save(tmp_path, a_version())
    store.activate(tmp_path, "aaaaaaaaaaaa")
    before = contents(tmp_path)
    done = subprocess.run(
        [sys.executable, "-B", "-c", FULL_DISK, str(tmp_path), step],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"save": "没有改动任何内容", "activate": "仍用原来的版本"}[step] in done.stdout
    after = contents(tmp_path)
    assert after == before or step == "activate"
    assert after["current"] == before["current"]
    assert before.items() <= after.items()
    store.open_version(tmp_path, "aaaaaaaaaaaa")


def test_the_manifest_says_what_made_the_version(tmp_path: Path) -> None:
    manifest = store.open_version(tmp_path, store.save(tmp_path, a_version()).name).manifest
    assert replace(manifest, files=None) == a_version().manifest
    assert set(manifest.files or {}) == {
        "knowledge.json",
        "rendered.json",
        "lexicon.npz",
        "vectors.npy",
        "law_lexicon.npz",
        "law_vectors.npy",
        "manual_lexicon.npz",
        "manual_vectors.npy",
        "views.npz",
    }
