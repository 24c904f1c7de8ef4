"""The chat page, used as a person does: asking and what comes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.visitor import ANSWERED, ARTICLE, NARROW, TOPIC, UNKNOWN, VERDICT, WORD, Visitor, sideways
from tests.conftest import Published
from tests.small_kb import edit
from tests.web.server import Server, World, eventually, of, run
from tests.web.worlds import small_world as small_world

pytestmark = pytest.mark.browser

SMALL, SMALL_NUMBER = "CA数字证书怎么办理？", "037"
"""In the small knowledge, for tests that publish or start a server."""


@pytest.fixture
def small(small_world: World, tmp_path: Path) -> World:
    return small_world.copy(tmp_path)


@pytest.fixture(scope="module")
def entry(published: Published):
    return published.snapshot.entries["ca-05"]


def clicks_and_sees(person: Visitor, selector: str, then: str, text: str | None = None) -> None:
    person.click(selector, text=text)
    person.sees(then)


def test_a_visit_from_welcome_to_history(server: Server, browse_either: Open, published: Published):
    watched = browse_either(server)
    person = Visitor(watched.page)
    person.sees(".welcome h2", "您好，我是易博士")
    # A suggestion.
    person.click("#question")
    person.types("锁死")
    person.sees("[role=option]", "被锁死")
    person.presses("ArrowDown")
    first = person.text("[role=option][aria-selected=true] span")
    person.gets("answer", lambda: person.presses("Enter"))
    person.sees(".card.answer h2", first)
    # A question back: 「都不是」, and no answer the second time.
    person.asks(TOPIC, "clarify")
    person.picks(".card.clarify .choice", "都不是", reply="decline")
    person.sees(".card.decline", "请换个说法")
    person.asks(UNKNOWN, "decline")
    person.sees(".card.decline:last-child .handover", "人工帮助")
    # A question back, and the choice.
    person.asks(TOPIC, "clarify")
    choice = person.text(".card.clarify:last-child .choice small")
    person.picks(".card.clarify:last-child .choice")
    person.sees(".card.answer h2", choice)
    # What was wrong with the answer.
    person.click(".card:last-child .actions button", text="没帮助")
    person.click(".reasons button", text="答非所问")
    person.click(".why input")
    person.types("没说去哪里")
    person.click(".why button", text="提交")
    person.sees("#status", "谢谢您的评价")
    person.sees_no(".why")
    replied = person.rated[-1].pop("reply_id")
    assert person.rated == [
        {"reply_id": replied, "helpful": False},
        {"helpful": False, "reason": "答非所问", "comment": "没说去哪里"},
    ]
    # The history, as long as the tab lives.
    said = [first, TOPIC, "都不是", UNKNOWN, TOPIC, choice]
    assert person.texts(".mine") == said
    cards = person.texts(".card h2")
    watched.page.reload()
    person.sees(".mine", choice)
    assert person.texts(".mine") == said
    assert person.texts(".card h2") == cards
    person.click("#menu summary")
    assert person.texts("#asked button") == said
    person.click("#asked button", text=choice)
    person.sees_no("#asked")
    person.click("#menu summary")
    person.click("#clear")
    person.sees("#status", "记录已清空")
    person.sees_no(".mine")
    assert person.focused() == "input#question “您的问题”"
    watched.page.reload()
    person.click("#menu summary")
    person.sees("#asked", "还没有")
    assert person.turns() == 0


# -- answers ----------------------------------------------------------------------------------------------------------


def test_typing_and_enter_brings_the_answer_with_its_number(
    server: Server, browse_either: Open, entry, published: Published
):
    person = Visitor(browse_either(server).page)
    person.asks(entry.question)
    assert person.text(".card.answer .number").split() == ["编号", entry.number]
    assert person.text(".card.answer h2") == entry.question
    first_line = published.snapshot.rendered[entry.id].text.splitlines()[0]
    assert person.text(".card.answer div.answer").startswith(first_line)
    assert person.text(".card.answer .number small") == "编号"
    sizes = "node => ['.number', 'div.answer'].map(name => parseFloat(getComputedStyle(document.querySelector(name)).fontSize))"
    number, text = person.frame.evaluate(sizes)
    assert number > 1.5 * text
    assert person.texts("#question") == [""]
    assert person.focused() == "input#question “您的问题”"
    knowledge = server.ask(entry.question)["knowledge"]
    assert person.text("#version") == knowledge["version"]
    assert person.text("#fingerprint") == knowledge["fingerprint"]
    assert knowledge["fingerprint"] in person.text(".card.answer > .meta")


def test_a_hot_question_is_one_click(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    question = person.texts("[data-hot] button")[0]
    person.picks("[data-hot] button")
    assert person.text(".card.answer h2") == question


def test_the_way_by_which_a_question_came_is_told(server: Server, browse: Open, published: Published):
    person = Visitor(browse(server).page)
    person.picks("[data-hot] button")
    person.picks(".card.answer .rows button")
    person.picks("#directory [role=tabpanel] button")
    person.asks(TOPIC, "clarify")
    person.picks(".choice")
    person.click("#question")
    person.types("jiemi")
    person.sees("[role=option]")
    person.presses("ArrowDown")
    person.gets("answer", lambda: person.presses("Enter"))
    person.page.goto(f"{server.url}/?ask={ANSWERED}")
    person.sees(".card.answer h2", "PIN码")
    assert [body["via"] for body in person.asked] == [
        "hot", "related", "category", "typed", "clarify", "suggest", "host",
    ]  # fmt: skip
    assert len({body["session_id"] for body in person.asked}) == 1


def test_the_sources_of_an_answer_unfold_with_their_gists(server: Server, browse: Open, published: Published):
    found = server.ask(published.snapshot.entries["open-02"].question)["answer"]["legal_basis"]
    assert [basis for basis in found if basis["gist"]]
    person = Visitor(browse(server).page)
    person.asks(published.snapshot.entries["open-02"].question)
    person.sees_no(".basis")
    person.click(".card.answer summary", text=f"依据（{len(found)}）")
    for row, basis in zip(person.texts(".basis li"), found, strict=True):
        assert row.split("\n")[0] == f"《{basis['law']}》{basis['article']}"
        assert basis["gist"] is None or row.split("\n")[1] == basis["gist"]


def test_related_questions_are_one_click(server: Server, browse_either: Open, published: Published):
    person = Visitor(browse_either(server).page)
    entry = published.snapshot.entries["open-02"]
    person.asks(entry.question)
    related = [published.snapshot.entries[key] for key in entry.related]
    assert person.texts(".card.answer .rows button") == [f"{other.number}\n{other.question}" for other in related]
    person.picks(".card.answer .rows button", related[1].question)
    assert person.number() == related[1].number


def test_an_answer_leads_to_the_task_of_the_manual(server: Server, browse: Open, entry):
    page = browse(server).page
    person = Visitor(page)
    person.asks(entry.question)
    clicks_and_sees(person, ".card.answer summary", ".card.answer .links a", text="操作手册")
    title = person.text(".card.answer .links a").split("：", 1)[1]
    with page.context.expect_page() as opened:
        person.click(".card.answer .links a")
    manual = Visitor(opened.value)
    manual.sees("section:target h2", title)
    manual.sees("section:target h3", "步骤")


def test_a_word_of_the_dictionary_is_explained_in_place(server: Server, browse_either: Open, published: Published):
    person = Visitor(browse_either(server).page)
    person.asks(published.snapshot.entries["deposit-01"].question)
    name = person.text(".card.answer button.term")
    expanded = "document.querySelector('button.term').getAttribute('aria-expanded')"
    assert (person.count(".definition"), person.frame.evaluate(expanded)) == (0, "false")
    person.click(".card.answer button.term")
    person.sees(".card.answer button.term + .definition", published.snapshot.term_of[name].definition)
    assert person.frame.evaluate(expanded) == "true"
    person.presses("Enter")
    person.sees_no(".definition")


def test_marking_the_words_leaves_the_answer_as_it_reads(server: Server, browse_either: Open, published: Published):
    person = Visitor(browse_either(server).page)
    person.asks(published.snapshot.entries["deposit-01"].question)
    person.sees(".card.answer button.term")
    shown = person.text(".card.answer div.answer")
    plain = published.snapshot.rendered["deposit-01"].text
    squeezed = "".join(char for char in shown if char.isalnum())
    assert squeezed == "".join(char for char in plain if char.isalnum())


def test_a_pasted_error_text_brings_its_entry(server: Server, browse_either: Open, published: Published):
    person = Visitor(browse_either(server).page)
    person.asks("提示：证书与加密证书不一致（错误码 0x8010）")
    assert person.number() == published.snapshot.entries["open-02"].number


def test_a_mistyped_question_says_how_it_was_read(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.asks("baozhengjin", "clarify")
    person.sees(".card.clarify .reading", "您是不是想问：保证金")


def test_a_short_message_is_read_as_a_continuation_and_can_be_asked_by_itself(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.asks("工程投标保证金什么时候退")
    person.asks("那政府采购的呢")
    person.sees(".card:last-child .reading", "接着“工程项目的投标保证金什么时候退，有没有利息？”理解")
    first, second = (body["session_id"] for body in person.asked)
    assert first == second
    person.picks(".card:last-child .reading button", "不是，单独问这句", reply="clarify")
    person.sees_no(".card:last-child .reading", "接着")
    assert person.asked[2]["question"] == "那政府采购的呢"
    assert person.asked[2]["session_id"] != first


def test_an_article_of_a_statute_is_shown_and_said_to_be_no_answer(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.asks(ARTICLE, "policy")
    person.sees(".card.policy h2", "第五十一条")
    person.sees(".card.policy details[open] .law", "以公布的法规原文为准")
    person.sees(".card.policy .meta", "相关问题")
    person.picks(".card.policy .choice")


def test_a_word_that_is_asked_for_is_defined(server: Server, browse: Open, published: Published):
    person = Visitor(browse(server).page)
    person.asks(WORD, "term")
    assert person.text(".card.term p.answer") == published.snapshot.term_of["暗标"].definition


def test_no_verdict_is_given_but_the_rule(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.asks(VERDICT, "neutral")
    person.sees(".card.neutral h2.said", "不作结论")
    person.sees(".card.neutral .number")
    person.sees_no(".card.neutral .actions")


# -- questions back, and no answer ------------------------------------------------------------------------------------


def test_an_unclear_question_is_asked_back_and_a_click_answers_it(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    person.asks(TOPIC, "clarify")
    choices = person.texts(".card.clarify .options button")
    assert choices[-1] == "都不是"
    assert 2 <= len(choices) - 1 <= 5
    assert [choice.split()[0] for choice in choices[:-1]] == [str(n + 1) for n in range(len(choices) - 1)]
    question = person.text(".card.clarify .choice small")
    person.picks(".card.clarify .choice")
    assert person.text(".card.answer h2") == question


def test_the_number_of_a_choice_and_enter_choose_it(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    person.asks(TOPIC, "clarify")
    second = person.texts(".card.clarify .choice small")[1]
    person.enters_and_gets("2", "answer")
    assert person.text(".card.answer h2") == second


def test_none_of_these_asks_for_other_words_and_another_miss_hands_over(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.asks(TOPIC, "clarify")
    person.picks(".choice", "都不是", reply="decline")
    person.sees(".card.decline", "换个说法")
    person.sees_no(".handover")
    person.asks(UNKNOWN, "decline")
    person.sees(".card.decline:last-child .handover", "人工帮助")


def test_a_question_without_an_answer_shows_who_helps(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    person.asks(UNKNOWN, "decline")
    person.sees(".card.decline .handover", "人工咨询")
    person.sees_no(".card.answer")


def test_who_helps_is_shown_with_telephone_hours_and_place(small: World, browse: Open):
    hours = "hours:\n  weekly:\n" + "".join(
        f'    周{day}: ["00:00-12:00", "12:00-23:59"]\n' for day in "一二三四五六日"
    )
    (small.kb / "hours.yaml").write_text(hours, "utf-8")
    done = run("publish", cwd=small.data.parent, **of(small))
    assert done.returncode == 0, done.stderr
    with Server(small) as server:
        person = Visitor(browse(server).page)
        person.asks(UNKNOWN, "decline")
        person.sees(".handover a.phone", "0500-1234567")
        assert person.frame.evaluate("document.querySelector('.phone').getAttribute('href')") == "tel:05001234567"
        facts = person.texts(".handover dd")
        assert facts[1] == "工作日9点到17点"
        assert facts[2].startswith("现在")
        assert facts[3] == "一楼3号窗口"


def test_notices_stand_above_the_conversation(small: World, browse: Open):
    notices = """\
