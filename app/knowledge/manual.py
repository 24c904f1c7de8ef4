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
from typing import Any, get_args

from pydantic import ValidationError

from app.knowledge.model import Audience, Manual, Mark, Problem

PARTS = {"开始之前": "before", "步骤": "steps", "完成后应看到": "expect", "出了问题": "trouble"}
TASK = re.compile(r"^## 任务\s*(\d+)\s+(\S.*)$")
ITEM = re.compile(r"^\s*(?:[-*]|\d+[.．、])\s+(\S.*)$")
HEAD = {
    "title": ("名称", "# 手册名称，不超过 200 字"),
    "id": ("编号", "- 编号：小写英文字母、数字和连字符，如 ca-handling"),
    "audience": ("适用", f"- 适用：{'、'.join(get_args(Audience))}"),
    "about": ("说明", "第一个任务之前的一两句话，不超过 6000 字"),
}
"""What each thing said of the whole manual is called, and how it is written."""
ENTRIES = re.compile(r"[（(]((?:[a-z]+-\d+[、,，\s]*)+)[)）]\s*$")

Places = dict[tuple[int | str, ...], int]
"""Path within the manual -> its line: ``("tasks", 0, "steps", 2)``."""
Report = Callable[[int, str, str, str, str], None]
"""(line, key, message, found, allowed)."""


def read(path: Path, name: str) -> tuple[Manual | None, list[Problem]]:
    """Parse one file; every problem is collected."""
    problems: list[Problem] = []

    def report(line: int, key: str, message: str, found: str = "", allowed: str = "") -> None:
        problems.append(Problem("error", Mark(name, line, 1), key, message, found, allowed))

    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = "文件不是 UTF-8 编码" if isinstance(error, UnicodeDecodeError) else f"读不了文件：{error}"
        report(1, "", reason, allowed="用 UTF-8 编码保存的文字")
        return None, problems
    head: dict[str, Any] = {"title": "", "id": "", "audience": (), "about": ""}
    places: Places = {(): 1}
    tasks: list[dict[str, Any]] = []
    part = ""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip()
        if not line.strip():
            continue
        task = TASK.match(line)
        if line.startswith("# "):
            head["title"] = line[2:].strip()
            places[("title",)] = number
        elif task:
            tasks.append({"number": int(task[1]), "title": task[2], "purpose": "", **_empty()})
            places["tasks", len(tasks) - 1] = number
            part = "purpose"
            if int(task[1]) != len(tasks):
                report(number, f"任务 {task[1]}", "任务编号不连续", task[1], str(len(tasks)))
        elif line.startswith("## "):
            report(number, "任务", "二级标题写法不对", line, "## 任务 1 名称")
            part = ""
        elif line.startswith("### "):
            heading = line[4:].strip()
            if heading not in PARTS or not tasks:
                report(number, heading, "不认识的小节", heading, "、".join(PARTS))
            part = PARTS.get(heading, "")
        elif not tasks:
            places.setdefault((_head(head, line, number, report),), number)
        elif part == "purpose":
            tasks[-1]["purpose"] += line.strip().removeprefix("目的：")
        elif part:
            _item(tasks[-1], part, line, number, report)
            places.setdefault(("tasks", len(tasks) - 1, part, len(tasks[-1][part]) - 1), number)
    for i, task_found in enumerate(tasks):
        for key, part_name in (
            ("purpose", "目的"),
            ("steps", "步骤"),
            ("expect", "完成后应看到"),
            ("trouble", "出了问题"),
        ):
            if not task_found[key]:
                report(
                    places["tasks", i],
                    f"任务 {task_found['number']}",
                    f"缺少「{part_name}」",
                    allowed="目的：一句话" if key == "purpose" else f"### {part_name}，下面一行一项",
                )
    if not tasks:
        report(1, "任务", "没有任务", allowed="## 任务 1 名称")
    try:
        made = Manual.model_validate({**head, "tasks": tasks})
    except ValidationError as error:
        _report_fields(error, tasks, places, report)
        return None, problems
    return (None if problems else made), problems


def _report_fields(error: ValidationError, tasks: list[dict[str, Any]], places: Places, report: Report) -> None:
    for fault in error.errors():
        at, given = fault["loc"], fault["input"]
        if at[0] == "tasks" and not given:
            continue  # no tasks, or a part that is missing: said already
        if given and fault["type"] == "too_short":
            continue  # a list is short only because its wrong item was dropped
        if at[0] == "tasks":
            key, allowed = f"任务 {tasks[int(at[1])]['number']}", f"不超过 {fault['ctx']['max_length']} 字"
        else:
            key, allowed = HEAD[str(at[0])]
        message = "缺少这一项" if not given else "文字太长" if fault["type"] == "string_too_long" else "写法不对"
        line = next(places[at[:i]] for i in range(len(at), -1, -1) if at[:i] in places)
        report(line, key, message, str(given)[:60] if given else "", allowed)


def _empty() -> dict[str, list[Any]]:
    return {key: [] for key in PARTS.values()}


def _head(head: dict[str, Any], line: str, number: int, report: Report) -> str:
    """Take one line from before the tasks; returns the field it belongs to."""
    for label, key in (("- 编号：", "id"), ("- 适用：", "audience")):
        if line.startswith(label):
            value = line.removeprefix(label).strip()
            head[key] = tuple(re.split(r"[、,，\s]+", value)) if key == "audience" else value
            return key
    if line.startswith("- "):
        report(number, "", "不认识的说明项", line, "- 编号：… 或 - 适用：…")
        return ""
    head["about"] += line.strip()
    return "about"


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
    if not colon or not symptom.strip() or not remedy.strip():
        report(number, f"任务 {task['number']}", "写法不对", text[:40], "现象：怎么办（条目编号）")
        return
    linked = tuple(re.findall(r"[a-z]+-\d+", entries[1])) if entries else ()
    task[part].append({"symptom": symptom.strip(), "remedy": remedy.strip(), "entries": linked})
