"""The FAQ as a workbook through the console: shown before it is written, and written as it was shown or not at all."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from app.audit import records
from app.knowledge.workbook.columns import COLUMNS, ENTRIES, WORDINGS
from tests.small_kb import edit
from tests.web.office import HTML, Browser, Office
from tests.web.server import environment
from tests.web.test_error_shape import assert_error

PAGE, API = "/admin/excel", "/api/v1/admin/knowledge.xlsx"
NAME = "常见问题.xlsx"
TITLES = [column.title for column in COLUMNS]
NEW = "红灯一直闪怎么解锁"


@pytest.fixture
def editor(office: Office) -> Browser:
    office.hire("li", "editor")
    return office.signed_in("li")


def edited(browser: Browser, change: Callable[[Any], object] = lambda book: None) -> bytes:
    """What the console gives, with a change made to it as in Excel."""
    response = browser.get(f"{PAGE}/download")
    assert response.status_code == 200, response.text
    book, file = load_workbook(io.BytesIO(response.content)), io.BytesIO()
    change(book)
    book.save(file)
    return file.getvalue()


def with_wording(book: Any) -> None:
    book[WORDINGS].append(["ca-02", "问法", NEW])


def checked(browser: Browser, content: bytes, name: str = NAME, **form: str) -> httpx.Response:
    data = {"csrf": browser.csrf(), **form}
    return browser.post(PAGE, data=data, files={"file": (name, content)}, headers=HTML)


def confirmed(browser: Browser, page: str, **other: str) -> httpx.Response:
    """The form 「写入知识库」 of a page, sent as it stands but for ``other``."""
    form = page[page.index('action="excel/write"') :]
    fields = [
        (name, unescape(value)) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    ]
    given = {name: [value for key, value in fields if key == name] for name, _ in fields}
    return browser.post(f"{PAGE}/write", data=given | {"csrf": browser.csrf()} | other, headers=HTML)


def sent(browser: Browser, content: bytes, **form: str) -> httpx.Response:
    headers = {"X-CSRF-Token": browser.csrf()}
    return browser.post(API, data=form, files={"file": (NAME, content)}, headers=headers)


def test_what_was_downloaded_comes_back_without_a_change(office: Office, editor: Browser):
    response = editor.get(API)
    assert response.headers["content-disposition"].startswith("attachment")
    assert "没有要改动的" in checked(editor, response.content).text
    assert sent(editor, response.content).json()["diff"] == ""


def test_what_was_shown_is_written_and_recorded(office: Office, editor: Browser):
    file = office.world.kb / "faq" / "certificates.yaml"
    before = file.read_text("utf-8")
    page = checked(editor, edited(editor, with_wording)).text
    assert f"+      - {NEW}" in page
    assert file.read_text("utf-8") == before
    response = confirmed(editor, page)
    assert (response.status_code, response.headers["location"]) == (303, "../excel?said=saved")
    assert f"- {NEW}" in file.read_text("utf-8")
    assert ("li", "workbook.write", NAME, "ok") in office.audit()
    assert list(records(office.world.data / "audit"))[-1]["detail"]["changed"] == ["ca-02"]


def test_a_knowledge_base_edited_meanwhile_is_not_written_over(office: Office, editor: Browser):
    page = checked(editor, edited(editor, with_wording)).text
    edit(office.world.kb, "faq/certificates.yaml", "      - 办锁去哪里\n", "      - 办锁到哪里\n")
    response = confirmed(editor, page)
    assert response.status_code == 409
    assert "知识库或表格变了，没有写入" in response.text
    assert "-      - 办锁到哪里" in response.text, "what would happen now"
    assert NEW not in (office.world.kb / "faq" / "certificates.yaml").read_text("utf-8")
    assert ("li", "workbook.write", NAME, "refused") in office.audit()


def test_entries_that_are_not_in_the_table_stay_unless_they_are_to_go(office: Office, editor: Browser):
    def without_the_last(book: Any) -> None:
        book[ENTRIES].delete_rows(5)
        book[WORDINGS].delete_rows(2, 50)

    content = edited(editor, without_the_last)
    assert "保留不动：deposit-02" in checked(editor, content).text
    report = sent(editor, content, delete_missing="true").json()
    assert not report["ok"], "others refer to it"
    assert any("deposit-02" in problem["found"] for problem in report["problems"])


def test_deleting_is_asked_for_once_more(editor: Browser, office: Office):
    for name, text in (("clarify.yaml", "topics: []\n"), ("golden/deposits.yaml", "golden: []\n")):
        (office.world.kb / name).write_text(text, "utf-8")
    edit(office.world.kb, "faq/deposits.yaml", "    related: [deposit-02]\n", "")

    def without_the_last(book: Any) -> None:
        book[ENTRIES].delete_rows(5)
        kept = [row for row in book[WORDINGS].iter_rows(min_row=2, values_only=True) if row[0] != "deposit-02"]
        book[WORDINGS].delete_rows(2, 50)
        for row in kept:
            book[WORDINGS].append(row)

    page = checked(editor, edited(editor, without_the_last), delete_missing="true").text
    assert 'data-confirm="会删除 1 条' in page
    assert confirmed(editor, page).status_code == 303
    assert "deposit-02" not in (office.world.kb / "faq" / "deposits.yaml").read_text("utf-8")


def test_problems_are_told_by_sheet_and_cell(editor: Browser):
    def spoil(book: Any) -> None:
        book[ENTRIES].cell(3, TITLES.index("分类") + 1).value = "CA证书"
        book[WORDINGS].append(["ca-20", "问法", NEW])

    content = edited(editor, spoil)
    page = checked(editor, content).text
    assert "工作表「常见问题」 C3" in page
    assert re.search("工作表「问法」 A[0-9]+", page)
    assert "写入知识库</button>" not in page
    found = sent(editor, content, write="true")
    assert_error(found, 422, "knowledge_rejected", "C3")


HOSTILE = "<script>alert(1)</script>"


def test_hostile_names_and_cells_stay_text(editor: Browser):
    def spoil(book: Any) -> None:
        book[ENTRIES].cell(2, TITLES.index("标准问法") + 1).value = HOSTILE
        book[ENTRIES].cell(3, TITLES.index("分类") + 1).value = HOSTILE
        book[WORDINGS].append(["ca-02", "问法", "=1+1"])

    page = checked(editor, edited(editor, spoil), f"../../{HOSTILE}#常见问题.xlsx").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "../" not in page[page.index("检查结果") :].replace('href="../', "")
    assert re.search("工作表「常见问题」 C3", page)


def test_a_cell_that_fills_the_screen_is_shortened(editor: Browser):
    def spoil(book: Any) -> None:
        book[WORDINGS].append(["长" * 30_000, "问法", NEW])

    page = checked(editor, edited(editor, spoil)).text
    assert "（共 30000 字）" in page
    assert "长" * 301 not in page


def test_a_text_that_begins_like_a_formula_survives_the_round_trip(office: Office, editor: Browser):
    edit(office.world.kb, "faq/certificates.yaml", "      - 锁的密码忘了\n", '      - "=1+1 是什么"\n')
    assert sent(editor, edited(editor)).json()["diff"] == ""


NO_WORKBOOKS = {
    "text": (b"id,number", "不是 Excel"),
    "a table of something else": (None, "没有名为「常见问题」的工作表"),
    "over 5 MB": (b"PK" + b"0" * (5 * 1024 * 1024), "文件太大，最多 5 MB"),
}


@pytest.mark.parametrize(("content", "why"), NO_WORKBOOKS.values(), ids=NO_WORKBOOKS)
def test_what_is_no_workbook_of_ours_is_refused(editor: Browser, content: bytes | None, why: str):
    def rename(book: Any) -> None:
        book[ENTRIES].title = "别的"

    response = checked(editor, edited(editor, rename) if content is None else content)
    assert why in response.text
    assert "写入知识库</button>" not in response.text


def test_without_a_file_there_is_a_word(editor: Browser):
    response = editor.post(PAGE, data={"csrf": editor.csrf()}, headers=HTML)
    assert response.status_code == 422
    assert "请先选一个文件" in response.text


def test_a_viewer_downloads_and_checks_and_does_not_write(office: Office):
    office.hire("wang", "viewer")
    viewer = office.signed_in("wang")
    content = edited(viewer, with_wording)
    page = checked(viewer, content).text
    assert f"+      - {NEW}" in page
    assert "写入知识库</button>" not in page
    assert_error(sent(viewer, content, write="true"), 403, "forbidden", "编辑")
    refused = viewer.post(f"{PAGE}/write", data={"csrf": viewer.csrf(), "digest": "0", "part": "AAAA"})
    assert_error(refused, 403, "forbidden", "编辑")


def test_over_json_a_digest_binds_and_without_one_it_is_written_at_once(office: Office, editor: Browser):
    content = edited(editor, with_wording)
    report = sent(editor, content).json()
    assert (report["written"], report["changed"], len(report["digest"])) == (False, ["ca-02"], 64)
    assert_error(sent(editor, content, write="true", digest="0" * 64), 409, "plan_changed")
    assert sent(editor, content, write="true", digest=report["digest"]).json()["written"]
    assert NEW in (office.world.kb / "faq" / "certificates.yaml").read_text("utf-8")


def test_a_broken_knowledge_base_is_not_exported(office: Office, editor: Browser):
    (office.world.kb / "terms.yaml").write_text("terms: 1\n")
    assert_error(editor.get(API), 422, "knowledge_rejected")


def test_a_service_that_starts_loads_nothing_of_excel():
    code = (
        "import sys, app.main; app.main.create_app(); sys.exit(bool({'openpyxl', 'ruamel.yaml'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment()).returncode == 0


# Who may make the service read megabytes

LARGE = b"0" * 200_000


def test_a_stranger_is_asked_to_sign_in_before_a_large_body_is_read(office: Office):
    read = []

    async def body() -> Any:
        read.append(True)
        yield LARGE

    stranger = office.browser()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert_error(stranger.post(API, content=body(), headers=headers), 401, "unauthorized")
    response = stranger.post(PAGE, content=body(), headers=headers | HTML)
    assert (response.status_code, response.headers["location"]) == (303, "sign-in")
    assert_error(stranger.post(API, content=body(), headers={"Authorization": "Bearer no"}), 401, "unauthorized")
    assert read == []


def test_elsewhere_64_kilobytes_stay_the_most_for_everybody(editor: Browser):
    headers = {"X-CSRF-Token": editor.csrf(), "Content-Type": "application/json"}
    assert_error(editor.post("/api/v1/admin/explain", content=LARGE, headers=headers), 413, "too_large", "64 KB")


def test_for_those_signed_in_eight_megabytes_are_the_most(editor: Browser):
    headers = {"X-CSRF-Token": editor.csrf()}
    huge = {"file": (NAME, b"0" * (8 * 1024 * 1024))}
    assert_error(editor.post(API, files=huge, headers=headers), 413, "too_large", "8 MB")
    page = editor.post(PAGE, files=huge, headers=headers | HTML)
    assert page.status_code == 413
    assert "最多 8 MB" in page.text