notices:
  - text: 今晚十点停机维护，请打 {{platform_hotline}}。
    level: warning
    link: {text: 维护通知, href: "https://www.example.com/notice"}
  - text: 新手册已经发布。
  - text: 去年的事。
    to: 2025-12-31 12:00
"""
    (small.kb / "notices.yaml").write_text(notices, "utf-8")
    done = run("publish", cwd=small.data.parent, **of(small))
    assert done.returncode == 0, done.stderr
    with Server(small) as server:
        person = Visitor(browse(server).page)
        assert person.texts(".notice") == [
            "提醒 今晚十点停机维护，请打 0500-1234567。 维护通知",
            "公告 新手册已经发布。",
        ]
        link = "document.querySelector('.notice a')"
        assert person.frame.evaluate(f"[{link}.href, {link}.rel]") == ["https://www.example.com/notice", "noopener"]
        assert violations(person.frame) == []


# -- the live region --------------------------------------------------------------------------------------------------


def test_the_number_and_the_first_line_are_spoken(server: Server, browse_either: Open, entry, published: Published):
    person = Visitor(browse_either(server).page)
    spoken = "document.querySelector('[role=status]').textContent"
    person.asks(entry.question)
    first_line = published.snapshot.rendered[entry.id].text.splitlines()[0]
    assert person.frame.evaluate(spoken) == f"编号 {entry.number}。{first_line}"
    person.asks(TOPIC, "clarify")
    assert person.frame.evaluate(spoken) == "找到 4 个相近的问题，请选择"
    person.starts_afresh()
    person.asks(UNKNOWN, "decline")
    assert person.frame.evaluate(spoken) == person.text(".card.decline h2")


def test_what_is_on_a_card_anyway_is_spoken_but_not_shown_twice(server: Server, browse: Open, entry):
    page = browse(server).page
    person = Visitor(page)
    shown = "document.querySelector('#status').getBoundingClientRect().width > 1"
    person.asks(entry.question)
    assert not page.evaluate(shown)
    page.clock.install()
    person.click(".actions button", text="有帮助")
    person.sees("#status", "谢谢您的评价")
    assert page.evaluate(shown)
    page.clock.run_for(6000)
    assert page.text_content("#status") == ""


# -- the keyboard of an input method ----------------------------------------------------------------------------------


def test_enter_during_composition_does_not_send(server: Server, browse: Open):
    """Enter that takes a candidate of an input method belongs to the input method."""
    page = browse(server).page
    person = Visitor(page)
    person.click("#question")
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "baozhengjin", "selectionStart": 11, "selectionEnd": 11})
    assert person.texts("#question") == ["baozhengjin"]
    person.presses("Enter")
    keyboard.send("Input.insertText", {"text": TOPIC})
    person.sees("#question", TOPIC)
    assert person.turns() == 0
    person.gets("clarify", lambda: person.presses("Enter"))
    assert person.texts(".mine") == [TOPIC]


def test_enter_with_the_code_that_input_methods_give_it_does_not_send(server: Server, browse: Open):
    """Some browsers report the last Enter after the composition has ended; its key code is 229."""
    page = browse(server).page
    person = Visitor(page)
    person.click("#question")
    person.types(TOPIC)
    keyboard = page.context.new_cdp_session(page)
    for kind, text in (("keyDown", "\r"), ("keyUp", "")):
        key = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
        keyboard.send("Input.dispatchKeyEvent", key | ({"text": text} if text else {}))
    assert person.texts("#question") == [TOPIC]
    assert person.turns() == 0


PASTE = """text => {
    const box = document.querySelector("#question");
    const data = new DataTransfer();
    data.setData("text", text);
    const wanted = box.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    if (wanted) document.execCommand("insertText", false, text);
}"""


def test_a_paste_that_is_too_long_is_cut_and_said_to_be(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    person.click("#question")
    person.frame.evaluate(PASTE, "字" * 500)
    assert len(person.texts("#question")[0]) == 500
    assert person.frame.evaluate("document.querySelector('#status').textContent") == ""
    person.presses("Control+A")
    person.frame.evaluate(PASTE, "报" * 501)
    person.sees("#status", "文字太长，只保留前 500 个字")
    assert person.texts("#question") == ["报" * 500]


def test_nothing_is_sent_of_nothing(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.click("form [type=submit]")
    assert person.focused() == "input#question “您的问题”"
    person.types("   ")
    person.presses("Enter")
    assert (person.turns(), person.asked) == (0, [])


# -- roles ------------------------------------------------------------------------------------------------------------


def test_the_chosen_role_goes_along_changes_the_offers_and_is_remembered(
    server: Server, browse_either: Open, published: Published
):
    page = browse_either(server).page
    person = Visitor(page)
    snapshot = published.snapshot

    def offered(keys) -> list[str]:
        return [snapshot.entries[key].question for key in keys]

    welcome = snapshot.knowledge.welcome
    assert person.texts("[data-hot] button") == offered(welcome.hot)
    person.click("[data-role]", text="评标专家")
    assert person.texts("[data-hot] button") == offered(welcome.roles["evaluator"].hot)
    person.sees("[data-hot] .meta", welcome.roles["evaluator"].hint)
    person.asks("023")
    person.frame.evaluate("sessionStorage.clear()")
    page.goto(server.url)
    person.sees("[data-role][aria-pressed=true]", "评标专家")
    assert person.texts("[data-hot] button") == offered(welcome.roles["evaluator"].hot)
    person.click("#menu summary")
    assert person.texts("#audience") == ["评标专家"]
    person.click("#menu summary")
    person.asks("023")
    person.starts_afresh()
    person.click("[data-role]", text="评标专家")
    person.sees_no("[data-role][aria-pressed=true]")
    assert person.texts("[data-hot] button") == offered(welcome.hot)
    person.asks("023")
    assert [body.get("audience") for body in person.asked] == ["evaluator", "evaluator", None]
    page.goto(server.url)
    person.click("#menu summary")
    assert person.texts("#audience") == ["不限"]


def test_the_role_can_be_chosen_in_the_menu(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    person.click("#menu summary")
    person.presses("Tab")
    assert person.focused() == "select#audience “我是”"
    person.presses("ArrowDown")
    person.sees("#audience", "投标人")
    person.sees("[data-role=bidder][aria-pressed=true]")


def test_the_address_may_name_the_role(server: Server, browse: Open):
    page = browse(server, "/?role=agency").page
    person = Visitor(page)
    person.sees("[data-role=agency][aria-pressed=true]")
    page.goto(f"{server.url}/?role=nobody")
    person.sees("[data-role=agency][aria-pressed=true]")
    person.asks("023")
    assert person.asked[-1]["audience"] == "agency"


# -- the server -------------------------------------------------------------------------------------------------------


def test_a_publication_is_seen_by_the_page_that_is_open(small: World, browse: Open):
    old = "向发证机构申请，线上或窗口都能办。"
    with Server(small) as server:
        person = Visitor(browse(server).page)
        person.asks(SMALL)
        assert old in person.text(".card.answer div.answer")
        before = person.text("#version")
        edit(small.kb, "faq/certificates.yaml", old, "新的第一句话。")
        done = run("publish", cwd=small.data.parent, **of(small))
        assert done.returncode == 0, done.stderr
        eventually(lambda: server.ask(SMALL)["knowledge"]["version"] != before, "the server to follow")
        person.asks(SMALL)
        first, second = person.texts(".card.answer div.answer")
        assert "新的第一句话。" in second
        assert old in first
        assert person.text("#version") != before


def test_while_the_server_is_gone_the_question_is_kept_and_retried(small: World, browse_either: Open):
    with Server(small) as server:
        person = Visitor(browse_either(server, may_lose_the_server=True).page)
    person.asks(SMALL, "failed")
    person.sees(".card.failed h2", "没有连上服务，您的问题还在。")
    assert person.texts(".mine") == [SMALL]
    with Server(small, port=server.port):
        person.gets("answer", lambda: person.click(".card.failed button", text="重试"), turns=0)
        assert person.number() == SMALL_NUMBER
        assert person.focused() == "input#question “您的问题”"
        person.sees_no(".card.failed")
        assert [body["question"] for body in person.asked] == [SMALL] * 2


def failing(page: Page, path: str, status: int, body: str) -> None:
    page.route(f"**/api/v1/{path}", lambda route: route.fulfill(status=status, body=body))


def test_what_the_service_says_of_its_own_failure_is_shown(server: Server, browse: Open):
    watched = browse(server)
    person = Visitor(watched.page)
    error = {"error": {"code": "not_ready", "message": "正在启动，请稍候", "details": []}}
    failing(watched.page, "ask", 503, json.dumps(error))
    person.asks(ANSWERED, "failed")
    assert person.text(".card.failed h2") == "正在启动，请稍候"
    watched.page.unroute("**/api/v1/ask")
    failing(watched.page, "ask", 502, "<h1>Bad Gateway</h1>")
    person.gets("failed", lambda: person.click(".card.failed button"), turns=0)
    assert person.text(".card.failed h2") == "没有连上服务，您的问题还在。"
    watched.page.unroute("**/api/v1/ask")
    person.gets("answer", lambda: person.click(".card.failed button"), turns=0)
    assert all("Failed to load resource" in text for text in watched.complaints)
    watched.complaints.clear()


def test_a_vote_that_does_not_arrive_is_taken_back(server: Server, browse: Open):
    watched = browse(server)
    person = Visitor(watched.page)
    person.asks(ANSWERED)
    failing(watched.page, "feedback", 500, "{}")
    person.click(".actions button", text="有帮助")
    person.sees("#status", "评价没有送出")
    person.sees_no(".actions [aria-pressed=true]")
    watched.page.unroute("**/api/v1/feedback")
    person.click(".actions button", text="有帮助")
    person.sees("#status", "谢谢您的评价")
    person.sees(".actions [aria-pressed=true]", "有帮助")
    assert all("Failed to load resource" in text for text in watched.complaints)
    watched.complaints.clear()


def test_a_vote_may_be_changed(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.asks(ANSWERED)
    person.click(".actions button", text="没帮助")
    person.sees(".why")
    person.click(".actions button", text="有帮助")
    person.sees("#status", "谢谢您的评价")
    person.sees_no(".why")
    assert person.texts(".actions [aria-pressed=true]") == ["有帮助"]
    assert [body["helpful"] for body in person.rated] == [False, True]


def test_the_page_says_that_the_network_is_down(server: Server, browse: Open):
    page = browse(server).page
    page.context.set_offline(True)
    Visitor(page).sees("#status", "网络断开了，问题会留着")


def test_nothing_scrolls_sideways_whatever_is_asked_on_a_narrow_phone(
    server: Server, browse: Open, published: Published
):
    page = browse(server, viewport=NARROW).page
    person = Visitor(page)
    wordiest = max(published.snapshot.knowledge.entries, key=lambda entry: len(max(entry.answer.split(), key=len)))
    longest = max(published.snapshot.knowledge.entries, key=lambda entry: len(entry.question))
    for text, reply in ((wordiest.question, "answer"), (longest.question, "answer"), ("a" * 200, "decline")):
        person.asks(text, reply)
        assert sideways(page) == []
