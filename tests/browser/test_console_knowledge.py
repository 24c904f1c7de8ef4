"""The console's knowledge pages in both browsers: list, editor, values of the site; without a mouse, without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.accounts.conftest import PASSWORD
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.person import Person
from tests.browser.visitor import sideways
from tests.web.server import Server, World, of, run
from tests.web.worlds import small_world as small_world

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def hired(world: World) -> None:
    done = run(
        *("admin", "create", "zhang", "--role", "owner", "--password-stdin"),
        cwd=world.data.parent,
        stdin=PASSWORD,
        **of(world),
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def office(small_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Shared by tests that change nothing."""
    world = small_world.copy(tmp_path_factory.mktemp("office"))
    hired(world)
    with Server(world) as server:
        yield server


@pytest.fixture
def own_office(small_world: World, tmp_path: Path) -> Iterator[Server]:
    world = small_world.copy(tmp_path)
    hired(world)
    with Server(world) as server:
        yield server


Enter = Callable[..., Person]


@pytest.fixture
def enter(browse_either: Open) -> Enter:
    """``enter(server, path, view)``: signed in and led to that page."""

    def enter(server: Server, path: str, view: dict[str, int] = WIDE) -> Person:
        return entered(browse_either, server, path, view)

    return enter


def entered(browse: Open, server: Server, path: str, view: dict[str, int] = WIDE, **options: object) -> Person:
    """Without animations, in which the colours are not yet what they will be."""
    address = quote(path, safe="/?=&")  # as a browser sends it, and once more to stand in another
    sign_in = f"/admin/sign-in?next={quote(address, safe='')}"
    person = Person(browse(server, sign_in, viewport=view, reduced_motion="reduce", **options).page)
    person.click("#name")
    person.types("zhang")
    person.click("#password")
    person.types(PASSWORD)
    person.presses("Enter")
    person.sees("nav.menu")
    return person


def sticking_out(person: Person) -> list[str]:
    """Beside the tables, which scroll within their region."""
    return [line for line in sideways(person.page) if not line.startswith("div.wide holds")]


