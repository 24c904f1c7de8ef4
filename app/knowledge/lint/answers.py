"""The form of an answer: it begins with the answer, and its links and phone numbers can be relied on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.knowledge.loader import Source
from app.knowledge.model import Problem
from app.knowledge.placeholders import PLACEHOLDER, filled

FIRST_LINE = 80
"""Characters; what fits the first screen of a phone in large type."""

PHONE = re.compile(r"(?<![\d.])(?:0\d{2,3}-?\d{7,8}|1[3-9]\d{9}|400-?\d{3}-?\d{4})(?![\d.])")
"""Of a place or person; national short numbers such as 12345 are the same everywhere."""
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s）)\]」，。；]+")
_BLOCK = re.compile(r"#{1,6} |[-*+] |\d+[.)、] ?|>|\||```|!\[")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
_LINKABLE = re.compile(r"https?://\S+|tel:\S+|mailto:\S+|\{\{.*\}\}")


def problems(source: Source) -> Iterator[Problem]:
    shown = {name: value.value or value.fallback for name, value in source.site.items()}
    shown |= {f"facts.{name}": fact.value for name, fact in source.facts.items()}
    for entry in source.records["entries"]:
        mark = source.mark("entries", entry.id, "answer")
        first = PLACEHOLDER.sub(lambda match: shown.get(match[1], ""), entry.answer.splitlines()[0].strip())
        fault = _indirect(first)
        if fault:
            yield Problem(
                "warning", mark, f"{entry.id}.answer", fault, first[:60], f"第一行直接回答，一句话，{FIRST_LINE} 字以内"
            )
    for mark, key, text in filled(source):
        for label, target in _LINK.findall(text):
            if not _LINKABLE.fullmatch(target.strip()):
                yield Problem(
                    "warning", mark, key, "链接打不开", f"[{label}]({target})", "https:// 开头的网址，或 tel: 电话"
                )
        for pattern, name in ((PHONE, "电话"), (ADDRESS, "网址")):
            for match in pattern.finditer(text):
                message = f"{name}直接写在文字里，换号或换地方时会漏改"
                yield Problem("warning", mark, key, message, match[0], "写进 site.yaml，文字里用 {{名称}}")


def _indirect(line: str) -> str | None:
    if _BLOCK.match(line):
        return "答案没有直接回答的第一行，一开头就是列表、标题或表格"
    if line.endswith(("：", ":")):
        return "第一行只是引子，没有回答"
    if len(line) > FIRST_LINE:
        return f"第一行太长（{len(line)} 字）"
    return None
