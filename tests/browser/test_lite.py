"""The page without scripts, with scripts switched off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.journal.tables import feedback, questions
from app.snapshot import Snapshot
from tests.browser.conftest import Open
from tests.browser.person import Person
from tests.browser.test_chat import NARROW, TOPIC, sideways
from tests.conftest import Published
from tests.journal.samples import last
from tests.web.server import Server

pytestmark = pytest.mark.browser


def test_asking_brings_the_answer(server: Server, browse: Open, published: Published):
    entry = published.snapshot.entries["ca-05"]
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_label("您的问题").fill(entry.question)
    page.get_by_role("button", name="提问").click()
    expect(page.get_by_role("heading", name=f"编号 {entry.number}")).to_be_visible()
    expect(page.locator(".answer")).to_contain_text(entry.answer.splitlines()[0])
    expect(page.get_by_label("您的问题")).to_have_value(entry.question)


def test_an_unclear_question_offers_links(server: Server, browse: Open):
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_label("您的问题").fill(TOPIC)
    page.get_by_label("您的问题").press("Enter")
    page.locator("ol a").first.click()
    expect(page.get_by_role("heading", name="编号")).to_be_visible()
    expect(page.locator(".answer")).not_to_be_empty()


def test_the_role_that_was_chosen_stays_chosen(server: Server, browse: Open):
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_label("我是").select_option("evaluator")
    page.get_by_label("您的问题").fill(TOPIC)
    page.get_by_role("button", name="提问").click()
    expect(page.get_by_label("我是")).to_have_value("evaluator")


def test_a_category_leads_to_its_entries(server: Server, browse: Open, published: Published):
    name, entries = published.snapshot.categories[0]
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_role("link", name=f"{name}（{len(entries)}）").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    page.get_by_role("link", name=f"{entries[0].number} {entries[0].question}").click()
    expect(page.get_by_role("heading", name=f"编号 {entries[0].number}")).to_be_visible()


def test_every_category_can_be_opened(server: Server, browse: Open, published: Published):
    """Their names hold slashes and Chinese."""
    page = browse(server, "/lite", java_script_enabled=False).page
    for name, entries in published.snapshot.categories:
        page.get_by_role("link", name=f"{name}（{len(entries)}）").click()
        expect(page.get_by_role("link", name=f"{entries[-1].number} ")).to_be_visible()


def test_the_chat_page_leads_there(server: Server, browse: Open):
    page = browse(server, "/", java_script_enabled=False).page
    page.locator("noscript a").click()
    expect(page.get_by_role("heading", name="易博士")).to_be_visible()
    assert page.url.endswith("/lite")


def test_nothing_scrolls_sideways_on_a_narrow_phone(server: Server, browse: Open, published: Published):
    page = browse(server, "/lite", viewport=NARROW).page
    assert sideways(page) == []
    for entry in published.snapshot.knowledge.entries[::10]:
        page.goto(f"{server.url}/lite?entry={entry.id}")
        assert sideways(page) == [], entry.id


# The whole service, with keyboard and mouse alone; what matters most also in the browser of 2020.

DECRYPTION = "open-02"
OPTION = "main ol a[href*='entry=']"
SIZES = {"": "18px", "large": "24px", "huge": "30px"}


def without_script(server: Server, open_page: Open, path: str = "/lite") -> Person:
    return Person(open_page(server, path, java_script_enabled=False).page)


def ask(person: Person, text: str) -> None:
    """Over whatever stands in the box."""
    person.click("#q")
    person.presses("Control+A")
    person.types(text)
    person.presses("Enter")


def tab_to(person: Person, what: str) -> None:
    for _ in range(200):
        if person.focused().startswith(what):
            return
        person.presses("Tab")
    raise AssertionError(f"{what} is not reached by the keyboard")


def test_asking_choosing_and_rating_need_no_script(server: Server, browse_either: Open, published: Published):
    person = without_script(server, browse_either)
    ask(person, TOPIC)
    label = person.text(OPTION)
    person.sees("#q", TOPIC)
    person.click(OPTION)
    person.sees("h2", "编号")
    chosen = next(e for e in published.snapshot.knowledge.entries if f"编号 {e.number}" in person.text("main h2"))
    assert chosen.clarify is not None
    assert label in (
        chosen.clarify.label,
        *(o.label for topic in published.snapshot.knowledge.topics for o in topic.options),
    )
    person.sees(".answer", published.snapshot.rendered[chosen.id].text.splitlines()[0])
    tab_to(person, "select#reason")
    for _ in range(4):  # 答非所问 看不懂 内容过时 不完整
        person.presses("ArrowDown")
    person.sees("#reason", "不完整")
    person.click("#comment")
    person.types("没说要多少天")
    person.click(".feedback button", text="没帮助")
    person.sees("[role=status]", "谢谢您的评价")
    asked = last(server.world.data, questions, entry_id=chosen.id)[-1]
    note = last(server.world.data, feedback, reply_id=asked.reply_id)[-1]
    assert (note.helpful, note.reason, note.comment_masked) == (False, "不完整", "没说要多少天")


def test_none_of_these_asks_for_other_words_and_the_second_time_names_a_person(server: Server, browse_either: Open):
    person = without_script(server, browse_either)
    ask(person, TOPIC)
    person.click("a", text="都不是")
    person.sees(".notice", "换个说法")
    person.sees_no(".warning")
    ask(person, TOPIC)
    person.click("a", text="都不是")
    person.sees(".notice.warning", "人工帮助")


def test_all_of_it_works_by_keyboard(server: Server, browse_either: Open, published: Published):
    """From the question to the vote, by Tab and Enter."""
    person = without_script(server, browse_either)
    tab_to(person, "input#q")
    person.types(published.snapshot.entries["ca-05"].question)
    tab_to(person, "button “提问”")
    person.presses("Enter")
    person.sees("h2", f"编号 {published.snapshot.entries['ca-05'].number}")
    tab_to(person, "button “有帮助”")
    person.presses("Enter")
    person.sees("[role=status]", "谢谢您的评价")
    assert last(server.world.data, feedback, helpful=True)


@pytest.fixture(scope="module")
def shipped(published: Published) -> Snapshot:
    return published.snapshot


def test_a_category_is_opened_by_its_number(server: Server, browse: Open, shipped: Snapshot):
    person = without_script(server, browse)
    for number in (1, 12):
        name, entries = shipped.categories[number - 1]
        ask(person, str(number))
        person.sees("h2", name)
        assert person.count("h2 + ul li a") >= len(entries)
        person.sees("h2 + ul li a", f"{entries[-1].number} ")


def test_an_entry_is_opened_by_its_number(server: Server, browse: Open, shipped: Snapshot):
    person = without_script(server, browse)
    for written in ("037", "编号 060"):
        ask(person, written)
        found = shipped.by_number[written[-3:]]
        person.sees("h2", f"编号 {found.number} {found.question}")


def test_what_is_typed_in_pinyin_lists_entries(server: Server, browse: Open, shipped: Snapshot):
    person = without_script(server, browse)
    ask(person, "jiemi")
    person.sees(OPTION, shipped.entries[DECRYPTION].question)
    ask(person, "bzj")
    person.sees("p", "您是不是想问：保证金")
    person.sees(OPTION)
    assert any("保证金" in text for text in person.texts("main ol li"))


@pytest.mark.parametrize(("size", "name"), [("large", "大字"), ("huge", "特大字")])
def test_large_text_stays_large_wherever_one_goes(server: Server, browse: Open, size: str, name: str):
    opened = browse(server, "/lite", java_script_enabled=False)
    person = Person(opened.page)

    def sizes() -> tuple[str, float]:
        body = opened.page.evaluate("getComputedStyle(document.body).fontSize")
        return body, min(
            box["height"] for node in opened.page.query_selector_all("button") if (box := node.bounding_box())
        )

    assert sizes()[0] == "18px"
    # The link whose whole name it is: 特大字 ends in 大字.
    nth = [text.strip() for text in person.texts(".meta a")].index(name)
    person.click(".meta a", nth=nth)
    person.sees("body." + size)
    ask(person, TOPIC)
    person.sees(OPTION)
    assert sizes()[0] == SIZES[size]
    person.click(OPTION)
    person.sees(".answer")
    body, button = sizes()
    assert body == SIZES[size]
    assert button >= 60
    person.click(".feedback button", text="有帮助")
    person.sees("[role=status]", "谢谢")
    assert sizes()[0] == SIZES[size]
    category = person.text("h2 + ol li a").partition("（")[0]
    person.click("h2 + ol li a")
    person.sees(f"body.{size} h2", category)
    assert sizes()[0] == SIZES[size]
    assert sideways(opened.page) == []


def test_the_step_to_take_now_stands_before_the_answer(server: Server, browse_either: Open, shipped: Snapshot):
    person = without_script(server, browse_either, "/lite?minutes=18")
    entry = shipped.entries[DECRYPTION]
    ask(person, entry.question)
    assert entry.urgent is not None
    assert entry.urgent.before is not None
    person.sees(".notice.warning strong", entry.urgent.before.now)
    text = person.text("main")
    assert "{{" not in text
    assert text.index("时间紧，先做这一步") < text.index(f"编号 {entry.number}")
    person.click("main ul a", nth=0)  # a related question keeps the clock
    person.waits_for("location.search.includes('entry=')", "the related entry")
    assert "minutes=18" in person.page.url


def test_the_receipt_of_an_answer_is_verified_by_its_link(server: Server, browse_either: Open, shipped: Snapshot):
    entry = shipped.entries[DECRYPTION]
    person = without_script(server, browse_either, f"/lite?entry={entry.id}")
    code = person.text("a[href^='receipt?code=']")
    person.click("a[href^='receipt?code=']")
    person.sees(".notice", "核验通过：")
    person.sees(".notice", entry.question)
    person.sees("#code", code)
