"""What was published when: the kept versions in the order of their publication, and the mark of a step back.

indexes/<version>/publication.json   the publication that made this version serve, the latest if there were several
indexes/rolled-back.json             the version gone back to, and from which; of no meaning once another one serves
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from app.errors import StorageFailed, os_reason
from app.index import store

RECORD = "publication.json"
ROLLED_BACK = "rolled-back.json"


@dataclass(frozen=True)
class Publication:
    serial: int
    """Counts publications, and puts the versions in order whatever the clock says."""
    at: str
    by: str
    source: str
    """Digest of the files it was made from."""
    previous: str | None = None
    """The version that served until then."""
    due: str | None = None
    """The day on which it is to be made anew: a law expires, an entry begins."""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RolledBack:
    version: str
    """Gone back to."""
    left: str
    """The version that served until then."""
    source: str
    """Digest of the files that one was made from."""
    at: str
    by: str


def publication(root: Path, version: str) -> Publication | None:
    """What is known of a version; None of one that an earlier program published."""
    try:
        return Publication(**json.loads((root / version / RECORD).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def note(root: Path, version: str, made: Publication) -> None:
    """Record a publication with its version; raises ``StorageFailed``."""
    try:
        store.replace_file(root, root / version / RECORD, _dumped(made))
    except OSError as error:
        raise StorageFailed(f"写不进 {root / version}（{os_reason(error)}），没有改动正在服务的版本") from error


def versions(root: Path) -> list[str]:
    """Complete versions, the one published last first."""
    found = [path.parent for path in root.glob("*/manifest.json") if not path.parent.name.startswith(".")]
    return [path.name for path in sorted(found, key=_place, reverse=True)]


def _place(folder: Path) -> tuple[int, int, str]:
    known = publication(folder.parent, folder.name)
    return known.serial if known else 0, folder.stat().st_mtime_ns, folder.name


def next_serial(root: Path) -> int:
    return 1 + max((known.serial for version in versions(root) if (known := publication(root, version))), default=0)


def due(root: Path) -> date | None:
    """The day on which what serves is to be made anew; None when there is none."""
    serving = store.current(root)
    known = publication(root, serving) if serving else None
    try:
        return date.fromisoformat(known.due) if known and known.due else None
    except ValueError:
        return None


def forget(root: Path, keep: int) -> None:
    """Delete all but the versions published last; the one that serves always stays."""
    serving = store.current(root)
    for old in versions(root)[keep:]:
        if old != serving:
            with suppress(OSError):  # the next publication tries again
                store.discard(root, old)


def mark_rolled_back(root: Path, mark: RolledBack) -> None:
    """To be written before ``current`` is: while that names another version the mark says nothing."""
    try:
        store.replace_file(root, root / ROLLED_BACK, _dumped(mark))
    except OSError as error:
        raise StorageFailed(f"写不进 {root}（{os_reason(error)}），没有改动正在服务的版本") from error


def rolled_back(root: Path) -> RolledBack | None:
    """The deliberate step back by which what serves came to serve; None when it was published."""
    try:
        mark = RolledBack(**json.loads((root / ROLLED_BACK).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return mark if mark.version == store.current(root) else None


def unmark(root: Path) -> None:
    with suppress(OSError):  # a mark that stays names a version that no longer serves
        (root / ROLLED_BACK).unlink()


def _dumped(record: Publication | RolledBack) -> bytes:
    return (json.dumps(asdict(record), ensure_ascii=False, indent=1) + "\n").encode()
