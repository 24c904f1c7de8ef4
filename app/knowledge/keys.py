"""The keys of a YAML mapping at column 0: read as plain values, and changed one by one, every other line left as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from app.errors import DraftUnreadable
from app.knowledge.model import Mark, Problem
from app.knowledge.yaml_source import Marks, parse, parts

DRAFT = "草稿"
"""How problems name a text that is in no file yet."""

ORDER = (
    "id", "number", "category", "audience", "business", "question", "answer", "own_figures", "urgent", "clarify",
    "legal_basis", "related", "keywords", "aliases", "not_aliases", "error_texts",
    "effective_from", "effective_to", "replaces", "updated",
)  # fmt: skip
"""Of an entry's keys, where a new one is put among the others."""


class Read(NamedTuple):
    data: dict[str, Any]
    """Strings, lists and mappings; None where a key has no value."""
    marks: Marks
    warnings: list[Problem]


def read(text: str) -> Read:
    """Raises ``DraftUnreadable``, whose problems have the lines of this text."""
    data, marks, problems = parse(text, DRAFT)
    errors = [problem for problem in problems if problem.severity == "error"]
    if not errors and not isinstance(data, dict):
        message = "应是一个条目：每行一个 键: 值，行首不空格"
        errors = [Problem("error", Mark(DRAFT, 1, 1), "", message, str(data or "")[:40])]
    if errors:
        first = errors[0]
        raise DraftUnreadable(f"第 {first.mark.line} 行读不懂：{first.allowed or first.message}", errors)
    return Read(data, marks, problems)


def values(text: str) -> dict[str, Any]:
    """What the keys hold, as the schema will see it: no blanks around texts, nothing empty."""
    found: dict[str, Any] = plain(read(text).data)
    return found


def plain(value: Any) -> Any:
    """A value of a form, or of a file, in the one form both are compared in."""
    if isinstance(value, Mapping):
        pairs = ((str(key), plain(item)) for key, item in value.items())
        return {key: item for key, item in pairs if not _empty(item)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [item for item in map(plain, value) if not _empty(item)]
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def _empty(value: Any) -> bool:
    return value in ("", [], {})


def category_of(whole: str) -> str | None:
    """The category at the top of a file of entries, without reading all of it."""
    head = re.search(r"^category[ ]*:.*$", whole.removeprefix("\ufeff"), re.MULTILINE)
    return values(head.group()).get("category") if head else None


def with_values(text: str, new: Mapping[str, Any], order: Sequence[str] = ORDER) -> str:
    """The text with these values, an empty one taking its key out; keys that are not named stay, as do equal values."""
    wanted = plain_each(new)
    before = values(text)
    for key, value in wanted.items():
        if value != before.get(key, ""):
            text = with_lines(text, key, "" if _empty(value) else _lines_of(text, key, value), order)
    return text


def emptied(text: str, key: str, order: Sequence[str] = ORDER) -> str:
    """The text with the key named and nothing said."""
    return with_lines(text, key, _lines_of(text, key, None), order)


def plain_each(new: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in new.items()}


def lines_of(text: str) -> dict[str, str]:
    """Every key with the lines it takes, comments and blank lines below it excluded."""
    text = _a_key_a_line(text)
    lines = text.splitlines(True)
    return {str(part.key): "".join(lines[part.first : _end(lines, part.first, part.end)]) for part in parts(text)}


def with_lines(text: str, key: str, new: str, order: Sequence[str] = ORDER) -> str:
    """The text with these lines for the key, in the place of those it has; "" takes it out."""
    if not new and all(part.key != key for part in parts(text)):
        return text
    text = _a_key_a_line(text)
    lines = text.splitlines(True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    found = {str(part.key): part for part in parts(text)}
    if key in found:
        first = found[key].first
        end = _end(lines, first, found[key].end)
    else:
        later = order[order.index(key) + 1 :] if key in order else ()
        above = list(takewhile(lambda part: part.key not in later, found.values()))
        last = above[-1] if above else None  # right below it: comments above the next key stay with that one
        first = end = _end(lines, last.first, last.end) if last else min((p.first for p in found.values()), default=0)
    return "".join([*lines[:first], new, *lines[end:]])


def _a_key_a_line(text: str) -> str:
    """A mapping between braces written the usual way; any other text is left as it is."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if not first.startswith("{"):
        return text
    from app.knowledge.yaml_nodes import changed

    return "".join(changed("", key, value) for key, value in values(text).items())


def _end(lines: Sequence[str], first: int, end: int) -> int:
    """Without what stands between this key and the next."""
    while end > first + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _lines_of(text: str, key: str, value: Any) -> str:
    """What the key's lines become.  Its own lines are changed where there are any, so that comments inside stay."""
    from app.knowledge.yaml_nodes import changed  # ruamel.yaml takes memory that only editing needs

    return changed(lines_of(text).get(key, ""), key, value)
