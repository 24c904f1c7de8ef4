"""A disk that is full, read-only or denied, at each call that would change it: a clear error, and nothing lost."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.errors import OS_REASONS, StorageFailed
from app.index import history, store
from app.publishing.gating import Gate
from tests.publishing.conftest import World

CHANGES = ("open", "mkdir", "chmod", "fsync", "rename", "replace")
FAULTS = {"full": errno.ENOSPC, "read-only": errno.EROFS, "denied": errno.EACCES}


@contextmanager
def failing(at: int, code: int) -> Iterator[None]:
    """The ``at``-th call of ``os`` that changes the disk fails, and those after it."""
    left = itertools.count()
    wrapped = {name: getattr(os, name) for name in CHANGES}

    def faulty(call: Callable[..., Any]) -> Callable[..., Any]:
        def attempt(*args: Any, **kwargs: Any) -> Any:
            if next(left) >= at:
                raise OSError(code, os.strerror(code))
            return call(*args, **kwargs)

        return attempt

    for name, call in wrapped.items():
        setattr(os, name, faulty(call))
    try:
        yield
    finally:
        for name, call in wrapped.items():
            setattr(os, name, call)


def whole(world: World) -> bool:
    return all(store.open_version(world.indexes, version) for version in history.versions(world.indexes))


@pytest.mark.parametrize("code", FAULTS.values(), ids=FAULTS)
def test_a_publication_fails_with_the_reason_or_is_complete(world: World, code: int) -> None:
    old = world.publish()[0].version
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    refused = 0
    for at in itertools.count():
        try:
            with failing(at, code):
                new = world.publish(gate=Gate())[0].version
        except StorageFailed as error:
            refused += 1
            assert OS_REASONS[code] in error.message
            assert "没有改动" in error.message or "仍用原来的版本" in error.message
            assert store.current(world.indexes) == old
        else:
            break
        assert world.opened().version == old
        assert whole(world)
    assert refused > 15
    assert store.current(world.indexes) == new != old
    assert whole(world)
    world.publish()
    assert sorted(path.name for path in world.indexes.glob(".*")) == [".edit.lock", ".publish.lock"]


@pytest.mark.parametrize("code", FAULTS.values(), ids=FAULTS)
def test_a_step_back_fails_with_the_reason_or_is_complete(world: World, code: int) -> None:
    old = world.publish()[0].version
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    new = world.publish()[0].version
    for at in itertools.count():
        try:
            with failing(at, code):
                world.rollback()
        except StorageFailed as error:
            assert OS_REASONS[code] in error.message
            assert store.current(world.indexes) == new
            assert history.rolled_back(world.indexes) is None
        else:
            break
    assert at > 5
    assert store.current(world.indexes) == old
    assert history.rolled_back(world.indexes) is not None


def test_the_first_publication_onto_a_full_disk_leaves_nothing_that_counts(world: World) -> None:
    for at in itertools.count():
        try:
            with failing(at, errno.ENOSPC):
                world.publish()
        except StorageFailed:
            assert store.current(world.indexes) is None
        else:
            break
    assert world.opened().version == world.publish()[0].version
