"""Differences of two versions of the knowledge, by hand: every kind of record, and what the lines say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.knowledge.loader import load
from app.knowledge.model import Knowledge
from app.publishing.differences import KINDS, Difference, differences
from tests import small_kb
from tests.small_kb import edit

Edited = Callable[..., tuple[Difference, ...]]


def knowledge(kb: Path) -> Knowledge:
    source = load(kb)
    assert [problem for problem in source.problems if problem.severity == "error"] == []
    return source.knowledge()


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return small_kb.write_whole(tmp_path)


@pytest.fixture
def edited(whole: Path) -> Edited:
    """What differs after one place of a file was edited."""
    before = knowledge(whole)

    def made(name: str, old: str, new: str) -> tuple[Difference, ...]:
        edit(whole, name, old, new)
        return differences(before, knowledge(whole))

    return made


def test_the_same_knowledge_differs_in_nothing(whole: Path) -> None:
    assert differences(knowledge(whole), knowledge(whole)) == ()


def test_an_edited_answer_is_told_line_by_line_with_what_stands_around(edited: Edited) -> None:
    (found,) = edited("faq/certificates.yaml", "1. 备好营业执照和经办人身份证。", "1. 备好营业执照。")
    assert (found.kind, found.id, found.title, found.what) == ("entry", "ca-01", "037 CA数字证书怎么办理？", "changed")
    (change,) = found.fields
    assert change.field == "answer"
    assert change.lines == (
        " 向发证机构申请，线上或窗口都能办。",
        " ",
        "-1. 备好营业执照和经办人身份证。",
        "+1. 备好营业执照。",
        " 2. 拨打 {{ca_hotline}} 问清材料。",
    )


def test_places_of_a_text_far_from_each_other_are_parted_by_dots(whole: Path) -> None:
    lines = [f"      第{i}行。" for i in range(12)]
    edit(whole, "faq/certificates.yaml", "      2. 拨打 {{ca_hotline}} 问清材料。", "\n".join(lines))
    before = knowledge(whole)
    edit(whole, "faq/certificates.yaml", "第0行。", "第零行。")
    edit(whole, "faq/certificates.yaml", "第11行。", "最后一行。")
    ((change,),) = [found.fields for found in differences(before, knowledge(whole))]
    assert change.lines == (
        " ", " 1. 备好营业执照和经办人身份证。", "-第0行。", "+第零行。", " 第1行。", " 第2行。",
        " …",
        " 第9行。", " 第10行。", "-第11行。", "+最后一行。",
    )  # fmt: skip


def test_of_a_list_the_items_that_went_and_came_are_told(edited: Edited) -> None:
    (found,) = edited("faq/certificates.yaml", "- 办锁去哪里", "- 去哪儿办锁\n      - 锁在哪办")
    assert found.fields == (("aliases", ("-办锁去哪里", "+去哪儿办锁", "+锁在哪办")),)


def test_a_list_in_another_order_is_told_too(edited: Edited) -> None:
    (found,) = edited("faq/certificates.yaml", "keywords: [办锁, 新办]", "keywords: [新办, 办锁]")
    assert found.fields == (("keywords", ("+新办", " 办锁", "-新办")),)


def test_a_field_filled_in_and_one_left_empty(whole: Path) -> None:
    before = knowledge(whole)
    edit(whole, "faq/deposits.yaml", "    own_figures: [五个工作日]\n", "")
    edit(whole, "site.yaml", "about: 发证机构客服电话\n    value:", "about: 发证机构客服电话\n    value: 0500-7654321")
    entry, site = differences(before, knowledge(whole))
    assert entry.fields == (("own_figures", ("-五个工作日",)),)
    assert (site.kind, site.id, site.title) == ("site", "ca_hotline", "发证机构客服电话")
    assert site.fields == (("value", ("+0500-7654321",)),)


def test_an_added_and_a_removed_entry_are_told_whole(whole: Path) -> None:
    before = knowledge(whole)
    text = (whole / "faq/certificates.yaml").read_text("utf-8")
    (whole / "faq/certificates.yaml").write_text(
        text.replace("id: ca-02\n    number: 038", "id: ca-03\n    number: 039"), "utf-8"
    )
    edit(whole, "faq/certificates.yaml", "related: [ca-02]", "related: [ca-03]")
    edit(whole, "manuals/certificates.md", "（ca-02）", "（ca-03）")
    found = differences(before, knowledge(whole))
    assert [(one.kind, one.id, one.what) for one in found] == [
        ("entry", "ca-01", "changed"),
        ("entry", "ca-03", "added"),
        ("entry", "ca-02", "removed"),
        ("task", "ca-handling 1", "changed"),
    ]
    added, removed = dict(found[1].fields), dict(found[2].fields)
    assert added["aliases"] == ("+锁的密码忘了", "+U盾提示密码已锁定")
    assert removed["question"] == ("-PIN码输错被锁死了怎么解锁？",)
    assert "urgent" not in added, "what is empty is not listed"


@pytest.mark.parametrize(
    ("name", "old", "new", "kind", "identifier", "lines"),
    [
        ("terms.yaml", "[CA锁, U盾]", "[CA锁]", "term", "数字证书", ("-U盾",)),
        ("clarify.yaml", "- 退保证金", "- 保证金退还", "topic", "deposit-refund", ("-退保证金", "+保证金退还")),
        ("judgements.yaml", "- 这家该不该废标", "- 这家废不废", "judgement", "void-this-bid", ("-这家该不该废标", "+这家废不废")),
        ("pointers.yaml", "related: [ca-01]", "related: [ca-02]", "pointer", "project-opening-time", ("-ca-01", "+ca-02")),
        ("smalltalk.yaml", "- 早上好", "- 早上好\n      - 您好", "smalltalk", "greeting", ("+您好",)),
        ("policies/local.yaml", "已经有了新文本。", "有新文本。", "policy", "local-deposits", ("-已经有了新文本。", "+有新文本。")),
        ("policies/regulations.yaml", "金额的10%", "金额的5%", "gist", "regulations 第五十八条",
         ("-履约保证金不超过中标合同金额的10%。", "+履约保证金不超过中标合同金额的5%。")),
        ("facts.yaml", "value: 5日", "value: 五日", "fact", "deposit_refund_days", ("-5日", "+五日")),
        ("manuals/certificates.md", "怎么用证书。", "证书怎么用。", "manual", "ca-handling", ("-怎么用证书。", "+证书怎么用。")),
        ("manuals/certificates.md", "1. 插上锁。", "1. 插锁。", "task", "ca-handling 1", ("-插上锁。", "+插锁。")),
        ("replies.yaml", "clarify_failed: 看来都不是您要问的，请换个说法。", "clarify_failed: 请换个说法。", "replies", "replies",
         ("-看来都不是您要问的，请换个说法。", "+请换个说法。")),
    ],
)  # fmt: skip
def test_each_kind_of_record_by_its_own_name(
    edited: Edited, name: str, old: str, new: str, kind: str, identifier: str, lines: tuple[str, ...]
) -> None:
    (found,) = edited(name, old, new)
    assert (found.kind, found.id, found.what) == (kind, identifier, "changed")
    assert [change.lines for change in found.fields] == [lines]


def test_welcome_notices_and_hours(whole: Path) -> None:
    before = knowledge(whole)
    (whole / "welcome.yaml").write_text("welcome:\n  greeting: 请说。\n", "utf-8")
    (whole / "notices.yaml").write_text('notices:\n  - text: 明天停机。\n    from: "2026-12-01 08:00"\n', "utf-8")
    (whole / "hours.yaml").write_text('hours:\n  weekly:\n    周一: ["09:00-11:30"]\n', "utf-8")
    between = knowledge(whole)
    welcome, notice, hours = differences(before, between)
    assert (welcome.kind, welcome.what, welcome.fields[0].lines) == (
        "welcome", "changed", ("-您好，请直接说您遇到的事。", "+请说。")
    )  # fmt: skip
    assert (notice.kind, notice.what, notice.title) == ("notice", "added", "明天停机。")
    assert dict(notice.fields)["from_"] == ("+2026-12-01 08:00:00",)
    assert (hours.kind, hours.what, hours.fields) == ("hours", "added", (("weekly", ("+周一：09:00-11:30",)),))
    edit(whole, "hours.yaml", "11:30", "12:00")
    (later,) = differences(between, knowledge(whole))
    assert later.fields == (("weekly", ("-周一：09:00-11:30", "+周一：09:00-12:00")),)


def test_records_of_one_name_are_told_apart(whole: Path) -> None:
    """An article may have two windows."""
    twice = '  - article: 第五十八条\n    heading: 履约保证金\n    gist: "不超过5%。"\n    effective_from: 2027-01-01\n'
    path = whole / "policies/regulations.yaml"
    before = knowledge(whole)
    path.write_text(
        path.read_text("utf-8").replace('10%。"\n', '10%。"\n    effective_to: 2026-12-31\n') + twice, "utf-8"
    )
    old, new = differences(before, knowledge(whole))
    assert (old.id, old.fields) == ("regulations 第五十八条", (("effective_to", ("+2026-12-31",)),))
    assert (new.id, new.what) == ("regulations 第五十八条 (2)", "added")


def test_every_field_of_knowledge_is_compared() -> None:
    """A kind of record that is new to the knowledge must become a kind here, or its edits would be published unseen."""
    told = {"entries", "superseded", "policies", "manuals", "facts", "official", "terms", "topics", "judgements",
            "pointers", "smalltalk", "site", "replies", "welcome", "notices", "hours"}  # fmt: skip
    assert set(Knowledge.model_fields) == told
    assert len(KINDS) == len(told) + 2, "gists and tasks stand for themselves"
