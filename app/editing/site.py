"""The centre's own facts: what they are, where each comes from, and changes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from app.editing.layers import Layers
from app.errors import AppError, NotFound
from app.knowledge import blocks, keys
from app.knowledge.edit import Edit, named
from app.knowledge.yaml_source import parse

FILE = "site.yaml"
ORDER = ("about", "value", "fallback")
LONGEST = 200
"""Characters of a value; ``SiteValue`` allows no more."""


class ValueRefused(AppError):
    code = "value_refused"
    status = 422


class Value(NamedTuple):
    name: str
    about: str
    value: str
    """"" while it is not filled in."""
    fallback: str
    """What is said instead as long as it is not."""
    file: str
    """Where the value comes from."""


def values(layers: Layers) -> list[Value]:
    """In the order of the files, an overlay's changes laid over the base."""
    found: dict[str, Value] = {}
    for folder in layers.folders:
        path = folder / FILE
        for name, item in _table(layers, path).items():
            old = found.get(name) or Value(name, "", "", "", "")
            kept = {key: str(item[key] or "").strip() for key in ORDER if key in item}
            origin = named(path, layers.folders) if "value" in kept or not old.file else old.file
            found[name] = old._replace(**kept, file=origin)
    return list(found.values())


def changed(layers: Layers, values: Mapping[str, str | None]) -> Edit:
    """These values; "" or None: not filled in.

    Raises ``NotFound`` for names that no file has, ``ValueRefused`` for values too long to be published.
    """
    present = {value.name: value for value in _values(layers)}
    unknown = [name for name in values if name not in present]
    if unknown:
        raise NotFound(f"没有这些取值：{'、'.join(unknown)}", [f"现有：{'、'.join(present)}"])
    long = [f"{name}：{len(value)} 字" for name, value in values.items() if value and len(value) > LONGEST]
    if long:
        raise ValueRefused(f"取值不能超过 {LONGEST} 字", long)
    path = layers.written / FILE
    before = layers.text(path) if path.exists() else None
    text = before or "values:\n"
    for name, value in values.items():
        wanted = " ".join((value or "").split())
        if wanted != present[name].value:
            text = _with(text, name, wanted)
    return Edit({path: (before, text)}) if text != (before or "values:\n") else Edit()


_values = values


def _with(text: str, name: str, value: str) -> str:
    for block in blocks.blocks(text, "values"):
        if block.key == name:
            return blocks.replaced(text, block, _set(block.text, value))
    return text.rstrip("\n") + f"\n  {name}:\n" + "".join(f"    {line}\n" for line in _set("", value).splitlines())


def _set(text: str, value: str) -> str:
    """Not filled in is written as such: in an overlay it takes the base's value away."""
    start = text or "value:\n"
    return keys.with_values(start, {"value": value}, ORDER) if value else keys.emptied(start, "value", ORDER)


def _table(layers: Layers, path: Path) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    data, _, problems = parse(layers.text(path), named(path, layers.folders))
    faults = [problem for problem in problems if problem.severity == "error"]
    if faults:
        raise layers.unreadable(path, faults[0])
    table = data.get("values") if isinstance(data, dict) else None
    return {name: item for name, item in table.items() if isinstance(item, dict)} if isinstance(table, dict) else {}
