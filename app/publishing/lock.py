"""One publisher at a time, across threads, processes and, where the shared folder can lock, machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import PublishBusy, StorageFailed

try:
    import fcntl
except ImportError:  # Windows has no flock; there, one publisher at a time is the administrator's word
    fcntl = None  # type: ignore[assignment]


@contextmanager
def one_at_a_time(indexes: Path) -> Iterator[None]:
    """Hold the publishing lock of this folder; the system frees it when a publisher dies."""
    try:
        indexes.mkdir(parents=True, exist_ok=True)
        handle = os.open(indexes / ".publish.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageFailed(f"写不进 {indexes}（{error.strerror}），没有改动任何内容") from error
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise PublishBusy("另一次发布正在进行，请稍后再试") from error
        yield
    finally:
        os.close(handle)
