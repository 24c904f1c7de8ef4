"""Knowledge files written: all of an edit or nothing, while nobody reads them to publish."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from app.editing.layers import Layers
from app.knowledge.edit import Edit, write
from app.publishing.lock import saving


def save(layers: Layers, edit: Edit) -> None:
    """Raises ``EditConflict`` where a file is no longer as it was when the edit was made, ``StorageFailed`` when it cannot
    be written; in each case nothing is changed."""
    if not edit:
        return
    with saving(layers.indexes):
        for path in edit.texts:
            _remove_leftovers(path.resolve())
        write(edit)


def _remove_leftovers(path: Path) -> None:
    """What a save that was killed has left beside the file."""
    for scratch in path.parent.glob(f".{path.name}-*"):
        with suppress(OSError):
            scratch.unlink()
