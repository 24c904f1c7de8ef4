"""The chat page, used as a person does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.conftest import Published
from tests.small_kb import edit
from tests.web.server import Server, World, eventually, of, run

pytestmark = pytest.mark.browser

UNKNOWN = "今天晚饭吃什么好"
TOPIC = "保证金多久退"


@pytest.fixture(scope="module")
def entry(published: Published):
    return published.snapshot.entries["ca-05"]


def ask(page: Page, text: str) -> None:
    box = page.get_by_label("您的问题")
    box.fill(text)
    box.press("Enter")


def test_typing_and_enter_brings_the_answer_with_its_number(server: Server, browse: Open, entry, published: Published):
    page = browse(server).page
    page.get_by_label("您的问题").click()
    page.keyboard.type(entry.question)
    page.keyboard.press("Enter")
    card = page.locator(".card.answer")
    expect(card.locator(".number")).to_have_text(f"编号 {entry.number}")
    expect(card.locator(".question")).to_contain_text(entry.question)
    shown = card.locator("div.answer").inner_text().replace("\n", "")
    first_line = published.snapshot.rendered[entry.id].text.splitlines()[0]
    assert shown.startswith(first_line)
    expect(page.locator("#question")).to_have_value("")
    expect(page.get_by_role("status")).to_contain_text(entry.number)
    expect(page.locator("#version")).to_have_text(server.ask(entry.question)["knowledge"]["version"])


def test_a_hot_question_is_one_click(server: Server, browse: Open):
    page = browse(server).page
    hot = page.locator(".chips button").first
    question = hot.inner_text()
    hot.click()
    expect(page.locator(".card.answer .question")).to_contain_text(question)


def test_an_unclear_question_is_asked_back_and_a_click_answers_it(server: Server, browse: Open):
    page = browse(server).page
    ask(page, TOPIC)
    options = page.locator(".card.clarify .options button")
    expect(options.last).to_have_text("都不是")
    assert 2 <= options.count() - 1 <= 5
    question = options.first.locator("small").inner_text()
    options.first.click()
    expect(page.locator(".card.answer .question")).to_contain_text(question)


def test_none_of_these_asks_for_other_words_and_another_miss_hands_over(server: Server, browse: Open):
    page = browse(server).page
    ask(page, TOPIC)
    page.locator(".card.clarify").get_by_role("button", name="都不是").click()
    expect(page.locator(".card.decline")).to_contain_text("换个说法")
    ask(page, UNKNOWN)
    expect(page.locator(".card.decline").nth(1).locator(".handover")).to_be_visible()


def test_a_question_without_an_answer_shows_who_helps(server: Server, browse: Open):
    page = browse(server).page
    ask(page, UNKNOWN)
    card = page.locator(".card.decline")
    expect(card.locator(".handover")).to_contain_text("人工咨询")
    expect(page.locator(".card.answer")).to_have_count(0)


def test_markup_in_a_question_is_shown_as_text(server: Server, browse: Open):
    page = browse(server).page
    ask(page, "<img src=x onerror=alert(1)><b>保证金</b>")
    expect(page.locator(".mine")).to_have_text("<img src=x onerror=alert(1)><b>保证金</b>")
    expect(page.locator(".card").nth(1)).to_be_visible()
    assert page.locator(".mine b, .mine img").count() == 0


def test_enter_during_composition_does_not_send(server: Server, browse: Open):
    """Enter that takes a candidate of an input method belongs to the input method."""
    page = browse(server).page
    page.get_by_label("您的问题").click()
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "baozhengjin", "selectionStart": 11, "selectionEnd": 11})
    assert page.locator("#question").input_value() == "baozhengjin"
    page.keyboard.press("Enter")
    keyboard.send("Input.insertText", {"text": TOPIC})
    expect(page.locator("#question")).to_have_value(TOPIC)
    expect(page.locator(".mine")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator(".mine")).to_have_text(TOPIC)


def test_enter_with_the_code_that_input_methods_give_it_does_not_send(server: Server, browse: Open):
    """Some browsers report the last Enter after the composition has ended; its key code is 229."""
    page = browse(server).page
    page.get_by_label("您的问题").fill(TOPIC)
    keyboard = page.context.new_cdp_session(page)
    for kind, text in (("keyDown", "\r"), ("keyUp", "")):
        key = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
        keyboard.send("Input.dispatchKeyEvent", key | ({"text": text} if text else {}))
    expect(page.locator("#question")).to_have_value(TOPIC)
    expect(page.locator(".mine")).to_have_count(0)


def test_a_publication_is_seen_by_the_page_that_is_open(world: World, browse: Open, entry):
    old = entry.answer.splitlines()[0]
    with Server(world) as server:
        page = browse(server).page
        ask(page, entry.question)
        expect(page.locator(".card.answer div.answer")).to_contain_text(old)
        before = page.locator("#version").inner_text()
        edit(world.kb, "faq/certificates.yaml", old, "新的第一句话。")
        done = run("publish", cwd=world.data.parent, **of(world))
        assert done.returncode == 0, done.stderr
        eventually(lambda: server.ask(entry.question)["knowledge"]["version"] != before, "the server to follow")
        ask(page, entry.question)
        expect(page.locator(".card.answer div.answer").last).to_contain_text("新的第一句话。")
        expect(page.locator("#version")).not_to_have_text(before)
        expect(page.locator(".card.answer div.answer").first).to_contain_text(old)


def test_while_the_server_is_gone_the_question_is_kept_and_retried(world: World, browse: Open, entry):
    with Server(world) as server:
        page = browse(server, may_lose_the_server=True).page
    ask(page, entry.question)
    retry = page.get_by_role("button", name="重试")
    expect(retry).to_be_visible()
    expect(page.locator(".mine")).to_have_text(entry.question)
    with Server(world, port=server.port):
        retry.click()
        expect(page.locator(".card.answer .number")).to_have_text(f"编号 {entry.number}")
        expect(retry).to_have_count(0)


def test_feedback_is_thanked(server: Server, browse: Open, entry):
    page = browse(server).page
    ask(page, entry.question)
    page.get_by_role("button", name="没帮助").click()
    expect(page.locator(".rate")).to_have_text("谢谢您的评价。")


NARROW = {"width": 320, "height": 640}


def sideways(page: Page) -> list[str]:
    """Everything that scrolls or sticks out sideways."""
    found: list[str] = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("#log, .card, form, footer, header, .answer")]
            .filter(node => node.scrollWidth > node.clientWidth + 1)
            .map(node => `${node.tagName}#${node.id}.${node.className}: ${node.scrollWidth} > ${node.clientWidth}`)"""
    )
    return found


