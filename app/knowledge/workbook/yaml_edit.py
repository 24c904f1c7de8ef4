"""Carry changed entries into ``kb/faq/*.yaml``: only the changed keys are touched, comments and layout stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from app.knowledge import blocks, keys
from app.knowledge.edit import Edit, text_of
from app.knowledge.model import Audience, Business, Entry

UNORDERED: Mapping[str, Sequence[str]] = {"audience": get_args(Audience), "business": get_args(Business)}
CATEGORY = "category"
"""Stands once at the top of each file, and only where an entry differs with the entry."""


@dataclass(frozen=True)
class Changes:
    """``edit`` has the files that change; the others are ids of entries."""

    edit: Edit
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()
    missing: Sequence[str] = ()
    """In the knowledge base but not in the workbook; left alone unless they were to be removed."""
    homeless: Sequence[str] = field(default=())
    """New entries of a category that has no file yet."""


def plan(kb: Path, old: Mapping[str, Entry], new: Sequence[Entry], delete_missing: bool = False) -> Changes:
    """What the files of ``kb/faq`` become when ``new`` are the entries; nothing is written."""
    wanted = {entry.id: entry for entry in new}
    before = {path: text_of(path) for path in sorted((kb / "faq").glob("*.yaml"))}
    after = dict(before)
    homes = {keys.category_of(text): path for path, text in before.items()}
    changed, removed, moved = [], [], set()
    for path, text in before.items():
        for block in reversed(blocks.blocks(text, "entries")):  # from below, so that the lines above keep their numbers
            entry_id = str(keys.read(block.text).data["id"])
            entry = wanted.get(entry_id)
            if entry is None:
                if delete_missing:
                    removed.append(entry_id)
                    after[path] = blocks.removed(after[path], "entries", block)
            elif differing := _differing(old[entry_id], entry):
                changed.append(entry_id)
                own = CATEGORY in keys.values(block.text)
                if CATEGORY in differing and not own:  # it goes to the file of its category
                    moved.add(entry_id)
                    after[path] = blocks.removed(after[path], "entries", block)
                else:
                    after[path] = blocks.replaced(after[path], block, keys.with_values(block.text, differing))
    arriving = [entry for entry in new if entry.id not in old or entry.id in moved]
    for entry in arriving:
        if entry.category in homes:
            home = homes[entry.category]
            after[home] = blocks.added(after[home], "entries", _new(entry), apart=True)
    return Changes(
        Edit({path: (before[path], after[path]) for path in before if before[path] != after[path]}),
        tuple(entry.id for entry in new if entry.id not in old),
        tuple(sorted(changed)),
        tuple(sorted(removed)),
        tuple(key for key in old if key not in wanted),
        tuple(entry.id for entry in arriving if entry.category not in homes),
    )


def _differing(old: Entry, new: Entry) -> dict[str, Any]:
    before, after = _plain(old), _plain(new)
    return {key: after[key] for key in Entry.model_fields if before[key] != after[key]}


def _new(entry: Entry) -> str:
    fields = {key: value for key, value in _plain(entry).items() if key != CATEGORY}
    return keys.with_values(f"id: {entry.id}\n", fields)


def _plain(entry: Entry) -> dict[str, Any]:
    """The fields as JSON has them; where the order of values means nothing, in one order."""
    fields = entry.model_dump(mode="json")
    return fields | {key: sorted(fields[key], key=order.index) for key, order in UNORDERED.items()}