@pytest.mark.parametrize("view", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_list_breaks_no_rule_and_does_not_scroll_sideways(office: Server, enter: Enter, view: dict[str, int]):
    person = enter(office, "entries", view)
    assert person.count("tbody tr") == 4
    assert violations(person.frame) == []
    assert sticking_out(person) == []


def test_an_entry_is_found_with_the_keyboard(office: Server, enter: Enter):
    person = enter(office, "entries")
    person.click("#q")
    person.types("tbbzj")
    person.presses("Enter")
    person.waits_for("() => document.querySelectorAll('tbody tr').length === 2", "a short list")
    person.sees("tbody tr", "政府采购的投标保证金")


def types_into(person: Person, selector: str, text: str) -> None:
    """At the end of what stands there."""
    person.click(selector)
    person.presses("Control+End")
    person.types(text)


def goes_to(person: Person, name: str, key: str = "Tab") -> None:
    """With the keyboard alone, until what has the focus begins with this."""
    for _ in range(150):
        person.presses(key)
        if person.focused().startswith(name):
            return
    raise AssertionError(f"{name} was not reached; the focus is on {person.focused()}")


CHECKED = "() => document.querySelector('#found').textContent !== '还没有检查'"
"""The page checks once by itself when it is opened."""


@pytest.mark.parametrize("view", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_editor_in_every_state_breaks_no_rule(office: Server, enter: Enter, view: dict[str, int]):
    person = enter(office, "entries/deposit-01", view)
    person.waits_for(CHECKED, "the first check")
    assert violations(person.frame) == []
    assert sticking_out(person) == []
    types_into(person, "#field-aliases", "\n办锁去哪里{{nope}}<script>")
    types_into(person, "#field-answer", "拨打 {{nope}}")
    person.sees("#found", "1 处错误")
    person.sees("#at-answer", "占位名不存在")
    assert violations(person.frame) == []
    for tab in ("yaml", "preview", "try"):
        person.click(f"#tab-{tab}")
        person.sees(f"#panel-{tab}")
        assert violations(person.frame) == [], tab
        assert sticking_out(person) == [], tab


def test_form_and_yaml_follow_each_other(office: Server, enter: Enter):
    person = enter(office, "entries/ca-01")
    types_into(person, "#field-question", "呢")
    person.waits_for("() => document.querySelector('#text').value.includes('呢')", "the YAML to follow the form")
    before = person.page.evaluate("document.querySelector('#text').value")
    person.click("#text")
    person.presses("Control+Home")
    person.types("# 一句说明\n")
    person.presses("Control+End")
    person.types("\nkeywords_: [甲]\n")
    person.sees("#found", "错误")
    person.page.evaluate(
        """before => {
            const text = document.querySelector("#text");
            text.value = before.replace(/question: .*/, "question: 锁怎么办？");
            text.dispatchEvent(new Event("input", {bubbles: true}));
        }""",
        before,
    )
    person.sees("#field-question", "锁怎么办？")
    person.sees("#found", "这一条没有错误")


def test_yaml_that_cannot_be_read_leaves_the_form_alone_and_names_the_line(office: Server, enter: Enter):
    person = enter(office, "entries/ca-01")
    person.waits_for(CHECKED, "the first check")
    question = person.text("#field-question")
    person.click("#text")
    person.presses("Control+End")
    person.types("\nkeywords: [")
    person.sees("#at-text", "行读不懂")
    assert person.text("#field-question") == question


def test_the_preview_is_the_card_of_the_chat_page(office: Server, enter: Enter):
    person = enter(office, "entries/deposit-01")
    person.click("#tab-preview")
    card = "document.querySelector('#preview').shadowRoot"
    person.waits_for(f"() => {card} && {card}.querySelector('.card.answer')", "the card")
    shown = person.page.evaluate(f"{card}.querySelector('.answer div.answer').innerHTML")
    number = person.page.evaluate(f"{card}.querySelector('.number').textContent")
    with office.client() as client:
        served = client.get("/api/v1/entries/deposit-01").json()["answer"]
    assert shown.strip() == served["html"].strip()
    assert number.split()[-1] == served["number"]
    person.waits_for(f"() => getComputedStyle({card}.querySelector('.number')).fontWeight === '700'", "its style")


def test_a_question_is_tried_and_the_ranks_stand_side_by_side(office: Server, enter: Enter):
    person = enter(office, "entries/deposit-01")
    person.waits_for(CHECKED, "the first check")
    types_into(person, "#field-aliases", "\n押金封顶吗老铁")
    person.click("#tab-try")
    person.click("#question")
    person.types("押金封顶吗老铁")
    person.presses("Enter")
    person.sees(".verdict", "直接回答：061")
    assert person.count("#tried .ranks") == 2
    person.sees("#tried .ranks .here", "100 %")
    assert violations(person.frame) == []


def test_an_entry_is_edited_and_saved_with_the_keyboard_alone(own_office: Server, enter: Enter):
    person = enter(own_office, "entries/ca-01")
    goes_to(person, "input#field-question")
    person.presses("End")
    person.types("呢")
    person.waits_for("() => document.querySelector('#text').value.includes('呢')", "the YAML to follow")
    goes_to(person, "button “保存”")
    person.presses("Enter")
    person.sees("[role=status]", "已保存到知识库文件")
    person.sees("a", "去发布")
    assert "呢\n" in (own_office.world.kb / "faq/certificates.yaml").read_text("utf-8")


def test_whoever_leaves_with_unsaved_changes_is_asked(office: Server, enter: Enter):
    person = enter(office, "entries/ca-01")
    asked: list[str] = []
    person.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    types_into(person, "#field-question", "呢")
    person.click("#discard")
    person.waits_for("() => true", "the page to stay")
    person.sees("#field-question", "呢")
    assert asked == ["beforeunload"]


def test_the_values_of_the_site_break_no_rule(own_office: Server, enter: Enter):
    person = enter(own_office, "site")
    assert violations(person.frame) == []
    person.click("#value-ca_hotline")
    person.types("二楼大厅")
    person.presses("Enter")
    person.sees(".diff", "二楼大厅")
    assert violations(person.frame) == []
    person.click("button", text="保存")
    person.sees("[role=status]", "已保存到知识库文件")
    assert "二楼大厅" in (own_office.world.kb / "site.yaml").read_text("utf-8")


@pytest.mark.parametrize("path", ["entries", "site", "entries/new?alias=甲&golden=乙"])
def test_on_a_phone_nothing_scrolls_sideways(office: Server, enter: Enter, path: str):
    person = enter(office, path, PHONE)
    assert violations(person.frame) == []
    assert sticking_out(person) == []


def test_without_script_an_entry_is_checked_and_saved(own_office: Server, browse: Open):
    page = entered(browse, own_office, "entries/ca-01", java_script_enabled=False).page
    page.locator("#field-answer").fill("**先别急**，去窗口。")
    page.locator("button[value=check]").click()
    assert "<strong>先别急</strong>" in page.locator("#preview").inner_html()
    page.locator("button[value=save]").click()
    assert "已保存到知识库文件" in page.locator("[role=status]").first.inner_text()
