"""The protected questions of an entry: those there are, and some more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from app.editing.layers import Layers
from app.errors import EditConflict
from app.knowledge import blocks
from app.knowledge.blocks import Block
from app.knowledge.edit import Edit, named
from app.knowledge.yaml_source import parse
from app.text.normalize import match_key


class Case(NamedTuple):
    folder: Path
    path: Path
    block: Block
    entry: str | None
    """None where the question is to be asked back, declined or left to the committee."""
    question: str


def listed(layers: Layers, entry_id: str) -> list[str]:
    """In the order of the files."""
    return [case.question for case in _in_force(layers) if case.entry == entry_id]


def added(layers: Layers, entry_id: str, questions: Sequence[str], file: str = "") -> Edit:
    """These questions protected as well, behind the others of the entry, in the file that has them or else in ``file``.

    Raises ``EditConflict`` when one of them is protected as a question of another entry.
    """
    cases = list(_in_force(layers))
    known = {match_key(case.question): case for case in cases}
    new = {match_key(question): " ".join(question.split()) for question in questions if match_key(question)}
    taken = [known[key] for key in new if key in known and known[key].entry != entry_id]
    if taken:
        details = [
            f"「{case.question}」已是 {case.entry or '不作答的'} 的受保护问题（{named(case.path, layers.folders)}）"
            for case in taken
        ]
        raise EditConflict("有的受保护问题已经属于别的条目", details)
    fresh = [question for key, question in new.items() if key not in known]
    if not fresh:
        return Edit()
    own = [case for case in cases if case.entry == entry_id and case.folder == layers.written]
    path = own[-1].path if own else layers.written / "golden" / (file or "console.yaml")
    before = layers.text(path) if path.exists() else None
    text = before or "golden:\n"
    for question in fresh:
        ours = [block for block, data in _cases(layers, path, text) if data.get("entry") == entry_id]
        text = blocks.added(text, "golden", _line(entry_id, question), ours[-1] if ours else None)
    return Edit({path: (before, text)})


def without(layers: Layers, entry_id: str) -> Edit:
    """None of the entry protected any more in the folder that is written to."""
    edit = Edit()
    for folder, path in layers.files("golden"):
        before = text = layers.text(path)
        while folder == layers.written and entry_id in text:
            block = next((block for block, data in _cases(layers, path, text) if data.get("entry") == entry_id), None)
            if block is None:
                break
            text = blocks.removed(text, "golden", block)
        if text != before:
            edit |= Edit({path: (before, text)})
    return edit


def _in_force(layers: Layers) -> Iterator[Case]:
    """Every protected question; one of an overlay stands in for the base's of the same wording."""
    found: dict[str, Case] = {}
    for folder, path in layers.files("golden"):
        for block, data in _cases(layers, path, layers.text(path)):
            question = str(data.get("question") or "")
            found[match_key(question)] = Case(folder, path, block, data.get("entry"), question)
    yield from found.values()


def _cases(layers: Layers, path: Path, text: str) -> Iterator[tuple[Block, dict[str, Any]]]:
    data, _, problems = parse(text, named(path, layers.folders))
    faults = [problem for problem in problems if problem.severity == "error"]
    listed = data.get("golden") if isinstance(data, dict) else None
    try:
        items = blocks.blocks(text, "golden")
    except ValueError as error:
        raise layers.unreadable(path, faults[0] if faults else error) from error
    for block, item in zip(items, listed if isinstance(listed, list) else [], strict=True):
        if isinstance(item, dict):
            yield block, item


def _line(entry_id: str, question: str) -> str:
    from app.knowledge.yaml_nodes import flow_line  # ruamel.yaml takes memory that only editing needs

    return flow_line({"entry": entry_id, "question": question})