def test_nothing_scrolls_sideways_on_a_narrow_phone(server: Server, browse: Open, published: Published):
    page = browse(server, viewport=NARROW).page
    assert sideways(page) == []
    wordiest = max(published.snapshot.knowledge.entries, key=lambda entry: len(max(entry.answer.split(), key=len)))
    longest = max(published.snapshot.knowledge.entries, key=lambda entry: len(entry.question))
    for asked, text in enumerate((TOPIC, UNKNOWN, "a" * 200, wordiest.question, longest.question), 1):
        ask(page, text)
        expect(page.locator(".mine + .card")).to_have_count(asked)
    assert sideways(page) == []


def test_a_word_of_the_dictionary_is_explained_in_place(server: Server, browse: Open, published: Published):
    page = browse(server).page
    ask(page, published.snapshot.entries["deposit-01"].question)
    word = page.locator(".card.answer button.term").first
    name = word.inner_text()
    note = page.locator(".card.answer .definition").first
    expect(note).to_be_hidden()
    word.click()
    expect(note).to_have_text(published.snapshot.term_of[name].definition)
    expect(word).to_have_attribute("aria-expanded", "true")
    word.press("Enter")
    expect(note).to_be_hidden()


def test_marking_the_words_leaves_the_answer_as_it_reads(server: Server, browse: Open, published: Published):
    page = browse(server).page
    ask(page, published.snapshot.entries["deposit-01"].question)
    expect(page.locator(".card.answer button.term").first).to_be_visible()
    shown = page.locator(".card.answer div.answer").inner_text()
    plain = published.snapshot.rendered["deposit-01"].text
    squeezed = "".join(char for char in shown if char.isalnum())
    assert squeezed == "".join(char for char in plain if char.isalnum())


def test_an_answer_leads_to_the_task_of_the_manual(server: Server, browse: Open, entry):
    opened = browse(server)
    page = opened.page
    ask(page, entry.question)
    page.locator(".card.answer summary", has_text="操作手册").click()
    link = page.locator(".card.answer .links a").first
    title = link.inner_text().split("：", 1)[1]
    with page.expect_popup() as popup:
        link.click()
    manual = popup.value
    expect(manual.locator("section:target h2")).to_contain_text(title)
    expect(manual.get_by_role("heading", name="步骤").first).to_be_visible()
