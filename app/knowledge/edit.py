"""A change of knowledge files as texts, before and after: looked at, tried, put together, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from app.errors import EditConflict, StorageFailed, os_reason


@dataclass(frozen=True)
class Edit:
    """New texts of some files; nothing is written by making one."""

    texts: Mapping[Path, tuple[str | None, str]] = field(default_factory=dict)
    """File -> (what stood there, None for a new file; what shall stand there).  Written in this order."""

    def diff(self, roots: Sequence[Path]) -> str:
        """A unified diff over all files, which are named from the folder among ``roots`` that they lie in."""
        lines: list[str] = []
        for path, (before, after) in self.texts.items():
            name = named(path, roots)
            old = f"a/{name}" if before is not None else "/dev/null"
            lines += unified_diff(_lines(before or ""), _lines(after), old, f"b/{name}")
        return "".join(lines)

    def __or__(self, other: Edit) -> Edit:
        """Both; where both change a file, ``other`` must have been made on top of this one."""
        texts = dict(self.texts)
        for path, (before, after) in other.texts.items():
            if path in texts and texts[path][1] != before:
                raise ValueError(f"two changes of {path} that know nothing of each other")
            texts[path] = (texts[path][0] if path in texts else before, after)
        return Edit(texts)

    def __bool__(self) -> bool:
        return bool(self.texts)


def named(path: Path, roots: Sequence[Path]) -> str:
    """As people know a file: ``kb/faq/deposits.yaml``."""
    root = next((root for root in roots if path.is_relative_to(root)), None)
    return path.relative_to(root.parent).as_posix() if root else path.name


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r\n") + "\n" for line in text.splitlines(True)]


def text_of(path: Path) -> str:
    """A file as it is, ends of lines included; raises ``OSError`` or ``UnicodeDecodeError``."""
    return path.read_bytes().decode("utf-8")


def write(edit: Edit) -> None:
    """All files or none: each is written beside its place first, then they take their places one by one.

    Raises ``EditConflict`` where something else stands in a file by now, ``StorageFailed`` when the disk refuses.  Killed in
    between, every file is whole, and those that come first in the edit are the new ones.
    """
    scratch: list[Path] = []
    done: list[tuple[Path, Path | None]] = []
    folder = Path()
    try:
        _unchanged(edit)
        steps: list[tuple[Path, Path, Path | None]] = []
        for place, (before, after) in edit.texts.items():
            path = place.resolve()  # what a link leads to is edited, not the link
            folder = path.parent
            folder.mkdir(parents=True, exist_ok=True)
            new, old = _beside(path, after), None
            scratch.append(new)
            if before is not None:  # for the way back, which a full disk must not bar
                old = _beside(path, before)
                scratch.append(old)
            steps.append((path, new, old))
        for path, new, old in steps:
            folder = path.parent
            os.replace(new, path)
            done.append((path, old))
        for folder in {path.parent for path, _ in done}:
            _synced(folder)
    except OSError as error:
        stuck = _undone(done)
        what = f"已写入的 {'、'.join(stuck)} 也换不回去" if stuck else "没有改动任何内容"
        raise StorageFailed(f"写不进 {folder}（{os_reason(error)}），{what}") from error
    finally:
        for path in scratch:
            path.unlink(missing_ok=True)


def _unchanged(edit: Edit) -> None:
    stale = [path.name for path, (before, _) in edit.texts.items() if _present(path) != before]
    if stale:
        raise EditConflict(f"{'、'.join(stale)} 刚刚被别人改过，没有保存；请重新打开再改", stale)


def _present(path: Path) -> str | None:
    try:
        return text_of(path)
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return "\ufffd"  # no text anybody could have opened


def _beside(path: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _undone(done: Sequence[tuple[Path, Path | None]]) -> list[str]:
    """Each (file, what stood there) put back; the names of those that could not be."""
    stuck = []
    for path, old in reversed(done):
        try:
            if old is None:
                path.unlink()
            else:
                os.replace(old, path)
        except OSError:
            stuck.append(path.name)
    return stuck


def _synced(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
