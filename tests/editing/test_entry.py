"""Opening an entry and what saving it would change; ``test_overlaid.py`` has the same with overlays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.editing import entry, golden, site
from app.editing.entry import Draft
from app.editing.layers import Layers
from app.editing.save import save
from app.errors import DraftUnreadable, EditConflict, FileUnreadable, NotFound
from app.knowledge.edit import Edit
from tests import small_kb
from tests.editing.conftest import TODAY, errors, files, served

CA, DEPOSITS = "faq/certificates.yaml", "faq/deposits.yaml"


def changed(draft: Draft, old: str, new: str) -> Draft:
    assert old in draft.text
    return draft._replace(text=draft.text.replace(old, new))


def test_an_entry_opens_as_it_stands_in_its_file(layers: Layers):
    draft = entry.opened(layers, "ca-02")
    assert draft.text.startswith("id: ca-02\nnumber: 038\n")
    assert (draft.id, draft.category) == ("ca-02", "CA数字证书")
    assert entry.fields(draft.text)["aliases"] == ["锁的密码忘了", "U盾提示密码已锁定"]
    with pytest.raises(NotFound):
        entry.opened(layers, "ca-0")


def test_a_changed_entry_changes_its_lines_and_no_others(layers: Layers):
    before = files(layers)
    edit = entry.edit(layers, changed(entry.opened(layers, "ca-02"), "锁的密码忘了", "密码想不起来"))
    assert files(layers) == before, "nothing is written by making an edit"
    assert edit.diff([layers.kb]).splitlines()[:2] == [
        "--- a/kb/faq/certificates.yaml",
        "+++ b/kb/faq/certificates.yaml",
    ]
    save(layers, edit)
    wanted = before[f"kb/{CA}"].replace("锁的密码忘了".encode(), "密码想不起来".encode())
    assert files(layers) == before | {f"kb/{CA}": wanted}


def test_a_draft_that_changes_nothing_is_no_edit(layers: Layers):
    assert not entry.edit(layers, entry.opened(layers, "ca-02"))


def test_another_category_moves_an_entry_to_the_file_of_that_category(layers: Layers):
    draft = entry.opened(layers, "ca-02")
    save(layers, entry.edit(layers, draft._replace(category="保证金缴纳")))
    moved = entry.opened(layers, "ca-02")
    assert (moved.text, moved.category) == (draft.text, "保证金缴纳")
    assert "ca-02\n" in (layers.kb / DEPOSITS).read_text("utf-8")
    assert "id: ca-02" not in (layers.kb / CA).read_text("utf-8")
    assert served(layers)["ca-02"].category == "保证金缴纳"
    before = files(layers)
    save(layers, entry.edit(layers, moved._replace(category="CA数字证书")))
    save(layers, entry.edit(layers, entry.opened(layers, "ca-02")._replace(category="保证金缴纳")))
    assert files(layers) == before


def test_a_category_without_a_file_gets_one(layers: Layers):
    save(layers, entry.edit(layers, entry.opened(layers, "ca-02")._replace(category="地矿资源")))
    assert (
        (layers.kb / "faq" / "land.yaml")
        .read_text("utf-8")
        .startswith("category: 地矿资源\n\nentries:\n  - id: ca-02\n")
    )
    assert served(layers)["ca-02"].category == "地矿资源"


def test_a_category_written_in_the_text_counts_and_does_not_stay_there(layers: Layers):
    draft = entry.opened(layers, "ca-02")
    save(layers, entry.edit(layers, draft._replace(text=draft.text + "category: 保证金缴纳\n")))
    assert entry.opened(layers, "ca-02").category == "保证金缴纳"
    assert (layers.kb / DEPOSITS).read_text("utf-8").count("category:") == 1


def test_an_entry_with_a_category_of_its_own_keeps_it_where_it_is(layers: Layers):
    small_kb.edit(layers.kb, CA, "    number: 038\n", "    number: 038\n    category: 开标评标\n")
    draft = entry.opened(layers, "ca-02")
    assert (draft.category, "category" in draft.text) == ("开标评标", False)
    save(layers, entry.edit(layers, changed(draft, "锁的密码忘了", "密码想不起来")))
    assert served(layers)["ca-02"].category == "开标评标"
    assert "id: ca-02" in (layers.kb / CA).read_text("utf-8")


def test_a_new_entry_has_the_next_number_and_the_next_id_of_its_category(layers: Layers):
    draft = entry.blank(layers, "保证金缴纳", "保证金: 能用现金交吗？", TODAY)
    assert (draft.id, draft.base) == ("deposit-03", "")
    assert entry.fields(draft.text) == {
        "id": "deposit-03", "number": "063", "audience": ["bidder"], "business": ["通用"],
        "question": "保证金: 能用现金交吗？", "updated": "2026-03-02",
    }  # fmt: skip
    save(layers, entry.edit(layers, draft._replace(text=draft.text + "answer: 不能。\n")))
    assert list(served(layers)) == ["ca-01", "ca-02", "deposit-01", "deposit-02", "deposit-03"]
    assert entry.blank(layers, "新手指南").id == "guide-01"
    assert "number: 064" in entry.blank(layers, "新手指南").text


def test_a_new_entry_of_an_id_that_is_taken_is_refused(layers: Layers):
    draft = entry.blank(layers, "保证金缴纳")
    with pytest.raises(EditConflict) as refused:
        entry.edit(layers, draft._replace(text=draft.text.replace("deposit-03", "ca-02")))
    assert refused.value.details[0]["text"] == entry.opened(layers, "ca-02").text


def test_what_somebody_else_has_changed_meanwhile_is_shown_and_not_overwritten(layers: Layers):
    mine, theirs = entry.opened(layers, "ca-02"), entry.opened(layers, "ca-02")
    save(layers, entry.edit(layers, changed(theirs, "038", "039")))
    with pytest.raises(EditConflict) as refused:
        entry.edit(layers, changed(mine, "锁的密码忘了", "密码想不起来"))
    (present,) = refused.value.details
    assert present == entry.opened(layers, "ca-02")._asdict()
    retried = changed(Draft(**present), "锁的密码忘了", "密码想不起来")
    save(layers, entry.edit(layers, retried))
    assert served(layers)["ca-02"].number == "039"


def test_changes_of_other_entries_of_the_file_are_no_conflict(layers: Layers):
    mine = entry.opened(layers, "ca-02")
    save(layers, entry.edit(layers, changed(entry.opened(layers, "ca-01"), "办锁去哪里", "去哪儿办锁")))
    save(layers, entry.edit(layers, changed(mine, "锁的密码忘了", "密码想不起来")))
    assert served(layers)["ca-01"].aliases[0] == "去哪儿办锁"


def test_an_entry_removed_meanwhile_is_a_conflict(layers: Layers):
    mine = entry.opened(layers, "ca-02")
    save(layers, entry.removed(layers, "ca-02", mine.base))
    with pytest.raises(EditConflict, match="已被删除"):
        entry.edit(layers, changed(mine, "038", "039"))


def test_a_category_changed_meanwhile_is_a_conflict(layers: Layers):
    mine = entry.opened(layers, "ca-02")
    save(layers, entry.edit(layers, mine._replace(category="保证金缴纳")))
    with pytest.raises(EditConflict):
        entry.removed(layers, "ca-02", mine.base)


def test_the_id_of_an_entry_stays(layers: Layers):
    with pytest.raises(DraftUnreadable, match="id 定了不改"):
        entry.edit(layers, changed(entry.opened(layers, "ca-02"), "id: ca-02", "id: ca-09"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda draft: draft._replace(text="--- \n" + draft.text),
        lambda draft: draft._replace(text=draft.text + "...\n"),
        lambda draft: draft._replace(text=draft.text + "- id: ca-99\n"),
        lambda draft: draft._replace(text="%YAML 1.1\n---\n" + draft.text),
        lambda draft: draft._replace(category="没有的分类"),
        lambda draft: draft._replace(text="number: 038\n"),
    ],
)
def test_a_text_that_would_not_stay_one_entry_in_the_file_is_refused(layers: Layers, spoil: Callable[[Draft], Draft]):
    with pytest.raises(DraftUnreadable):
        entry.edit(layers, spoil(entry.opened(layers, "ca-02")))


def test_an_entry_is_removed_with_its_protected_questions(layers: Layers):
    draft = entry.opened(layers, "ca-01")
    save(layers, entry.removed(layers, "ca-01", draft.base))
    assert golden.listed(layers, "ca-01") == []
    assert len(golden.listed(layers, "ca-02")) == 3
    assert (layers.kb / CA).read_text("utf-8").startswith("category: CA数字证书\n\nentries:\n  - id: ca-02\n")
    assert set(errors(layers)) <= {"没有这个条目，是不是想写「ca-02」", "没有这个条目"}, "the pointer to it"


@pytest.mark.parametrize(
    ("name", "attempt"),
    [
        (CA, lambda layers: entry.opened(layers, "ca-02")),
        ("golden/deposits.yaml", lambda layers: golden.listed(layers, "ca-02")),
        ("site.yaml", lambda layers: site.values(layers)),
    ],
)
@pytest.mark.parametrize("spoilt", [b"  - a: [b # ca-02\n", "说明 ca-02".encode("gbk")], ids=["no YAML", "no UTF-8"])
def test_a_file_that_cannot_be_read_is_named(
    layers: Layers, name: str, attempt: Callable[[Layers], object], spoilt: bytes
):
    (layers.kb / name).write_bytes((layers.kb / name).read_bytes() + spoilt)
    with pytest.raises(FileUnreadable, match=f"kb/{name}"):
        attempt(layers)


def test_a_list_that_is_written_in_one_line_is_left_to_an_editor_of_texts(layers: Layers):
    (layers.kb / CA).write_text("category: CA数字证书\nentries: [{id: ca-01}, {id: ca-02}]\n", "utf-8")
    with pytest.raises(FileUnreadable, match=f"kb/{CA}"):
        entry.opened(layers, "ca-02")


def test_two_edits_of_one_file_go_together_only_one_upon_the_other(layers: Layers):
    path = layers.kb / CA
    first, second = Edit({path: ("a", "b")}), Edit({path: ("b", "c")})
    assert (first | second).texts == {path: ("a", "c")}
    with pytest.raises(ValueError, match="know nothing"):
        second | first


# Protected questions


def test_protected_questions_are_added_behind_the_entry_s_in_the_style_of_the_file(layers: Layers):
    save(layers, golden.added(layers, "ca-01", ["办新锁，要带什么", 'a "b" {c}: #d\n第二行']))
    lines = (layers.kb / "golden" / "certificates.yaml").read_text("utf-8").splitlines()
    assert lines[4:6] == [
        '  - {entry: ca-01, question: "办新锁，要带什么"}',
        '  - {entry: ca-01, question: "a \\"b\\" {c}: #d 第二行"}',
    ]
    assert golden.listed(layers, "ca-01")[3:] == ["办新锁，要带什么", 'a "b" {c}: #d 第二行']


def test_a_question_that_is_protected_already_is_not_added_twice(layers: Layers):
    assert not golden.added(layers, "ca-01", ["请问新公司想申请一把ＣＡ锁？", " "])
    assert (
        golden.added(layers, "ca-01", ["办新锁", "办新锁！"]).diff([layers.kb]).count("\n+") == 2
    )  # one and the header


@pytest.mark.parametrize(
    ("question", "owner"), [("工程投标保证金几天退", "deposit-01"), ("保证金什么时候能退", "不作答的")]
)
def test_a_question_protected_for_something_else_is_a_conflict(layers: Layers, question: str, owner: str):
    with pytest.raises(EditConflict) as refused:
        golden.added(layers, "ca-01", ["办新锁", question])
    (detail,) = refused.value.details
    assert owner in detail
    assert "kb/golden/deposits.yaml" in detail


def test_a_new_entry_and_its_protected_questions_go_into_files_of_one_name(layers: Layers):
    draft = entry.blank(layers, "地矿资源", "拍卖怎么报名", TODAY)
    edit = entry.with_golden(layers, draft, ["土地拍卖报名要什么"])
    assert [path.relative_to(layers.kb).as_posix() for path in edit.texts] == ["faq/land.yaml", "golden/land.yaml"]
    save(layers, edit)
    assert golden.listed(layers, draft.id) == ["土地拍卖报名要什么"]


def test_a_question_is_protected_before_the_entry_changes(layers: Layers):
    draft = changed(entry.opened(layers, "ca-02"), "锁的密码忘了", "密码想不起来")
    assert [path.parent.name for path in entry.with_golden(layers, draft, ["密码想不起来怎么办"]).texts] == [
        "golden",
        "faq",
    ]
