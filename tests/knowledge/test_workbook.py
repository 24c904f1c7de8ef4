"""The FAQ as an Excel workbook and back."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.errors import StorageFailed
from app.knowledge import edit
from app.knowledge.loader import load
from app.knowledge.model import Entry, Problem
from app.knowledge.validation import validate
from app.knowledge.workbook import reading, writing, yaml_edit
from app.knowledge.workbook.columns import COLUMNS, ENTRIES, HELP, WORDINGS
from app.knowledge.workbook.yaml_edit import Changes
from app.publishing.workbook import plan
from tests import small_kb
from tests.conftest import CHECKOUT

TODAY = small_kb.NOW.date()
TITLES = [column.title for column in COLUMNS]


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    return small_kb.write_whole(tmp_path)


def entries_of(kb: Path) -> dict[str, Entry]:
    return {entry.id: entry for entry in load(kb).records["entries"]}


def exported(kb: Path) -> Path:
    path = kb.parent / "faq.xlsx"
    writing.write(path, list(entries_of(kb).values()))
    return path


def edited(kb: Path, change: Callable[[Any], None]) -> Path:
    """An export with ``change`` made to the open workbook, as an editor would."""
    path = exported(kb)
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


def cell(book: Any, row: int, title: str) -> Any:
    return book[ENTRIES].cell(row, TITLES.index(title) + 1)


def problems_of(kb: Path, path: Path) -> list[Problem]:
    raw, problems = reading.read(path.read_bytes(), path.name)
    found = [*problems, *validate(load(kb, faq=raw), TODAY)]
    return [problem for problem in found if problem.severity == "error"]


def planned(kb: Path, path: Path, delete_missing: bool = False) -> Changes:
    raw, problems = reading.read(path.read_bytes(), path.name)
    source = load(kb, faq=raw)
    assert [str(p) for p in [*problems, *source.problems]] == []
    return yaml_edit.plan(kb, entries_of(kb), source.records["entries"], delete_missing)


@pytest.mark.parametrize("shipped", [False, True])
def test_a_round_trip_changes_nothing(kb: Path, tmp_path: Path, shipped: bool):
    kb = CHECKOUT / "kb" if shipped else kb
    path = tmp_path / "faq.xlsx"
    before = entries_of(kb)
    writing.write(path, list(before.values()))
    raw, problems = reading.read(path.read_bytes(), path.name)
    source = load(kb, faq=raw)
    assert [str(problem) for problem in [*problems, *source.problems]] == []
    changes = yaml_edit.plan(kb, before, source.records["entries"])
    assert (changes.edit.texts, changes.added, changes.changed, changes.missing) == ({}, (), (), ())


def test_a_changed_cell_changes_one_key_and_leaves_the_rest_of_the_file_to_the_letter(kb: Path):
    file = kb / "faq" / "certificates.yaml"
    file.write_text(
        file.read_text("utf-8").replace("    keywords: [办锁", "    # 关键词先写办锁\n    keywords: [办锁"), "utf-8"
    )

    def change(book: Any) -> None:
        cell(book, 2, "标准问法").value = "CA锁怎么办理？"

    changes = planned(kb, edited(kb, change))
    assert changes.changed == ("ca-01",)
    before, after = changes.edit.texts[file]
    assert after == before.replace("CA数字证书怎么办理？", "CA锁怎么办理？")
    assert "-    question: CA数字证书怎么办理？\n+    question: CA锁怎么办理？\n" in changes.edit.diff([kb])


def test_wordings_are_added_and_taken_away_by_rows(kb: Path):
    def change(book: Any) -> None:
        sheet = book[WORDINGS]
        (row,) = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 3).value == "锁的密码忘了"]
        sheet.delete_rows(row)
        sheet.append(["ca-02", "不该由它回答", "手机密码忘了"])

    changes = planned(kb, edited(kb, change))
    edit.write(changes.edit)
    now = entries_of(kb)["ca-02"]
    assert now.aliases == ("U盾提示密码已锁定",)
    assert now.not_aliases == ("登录密码忘了", "手机密码忘了")


def test_a_list_keeps_its_other_items_to_the_letter_and_the_blank_line_after_it(kb: Path):
    file = kb / "faq" / "certificates.yaml"
    text = file.read_text("utf-8")
    quoted = '      - "锁的密码忘了"  # 常听到\n      - U盾提示密码已锁定\n'
    text = text.replace("      - 锁的密码忘了\n      - U盾提示密码已锁定\n", quoted)
    text = text.replace("    updated: 2026-01-15\n\n  - id: ca-02", "\n  - id: ca-02").replace(
        "    keywords: [办锁, 新办]\n", "    updated: 2026-01-15\n    keywords: [办锁, 新办]\n"
    )  # the list of wordings is now the last key of ca-01
    file.write_text(text, "utf-8")

    def change(book: Any) -> None:
        sheet = book[WORDINGS]
        sheet.append(["ca-01", "问法", "锁快过期了"])
        sheet.append(["ca-02", "问法", "锁没反应了"])

    after = planned(kb, edited(kb, change)).edit.texts[file][1]
    expected = text.replace("      - 新公司想申请一把锁\n", "      - 新公司想申请一把锁\n      - 锁快过期了\n")
    assert after == expected.replace(quoted, f"{quoted}      - 锁没反应了\n")


def test_a_file_of_windows_keeps_its_line_ends(kb: Path):
    file = kb / "faq" / "certificates.yaml"
    text = file.read_text("utf-8").replace("\n", "\r\n")
    file.write_bytes(text.encode())

    def change(book: Any) -> None:
        cell(book, 2, "标准问法").value = "CA锁怎么办理？"

    before, after = planned(kb, edited(kb, change)).edit.texts[file]
    assert before == text
    assert after == text.replace("CA数字证书怎么办理？", "CA锁怎么办理？")


def test_a_new_row_is_a_new_entry_in_the_file_of_its_category(kb: Path):
    row = {
        "编号": 39, "标识": "ca-03", "分类": "CA数字证书", "投标人": "是", "通用": "是", "标准问法": "证书到期了怎么续？",
        "答案": "到期前找发证机构续。\n\n1. 先确认没有等着解密的文件。\n2. 再续。", "关键词": "续期\n到期", "更新日": "2026-03-01",
        "法律依据": "中华人民共和国招标投标法实施条例 第五十七条",
    }  # fmt: skip

    def change(book: Any) -> None:
        book[ENTRIES].append([row.get(title) for title in TITLES])
        book[WORDINGS].append(["ca-03", "问法", "锁快过期了"])

    changes = planned(kb, edited(kb, change))
    assert changes.added == ("ca-03",)
    assert list(changes.edit.texts) == [kb / "faq" / "certificates.yaml"]
    edit.write(changes.edit)
    made = entries_of(kb)["ca-03"]
    assert (made.number, made.aliases, made.keywords) == ("039", ("锁快过期了",), ("续期", "到期"))
    assert made.answer.endswith("2. 再续。")
    assert made.legal_basis[0].article == "第五十七条"


def test_an_entry_moves_to_the_file_of_its_new_category(kb: Path):
    def change(book: Any) -> None:
        cell(book, 3, "分类").value = "保证金缴纳"

    edit.write(planned(kb, edited(kb, change)).edit)
    assert "id: ca-02" not in (kb / "faq" / "certificates.yaml").read_text("utf-8")
    assert entries_of(kb)["ca-02"].category == "保证金缴纳"
    assert entries_of(kb)["ca-02"].aliases == ("锁的密码忘了", "U盾提示密码已锁定")


def test_an_entry_that_names_its_category_itself_stays_in_its_file(kb: Path):
    small_kb.edit(kb, "faq/certificates.yaml", "    number: 038", "    category: CA数字证书\n    number: 038")

    def change(book: Any) -> None:
        cell(book, 3, "分类").value = "保证金缴纳"

    edit.write(planned(kb, edited(kb, change)).edit)
    assert "    category: 保证金缴纳\n" in (kb / "faq" / "certificates.yaml").read_text("utf-8")
    assert entries_of(kb)["ca-02"].category == "保证金缴纳"


def test_a_folder_with_faults_is_not_edited(kb: Path):
    path = exported(kb)
    small_kb.edit(kb, "faq/certificates.yaml", "number: 038", "number: 38")
    changes, problems = plan(kb, path.read_bytes(), path.name, TODAY)
    assert changes is None
    assert [(problem.mark.file, problem.key) for problem in problems] == [
        ("kb/faq/certificates.yaml", "entries[1].number")
    ]


def test_a_new_entry_of_a_category_without_a_file_is_named(kb: Path):
    def change(book: Any) -> None:
        cell(book, 2, "标识").value = "guide-01"
        cell(book, 2, "分类").value = "新手指南"

    raw, _ = reading.read(edited(kb, change).read_bytes(), "faq.xlsx")
    source = load(kb, faq=raw)
    assert yaml_edit.plan(kb, entries_of(kb), source.records["entries"]).homeless == ("guide-01",)


def test_a_missing_row_deletes_only_when_asked_to(kb: Path):
    def change(book: Any) -> None:
        book[ENTRIES].delete_rows(5)
        sheet = book[WORDINGS]
        for row in range(sheet.max_row, 1, -1):
            if sheet.cell(row, 1).value == "deposit-02":
                sheet.delete_rows(row)

    path = edited(kb, change)
    raw, _ = reading.read(path.read_bytes(), path.name)
    new = load(kb, faq=raw).records["entries"]
    kept = yaml_edit.plan(kb, entries_of(kb), new)
    assert (kept.edit.texts, kept.missing, kept.removed) == ({}, ("deposit-02",), ())
    gone = yaml_edit.plan(kb, entries_of(kb), new, delete_missing=True)
    assert gone.removed == ("deposit-02",)
    edit.write(gone.edit)
    assert "deposit-02" not in entries_of(kb)


@pytest.mark.parametrize(
    ("row", "title", "value", "says"),
    [
        (2, "分类", "CA证书", "是不是想写「CA数字证书」"),
        (3, "投标人", "yes", "取值不在允许范围"),
        (3, "编号", "037", "条目号重复"),
        (4, "更新日", "2026年2月", "不是有效日期"),
        (4, "相关条目", "deposit-20", "没有这个条目"),
        (4, "答案", "拨打 {{platform_hotlin}}。", "占位名不存在"),
        (4, "法律依据", "中华人民共和国招标投标法实施条例第五十七条", "缺少必填项"),
        (5, "反问选项", "", "缺少必填项"),
        (5, "标准问法", None, "缺少必填项"),
    ],
)
def test_a_fault_is_reported_with_its_row_and_column(kb: Path, row: int, title: str, value: Any, says: str):
    def change(book: Any) -> None:
        cell(book, row, title).value = value

    found = [problem for problem in problems_of(kb, edited(kb, change)) if says in problem.message]
    assert found
    assert (found[0].mark.file, found[0].mark.line) == (f"faq.xlsx#{ENTRIES}", row)
    if value:
        assert found[0].mark.column == TITLES.index(title) + 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (["ca-20", "问法", "这是什么锁"], "没有这个标识，是不是想写「ca-02」"),
        (["ca-02", "别名", "这是什么锁"], "取值不在允许范围"),
        (["ca-02", "问法", None], "没有填"),
        ([None, "问法", "这是什么锁"], "没有填"),
        (["ca-02", "问法", "办锁去哪里"], "问法重复"),
    ],
)
def test_a_fault_among_the_wordings_is_reported_with_its_row(kb: Path, row: list[Any], says: str):
    last = 0

    def change(book: Any) -> None:
        nonlocal last
        book[WORDINGS].append(row)
        last = book[WORDINGS].max_row

    found = [problem for problem in problems_of(kb, edited(kb, change)) if says in problem.message]
    assert [(problem.mark.file, problem.mark.line) for problem in found] == [(f"faq.xlsx#{WORDINGS}", last)]


def test_columns_may_stand_in_any_order_but_must_be_there_under_their_names(kb: Path):
    def shuffle(book: Any) -> None:
        book[ENTRIES].move_range(f"A1:A{book[ENTRIES].max_row}", cols=len(TITLES))

    def rename(book: Any) -> None:
        cell(book, 1, "标准问法").value = "标准问题"

    assert planned(kb, edited(kb, shuffle)).edit.texts == {}
    messages = [problem.message for problem in reading.read(edited(kb, rename).read_bytes(), "faq.xlsx")[1]]
    assert messages == ["不认识的列，是不是想写「标准问法」", "缺少列"]


def test_what_is_no_workbook_is_said_so(tmp_path: Path):
    path = tmp_path / "faq.xlsx"
    path.write_text("编号,标识", "utf-8")
    (problem,) = reading.read(path.read_bytes(), path.name)[1]
    assert "不是 Excel" in problem.message
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x", "y")
    assert "读不出来" in reading.read(path.read_bytes(), path.name)[1][0].message


def test_no_text_becomes_a_formula_or_a_number(kb: Path):
    small_kb.edit(kb, "faq/certificates.yaml", "- 办锁去哪里", '- "=1+1"')
    book = load_workbook(exported(kb))
    values = {book[WORDINGS].cell(row, 3).value: book[WORDINGS].cell(row, 3) for row in range(2, 4)}
    assert values["=1+1"].data_type == "s"
    assert cell(book, 2, "编号").value == "037"


def test_every_column_explains_itself_and_categories_are_chosen_from_a_list(kb: Path):
    book = load_workbook(exported(kb))
    assert [cell(book, 1, column.title).comment.text for column in COLUMNS] == [column.help for column in COLUMNS]
    rules = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in book[ENTRIES].data_validations.dataValidation}
    assert "CA数字证书" in rules["C2"]
    assert rules["D2"] == '"是"'
    assert book[HELP].max_row > len(COLUMNS)


def test_files_are_written_all_or_none(kb: Path, monkeypatch: pytest.MonkeyPatch):
    def change(book: Any) -> None:
        cell(book, 2, "标准问法").value = "CA锁怎么办理？"
        cell(book, 4, "标准问法").value = "工程的投标保证金几时退？"

    changes = planned(kb, edited(kb, change))
    assert len(changes.edit.texts) == 2
    before = {path: path.read_text("utf-8") for path in changes.edit.texts}
    replace = edit.os.replace
    calls = iter([replace, _no_space])  # what stood there is at hand already, and goes back without more space

    def full(*arguments: Any) -> None:
        next(calls, replace)(*arguments)

    monkeypatch.setattr(edit.os, "replace", full)
    with pytest.raises(StorageFailed):
        edit.write(changes.edit)
    assert {path: path.read_text("utf-8") for path in changes.edit.texts} == before
    assert [path for path in (kb / "faq").iterdir() if path.name.startswith(".")] == []


def _no_space(*_: Any) -> None:
    raise OSError(28, "No space left on device")
