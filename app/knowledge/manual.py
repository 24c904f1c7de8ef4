"""Read an operation manual: Markdown with numbered tasks, each with the same five parts.

    # CA数字证书的领取与使用
    - 编号：ca-handling
    - 适用：bidder、agency

    一两句说明。

    ## 任务 1 安装驱动
    目的：……

    ### 开始之前
    - ……
    ### 步骤
    1. ……
    ### 完成后应看到
    - ……
    ### 出了问题
    - 现象：怎么办（ca-05）

Texts may hold ``{{placeholders}}``; what a centre's own programs call a button comes through them or an overlay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.knowledge.model import Manual, Mark, Problem, Task, Trouble

PARTS = {"开始之前": "before", "步骤": "steps", "完成后应看到": "expect", "出了问题": "trouble"}
TASK = re.compile(r"^## 任务\s*(\d+)\s+(\S.*)$")
ITEM = re.compile(r"^\s*(?:[-*]|\d+[.．、])\s+(\S.*)$")
ENTRIES = re.compile(r"[（(]((?:[a-z]+-\d+[、,，\s]*)+)[)）]\s*$")

Report = Callable[[int, str, str, str, str], None]
"""(line, key, message, found, allowed)."""


def read(path: Path, name: str) -> tuple[Manual | None, list[Problem]]:
    """Parse one file; every problem is collected."""
    problems: list[Problem] = []

    def report(line: int, key: str, message: str, found: str = "", allowed: str = "") -> None:
        problems.append(Problem("error", Mark(name, line, 1), key, message, found, allowed))

    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        report(1, "", f"读不出来（{error}）", allowed="UTF-8 编码的文字")
        return None, problems
    head: dict[str, Any] = {"about": ""}
    tasks: list[dict[str, Any]] = []
    part = ""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip()
        if not line.strip():
            continue
        task = TASK.match(line)
        if line.startswith("# "):
            head["title"] = line[2:].strip()
        elif task:
            tasks.append({"number": int(task[1]), "title": task[2], "purpose": "", "line": number, **_empty()})
            part = "purpose"
            if int(task[1]) != len(tasks):
                report(number, f"任务 {task[1]}", "任务编号不连续", task[1], str(len(tasks)))
        elif line.startswith("## "):
            report(number, "任务", "二级标题写法不对", line, "## 任务 1 名称")
        elif line.startswith("### "):
            heading = line[4:].strip()
            if heading not in PARTS or not tasks:
                report(number, heading, "不认识的小节", heading, "、".join(PARTS))
            part = PARTS.get(heading, "")
        elif not tasks:
            _head(head, line, number, report)
        elif part == "purpose":
            tasks[-1]["purpose"] += line.strip().removeprefix("目的：")
        elif part:
            _item(tasks[-1], part, line, number, report)
    for task_found in tasks:
        for key, part_name in (
            ("purpose", "目的"),
            ("steps", "步骤"),
            ("expect", "完成后应看到"),
            ("trouble", "出了问题"),
        ):
            if not task_found[key]:
                report(
                    task_found["line"],
                    f"任务 {task_found['number']}",
                    f"缺少「{part_name}」",
                    allowed=f"### {part_name}，下面一行一项",
                )
    if not tasks:
        report(1, "任务", "没有任务", allowed="## 任务 1 名称")
    if problems:
        return None, problems
    try:
        made = [Task(**{key: value for key, value in task_found.items() if key != "line"}) for task_found in tasks]
        return Manual(**head, tasks=tuple(made)), []
    except ValidationError as error:
        for fault in error.errors():
            report(1, ".".join(map(str, fault["loc"])), "缺少或写法不对", str(fault["input"])[:60], fault["msg"])
        return None, problems


def _empty() -> dict[str, list[Any]]:
    return {key: [] for key in PARTS.values()}


def _head(head: dict[str, Any], line: str, number: int, report: Report) -> None:
    for label, key in (("- 编号：", "id"), ("- 适用：", "audience")):
        if line.startswith(label):
            value = line.removeprefix(label).strip()
            head[key] = tuple(re.split(r"[、,，\s]+", value)) if key == "audience" else value
            return
    if line.startswith("- "):
        report(number, "", "不认识的说明项", line, "- 编号：… 或 - 适用：…")
        return
    head["about"] += line.strip()


def _item(task: dict[str, Any], part: str, line: str, number: int, report: Report) -> None:
    match = ITEM.match(line)
    if match is None:
        if task[part] and line.startswith((" ", "\t")) and part != "trouble":
            task[part][-1] += line.strip()
            return
        report(number, f"任务 {task['number']}", "应是列表的一项", line[:40], "- 或 1. 开头")
        return
    text = match[1].strip()
    if part != "trouble":
        task[part].append(text)
        return
    entries = ENTRIES.search(text)
    symptom, colon, remedy = (text[: entries.start()] if entries else text).partition("：")
    if not colon or not remedy.strip():
        report(number, f"任务 {task['number']}", "写法不对", text[:40], "现象：怎么办（条目编号）")
        return
    linked = tuple(re.findall(r"[a-z]+-\d+", entries[1])) if entries else ()
    task[part].append(Trouble(symptom=symptom.strip(), remedy=remedy.strip(), entries=linked))
