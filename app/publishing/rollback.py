"""One step back: an earlier version serves again, until somebody publishes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.errors import IndexUnusable, RollbackImpossible
from app.index import history, store
from app.index.encoder import Encoder
from app.index.history import RolledBack
from app.publishing.lock import one_at_a_time


class Rollback(NamedTuple):
    version: str
    """What serves now."""
    left: str
    """What served until now."""


def rollback(indexes: Path, encoder: Encoder, version: str | None = None, *, now: datetime, by: str) -> Rollback:
    """Point at a kept version, by default the one that served before this one was published.

    The version is read and its digests checked first, so that only one that opens is pointed at.  It needs no second
    person, whatever ``two_person`` says: it is the emergency brake, and what it leads to was published before.  Raises
    ``RollbackImpossible``, ``PublishBusy`` or ``StorageFailed``; in each case the version that serves stays.
    """
    with one_at_a_time(indexes):
        store.remove_leftovers(indexes)
        serving = store.current(indexes)
        if serving is None:
            raise RollbackImpossible("还没有发布过，没有版本可以退回")
        target = version or previous(indexes, serving)
        kept = history.versions(indexes)
        if target is None:
            raise RollbackImpossible("没有留着更早的版本，退不回去")
        if target not in kept:
            raise RollbackImpossible(f"没有留着版本 {target}", [f"留着的：{'、'.join(kept)}"])
        if target == serving:
            raise RollbackImpossible(f"正在服务的就是版本 {target}")
        _usable(indexes, target, encoder)
        made = history.publication(indexes, serving)
        mark = RolledBack(target, serving, made.source if made else "", now.isoformat(timespec="seconds"), by)
        history.mark_rolled_back(indexes, mark)
        store.activate(indexes, target)
        return Rollback(target, serving)


def previous(indexes: Path, version: str) -> str | None:
    """The version that served when this one was published, or the one published last before it; None when none is kept."""
    kept = history.versions(indexes)
    made = history.publication(indexes, version)
    if made is not None and made.previous in kept:
        return made.previous
    older = kept[kept.index(version) + 1 :] if version in kept else kept
    return next(iter(older), None)


def _usable(indexes: Path, version: str, encoder: Encoder) -> None:
    try:
        manifest = store.open_version(indexes, version).manifest
    except IndexUnusable as error:
        raise RollbackImpossible(f"版本 {version} 打不开，没有退回", [error.message]) from error
    if manifest.encoder != encoder.fingerprint:
        raise RollbackImpossible(
            f"版本 {version} 是用模型 {manifest.encoder_name} 建的，现在的模型是 {encoder.name}，没有退回"
        )
