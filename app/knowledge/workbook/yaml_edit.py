"""Carry changed entries into ``kb/faq/*.yaml``: only the changed keys are touched, comments and layout stay."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, unified_diff
from pathlib import Path
from typing import Any, get_args

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from app.errors import StorageFailed
from app.knowledge.edit import text_of
from app.knowledge.model import Audience, Business, Entry

UNORDERED: Mapping[str, Sequence[str]] = {"audience": get_args(Audience), "business": get_args(Business)}
CATEGORY = "category"
"""Stands once at the top of each file, and only where an entry differs with the entry."""


@dataclass(frozen=True)
class Changes:
    """``texts`` maps each file that changes to (before, after); the others are ids of entries."""

    texts: Mapping[Path, tuple[str, str]]
    added: Sequence[str] = ()
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()
    missing: Sequence[str] = ()
    """In the knowledge base but not in the workbook; left alone unless they were to be removed."""
    homeless: Sequence[str] = field(default=())
    """New entries of a category that has no file yet."""

    def diff(self, root: Path) -> str:
        """A unified diff over all files."""
        lines: list[str] = []
        for path, (before, after) in self.texts.items():
            name = str(path.relative_to(root.parent))
            lines += unified_diff(before.splitlines(True), after.splitlines(True), f"a/{name}", f"b/{name}")
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def plan(kb: Path, old: Mapping[str, Entry], new: Sequence[Entry], delete_missing: bool = False) -> Changes:
    """What the files of ``kb/faq`` become when ``new`` are the entries; nothing is written."""
    wanted = {entry.id: entry for entry in new}
    before = {path: text_of(path) for path in sorted((kb / "faq").glob("*.yaml"))}
    documents = {path: _yaml().load(text) for path, text in before.items()}
    homes = {document.get("category"): document["entries"] for document in documents.values()}
    changed, removed, moved = [], [], set()
    for document in documents.values():
        listed: CommentedSeq = document["entries"]
        for i in reversed(range(len(listed))):
            entry_id = str(listed[i]["id"])
            entry = wanted.get(entry_id)
            if entry is None:
                if delete_missing:
                    removed.append(entry_id)
                    del listed[i]
            elif _plain(entry) != _plain(old[entry_id]):
                changed.append(entry_id)
                if entry.category == old[entry_id].category or CATEGORY in listed[i]:
                    _update(listed[i], old[entry_id], entry)
                else:  # it goes to the file of its category
                    moved.add(entry_id)
                    del listed[i]
    arriving = [entry for entry in new if entry.id not in old or entry.id in moved]
    for entry in arriving:
        if entry.category in homes:
            homes[entry.category].append(_new(entry))
    after = {path: _dumped(document, before[path]) for path, document in documents.items()}
    return Changes(
        {path: (before[path], after[path]) for path in before if before[path] != after[path]},
        tuple(entry.id for entry in new if entry.id not in old),
        tuple(sorted(changed)),
        tuple(sorted(removed)),
        tuple(key for key in old if key not in wanted),
        tuple(entry.id for entry in arriving if entry.category not in homes),
    )


def write(changes: Changes) -> None:
    """All files or none: each is written beside its place first; raises ``StorageFailed``."""
    made: list[tuple[Path, Path]] = []
    done: list[Path] = []
    try:
        for path, (_, after) in changes.texts.items():
            handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
            made.append((Path(name), path))
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, path.stat().st_mode & 0o777)
        for scratch, path in made:
            os.replace(scratch, path)
            done.append(path)
    except OSError as error:
        for path in done:
            path.write_text(changes.texts[path][0], "utf-8")
        for scratch, _ in made:
            scratch.unlink(missing_ok=True)
        raise StorageFailed(f"写不进知识库文件（{error.strerror}），没有改动任何内容") from error


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**6  # a long line stays one line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dumped(document: Any, before: str) -> str:
    """With the line ends the file had."""
    buffer = io.StringIO()
    _yaml().dump(document, buffer)
    text = buffer.getvalue()
    return text.replace("\n", "\r\n") if "\r\n" in before else text


def _update(listed: CommentedMap, old: Entry, new: Entry) -> None:
    before, after = _plain(old), _plain(new)
    for key in Entry.model_fields:
        if before[key] == after[key] or (key == CATEGORY and key not in listed):
            continue
        if after[key] in (None, []):
            listed.pop(key, None)
        elif isinstance(listed.get(key), CommentedSeq) and _json(listed[key]) == before[key]:
            _update_items(listed[key], before[key], after[key])
        else:
            flow = isinstance(listed.get(key), CommentedSeq | CommentedMap) and listed[key].fa.flow_style()
            listed[key] = _node(after[key], bool(flow))


def _update_items(seq: CommentedSeq, before: Sequence[Any], after: Sequence[Any]) -> None:
    """Take out and put in what differs; the other items stay as they were written, quotes and comments included."""
    flow = bool(seq.fa.flow_style())
    end = _blank_lines(seq)
    opcodes = SequenceMatcher(
        None, [repr(it) for it in before], [repr(it) for it in after], autojunk=False
    ).get_opcodes()
    for tag, i, to, j, until in reversed(opcodes):
        if tag != "equal":
            for at in reversed(range(i, to)):
                del seq[at]
            for item in reversed(after[j:until]):
                seq.insert(i, _node(item, flow or isinstance(item, dict)))
    if end is not None:
        seq.ca.items[len(seq) - 1] = end


def _blank_lines(seq: CommentedSeq) -> Any:
    """Those after the last item, taken off it: they belong to the end of the list, whatever comes to stand there."""
    last = len(seq) - 1
    comment = seq.ca.items.get(last)
    text = comment[0].value if comment and comment[0] is not None else ""
    return seq.ca.items.pop(last) if text and not text.strip() else None


def _json(node: Any) -> Any:
    """A node of the document as ``_plain`` gives it."""
    if isinstance(node, list):
        return [_json(item) for item in node]
    if isinstance(node, dict):
        return {str(key): _json(value) for key, value in node.items()}
    return node if node is None else str(node)


def _new(entry: Entry) -> CommentedMap:
    node = CommentedMap()
    for key, value in _plain(entry).items():
        if key != CATEGORY and value not in (None, []):
            node[key] = _node(value, key in ("audience", "business", "keywords", "related", "clarify"))
    return node


def _plain(entry: Entry) -> dict[str, Any]:
    """The fields as JSON has them; where the order of values means nothing, in one order."""
    fields = entry.model_dump(mode="json")
    return fields | {key: sorted(fields[key], key=order.index) for key, order in UNORDERED.items()}


def _node(value: Any, flow: bool) -> Any:
    if isinstance(value, list):
        seq = CommentedSeq([_node(item, isinstance(item, dict)) for item in value])
        if flow:
            seq.fa.set_flow_style()
        return seq
    if isinstance(value, dict):
        node = CommentedMap({key: _node(item, False) for key, item in value.items() if item is not None})
        if flow:
            node.fa.set_flow_style()
        return node
    if isinstance(value, str):
        return LiteralScalarString(value + "\n") if "\n" in value else _scalar(value)
    return value


def _scalar(text: str) -> str:
    """Quoted where YAML would read a plain one as something else."""
    return DoubleQuotedScalarString(text) if text[0] in "{}[]&*!|>%@`#-?:,'\"0123456789" or ": " in text else text
