"""A ``kb/`` folder becomes records, or the list of everything that is wrong with it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from app.knowledge.loader import load
from app.knowledge.model import Problem
from tests import small_kb


def only_problem(kb: Path) -> Problem:
    (problem,) = load(kb).problems
    assert problem.severity == "error"
    return problem


def test_a_sound_folder_loads_as_written(kb: Path) -> None:
    source = load(kb)
    assert source.problems == []
    knowledge = source.knowledge()
    assert [entry.number for entry in knowledge.entries] == ["037", "038", "061", "062"]
    entry = knowledge.entries[0]
    assert (entry.category, entry.audience, entry.updated) == ("CA数字证书", ("bidder", "agency"), date(2026, 1, 15))
    assert knowledge.site["ca_hotline"].value is None
    assert {intent.kind for intent in knowledge.intents()} == {"entry", "topic", "judgement", "pointer", "smalltalk"}


def test_a_misspelt_key_is_met_with_the_key_that_was_meant(kb: Path) -> None:
    at = small_kb.edit(kb, "faq/deposits.yaml", "    legal_basis:", "    legal_bases:")
    problem = only_problem(kb)
    assert "是不是想写「legal_basis」" in problem.message
    assert problem.mark == at._replace(column=5)
    assert problem.key == "entries[0].legal_bases"


def test_a_misspelt_key_with_a_value_beside_it_is_found_on_its_line(kb: Path) -> None:
    at = small_kb.edit(kb, "pointers.yaml", "title:", "titel:")
    problems = load(kb).problems
    (unknown,) = [problem for problem in problems if "是不是想写「title」" in problem.message]
    assert (unknown.mark.file, unknown.mark.line) == (at.file, at.line)
    assert [problem.key for problem in problems if "缺少必填项" in problem.message] == ["pointers[0].title"]


def test_a_missing_key_is_named_at_its_record(kb: Path) -> None:
    record = small_kb.mark_of(kb, "faq/deposits.yaml", "id: deposit-02")
    small_kb.edit(kb, "faq/deposits.yaml", "    question: 政府采购的投标保证金什么时候退？\n", "")
    problem = only_problem(kb)
    assert (problem.mark, problem.key, problem.allowed) == (record, "entries[1].question", "补上 question")


def test_a_category_that_is_none_of_the_twelve_is_met_with_the_nearest(kb: Path) -> None:
    at = small_kb.edit(kb, "faq/deposits.yaml", "category: 保证金缴纳", "category: 保证金交纳")
    problems = load(kb).problems
    assert {problem.mark for problem in problems} == {at._replace(column=11)}
    assert all("是不是想写「保证金缴纳」" in problem.message for problem in problems)


def test_an_unknown_audience_is_met_with_the_nearest_and_all_allowed(kb: Path) -> None:
    at = small_kb.edit(kb, "faq/deposits.yaml", "tenderer]", "tenderers]")
    problem = only_problem(kb)
    assert problem.mark == at
    assert "是不是想写「tenderer」" in problem.message
    assert (problem.found, problem.allowed) == ("tenderers", "bidder、tenderer、agency、evaluator")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("faq/deposits.yaml", "number: 061", "number: 61", "三位数字，如 037"),
        ("faq/deposits.yaml", "id: deposit-01", "id: Deposit_01", "小写英文字母、数字和连字符"),
        ("faq/deposits.yaml", "article: 第五十七条", "article: 第 57 条", "条款号，如 第五十七条"),
        ("faq/deposits.yaml", "audience: [bidder]", "audience: []", "至少 1 项"),
        ("faq/deposits.yaml", "audience: [bidder]", "audience: bidder", "应是列表"),
        ("faq/deposits.yaml", "keywords: [退还, 利息]", "keywords: [{a: b}]", "应是文字"),
        ("faq/deposits.yaml", "      - 工程投标押金几天能退", "      - ''", "内容为空"),
        ("faq/deposits.yaml", "      - 工程投标押金几天能退", "      - " + "长" * 501, "不超过 500 字"),
        ("faq/deposits.yaml", "keywords: [退还, 利息]", 'keywords: ["退\\n还"]', "写成一行"),
        ("faq/deposits.yaml", "related: [deposit-02]", "effective_to: 2026-02-30", "不是有效日期"),
        ("clarify.yaml", '      - {entry: deposit-02, label: "政府采购"}\n', "", "至少 2 项"),
        ("smalltalk.yaml", "  - id: greeting", "  - 您好\n  - id: greeting", "应是键值表"),
        ("terms.yaml", "terms:", "term:", "是不是想写「terms」"),
        ("replies.yaml", "  decline:", "  decline_:", "补上 decline"),
        ("site.yaml", "    about: 平台技术支持电话\n", "", "补上 about"),
    ],
)
def test_a_wrong_value_is_met_with_what_is_allowed(kb: Path, name: str, old: str, new: str, said: str) -> None:
    if name == "faq/deposits.yaml" and old == "audience: [bidder]":
        small_kb.edit(kb, name, "audience: [bidder, tenderer]", "audience: [tenderer]")
    at = small_kb.edit(kb, name, old, new)
    problems = load(kb).problems
    (problem,) = [problem for problem in problems if said in str(problem)]
    assert problem.mark.file == at.file
    assert 0 <= at.line - problem.mark.line <= 5, "the mark is at the value, or at the record it is missing from"


@pytest.mark.parametrize("name", ["terms.yaml", "clarify.yaml", "pointers.yaml", "site.yaml", "replies.yaml"])
def test_an_absent_or_empty_file_is_named(kb: Path, name: str) -> None:
    (kb / name).write_text("", "utf-8")
    empty = only_problem(kb)
    assert (empty.mark.file, empty.message) == (f"kb/{name}", "文件是空的")
    (kb / name).unlink()
    absent = only_problem(kb)
    assert absent.mark.file == f"kb/{name}"


def test_a_folder_without_questions_is_a_problem(tmp_path: Path) -> None:
    assert any("没有找到常见问题文件" in problem.message for problem in load(tmp_path / "nothing").problems)


def test_the_same_id_twice_points_at_the_first(kb: Path) -> None:
    first = small_kb.mark_of(kb, "faq/certificates.yaml", "id: ca-01")
    at = small_kb.edit(kb, "faq/deposits.yaml", "id: deposit-02", "id: ca-01")
    problem = only_problem(kb)
    assert problem.mark == at
    assert f"{first.file} 第 {first.line} 行已有" in problem.message


def test_all_problems_of_all_files_are_told_at_once(kb: Path) -> None:
    small_kb.edit(kb, "faq/certificates.yaml", "number: 037", "number: 37")
    small_kb.edit(kb, "faq/deposits.yaml", "tenderer]", "tendrer]")
    small_kb.edit(kb, "faq/deposits.yaml", "legal_basis:", "legal:")
    small_kb.edit(kb, "pointers.yaml", "    title: 某个项目的开标时间\n", "")
    small_kb.edit(kb, "terms.yaml", "terms:", "terms:\n\t")
    problems = load(kb).problems
    assert sorted((problem.mark.file, problem.key) for problem in problems) == [
        ("kb/faq/certificates.yaml", "entries[0].number"),
        ("kb/faq/deposits.yaml", "entries[0].audience[1]"),
        ("kb/faq/deposits.yaml", "entries[0].legal"),
        ("kb/pointers.yaml", "pointers[0].title"),
        ("kb/terms.yaml", ""),
    ]
    assert all(re.match(r"kb/\S+\.yaml:\d+:\d+: error: ", str(problem)) for problem in problems)
