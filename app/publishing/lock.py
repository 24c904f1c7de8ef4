"""One publisher at a time, and no reading of files that are being edited: across threads, processes and, where the shared
folder can lock, machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import PublishBusy, StorageFailed, os_reason

try:
    import fcntl
except ImportError:  # Windows has no flock; there, one publisher at a time is the administrator's word
    fcntl = None  # type: ignore[assignment]


@contextmanager
def one_at_a_time(indexes: Path) -> Iterator[None]:
    """Hold the publishing lock of this folder; the system frees it when a publisher dies."""
    with _opened(indexes, ".publish.lock") as handle:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise PublishBusy("另一次发布正在进行，请稍后再试") from error
        yield


@contextmanager
def reading(indexes: Path) -> Iterator[None]:
    """Nobody saves a knowledge file meanwhile; waits for a save that is going on, which takes an instant.

    Makes no folder: before there is one, nobody has anything to save into.
    """
    if not indexes.exists():
        yield
        return
    with _opened(indexes, ".edit.lock") as handle:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def saving(indexes: Path) -> Iterator[None]:
    """Nobody else saves knowledge files, or reads them in order to publish; waits until they have done."""
    with _opened(indexes, ".edit.lock") as handle:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(indexes: Path, name: str) -> Iterator[int]:
    """Closing it lets go of the lock."""
    try:
        indexes.mkdir(parents=True, exist_ok=True)
        handle = os.open(indexes / name, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageFailed(f"写不进 {indexes}（{os_reason(error)}），没有改动任何内容") from error
    try:
        yield handle
    finally:
        os.close(handle)
