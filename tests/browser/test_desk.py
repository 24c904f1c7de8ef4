"""The console's desk in both browsers: hit test, Excel, accounts, audit log, system; by mouse and keyboard, and for axe."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.person import Person
from tests.web.office import PASSWORD
from tests.web.server import Server, of, run
from tests.web.worlds import small_world as small_world

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
ATTACH = """([selector, name, text]) => {
    const bytes = Uint8Array.from(atob(text), char => char.charCodeAt(0));
    const given = new DataTransfer();
    given.items.add(new File([bytes], name));
    document.querySelector(selector).files = given.files;
}"""


@pytest.fixture(scope="module")
def office(small_world: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With an owner, zhang."""
    world = small_world.copy(tmp_path_factory.mktemp("desk"))
    create = ("admin", "create", "zhang", "--password-stdin")
    done = run(*create, cwd=world.data.parent, stdin=PASSWORD, **of(world))
    assert done.returncode == 0, done.stderr
    with Server(world) as server:
        yield server


def signed_in(server: Server, browse: Open, path: str, view: dict[str, int] = WIDE) -> Person:
    page = browse(server, f"/admin/sign-in?next={path}", viewport=view, reduced_motion="reduce").page
    person = Person(page)
    person.click("#name")
    person.types("zhang")
    person.presses("Tab")
    person.types(PASSWORD)
    person.presses("Enter")
    person.sees("main h1")
    return person


def fits(person: Person) -> bool:
    return bool(person.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"))


def fills(person: Person, selector: str, text: str) -> None:
    person.click(selector)
    person.types(text)


def attaches(person: Person, selector: str, name: str, content: bytes) -> None:
    person.page.evaluate(ATTACH, [selector, name, base64.b64encode(content).decode()])


def goes(person: Person, server: Server, path: str) -> None:
    person.page.goto(f"{server.url}/admin/{path}")
    person.sees("main h1")


@pytest.mark.parametrize("view", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_page_breaks_a_rule_or_runs_over_the_screen(office: Server, browse_either: Open, view: dict[str, int]):
    person = signed_in(office, browse_either, "system", view)

    def clean(state: str) -> None:
        assert violations(person.frame) == [], state
        assert fits(person), state

    clean("system")
    person.click("main button", text="检查一遍")
    person.sees(".notice", "审计日志：正常")
    clean("checked")
    goes(person, office, "hit-test?q=保证金几天能退回来")
    person.click("summary", text="各项得分")
    clean("one question with its working")
    fills(person, "#list", "保证金多久退\t062\n今天天气怎么样\t999\n工程项目的投标保证金什么时候退？\t061")
    person.click("main button", text="开始测试")
    person.sees("#hit-test-results", "在选项里")
    clean("many questions")
    goes(person, office, "accounts")
    clean("accounts")
    fills(person, "#token", "portal-" + str(view["width"]) + str(person.page.evaluate("() => Date.now()")))
    person.click("main button", text="建令牌")
    person.sees(".notice code")
    clean("a new token")
    goes(person, office, "audit")
    person.click("main button", text="校验")
    person.sees(".notice", "校验通过")
    clean("audit log, verified")
    goes(person, office, "excel")
    clean("excel")
    attaches(person, "#file", "问答.xlsx", workbook(office, person))
    person.click("main button", text="检查")
    person.sees(".diff", "红灯一直闪怎么解锁")
    clean("what a workbook would change")


def workbook(server: Server, person: Person) -> bytes:
    """What the console gives, with one more wording."""
    response = person.page.request.get(f"{server.url}/admin/excel/download")
    book, file = load_workbook(io.BytesIO(response.body())), io.BytesIO()
    book["问法"].append(["ca-02", "问法", "红灯一直闪怎么解锁"])
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_checked_and_then_written(office: Server, browse_either: Open):
    person = signed_in(office, browse_either, "excel")
    file = office.world.kb / "faq" / "certificates.yaml"
    before = file.read_text("utf-8")
    try:
        attaches(person, "#file", "问答.xlsx", workbook(office, person))
        person.click("main button", text="检查")
        person.click("main button", text="写入知识库")
        person.sees(".notice", "发布后生效")
        assert "- 红灯一直闪怎么解锁\n" in file.read_text("utf-8")
    finally:
        Path(file).write_text(before, "utf-8")


def test_results_are_filtered_without_being_asked_for_again(office: Server, browse_either: Open):
    person = signed_in(office, browse_either, "hit-test")
    fills(person, "#list", "保证金多久退\n今天天气怎么样")
    person.click("main button", text="开始测试")
    person.sees("#hit-test-results tbody tr", "今天天气怎么样")
    person.click("#show")
    person.presses("ArrowDown")
    person.presses("ArrowDown")
    person.presses("Enter")
    person.sees_no("#hit-test-results tbody tr", "今天天气怎么样")
    person.sees("#hit-test-results tbody tr", "保证金多久退")


def test_shutting_somebody_out_is_asked_for_once_more(office: Server, browse_either: Open):
    person = signed_in(office, browse_either, "accounts")
    name = "li" + str(person.page.evaluate("() => Date.now()"))
    fills(person, "#name", name)
    person.click("main button", text="建账号")
    person.sees(".notice code")
    asked: list[str] = []

    def answers(dialog: Any) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    person.page.on("dialog", answers)
    person.click(f'button[aria-label="停用：{name}"]')
    person.sees(f'button[aria-label="停用：{name}"]')
    person.click(f'button[aria-label="停用：{name}"]')
    person.sees(f'button[aria-label="启用：{name}"]')
    assert len(asked) == 2
    assert name in asked[0]


def test_a_file_that_is_too_large_is_told_before_it_is_sent(office: Server, browse_either: Open):
    person = signed_in(office, browse_either, "excel")
    attaches(person, "#file", "问答.xlsx", b"0" * (5 * 1024 * 1024 + 1))
    person.page.evaluate("() => document.querySelector('#file').dispatchEvent(new Event('change', {bubbles: true}))")
    assert "最多 5 MB" in person.page.evaluate("() => document.querySelector('#file').validationMessage")
