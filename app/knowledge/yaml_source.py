"""YAML with positions, and without YAML's guesses.

Every scalar stays the string the editor typed: ``number: 037`` is not octal, ``on`` is not true, and a date is a date
only where the schema asks for one.  Duplicate keys, tabs, aliases and tags are reported, not silently resolved.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app.knowledge.model import Mark, Problem
from app.memory import remembered

Path_ = tuple[str | int, ...]
Marks = dict[Path_, Mark]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it (ten times faster), else the pure Python one."""

MAX_FILE_BYTES = 8 * 1024 * 1024
"""Far above any honest file; keeps a mistaken upload from filling memory."""
MAX_DEPTH = 12


def read(path: Path, name: str) -> tuple[Any, Marks, list[Problem]]:
    """Parse one file into dicts, lists and strings (or None), with the mark of every key path.

    ``name`` is how problems name the file.  Nothing is raised for bad content: it is all in the problems.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"文件超过 {MAX_FILE_BYTES // 1024 // 1024} MB")
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = "文件不是 UTF-8 编码" if isinstance(error, UnicodeDecodeError) else f"读不了文件：{error}"
        return None, {}, [Problem("error", Mark(name, 1, 1), "", reason, allowed="用 UTF-8 编码保存的 YAML 文件")]
    return parse(text, name)


@remembered
def parse(text: str, name: str) -> tuple[Any, Marks, list[Problem]]:
    """``read`` of a text."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(name, at.line + 1, at.column + 1) if at else Mark(name, 1, 1)
        lines = text.splitlines()
        line = lines[mark.line - 1] if mark.line <= len(lines) else ""
        hint = "缩进用空格，不能用制表符（Tab）" if "\t" in line else "检查缩进、冒号后的空格、引号是否成对"
        message = f"YAML 写法有误（{error.problem or error.context}）"
        return None, {}, [Problem("error", mark, "", message, line.strip()[:60], hint)]
    except yaml.YAMLError as error:
        message = f"YAML 含有不能使用的字符（{str(error).splitlines()[0]}）"
        return None, {}, [Problem("error", Mark(name, 1, 1), "", message)]
    marks: Marks = {}
    problems: list[Problem] = []
    data = _build(node, (), name, marks, problems, set()) if node is not None else None
    return data, marks, problems


class Part(NamedTuple):
    """A value by its lines, which count from 0 here."""

    key: str | int
    """Its key, or its place in the list."""
    first: int
    """Line of the key; of an item of a list, the line on which its value begins."""
    line: int
    column: int
    """Where the value begins."""
    end: int
    """Line before which it and the blank lines and comments below it are over."""
    block: bool
    """Whether it is a mapping, one key a line."""


def parts(text: str, *path: str | int) -> list[Part]:
    """What the mapping or list at ``path`` consists of, in the order of the text; nothing where there is no such place.

    Raises ``ValueError`` for a text that is no YAML.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    for step in path:
        node = next((value for key, _, value in _children(node) if key == step), None)
    found = _children(node)
    starts = [at.line for _, at, _ in found] + [
        node.end_mark.line + (node.end_mark.column > 0) if node is not None else 0
    ]
    return [
        Part(key, at.line, value.start_mark.line, value.start_mark.column, max(end, at.line + 1),
             isinstance(value, yaml.MappingNode) and not value.flow_style)
        for (key, at, value), end in zip(found, starts[1:], strict=True)
    ]  # fmt: skip


def _children(node: yaml.Node | None) -> list[tuple[str | int, Any, yaml.Node]]:
    """(key or place, mark of its beginning, value)."""
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), key.start_mark, value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(i, value.start_mark, value) for i, value in enumerate(node.value)]
    return []


def _build(node: yaml.Node, path: Path_, name: str, marks: Marks, problems: list[Problem], seen: set[int]) -> Any:
    mark = Mark(name, node.start_mark.line + 1, node.start_mark.column + 1)
    marks[path] = mark
    if id(node) in seen or len(path) > MAX_DEPTH:
        problems.append(
            Problem("error", mark, dotted(path), "嵌套过深，或用 * 引用了自己或别处", allowed="不用 & 和 *，写全")
        )
        return None
    seen.add(id(node))
    if not node.tag.startswith("tag:yaml.org,2002:") or "/" in node.tag[len("tag:yaml.org,2002:") :]:
        problems.append(Problem("error", mark, dotted(path), "不支持 YAML 标签", node.tag, "去掉 ! 开头的标签"))
    if isinstance(node, yaml.ScalarNode):
        problems += _misread(node, mark, path)
        if node.tag == "tag:yaml.org,2002:null" and node.style in (None, ""):
            return None
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, i), name, marks, problems, seen) for i, item in enumerate(node.value)]
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key_mark = Mark(name, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
        child: Path_ = (*path, key)
        if key in mapping:
            first = marks[child]
            problems.append(
                Problem("error", key_mark, dotted(child), f"键重复，第 {first.line} 行已经写过", key, "只留一处")
            )
            continue
        mapping[key] = _build(value_node, child, name, marks, problems, seen)
        if mapping[key] is None or isinstance(value_node, yaml.ScalarNode):
            continue
        marks[child] = key_mark  # a list or mapping is found by its key, which stands above it
    return mapping


def _misread(node: yaml.ScalarNode, mark: Mark, path: Path_) -> list[Problem]:
    """A plain scalar that we take as typed, and that other programs (an editor, a script) would turn into something else."""
    if node.style not in (None, ""):
        return []
    message = ""
    if node.tag == "tag:yaml.org,2002:bool" and node.value.lower() not in ("true", "false"):
        message = "没有加引号，别的程序会把它读成真假值"
    elif node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float") and ":" in node.value:
        message = "没有加引号，别的程序会把它读成六十进制的数"
    return [Problem("warning", mark, dotted(path), message, node.value, f'"{node.value}"')] if message else []


def dotted(path: Path_) -> str:
    """``("entries", 3, "audience", 0)`` as an editor reads it: ``entries[3].audience[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
