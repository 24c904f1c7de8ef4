"""The items of a YAML list, or the values of a mapping, by their lines: taken out at column 0 and put back.

Whatever stands between them, and every line of the others, stays to the letter.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from app.knowledge.yaml_source import Part, parts


class Block(NamedTuple):
    key: str | int
    text: str
    """At column 0, with the comment lines that stand right above; ends of lines are ``\\n``."""
    first: int
    """First line of it in the file, from 0."""
    line: int
    """The line on which it begins after the comments above it."""
    end: int
    """Line after its last."""
    lead: str
    """What stands before its first key: ``"  - "``."""


class NotByLines(ValueError):
    """The list is written within one line, so that no item can be exchanged for itself."""


def blocks(text: str, *path: str | int) -> list[Block]:
    """Those of the list or mapping at ``path``; raises ``ValueError`` for a text that is no YAML."""
    lines = text.removeprefix("\ufeff").splitlines(True)
    return [_block(lines, part) for part in parts("".join(lines), *path)]


def _block(lines: list[str], part: Part) -> Block:
    lead = lines[part.line][: part.column]
    if lead.strip() not in ("", "-"):
        raise NotByLines(lines[part.line].strip())
    first, end = part.line, max(part.end, part.line + 1)
    while "-" in lead and first > 0 and _is_comment(lines[first - 1], part.column):
        first -= 1
    while end > part.line + 1 and _between(lines[end - 1], part.column):
        end -= 1
    above = [line.lstrip(" ") for line in lines[first : part.line]]
    inside = [line[min(part.column, len(line) - len(line.lstrip(" "))) :] for line in lines[part.line + 1 : end]]
    body = [*above, lines[part.line][part.column :], *inside]
    return Block(part.key, "".join(_ended(line, "\n") for line in body), first, part.line, end, lead)


def _is_comment(line: str, column: int) -> bool:
    """Whether it is one that belongs to nothing further in than ``column``."""
    bare = line.lstrip(" ")
    return bare.startswith("#") and len(line) - len(bare) < column


def _between(line: str, column: int) -> bool:
    return not line.strip() or _is_comment(line, column) or line.strip() == "-"


def replaced(text: str, block: Block, new: str) -> str:
    """The file with ``new`` in place of the block."""
    if new == block.text:
        return text
    mark, lines = _opened(text)
    put = _indented(new, block.lead, _newline(lines))
    return mark + "".join([*lines[: block.first], *put, *lines[block.end :]])


def removed(text: str, key: str, block: Block) -> str:
    """The file without this item of the list ``key``."""
    mark, lines = _opened(text)
    first, end = block.first, block.end
    if "-" not in block.lead:  # the dash stands on a line of its own
        first = next(i for i in reversed(range(first)) if lines[i].strip().startswith("-"))
    before, after = lines[:first], lines[end:]
    while after and not after[0].strip():
        after = after[1:]
        end += 1
    if not after:
        while before and not before[-1].strip():
            before = before[:-1]
    left = mark + "".join([*before, *after])
    return left if blocks(left, key) else _with_empty_list(left, key)


def _with_empty_list(text: str, key: str) -> str:
    return re.sub(rf"^({re.escape(key)}[ ]*:)(?=[ ]*(#|\r?$))", r"\1 []", text, count=1, flags=re.MULTILINE)


def added(text: str, key: str, new: str, after: Block | None = None, apart: bool = False) -> str:
    """The file with ``new`` as an item of the list ``key``: after another of its blocks, or else as the last.

    ``apart``: with an empty line between it and the others.
    """
    there = blocks(text, key)
    if not there:
        text = re.sub(rf"^({re.escape(key)}[ ]*:)[ ]*\[[ ]*\]", r"\1", text, count=1, flags=re.MULTILINE)
    mark, lines = _opened(text)
    newline = _newline(lines)
    after = after or (there[-1] if there else None)
    lead = after.lead if after and "-" in after.lead else "  - "
    at = after.end if after else next(part.first for part in parts("".join(lines)) if part.key == key) + 1
    if at and lines:
        lines[at - 1] = _ended(lines[at - 1], newline)
    put = _indented(new, lead, newline)
    return mark + "".join([*lines[:at], *([newline] if apart and after else []), *put, *lines[at:]])


def _indented(new: str, lead: str, newline: str) -> list[str]:
    lines = [_ended(line, newline) for line in new.strip("\n").splitlines(True)]
    start = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    outer, inner = " " * lead.index("-") if "-" in lead else lead, " " * len(lead)
    begun = [lead + line for line in lines[start : start + 1]]
    return [
        *(_after(outer, line) for line in lines[:start]),
        *begun,
        *(_after(inner, line) for line in lines[start + 1 :]),
    ]


def _after(margin: str, line: str) -> str:
    return margin + line if line.strip() else line.lstrip(" ")


def _opened(text: str) -> tuple[str, list[str]]:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return mark, text.removeprefix("\ufeff").splitlines(True)


def _newline(lines: list[str]) -> str:
    return "\r\n" if lines and lines[0].endswith("\r\n") else "\n"


def _ended(line: str, newline: str) -> str:
    """With this end of line, but for those that only Unicode counts as one: they are part of somebody's text."""
    return line if line[-1:] in "\x85\u2028\u2029" and line else line.rstrip("\r\n") + newline
