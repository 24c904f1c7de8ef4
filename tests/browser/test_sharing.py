"""An answer leaves the page: copied, on paper, as a file, with a receipt that can be verified."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.conftest import Open
from tests.browser.visitor import TOPIC, Visitor
from tests.conftest import Published
from tests.web.server import Server

pytestmark = pytest.mark.browser

RECEIPT = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){4}")
LISTENS = """() => {
    window.copied = [];
    document.addEventListener("copy", () => copied.push(document.activeElement.value));
}"""
OLD_WAY = "() => Object.defineProperty(navigator, 'clipboard', {value: undefined})"


@pytest.fixture(scope="module")
def entry(published: Published):
    return published.snapshot.entries["open-02"]


def unfolds_receipt(person: Visitor) -> str:
    person.click(".card.answer summary", text="答复凭证")
    return person.text(".receipt code")


def expected(entry, published: Published, receipt: str, urgent: bool = False) -> list[str]:
    """The lines of an answer that has left the page, but for the moment."""
    snapshot = published.snapshot
    step = entry.urgent.before
    return [
        f"编号 {entry.number}　{entry.question}",
        *([f"先做：{snapshot.fill(step.now)}", f"还不行：{snapshot.fill(step.fallback)}"] if urgent else []),
        *snapshot.rendered[entry.id].text.splitlines(),
        "依据：",
        *[f"《{basis.law}》{basis.article}" for basis in entry.legal_basis],
        f"知识库 {snapshot.version}　校验号 {snapshot.fingerprint}",
        f"答复凭证 {receipt}",
        "仅供参考，以法律法规和招标（采购）文件为准",
    ]


def lines(text: str) -> list[str]:
    moment = re.compile(r"^易博士 20\d\d年\d{1,2}月\d{1,2}日 \d\d:\d\d　")
    found = [line for line in text.splitlines() if line]
    assert sum(bool(moment.match(line)) for line in found) == 1
    return [moment.sub("", line) for line in found]


def test_copying_takes_number_text_sources_version_and_receipt(
    server: Server, browse: Open, entry, published: Published
):
    page = browse(server, permissions=["clipboard-read", "clipboard-write"]).page
    person = Visitor(page)
    person.asks(entry.question)
    receipt = unfolds_receipt(person)
    person.click(".actions button", text="复制")
    person.sees("#status", "已复制")
    text = page.evaluate("navigator.clipboard.readText()")
    assert lines(text) == [line for line in expected(entry, published, receipt) if line]
    person.click(".receipt button", text="复制凭证")
    person.waits_for(f"() => navigator.clipboard.readText().then(text => text === '{receipt}')", "the receipt")


def test_where_the_browser_has_no_clipboard_copying_works_as_of_old(
    server: Server, browse_either: Open, entry, published: Published
):
    """So it is at addresses that begin with http."""
    page = browse_either(server, "/?minutes=18").page
    page.evaluate(OLD_WAY)
    page.evaluate(LISTENS)
    person = Visitor(page)
    person.asks(entry.question)
    receipt = unfolds_receipt(person)
    person.click(".actions button", text="复制")
    person.sees("#status", "已复制")
    (text,) = page.evaluate("copied")
    assert lines(text) == [line for line in expected(entry, published, receipt, urgent=True) if line]
    assert person.focused() == "button “复制”"
    assert page.evaluate("document.querySelectorAll('textarea').length") == 0


def test_a_copy_that_fails_says_so(server: Server, browse: Open, entry):
    page = browse(server).page
    page.evaluate(OLD_WAY)
    page.evaluate("() => { document.execCommand = () => false; }")
    person = Visitor(page)
    person.asks(entry.question)
    person.click(".actions button", text="复制")
    person.sees("#status", "没有复制成功")


def test_the_file_holds_what_is_copied(server: Server, browse: Open, entry, published: Published, tmp_path: Path):
    page = browse(server).page
    person = Visitor(page)
    person.asks(entry.question)
    receipt = unfolds_receipt(person)
    with page.expect_download() as download:
        person.click(".actions button", text="下载")
    assert download.value.suggested_filename == f"易博士-{entry.number}.txt"
    download.value.save_as(tmp_path / "answer.txt")
    raw = (tmp_path / "answer.txt").read_bytes()
    text = raw.decode("utf-8-sig")
    assert raw.startswith(b"\xef\xbb\xbf")
    assert text.count("\r\n") == text.count("\n")
    assert lines(text) == [line for line in expected(entry, published, receipt) if line]


@pytest.mark.parametrize("look", ["light", "dark"])
def test_on_paper_there_is_the_one_card_unfolded_and_nothing_to_press(
    server: Server, browse: Open, entry, published: Published, look: str
):
    page = browse(server).page
    person = Visitor(page)
    person.looks(theme=look, contrast="high", size="huge")
    person.asks(TOPIC, "clarify")
    person.starts_afresh()
    person.asks(entry.question)
    person.asks(published.snapshot.entries["ca-05"].question)
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    person.click(".card.answer .actions button", text="打印", nth=0)
    assert page.evaluate("printed")
    page.emulate_media(media="print")
    person.sees_no(
        "header.bar, #directory, .composer, footer, .mine, .welcome, .actions, .why, .receipt a, .receipt button"
    )
    assert person.count(".card") == 1
    assert person.text(".card .number").split() == ["编号", entry.number]
    assert person.text(".card h2") == entry.question
    assert [row.split("\n")[0] for row in person.texts(".basis li")] == [
        f"《{basis.law}》{basis.article}" for basis in entry.legal_basis
    ]
    assert published.snapshot.version in person.text(".card > .meta")
    assert published.snapshot.fingerprint in person.text(".card > .meta")
    assert RECEIPT.fullmatch(person.text(".receipt code"))
    assert person.text(".caution") == "仅供参考，以法律法规和招标（采购）文件为准"
    ink, size = page.evaluate(
        "() => { const style = getComputedStyle(document.querySelector('.printed div.answer')); "
        "return [style.color, parseFloat(style.fontSize)]; }"
    )
    assert ink == "rgb(0, 0, 0)"
    assert size == 16
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.querySelectorAll('.printed, .one-card').length") == 0
    person.sees(".actions")
    person.sees_no(".basis")


def test_the_receipt_leads_to_its_verification(server: Server, browse: Open, entry):
    page = browse(server).page
    person = Visitor(page)
    person.asks(entry.question)
    person.sees_no(".receipt")
    receipt = unfolds_receipt(person)
    assert RECEIPT.fullmatch(receipt)
    with page.context.expect_page() as opened:
        person.click(".receipt a", text="核验")
    verified = Visitor(opened.value)
    verified.sees(".notice", f"核验通过：编号 {entry.number}「{entry.question}」")
    verified.click("#code")
    verified.presses("Control+A")
    verified.types(receipt[:-1] + ("0" if receipt[-1] != "0" else "1"))
    with opened.value.expect_navigation():
        verified.presses("Enter")
    verified.sees(".notice")
    verified.sees_no(".notice", "核验通过")
