"""A sound manual is read in full; every mistake in one is told with its line and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.knowledge import manual
from app.knowledge.model import Manual, Problem, Task, Trouble

SOUND = """\
# 证书的使用
- 编号：ca-handling
- 适用：bidder、agency

怎么用证书，
出错怎么办。

## 任务 1 登录
目的：用证书登录平台。

### 开始之前
- 装好驱动。
### 步骤
1. 插上锁。
2. 输入PIN码，
   点击登录。
### 完成后应看到
- 首页出现单位名称。
### 出了问题
- 提示密码错误：先停手，不要再试（ca-02、ca-01）
- 没有反应：换一个接口

## 任务 2 退出
目的：不留下登录状态。

### 步骤
1. 拔下锁。
### 完成后应看到
* 回到首页。
### 出了问题
- 退不出去：打 {{ca_hotline}}
"""

READ = Manual(
    id="ca-handling",
    title="证书的使用",
    audience=("bidder", "agency"),
    about="怎么用证书，出错怎么办。",
    tasks=(
        Task(
            number=1,
            title="登录",
            purpose="用证书登录平台。",
            before=("装好驱动。",),
            steps=("插上锁。", "输入PIN码，点击登录。"),
            expect=("首页出现单位名称。",),
            trouble=(
                Trouble(symptom="提示密码错误", remedy="先停手，不要再试", entries=("ca-02", "ca-01")),
                Trouble(symptom="没有反应", remedy="换一个接口"),
            ),
        ),
        Task(
            number=2,
            title="退出",
            purpose="不留下登录状态。",
            steps=("拔下锁。",),
            expect=("回到首页。",),
            trouble=(Trouble(symptom="退不出去", remedy="打 {{ca_hotline}}"),),
        ),
    ),
)


def read(folder: Path, text: str, encoding: str = "utf-8") -> tuple[Manual | None, list[Problem]]:
    path = folder / "m.md"
    path.write_bytes(text.encode(encoding))
    return manual.read(path, "kb/manuals/m.md")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_sound_manual_is_read_in_full(tmp_path: Path, encoding: str, end: str) -> None:
    assert read(tmp_path, SOUND.replace("\n", end), encoding) == (READ, [])


LAST = "## 任务 2"
ROLES = "- 适用：bidder、tenderer、agency、evaluator"
REMEDY = "现象：怎么办（条目编号）"
MISTAKES = {  # what is wrong: (old, new, key, message, allowed)
    "no title": ("# 证书的使用\n", "", "名称", "缺少这一项", "# 手册名称"),
    "title too long": ("# 证书的使用", "# " + "长" * 201, "名称", "文字太长", "不超过 200 字"),
    "no id": ("- 编号：ca-handling\n", "", "编号", "缺少这一项", "小写英文字母、数字和连字符"),
    "id in Chinese": ("ca-handling", "证书使用", "编号", "写法不对", "小写英文字母、数字和连字符"),
    "no audience": ("- 适用：bidder、agency\n", "", "适用", "缺少这一项", ROLES),
    "unknown audience": ("bidder、agency", "投标人", "适用", "写法不对", ROLES),
    "nothing said about it": ("怎么用证书，\n出错怎么办。\n", "", "说明", "缺少这一项", "第一个任务之前"),
    "unknown item of the head": ("- 编号：ca", "- 版本：2\n- 编号：ca", "", "不认识的说明项", "- 编号：… 或 - 适用：…"),
    "numbers that skip": (LAST, "## 任务 3", "任务 3", "任务编号不连续", "2"),
    "number in Chinese": (LAST, "## 任务 二", "任务", "二级标题写法不对", "## 任务 1 名称"),
    "unknown part": ("### 开始之前", "### 准备", "准备", "不认识的小节", "、".join(manual.PARTS)),
    "part before any task": ("## 任务 1", "### 步骤\n## 任务 1", "步骤", "不认识的小节", "、".join(manual.PARTS)),
    "no purpose": ("目的：不留下登录状态。\n", "", "任务 2", "缺少「目的」", "目的：一句话"),
    "no steps": ("1. 拔下锁。\n", "", "任务 2", "缺少「步骤」", "### 步骤"),
    "nothing to be seen": ("* 回到首页。\n", "", "任务 2", "缺少「完成后应看到」", "### 完成后应看到"),
    "no trouble": ("- 退不出去：打 {{ca_hotline}}\n", "", "任务 2", "缺少「出了问题」", "### 出了问题"),
    "step that is no item": ("2. 输入", "再等一会。\n2. 输入", "任务 1", "应是列表的一项", "- 或 1. 开头"),
    "step without a space": ("2. 输入", "2.输入", "任务 1", "应是列表的一项", "- 或 1. 开头"),
    "step too long": ("拔下锁。", "长" * 501, "任务 2", "文字太长", "不超过 500 字"),
    "trouble without a remedy": ("没有反应：换一个接口", "没有反应", "任务 1", "写法不对", REMEDY),
    "trouble that only names an entry": ("没有反应：换一个接口", "没有反应：（ca-02）", "任务 1", "写法不对", REMEDY),
    "trouble that nobody sees": ("没有反应：换一个接口", "：换一个接口", "任务 1", "写法不对", REMEDY),
    "trouble too long": ("没有反应", "长" * 201, "任务 1", "文字太长", "不超过 200 字"),
}


@pytest.mark.parametrize(("old", "new", "key", "message", "allowed"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, key: str, message: str, allowed: str
) -> None:
    """What is missing in a task is told at its heading, what is missing of the whole at the top."""
    assert SOUND.count(old) == 1
    text = SOUND.replace(old, new)
    place = text.index(new or (LAST if key == "任务 2" else ""))
    made, (problem,) = read(tmp_path, text)
    assert made is None
    assert problem.mark == ("kb/manuals/m.md", text.count("\n", 0, place) + 1, 1)
    assert (problem.severity, problem.key, problem.message) == ("error", key, message)
    assert allowed in problem.allowed


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = SOUND.replace("ca-handling", "证书").replace("bidder", "投标人").replace("1. 拔下锁。\n", "")
    problems = read(tmp_path, text)[1]
    assert {problem.key for problem in problems} == {"编号", "适用", "任务 2"}
    assert len(problems) == 3


def test_a_file_without_tasks_or_not_in_utf8_or_not_there_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, "")[1][0].message == "没有任务"
    assert read(tmp_path, SOUND, "gb18030")[1][0].message == "文件不是 UTF-8 编码"
    assert "读不了文件" in manual.read(tmp_path / "nowhere.md", "m.md")[1][0].message
