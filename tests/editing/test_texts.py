"""An entry's text out of its file and back, and the values of a form into it: everything else stays to the letter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.editing import entry
from app.errors import DraftUnreadable
from app.knowledge import blocks, keys
from app.knowledge.edit import text_of
from app.knowledge.model import Entry
from tests.conftest import CHECKOUT

SHIPPED = sorted((CHECKOUT / "kb" / "faq").glob("*.yaml"))
LAYOUT = """\
# 文件开头
category: CA数字证书   # 分类

entries:
  # 上面的说明
  - id: ca-01
    number: 037      # 编号
    # 里面的说明
    answer: |
      第一行。

      # 这不是注释
    aliases:
      - 甲   # 口语
      # 中间
      - "乙"

    updated: 2026-01-15
    # 末尾的说明

  # ---- 下一组 ----

  -
    id: ca-02
    related: [ca-01,
      ca-03]
  - {id: ca-03, number: 039}
# 文件末尾
"""


def texts(whole: str) -> list[str]:
    return [block.text for block in blocks.blocks(whole, "entries")]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_entry_goes_back_as_it_came_out(path: Path):
    whole = text_of(path)
    for block in blocks.blocks(whole, "entries"):
        assert blocks.replaced(whole, block, block.text) == whole
        longer = blocks.replaced(whole, block, block.text + "# 一句说明\n")
        assert longer.replace("    # 一句说明\n", "", 1) == whole
        assert blocks.blocks(longer, "entries")[int(block.key)].text == block.text + "# 一句说明\n"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_form_that_changes_nothing_leaves_every_shipped_entry_as_it_is(path: Path):
    for text in texts(text_of(path)):
        assert entry.with_fields(text, entry.fields(text)) == text


def test_comments_belong_to_what_they_stand_above_or_in():
    first, second, third = texts(LAYOUT)
    assert first.startswith("# 上面的说明\nid: ca-01\n")
    assert first.endswith("updated: 2026-01-15\n# 末尾的说明\n")
    assert second == "id: ca-02\nrelated: [ca-01,\n  ca-03]\n"
    assert third == "{id: ca-03, number: 039}\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_line_that_is_not_the_entry_s_stays_whatever_the_file_looks_like(ends: str, mark: str):
    whole = mark + LAYOUT.replace("\n", ends)
    for block in blocks.blocks(whole, "entries"):
        changed = blocks.replaced(whole, block, "id: other\nnumber: 040\n")
        before, after = whole.removeprefix("\ufeff").splitlines(True), changed.removeprefix("\ufeff").splitlines(True)
        assert changed.startswith(mark)
        assert after[: block.first] == before[: block.first]
        assert after[block.first :] == [f"{block.lead}id: other{ends}", f"    number: 040{ends}", *before[block.end :]]
        assert keys.values(blocks.blocks(changed, "entries")[int(block.key)].text) == {"id": "other", "number": "040"}
        assert changed.count("\r\n") == (changed.count("\n") if ends == "\r\n" else 0)


def test_an_entry_taken_out_leaves_the_others_and_an_empty_list_is_still_one():
    whole = LAYOUT
    for gone in ("ca-02", "ca-01", "ca-03"):
        before = dict(zip(re.findall(r"id: (ca-\d+)", whole), texts(whole), strict=True))
        block = next(block for block in blocks.blocks(whole, "entries") if f"id: {gone}" in block.text)
        whole = blocks.removed(whole, "entries", block)
        assert texts(whole) == [text for name, text in before.items() if name != gone]
    assert "entries: []\n" in whole
    assert whole.endswith("# 文件末尾\n")
    assert texts(blocks.added(whole, "entries", "id: ca-09\nnumber: 041\n")) == ["id: ca-09\nnumber: 041\n"]


def test_only_the_lines_of_a_changed_key_change():
    text = texts(LAYOUT)[0]
    changed = entry.with_fields(text, {"aliases": ["甲", "丙", "乙"], "answer": "第一行。\n\n# 这不是注释"})
    assert changed == text.replace("# 中间\n", "# 中间\n  - 丙\n")
    assert entry.with_fields(text, {"updated": "2026-02-01"}) == text.replace("2026-01-15", "2026-02-01")


def test_an_emptied_field_goes_and_a_new_one_stands_where_it_belongs():
    text = "id: ca-01\nnumber: 037\nquestion: 问\naliases:\n  - 甲\nupdated: 2026-01-15\n"
    changed = entry.with_fields(text, {"aliases": [], "keywords": ["办锁"], "effective_to": "2027-01-01"})
    assert changed == (
        "id: ca-01\nnumber: 037\nquestion: 问\nkeywords: [办锁]\neffective_to: 2027-01-01\nupdated: 2026-01-15\n"
    )


def test_an_entry_between_braces_is_written_a_key_a_line_once_it_changes():
    text = '{id: ca-03, number: 039, keywords: [办锁, "a, b"]}\n'
    assert entry.with_fields(text, entry.fields(text)) == text
    assert (
        entry.with_fields(text, {"question": "问"})
        == 'id: ca-03\nnumber: 039\nquestion: 问\nkeywords: [办锁, "a, b"]\n'
    )


# What a form may hold

printable = st.characters(exclude_categories=["Cs"])
hostile = st.sampled_from(
    [
        "!!python/object/apply:os.system ['x']", "&a 1", "*a", "a: b", "- a", "# 不是注释", "a # b", "{a: b}", "[a, b]",
        "|", ">-", "'", '"', "%YAML 1.1", "---", "...", "? a", "\t制表", "yes", "null", "~", "037", "1:30", "2026-01-15",
        "C:\\path\\", "a\n---\nb", "a\n  b\n c", "\u2028", "\x85", "\x00", "a\x07b", "\ufeff", "末尾:", "{{ca_hotline}}",
        "a\n\n\nb", "  a\nb", "=", "<<", "\ud7ff\ue000", "😀",
    ]
)  # fmt: skip
texts_typed = st.one_of(hostile, st.text(printable, max_size=30), st.lists(hostile, max_size=3).map("\n".join))
lines_typed = st.lists(texts_typed, max_size=4)
mappings = st.dictionaries(st.sampled_from(["question", "label", "law", "article"]), texts_typed, max_size=2)
forms = st.fixed_dictionaries(
    {},
    optional={
        "question": texts_typed,
        "answer": texts_typed,
        "number": texts_typed,
        "updated": texts_typed,
        "aliases": lines_typed,
        "keywords": lines_typed,
        "audience": lines_typed,
        "clarify": mappings,
        "legal_basis": st.lists(mappings, max_size=3),
        "urgent": st.dictionaries(st.sampled_from(["before", "opening"]), mappings, max_size=2),
    },
)


@given(forms, forms)
def test_whatever_a_form_holds_is_read_back_as_text(first: dict[str, Any], second: dict[str, Any]):
    text = "id: ca-01\nnumber: 037\n# 说明\nnot_aliases:\n  - 甲   # 口语\n  - 乙\n"
    for form in (first, second):
        before = entry.fields(text)
        text = entry.with_fields(text, form)
        wanted = before | keys.plain_each(form)
        assert entry.fields(text) == {key: value for key, value in wanted.items() if value not in ("", [], {})}
        assert entry.with_fields(text, entry.fields(text)) == text
    assert "# 说明\nnot_aliases:\n  - 甲   # 口语\n  - 乙\n" in text
    listed = blocks.added("category: CA数字证书\n\nentries:\n  - id: ca-00\n", "entries", text, apart=True)
    assert texts(listed) == ["id: ca-00\n", text]


@given(st.lists(st.text(printable, max_size=20), max_size=5), st.lists(st.text(printable, max_size=20), max_size=5))
def test_a_list_takes_any_other_list_s_place(before: list[str], after: list[str]):
    text = entry.with_fields(entry.with_fields("id: ca-01\n", {"aliases": before}), {"aliases": after})
    assert entry.fields(text).get("aliases", []) == keys.plain(after)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("id: ca-01\n question: 问\n", 2, "YAML 写法有误"),
        ("id: ca-01\nquestion: !!python/object:os.system x\n", 2, "不支持 YAML 标签"),
        ("id: ca-01\na: &x 甲\nb: *x\n", 2, "引用"),
        ("id: ca-01\nid: ca-02\n", 2, "键重复"),
        ("- id: ca-01\n", 1, "应是一个条目"),
        ("", 1, "应是一个条目"),
        ("id: ca-01\n---\nid: ca-02\n", 2, "YAML 写法有误"),
        ("question: '没有完\n", 2, "YAML 写法有误"),
        ("id: ca-01\nquestion: \x00\n", 1, "不能使用的字符"),
    ],
)
def test_a_text_that_is_no_entry_is_refused_with_the_line(text: str, line: int, part: str):
    with pytest.raises(DraftUnreadable) as refused:
        entry.fields(text)
    assert part in refused.value.details[0].message
    assert refused.value.details[0].mark.line == line


def test_a_new_key_has_a_place_among_all_that_an_entry_may_have():
    assert set(keys.ORDER) == set(Entry.model_fields)
