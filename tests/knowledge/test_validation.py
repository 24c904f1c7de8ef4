"""What must hold between records."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from app.knowledge.loader import load
from app.knowledge.model import SEVERITIES, Problem
from app.knowledge.validation import validate
from app.publishing.pipeline import check
from tests import small_kb

TODAY = small_kb.NOW.date()
TAKEN = "办锁去哪里"
"""An alias of ca-01."""


def found(kb: Path, severity: str, today: date = TODAY) -> list[Problem]:
    return [problem for problem in validate(load(kb), today) if problem.severity == severity]


def test_a_sound_folder_has_no_error(kb: Path) -> None:
    assert found(kb, "error") == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("faq/certificates.yaml", "question: PIN码输错被锁死了怎么解锁？", "question: {}"),
        ("faq/certificates.yaml", "- 锁的密码忘了", "- {}"),
        ("faq/deposits.yaml", "- 工程投标押金几天能退", "- {}"),
        ("clarify.yaml", "- 退保证金", "- {}"),
        ("judgements.yaml", "- 这家该不该废标", "- {}"),
        ("pointers.yaml", "- 明天那个标几点开", "- {}"),
        ("pointers.yaml", "title: 某个项目的开标时间", "title: {}"),
        ("smalltalk.yaml", "- 早上好", "- {}"),
    ],
)
@pytest.mark.parametrize("wording", [TAKEN, "请问，辦鎖　去哪里？谢谢"])
def test_no_wording_leads_to_two_places(kb: Path, name: str, old: str, new: str, wording: str) -> None:
    first = small_kb.mark_of(kb, "faq/certificates.yaml", TAKEN)
    at = small_kb.edit(kb, name, old, new.format(wording))
    (problem,) = found(kb, "error")
    assert problem.mark == at._replace(column=at.column + new.index("{}"))
    assert f"问法重复，{first.file} 第 {first.line} 行（ca-01）已有" in problem.message
    assert problem.found == wording


def test_a_wording_may_not_be_both_wanted_and_unwanted_by_one_entry(kb: Path) -> None:
    at = small_kb.edit(kb, "faq/certificates.yaml", "- 登录密码忘了", "- 请问锁的密码忘了？")
    (problem,) = found(kb, "error")
    assert problem.mark == at._replace(column=at.column + 2)
    assert (problem.key, problem.message) == ("ca-02.not_aliases[0]", "同时是本条的 aliases[0]")


def test_what_one_entry_must_not_answer_another_may(kb: Path) -> None:
    small_kb.edit(kb, "faq/certificates.yaml", "- 登录密码忘了", f"- {TAKEN}")
    assert found(kb, "error") == []


def test_a_wording_of_punctuation_only_is_refused(kb: Path) -> None:
    small_kb.edit(kb, "clarify.yaml", "- 退保证金", "- ？？？")
    (problem,) = found(kb, "error")
    assert problem.message == "只有标点或空白"


def test_one_error_text_belongs_to_one_entry(kb: Path) -> None:
    small_kb.edit(
        kb, "faq/deposits.yaml", "keywords: [退还, 利息]", "error_texts: ['证书密码错误，剩余重试次数为零！']"
    )
    (problem,) = found(kb, "error")
    assert "报错文字重复，ca-02 已有" in problem.message


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "near"),
    [
        ("faq/certificates.yaml", "related: [ca-02]", "related: [ca-20]", "ca-01.related[0]", "ca-02"),
        ("clarify.yaml", "entry: deposit-02", "entry: deposit-2", "deposit-refund.options[1].entry", "deposit-02"),
        ("judgements.yaml", "entry: deposit-01", "entry: deposits-01", "void-this-bid.entry", "deposit-01"),
        ("pointers.yaml", "related: [ca-01]", "related: [ca-001]", "project-opening-time.related[0]", "ca-01"),
    ],
)
def test_a_reference_to_no_entry_is_met_with_the_nearest(
    kb: Path, name: str, old: str, new: str, key: str, near: str
) -> None:
    at = small_kb.edit(kb, name, old, new)
    (problem,) = found(kb, "error")
    assert (problem.key, problem.message) == (key, f"没有这个条目，是不是想写「{near}」")
    assert (problem.mark.file, problem.mark.line) == (at.file, at.line)


def test_the_phone_of_the_handover_must_be_a_site_value(kb: Path) -> None:
    at = small_kb.edit(kb, "replies.yaml", "handover_phone: platform_hotline", "handover_phone: platform_hotlin")
    (problem,) = found(kb, "error")
    assert problem.mark.file == at.file
    assert "platform_hotline" in str(problem)


def test_a_number_belongs_to_one_entry(kb: Path) -> None:
    at = small_kb.edit(kb, "faq/deposits.yaml", "number: 061", "number: 037")
    (problem,) = found(kb, "error")
    assert problem.mark == at._replace(column=at.column + len("number: "))
    assert (problem.key, problem.message) == ("deposit-01.number", "条目号重复，ca-01 已用")


def test_an_id_belongs_to_one_entry(kb: Path) -> None:
    at = small_kb.edit(kb, "faq/certificates.yaml", "id: ca-02", "id: ca-01")
    assert [p.message for p in found(kb, "error") if p.mark == at and p.found == "ca-01"] == [
        "编号或名称重复，kb/faq/certificates.yaml 第 4 行已有"
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("faq/certificates.yaml", "{{ca_hotline}}", "{{ca_hotlin}}"),
        ("pointers.yaml", "易博士查不到", "请拨{{ ca_hotlin }}"),
        ("smalltalk.yaml", "text: 您好", "text: 您好{{ca_hotlin}}"),
        ("replies.yaml", "{{platform_hotline}}", "{{ca_hotlin}}"),
    ],
)
def test_a_placeholder_must_have_a_site_value(kb: Path, name: str, old: str, new: str) -> None:
    small_kb.edit(kb, name, old, new)
    (problem,) = found(kb, "error")
    assert problem.mark.file == f"kb/{name}"
    assert (problem.message, problem.found) == ("占位名不存在，是不是想写「ca_hotline」", "{{ca_hotlin}}")


@pytest.mark.parametrize("written", ["{{ca_hotline}", "{{ca_hotline", "ca_hotline}}", "{{{ca_hotline}", "{{}"])
def test_braces_come_in_pairs(kb: Path, written: str) -> None:
    small_kb.edit(kb, "faq/certificates.yaml", "{{ca_hotline}}", written)
    (problem,) = found(kb, "error")
    assert (problem.key, problem.message) == ("ca-01.answer", "花括号不成对")


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("faq/deposits.yaml", 'label: "工程招标'),
        ("faq/certificates.yaml", "question: CA数字证书怎么办理？"),
        ("clarify.yaml", "question: 您问的是哪一类保证金的退还？"),
        ("clarify.yaml", 'label: "工程建设招标'),
        ("pointers.yaml", "title: 某个项目的开标时间"),
        ("terms.yaml", "definition: 在网上证明身份、用来签章和加解密的电子凭证。"),
        ("site.yaml", "fallback: 发证机构客服电话（以平台公布为准）"),
    ],
)
def test_nobody_is_shown_braces(kb: Path, name: str, old: str) -> None:
    """Texts no value is put into may not hold a placeholder either."""
    small_kb.edit(kb, name, old, old + "{{service_hours}}")
    (problem,) = found(kb, "error")
    assert problem.mark.file == f"kb/{name}"


def test_an_empty_site_value_in_use_is_noted_with_where(kb: Path) -> None:
    at = small_kb.mark_of(kb, "site.yaml", "  ca_hotline:")
    (problem,) = found(kb, "note")
    assert (problem.key, problem.allowed) == ("values.ca_hotline", "用到它的：ca-01")
    assert problem.mark == at._replace(column=3)
    knowledge, _, _ = check(kb, TODAY)
    assert knowledge is not None


def test_an_empty_site_value_nobody_uses_is_not_mentioned(kb: Path) -> None:
    small_kb.edit(kb, "faq/certificates.yaml", "拨打 {{ca_hotline}} 问清材料", "问清材料")
    assert found(kb, "note") == []


@pytest.mark.parametrize(
    ("window", "serves"),
    [
        (f"effective_to: {TODAY}", True),
        (f"effective_to: {TODAY - timedelta(days=1)}", False),
        (f"effective_from: {TODAY}", True),
        (f"effective_from: {TODAY + timedelta(days=1)}", False),
        ("effective_to:", True),
    ],
)
def test_an_entry_serves_from_the_first_to_the_last_day_of_its_window(kb: Path, window: str, serves: bool) -> None:
    small_kb.edit(kb, "faq/deposits.yaml", "    keywords: [退还]", f"    {window}\n    keywords: [退还]")
    knowledge, problems, _ = check(kb, TODAY)
    assert knowledge is not None
    assert ("deposit-02" in {entry.id for entry in knowledge.entries}) == serves
    warned = [p.key for p in problems if "不在有效期内" in p.message]
    assert warned == ([] if serves else ["deposit-02.effective_to"])


def test_nothing_refers_to_an_entry_out_of_force(kb: Path) -> None:
    small_kb.edit(kb, "pointers.yaml", "related: [ca-01]", "related: [ca-01, deposit-01]")
    small_kb.edit(kb, "faq/deposits.yaml", "    legal_basis:", "    effective_to: 2020-12-31\n    legal_basis:")
    knowledge, _, _ = check(kb, TODAY)
    assert knowledge is not None
    assert [(entry.id, entry.related) for entry in knowledge.entries] == [
        ("ca-01", ("ca-02",)),
        ("ca-02", ()),
        ("deposit-02", ()),
    ]
    assert knowledge.topics == ()  # one option is no choice
    assert knowledge.judgements == ()
    assert knowledge.pointers[0].related == ("ca-01",)


def test_a_window_that_ends_before_it_begins_is_an_error(kb: Path) -> None:
    window = "    effective_from: 2026-02-02\n    effective_to: 2026-02-01\n    keywords: [退还]"
    at = small_kb.edit(kb, "faq/deposits.yaml", "    keywords: [退还]", window)
    (problem,) = found(kb, "error")
    assert (problem.mark.line, problem.message) == (at.line + 1, "失效日早于生效日")


def test_categories_without_entries_are_a_warning(kb: Path) -> None:
    (problem,) = [problem for problem in found(kb, "warning") if problem.key == "category"]
    assert len(problem.found.split("、")) == 10


def test_errors_come_first_and_in_the_order_of_files_and_lines(kb: Path) -> None:
    small_kb.edit(kb, "pointers.yaml", "related: [ca-01]", "related: [ca-99]")
    small_kb.edit(kb, "faq/deposits.yaml", "number: 062", "number: 061")
    small_kb.edit(kb, "faq/certificates.yaml", "related: [ca-02]", "related: [ca-98, ca-99]")
    problems = validate(load(kb), TODAY)
    severities = [SEVERITIES.index(problem.severity) for problem in problems]
    assert severities == sorted(severities)
    errors = [problem.mark for problem in problems if problem.severity == "error"]
    assert len(errors) == 4
    assert errors == sorted(errors)
