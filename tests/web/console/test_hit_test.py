"""The hit test: one question with its working, many with what each leads to, and nothing of it on record."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from app.evaluation.hit_test import MOST_QUESTIONS
from app.journal.tables import questions
from tests.web.office import HTML, Browser, Office
from tests.web.test_error_shape import assert_error

PAGE, API = "/admin/hit-test", "/api/v1/admin/hit-test"
REFUND = "工程项目的投标保证金什么时候退？"
LIST = f"{REFUND}\t061\nPIN码输错被锁死了怎么解锁？\tca-01\n保证金多久退\tdeposit-02\n今天天气怎么样\n早上好\t999"


def sent(browser: Browser, files: dict[str, Any] | None = None, **form: str) -> httpx.Response:
    """As the page's form is sent: always with a file field, empty when none was chosen."""
    files = files or {"file": ("", b"", "application/octet-stream")}
    return browser.post(PAGE, data={"csrf": browser.csrf(), **form}, files=files, headers=HTML)


def asked(browser: Browser, body: dict[str, Any]) -> httpx.Response:
    return browser.post(API, json=body, headers={"X-CSRF-Token": browser.csrf()})


@pytest.fixture
def viewer(office: Office) -> Browser:
    office.hire("li", "viewer")
    return office.signed_in("li")


def test_one_question_gets_the_reply_that_users_get_and_its_working(office: Office, viewer: Browser):
    page = viewer.get(PAGE, params={"q": REFUND}).text
    assert "书面合同签订后五日内退" in page
    assert "与已知问法完全相同" in page
    assert "第二名差在" in viewer.get(PAGE, params={"q": "工程保证金几天能退回来"}).text
    role = {"q": "保证金多久退", "business": "政府采购"}
    assert "未中标的，中标通知书发出后五个工作日内退" in viewer.get(PAGE, params=role).text


def test_nothing_that_is_tried_is_journalled(office: Office, viewer: Browser):
    viewer.get(PAGE, params={"q": REFUND})
    assert sent(viewer, list=LIST).status_code == 200
    assert asked(viewer, {"questions": [{"question": REFUND}]}).status_code == 200
    office.web.ask("早上好")
    assert office.web.state.journal.flush()
    with office.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(questions)).scalar_one() == 1


def test_a_list_is_held_against_what_was_expected(viewer: Browser):
    body = {"questions": [dict(zip(("question", "expected"), line.split("\t"))) for line in LIST.split("\n")]}  # noqa: B905
    found = asked(viewer, body).json()
    assert [it["verdict"] for it in found["results"]] == ["right", "wrong", "offered", None, "unknown"]
    assert [it["kind"] for it in found["results"]] == ["answer", "answer", "clarify", "decline", "smalltalk"]
    assert found["results"][0]["entry"] == {"entry_id": "deposit-01", "number": "061", "question": REFUND}
    assert found["totals"]["asked"] == 5
    assert found["totals"]["judged"] == 3
    assert found["totals"]["verdicts"] == {"right": 1, "wrong": 1, "offered": 1, "unknown": 1}


def test_the_page_shows_the_same_and_lists_only_what_is_wanted(viewer: Browser):
    page = sent(viewer, list=LIST).text
    assert "1 / 3" in page
    assert "1 句写的期望条目不存在" in page
    assert "今天天气怎么样</th>" in page
    page = sent(viewer, list=LIST, show="clarify").text
    assert "保证金多久退</th>" in page
    assert "今天天气怎么样</th>" not in page


def test_a_choice_counts_for_every_question(viewer: Browser):
    page = sent(viewer, list="保证金多久退\tdeposit-02", business="政府采购").text
    assert "1 / 1" in page


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


UPLOADS = {
    "a workbook": ("问题.xlsx", workbook(("问题", "期望"), (REFUND, 61), ("早上好", None))),
    "a CSV as UTF-8": ("a.csv", f"\ufeff问题,期望\r\n{REFUND},61\r\n早上好,\r\n".encode()),
    "a CSV as Excel in China saves it": ("a.csv", f"{REFUND},061\r\n早上好\r\n".encode("gb18030")),
    "Unicode text of Excel": ("a.txt", f"{REFUND}\t061\r\n早上好\r\n".encode("utf-16")),
}


@pytest.mark.parametrize(("name", "content"), UPLOADS.values(), ids=UPLOADS)
def test_an_uploaded_list_is_read(viewer: Browser, name: str, content: bytes):
    page = sent(viewer, {"file": (name, content)}).text
    assert "1 / 1" in page
    assert f"{REFUND}\t" in page, "the list stands in the form, to be filtered and exported"


def test_results_are_exported_without_formulas(viewer: Browser):
    harmful = '=HYPERLINK("http://evil","x")'
    response = sent(viewer, list=f"{harmful}\t@SUM(A1)\n{REFUND}\t061", format="csv")
    assert response.headers["content-disposition"].startswith("attachment")
    lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert lines[1][:2] == [f"'{harmful}", "'@SUM(A1)"]
    assert (lines[2][0], lines[2][2], lines[2][4]) == (REFUND, "对", "061")
    book = load_workbook(io.BytesIO(sent(viewer, list=harmful, format="xlsx").content))
    cell = book.active["A2"]
    assert (cell.value, cell.data_type) == (f"'{harmful}", "s")


def test_markup_in_a_question_stays_text(viewer: Browser):
    page = sent(viewer, list='<script>alert(1)</script>\t"><b>').text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


REFUSED = {
    "too many": ("\n".join(["早上好"] * (MOST_QUESTIONS + 1)), "最多测 2000 句，这里有 2001 句"),
    "nothing": (" \n\n", "没有问题可测"),
    "one too long": (f"早上好\n{'长' * 501}", "第 2 行"),
    "too much in all": ("\n".join(["长" * 400] * 760), "最多测 300000 字"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_a_list_that_is_refused(viewer: Browser, text: str, why: str):
    response = sent(viewer, list=text)
    assert response.status_code == 422
    assert why in response.text


def test_a_list_of_over_a_megabyte_is_refused_in_words(viewer: Browser):
    response = sent(viewer, list="长" * 400_000)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")
    assert "太长" in response.text


def test_over_json_the_same_limits_hold(viewer: Browser):
    many = {"questions": [{"question": "早上好"}] * (MOST_QUESTIONS + 1)}
    assert_error(asked(viewer, many), 422, "invalid_request")
    assert_error(asked(viewer, {"questions": []}), 422, "invalid_request")


BROKEN = {
    "not a zip": (b"PK\x03\x04 nothing", "不是 Excel"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "旧格式"),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff\xff\xff", "认不出"),
    "an empty workbook": (workbook(), "没有问题可测"),
}


@pytest.mark.parametrize(("content", "why"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_list(viewer: Browser, content: bytes, why: str):
    response = sent(viewer, {"file": ("x.xlsx", content)})
    assert response.status_code == 422
    assert why in response.text


def test_a_form_without_its_token_is_refused(viewer: Browser):
    assert_error(viewer.post(PAGE, data={"list": "早上好"}), 403, "forged_request")
