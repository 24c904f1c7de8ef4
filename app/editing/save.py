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
        for folder in {path.resolve().parent for path in edit.texts}:
            _remove_leftovers(folder)
        write(edit)


def _remove_leftovers(folder: Path) -> None:
    """What a save that was killed has left beside its files."""
    for scratch in folder.glob(".*.yaml-*"):
        with suppress(OSError):
            scratch.unlink()
