"""Values -> YAML as the editors write it, and changed values into what they wrote; by ruamel.yaml, which keeps comments.

Import it only where something is written: it takes memory that answering has no need of.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarint import ScalarInt
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from app.knowledge.keys import plain
from app.knowledge.yaml_source import parse

FLOW = frozenset(("audience", "business", "keywords", "related", "clarify", "own_figures"))
"""Keys whose value stands on the line of the key when it is new."""
DATES = frozenset(("updated", "effective_from", "effective_to"))

_PLAIN = re.compile(r"[^\W\d_][^\n\t\"'#:{}\[\],\\]*", re.UNICODE)
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null", "none"))


def changed(old: str, key: str, value: Any) -> str:
    """The lines of ``key`` at column 0 once it holds ``value`` (strings, lists, mappings; nothing empty but None).

    ``old`` are its lines now, "" for a new key.
    """
    for quoted in (False, True):
        for lines in (old, ""):
            text = _dumped(_document(lines, key, value, quoted))
            if _says(text, key, value):
                return text
    raise ValueError(f"{key} cannot be written as YAML")


def _document(old: str, key: str, value: Any, quoted: bool) -> CommentedMap:
    document = CommentedMap()
    if old:
        try:
            loaded = yaml().load(old)
        except YAMLError:
            loaded = None  # ruamel is the stricter reader; its lines are written anew
        if isinstance(loaded, CommentedMap) and key in loaded:
            document = loaded
    before = parse(old, "")[0][key] if len(document) else None
    document[key] = _changed(document.get(key), before, value, key, quoted)
    return document


def _changed(present: Any, before: Any, value: Any, key: str, quoted: bool) -> Any:
    """``present`` made to hold ``value``, or a new node; ``before`` is what it holds now, as the loader reads it."""
    if isinstance(present, CommentedSeq) and isinstance(value, list) and isinstance(before, list):
        flow = bool(present.fa.flow_style())
        held = [plain(item) for item in before]
        matcher = SequenceMatcher(a=[repr(item) for item in held], b=[repr(item) for item in value], autojunk=False)
        for kind, i1, i2, j1, j2 in reversed(matcher.get_opcodes()):
            if kind == "equal":
                continue
            for i in reversed(range(i1, i2)):
                del present[i]
            for j in reversed(range(j1, j2)):
                present.insert(i1, node(value[j], flow or isinstance(value[j], dict), quoted=quoted))
        return present
    if isinstance(present, CommentedMap) and isinstance(value, dict) and isinstance(before, dict):
        for name in [name for name in present if str(name) not in value]:
            del present[name]
        for name, item in value.items():
            if plain(before.get(name)) != item:
                present[name] = _changed(present.get(name), before.get(name), item, name, quoted)
        return present
    return node(value, key in FLOW, key, quoted)


def node(value: Any, flow: bool, key: str = "", quoted: bool = False) -> Any:
    """``quoted``: every text between double quotes, in which anything can be said."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        seq = CommentedSeq([node(item, isinstance(item, dict), quoted=quoted) for item in value])
        if flow:
            seq.fa.set_flow_style()
        return seq
    if isinstance(value, Mapping):
        mapping = CommentedMap({name: node(item, False, quoted=quoted) for name, item in value.items()})
        if flow:
            mapping.fa.set_flow_style()
        return mapping
    if not isinstance(value, str) or quoted:
        return DoubleQuotedScalarString(value) if isinstance(value, str) else value
    if key in DATES and (day := _date(value)):
        return day
    if key == "number" and re.fullmatch(r"\d{3}", value, re.ASCII):
        return ScalarInt(int(value), width=3)
    as_it_is = "\n" in value and not flow and len(value.splitlines()) == value.count("\n") + 1  # no other ends of lines
    return LiteralScalarString(value + "\n") if as_it_is else scalar(value)


def scalar(text: str) -> str:
    """Between quotes unless it is plainly a text, to every program."""
    certain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS
    return text if certain else DoubleQuotedScalarString(text)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _says(text: str, key: str, value: Any) -> bool:
    data, _, problems = parse(text, "")
    return (
        isinstance(data, dict)
        and plain(data) == plain({key: value})
        and not any(p.severity == "error" for p in problems)
    )


def yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**6  # a long line stays one line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dumped(document: Any) -> str:
    buffer = io.StringIO()
    yaml().dump(document, buffer)
    return buffer.getvalue()


def flow_line(fields: Mapping[str, str]) -> str:
    """A mapping on one line, the last value between quotes whatever it is: ``{entry: deposit-01, question: "..."}``."""
    *first, last = fields
    document = node({**{name: fields[name] for name in first}, last: fields[last]}, True)
    document[last] = DoubleQuotedScalarString(fields[last])
    return _dumped(document)
