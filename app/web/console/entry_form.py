"""The fields of an entry as controls of a form: the titles and hints are the workbook's, so that both read alike.

``static/editor.js`` does the same two ways in the browser, by ``data-kind`` of each control.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from starlette.datastructures import FormData

from app.knowledge.workbook.columns import AUDIENCES, BUSINESSES, COLUMNS, KINDS, LISTS

Kind = Literal["line", "text", "lines", "basis", "checks", "date", "number"]


class Control(NamedTuple):
    name: str
    """The field of an entry; a dot leads into a block (``urgent.before.now``)."""
    kind: Kind
    title: str
    help: str
    choices: Mapping[Any, str] = {}


_KINDS: dict[str, Kind] = {
    "answer": "text",
    "legal_basis": "basis",
    "urgent.within_minutes": "number",
    "effective_from": "date",
    "effective_to": "date",
    "updated": "date",
    **dict.fromkeys(LISTS, "lines"),
}
_HELP = {
    "answer": "第一行直接回答，80 字以内，空一行再写步骤。分步用 1.，分情形用 -，重点用 **粗体**。电话、网址写占位名，如 {{ca_hotline}}。",
}
"""Where the workbook's hint speaks of cells."""


def _controls() -> dict[str, Control]:
    found = {
        column.key: Control(
            column.key, _KINDS.get(column.key, "line"), column.title, _HELP.get(column.key, column.help)
        )
        for column in COLUMNS
        if "=" not in column.key and column.key != "category"
    }
    found["audience"] = Control("audience", "checks", "给谁看", "至少选一类。", AUDIENCES)
    found["business"] = Control("business", "checks", "适用业务", "至少选一类。", {name: name for name in BUSINESSES})
    wording = "一行一句，每句不超过 500 字。"
    found["aliases"] = Control(
        "aliases", "lines", KINDS["aliases"], f"用户还会怎么问；这样问就给这条。{wording}全库唯一。"
    )
    found["not_aliases"] = Control("not_aliases", "lines", KINDS["not_aliases"], f"像，但不能给这条。{wording}")
    return found


CONTROLS = _controls()


def shown(fields: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """What each control holds; a field that is not what it should be is shown as well as can be."""
    return {name: _shown(control.kind, _at(fields, name)) for name, control in CONTROLS.items()}


def read(form: FormData) -> dict[str, Any]:
    """The fields that a form says; what is empty is not there."""
    fields: dict[str, Any] = {}
    for name, control in CONTROLS.items():
        values = [str(value) for value in form.getlist(name)]
        value = values if control.kind == "checks" else _read(control.kind, "\n".join(values))
        *blocks, last = name.split(".")
        place = fields
        for block in blocks if value else ():
            place = place.setdefault(block, {})
        if value or not blocks:
            place[last] = value or _empty(control.kind)
    return {"urgent": None, "clarify": None} | fields


def _at(fields: Mapping[str, Any], name: str) -> Any:
    value: Any = fields
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _shown(kind: Kind, value: Any) -> str | list[str]:
    if kind == "checks":
        return _items(value)
    if kind == "lines":
        return "\n".join(_items(value))
    if kind == "basis":
        bases = value if isinstance(value, list) else []
        return "\n".join(
            f"{basis.get('law') or ''} {basis.get('article') or ''}".strip()
            for basis in bases
            if isinstance(basis, Mapping)
        )
    return "" if value is None else str(value)


def _items(value: Any) -> list[str]:
    return [str(item) for item in value if item is not None] if isinstance(value, list | tuple) else []


def _read(kind: Kind, text: str) -> Any:
    text = text.replace("\r\n", "\n")
    if kind == "text":
        return text.rstrip()
    if kind == "number":
        return int(text) if text.strip().isdecimal() else text.strip()
    if kind in ("lines", "basis"):
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return lines if kind == "lines" else [_basis(line) for line in lines]
    return text.strip()


def _empty(kind: Kind) -> Any:
    return [] if kind in ("lines", "basis", "checks") else None


def _basis(line: str) -> dict[str, str]:
    law, _, article = line.rpartition(" ")
    return {"law": law.strip(), "article": article} if law else {"law": line}


def field_of(key: str) -> str | None:
    """The control that a problem belongs to, by its key: ``entries[3].aliases[2]``, ``deposit-01.legal_basis[0]``."""
    place = key.partition(".")[2]
    exact = next((name for name in CONTROLS if place == name or place.startswith((f"{name}.", f"{name}["))), None)
    block = re.split(r"[.\[]", place)[0]
    return exact or next((name for name in CONTROLS if name.startswith(f"{block}.")), None)
