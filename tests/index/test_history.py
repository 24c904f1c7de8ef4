"""The kept versions in the order of their publication, and the mark of a step back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.errors import StorageFailed
from app.index import history, store
from app.index.history import Publication, RolledBack
from tests.index.test_store import a_version

A, B, C = "a" * 12, "b" * 12, "c" * 12
MADE = Publication(1, "2026-03-02T09:00:00+08:00", "王工", "digest", report={"added": ["ca-01"]})


def published(root: Path, *names: str) -> None:
    for name in names:
        store.save(root, a_version(name))
        history.note(root, name, replace(MADE, serial=history.next_serial(root)))
        store.activate(root, name)


def test_a_publication_is_read_as_it_was_noted(tmp_path: Path) -> None:
    published(tmp_path, A)
    assert history.publication(tmp_path, A) == MADE
    assert history.publication(tmp_path, B) is None
    store.open_version(tmp_path, A)  # the record is no part of the version


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"serial": 1, "tomorrow": 2}'])
def test_a_record_of_another_program_is_none(tmp_path: Path, content: str) -> None:
    published(tmp_path, A)
    (tmp_path / A / "publication.json").write_text(content)
    assert history.publication(tmp_path, A) is None
    assert history.versions(tmp_path) == [A]


def test_versions_are_listed_as_they_were_published_whichever_serves(tmp_path: Path) -> None:
    published(tmp_path, C, A, B)
    store.activate(tmp_path, C)
    assert history.versions(tmp_path) == [B, A, C]
    assert history.next_serial(tmp_path) == 4


def test_a_version_without_a_record_is_older_than_any_with_one(tmp_path: Path) -> None:
    published(tmp_path, A)
    store.save(tmp_path, a_version(B))
    assert history.versions(tmp_path) == [A, B]


def test_what_was_published_last_is_kept_and_what_serves(tmp_path: Path) -> None:
    names = [digit * 12 for digit in "12345"]
    published(tmp_path, *names)
    store.activate(tmp_path, names[0])
    history.forget(tmp_path, 2)
    assert history.versions(tmp_path) == [names[4], names[3], names[0]]


def test_the_day_that_is_due_is_that_of_the_version_that_serves(tmp_path: Path) -> None:
    assert history.due(tmp_path) is None
    published(tmp_path, A, B)
    history.note(tmp_path, A, replace(MADE, due="2027-09-01"))
    assert history.due(tmp_path) is None
    store.activate(tmp_path, A)
    assert history.due(tmp_path) == date(2027, 9, 1)


def test_the_mark_of_a_step_back_holds_while_that_version_serves(tmp_path: Path) -> None:
    published(tmp_path, A, B)
    mark = RolledBack(A, B, "digest", MADE.at, "王工")
    history.mark_rolled_back(tmp_path, mark)
    assert history.rolled_back(tmp_path) is None, "written, but the step was not taken"
    store.activate(tmp_path, A)
    assert history.rolled_back(tmp_path) == mark
    store.activate(tmp_path, B)
    assert history.rolled_back(tmp_path) is None
    store.activate(tmp_path, A)
    history.unmark(tmp_path)
    history.unmark(tmp_path)
    assert history.rolled_back(tmp_path) is None


def test_what_cannot_be_written_is_a_storage_failure(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="没有改动正在服务的版本"):
        history.note(tmp_path, A, MADE)
    with pytest.raises(StorageFailed, match="没有改动正在服务的版本"):
        history.mark_rolled_back(tmp_path / "nowhere", RolledBack(A, B, "", "", ""))
