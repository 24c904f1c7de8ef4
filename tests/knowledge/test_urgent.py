"""The block ``urgent`` of an entry: what may be written, what is told to the editor, and its cells in the workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.knowledge import edit
from app.knowledge.loader import load
from app.knowledge.model import Entry, Problem, Step, Urgent
from app.knowledge.validation import validate
from app.knowledge.workbook import reading, writing, yaml_edit
from app.knowledge.workbook.columns import COLUMNS, ENTRIES
from app.publishing.pipeline import check
from tests import small_kb
from tests.conftest import CHECKOUT

TODAY = small_kb.NOW.date()
FAQ = "faq/certificates.yaml"
AT = "    keywords: [PIN码, 解锁]\n"
BLOCK = """\
    urgent:
      within_minutes: 60
      before:
        now: "换一台电脑，重新生成、加密、上传。"
        fallback: "还不行，打 {{platform_hotline}}。"
      opening:
        now: 换回加密时那把锁再解密。
        fallback: 解不开，打代理机构电话。
"""
TITLES = [column.title for column in COLUMNS]


@pytest.fixture
def urgent(kb: Path) -> Path:
    small_kb.edit(kb, FAQ, AT, AT + BLOCK)
    return kb


def problems(kb: Path, severity: str = "error") -> list[Problem]:
    return [problem for problem in check(kb, TODAY)[1] if problem.severity == severity]


def entry(kb: Path) -> Entry:
    return next(entry for entry in load(kb).records["entries"] if entry.id == "ca-02")


def test_the_block_is_read(urgent: Path) -> None:
    assert problems(urgent) == []
    assert entry(urgent).urgent == Urgent(
        before=Step(now="换一台电脑，重新生成、加密、上传。", fallback="还不行，打 {{platform_hotline}}。"),
        opening=Step(now="换回加密时那把锁再解密。", fallback="解不开，打代理机构电话。"),
        within_minutes=60,
    )


def test_two_hours_is_meant_where_no_minutes_are_written(urgent: Path) -> None:
    small_kb.edit(urgent, FAQ, "      within_minutes: 60\n", "")
    found = entry(urgent).urgent
    assert found is not None
    assert found.within_minutes == 120


@pytest.mark.parametrize(
    ("old", "new", "key", "said", "allowed"),
    [
        ("      before:", "      befor:", "urgent.befor", "是不是想写「before」", "before、evaluation、opening、within_minutes"),
        ("      opening:", "      opens:", "urgent.opens", "不认识的键", "before、evaluation、opening、within_minutes"),
        ("        now: 换回", "        noww: 换回", "urgent.opening.noww", "是不是想写「now」", "fallback、now"),
        ("within_minutes: 60", "within_minutes: 4", "urgent.within_minutes", "数字超出范围", "不小于 5"),
        ("within_minutes: 60", "within_minutes: 1441", "urgent.within_minutes", "数字超出范围", "不大于 1440"),
        ("within_minutes: 60", "within_minutes: 一小时", "urgent.within_minutes", "应是整数", ""),
        ("        fallback: 解不开，打代理机构电话。\n", "", "urgent.opening.fallback", "缺少必填项", "补上 fallback"),
        ("now: 换回加密时那把锁再解密。", "now: " + "长" * 201, "urgent.opening.now", "文字太长", "不超过 200 字"),
        ("now: 换回加密时那把锁再解密。", 'now: "换回那把锁。\\n再解密。"', "urgent.opening.now", "写法不对", "写成一行"),
        ("now: 换回加密时那把锁再解密。", 'now: " "', "urgent.opening.now", "内容为空", "写上内容"),
    ],
)  # fmt: skip
def test_a_fault_is_found_where_it_stands(urgent: Path, old: str, new: str, key: str, said: str, allowed: str) -> None:
    at = small_kb.edit(urgent, FAQ, old, new)
    found = [problem for problem in problems(urgent) if problem.key == f"entries[1].{key}"]
    assert len(found) == 1, [str(problem) for problem in problems(urgent)]
    assert said in found[0].message
    assert allowed in found[0].allowed
    assert found[0].mark.file == at.file
    if new:
        assert found[0].mark.line == at.line


@pytest.mark.parametrize("written", ["    urgent:\n      within_minutes: 60\n", "    urgent: {}\n"])
def test_a_block_that_says_nothing_is_told_what_it_may_say(kb: Path, written: str) -> None:
    at = small_kb.edit(kb, FAQ, AT, AT + written)
    (problem,) = [problem for problem in problems(kb) if problem.key == "entries[1].urgent"]
    assert "before、opening、evaluation 至少写一个" in problem.message
    assert (problem.mark.file, problem.mark.line) == (at.file, at.line + 1)


def test_one_line_instead_of_the_block_is_told_so(kb: Path) -> None:
    """How it was written before there were moments."""
    at = small_kb.edit(kb, FAQ, AT, AT + "    urgent: 马上打发证机构电话。\n")
    (problem,) = [problem for problem in problems(kb) if "urgent" in problem.key]
    assert (problem.key, problem.message, problem.found) == ("entries[1].urgent", "应是键值表", "马上打发证机构电话。")
    assert (problem.mark.line, problem.allowed) == (at.line + 1, "每行一个 键: 值")


def test_a_line_instead_of_a_step_is_told_so(urgent: Path) -> None:
    small_kb.edit(
        urgent,
        FAQ,
        "      opening:\n        now: 换回",
        "      evaluation: 补上澄清。\n      opening:\n        now: 换回",
    )
    (problem,) = [problem for problem in problems(urgent) if "urgent" in problem.key]
    assert (problem.key, problem.message) == ("entries[1].urgent.evaluation", "应是键值表")


# Placeholders.


def test_a_placeholder_must_have_a_site_value(urgent: Path) -> None:
    at = small_kb.edit(urgent, FAQ, "{{platform_hotline}}。", "{{platform_hotlin}}。")
    (problem,) = problems(urgent)
    assert (problem.key, problem.mark.line) == ("ca-02.urgent.before.fallback", at.line)
    assert "是不是想写「platform_hotline」" in problem.message


def test_braces_come_in_pairs(urgent: Path) -> None:
    small_kb.edit(urgent, FAQ, "{{platform_hotline}}。", "{{platform_hotline}。")
    (problem,) = problems(urgent)
    assert (problem.key, problem.message) == ("ca-02.urgent.before.fallback", "花括号不成对")


def test_a_value_that_only_a_step_uses_is_not_forgotten(urgent: Path) -> None:
    """An empty value is noted with the entries that use it, also where only their step does."""
    small_kb.edit(urgent, FAQ, "{{platform_hotline}}。", "{{ca_hotline}}。")
    (note,) = [problem for problem in problems(urgent, "note") if problem.key == "values.ca_hotline"]
    assert "ca-01、ca-02" in note.allowed


# The workbook.


def workbook(kb: Path) -> Path:
    path = kb.parent / "faq.xlsx"
    writing.write(path, load(kb).records["entries"])
    return path


def cell(book: Any, row: int, title: str) -> Any:
    return book[ENTRIES].cell(row, TITLES.index(title) + 1)


def imported(kb: Path, path: Path) -> yaml_edit.Changes:
    raw, found = reading.read(path.read_bytes(), path.name)
    source = load(kb, faq=raw)
    assert [str(problem) for problem in (*found, *source.problems)] == []
    before = {entry.id: entry for entry in load(kb).records["entries"]}
    return yaml_edit.plan(kb, before, source.records["entries"])


def test_the_block_stands_in_cells_of_its_own(urgent: Path) -> None:
    book = load_workbook(workbook(urgent))
    titles = ["临开标先做", "临开标还不行", "开标中先做", "开标中还不行", "评标中先做", "评标中还不行", "临近几分钟"]
    assert [cell(book, 3, title).value or "" for title in titles] == [
        "换一台电脑，重新生成、加密、上传。",
        "还不行，打 {{platform_hotline}}。",
        "换回加密时那把锁再解密。",
        "解不开，打代理机构电话。",
        "",
        "",
        "60",
    ]
    assert [cell(book, 2, title).value or "" for title in titles] == [""] * 7


def test_a_round_trip_changes_nothing(urgent: Path) -> None:
    assert imported(urgent, workbook(urgent)).edit.texts == {}


@pytest.mark.parametrize("flow", [False, True])
def test_a_changed_step_is_carried_into_the_file(kb: Path, flow: bool) -> None:
    written = '    urgent: {before: {now: "甲, 乙: 丙", fallback: "打 {{ca_hotline}}"}}\n' if flow else BLOCK
    small_kb.edit(kb, FAQ, AT, AT + written)
    path = workbook(kb)
    book = load_workbook(path)
    cell(book, 3, "临开标先做").value = "先打 {{platform_hotline}}, 再换电脑: 别关机。"
    cell(book, 3, "评标中先做").value = "看清回复截止时间。"
    cell(book, 3, "评标中还不行").value = "打代理机构电话。"
    book.save(path)
    changes = imported(kb, path)
    assert changes.changed == ("ca-02",)
    edit.write(changes.edit)
    assert problems(kb) == []
    found = entry(kb).urgent
    assert found is not None
    assert found.before is not None
    assert found.before.now == "先打 {{platform_hotline}}, 再换电脑: 别关机。"
    assert found.evaluation == Step(now="看清回复截止时间。", fallback="打代理机构电话。")
    assert imported(kb, workbook(kb)).edit.texts == {}


def test_emptied_cells_take_the_block_away(urgent: Path) -> None:
    path = workbook(urgent)
    book = load_workbook(path)
    for title in TITLES:
        if title.startswith(("临开标", "开标中", "评标中", "临近")):
            cell(book, 3, title).value = None
    book.save(path)
    edit.write(imported(urgent, path).edit)
    assert "urgent" not in (urgent / FAQ).read_text("utf-8")


@pytest.mark.parametrize(
    ("title", "value", "says"),
    [
        ("临开标还不行", None, "缺少必填项"),
        ("评标中先做", "看清时间。", "缺少必填项"),
        ("临近几分钟", "2", "数字超出范围"),
        ("临近几分钟", "半小时", "应是整数"),
        ("开标中先做", "一行\n两行", "写法不对"),
        ("开标中先做", "打 {{platform_hotlin}}。", "占位名不存在"),
    ],
)
def test_a_fault_in_a_cell_is_reported_with_its_row(urgent: Path, title: str, value: str | None, says: str) -> None:
    path = workbook(urgent)
    book = load_workbook(path)
    cell(book, 3, title).value = value
    book.save(path)
    raw, found = reading.read(path.read_bytes(), path.name)
    every = [*found, *validate(load(urgent, faq=raw), TODAY)]
    (problem,) = [p for p in every if p.severity == "error" and says in p.message]
    assert (problem.mark.file, problem.mark.line) == (f"faq.xlsx#{ENTRIES}", 3)
    if value:
        assert problem.mark.column in (TITLES.index(title) + 1, TITLES.index(title) + 2)


# What is shipped.


def test_the_shipped_blocks_are_two_short_lines() -> None:
    """Somebody under the clock reads no more."""
    urgent = [entry for entry in load(CHECKOUT / "kb").records["entries"] if entry.urgent]
    assert len(urgent) >= 15
    for found in urgent:
        for moment in ("before", "opening", "evaluation"):
            step = getattr(found.urgent, moment)
            if step is not None:
                assert len(step.now) <= 90, found.id
                assert len(step.fallback) <= 90, found.id
                assert step.now != step.fallback


def test_what_is_to_be_done_after_the_deadline_is_no_upload() -> None:
    """After the hour nothing can be handed in: no step of the opening says to upload."""
    for found in load(CHECKOUT / "kb").records["entries"]:
        if found.urgent and found.urgent.opening:
            text = found.urgent.opening.now
            assert "重新上传" not in text, found.id
            assert "加密、上传" not in text, found.id
