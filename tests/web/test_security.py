"""What protects a reader: headers on every response, and text of strangers that stays text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from markupsafe import escape

from app.config import Settings
from app.index.encoder import Encoder
from app.main import create_app
from app.publishing.pipeline import publish
from app.web import assets
from tests import small_kb
from tests.web.conftest import TOKEN, Serve, Web, spoken_to
from tests.web.server import World, of

ADMIN = {"Authorization": f"Bearer {TOKEN}"}

RESPONSES: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "chat page": (200, "GET", "/", {}),
    "lite page": (200, "GET", "/lite?q=早上好", {}),
    "lite page, thanks": (200, "POST", "/lite", {"data": {"reply_id": "0" * 32, "helpful": "true"}}),
    "lite page, misused": (422, "POST", "/lite", {"data": {"helpful": "maybe"}}),
    "manuals": (200, "GET", "/manual", {}),
    "no such manual": (404, "GET", "/manual?id=<script>", {}),
    "receipts": (200, "GET", "/receipt", {}),
    "no receipt": (422, "GET", "/receipt?code=<script>alert(1)</script>", {}),
    "statement on accessibility": (200, "GET", "/accessibility", {}),
    "docs page": (200, "GET", "/docs", {}),
    "script of the page": (200, "GET", f"/{assets.address('chat.js')}", {}),
    "style of the page": (200, "GET", f"/{assets.address('chat.css')}", {}),
    "no script of the page": (404, "GET", "/assets/000000000000/chat.js", {}),
    "widget": (200, "GET", "/widget.js", {}),
    "script": (200, "GET", "/static/chat.js", {}),
    "script of the docs": (200, "GET", "/docs/static/swagger-ui-bundle.js", {}),
    "description": (200, "GET", "/openapi.json", {}),
    "health": (200, "GET", "/healthz", {}),
    "reply": (200, "POST", "/api/v1/ask", {"json": {"question": "早上好"}}),
    "compressed": (200, "GET", "/", {"headers": {"Accept-Encoding": "gzip"}}),
    "admin reply": (200, "GET", "/api/v1/admin/knowledge", {"headers": ADMIN}),
    "slash": (404, "GET", "/api/v1/categories/", {}),
    "stranger": (401, "GET", "/api/v1/admin/knowledge", {}),
    "nothing there": (404, "GET", "/nowhere", {}),
    "no file there": (404, "GET", "/static/nowhere", {}),
    "wrong method": (405, "GET", "/api/v1/ask", {}),
    "too large": (413, "POST", "/api/v1/ask", {"content": b"x" * 70_000}),
    "not understood": (422, "POST", "/api/v1/ask", {"content": b"x"}),
    "failed": (500, "GET", "/api/v1/broken", {}),
}


@pytest.mark.parametrize(("status", "method", "path", "options"), RESPONSES.values(), ids=RESPONSES)
def test_every_response_carries_the_security_headers(
    admin_web: Web, status: int, method: str, path: str, options: dict[str, Any]
):
    response = admin_web.request(method, path, **options)
    assert response.status_code == status
    policy = directives(response.headers.get("content-security-policy", ""))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe" not in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    assert "server" not in response.headers
    if path.startswith("/api/"):
        assert response.headers["cache-control"] == "no-store"


def directives(policy: str) -> dict[str, str]:
    pairs = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _, value in pairs}


def test_the_sites_that_may_embed_the_page_are_a_setting(serve: Serve, world: World):
    web = serve(world, embed_origins=("https://GGZY.example.cn:443",))
    policy = directives(web.get("/").headers["content-security-policy"])
    assert policy["frame-ancestors"] == "'self' https://ggzy.example.cn"


@pytest.mark.parametrize(
    "path", ["/", "/lite", "/receipt", "/accessibility", "/manual", "/docs", "/nowhere", "/api/v1/ask"]
)
def test_every_page_may_be_framed_by_the_same_sites_and_by_no_other(serve: Serve, world: World, path: str):
    web = serve(world, embed_origins=("https://a.example.cn", "http://10.0.0.8:8080"))
    headers = web.get(path).headers
    assert directives(headers["content-security-policy"])["frame-ancestors"] == (
        "'self' https://a.example.cn http://10.0.0.8:8080"
    )
    assert "x-frame-options" not in headers  # it knows no list, and old browsers obey it before the policy


def test_the_page_knows_whom_it_may_listen_to(serve: Serve, world: World):
    web = serve(world, embed_origins=("https://a.example.cn", "http://10.0.0.8:8080"))
    assert 'data-parents="https://a.example.cn http://10.0.0.8:8080"' in web.get("/").text


class Page(HTMLParser):
    """What a page would do: its elements, the addresses it names, code and style written into it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.inputs: dict[str, str] = {}
        self._code = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._code = tag in ("script", "style")
        for name, value in attributes:
            if name in ("src", "href", "action", "formaction", "poster", "data", "srcset", "xlink:href"):
                self.addresses.append(value or "")
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.inline.append(f"{name}={value}")
        if tag == "input":
            facts = dict(attributes)
            self.inputs[facts.get("name") or ""] = facts.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._code = False

    def handle_data(self, data: str) -> None:
        if self._code and data.strip():
            self.inline.append(data)


def assert_harmless(page: Page) -> None:
    assert page.inline == []
    places = [urlsplit(address) for address in page.addresses]
    elsewhere = [place.geturl() for place in places if place.netloc or place.scheme not in ("", "tel")]
    assert elsewhere == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/lite",
        "/lite?q=保证金多久退",
        "/lite?entry=deposit-01",
        "/lite?category=保证金缴纳",
        "/lite?none=2",
        "/manual",
        "/manual?id=<script>",
        "/receipt",
        "/receipt?code=<script>alert(1)</script>",
        "/accessibility",
    ],
)
def test_a_page_names_no_other_host_and_holds_no_inline_code(web: Web, path: str):
    response = web.get(path)
    assert response.headers["content-type"].startswith("text/html")
    page = Page(response.text)
    assert page.addresses
    assert_harmless(page)
    local = [address for address in page.addresses if not address.startswith(("#", "tel:"))]
    missing = [a for a in set(local) if "?" not in a and web.get(f"/{a}").status_code != 200]
    assert missing == []


XSS = [
    "<script>alert(1)</script>",
    "<ScRiPt/src=//evil.example/x.js></sCrIpT>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    '<a href="javascript:alert(1)">点我</a>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "{{7*7}}<b>{% raw %}</b>",
    "<!--><script>alert(1)</script>-->",
    "保证金<b onmouseover=alert(1)>怎么交",
    "&lt;script&gt;alert(1)&lt;/script&gt;<script>",
    "\u2028<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞<script>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-<script>",
]


@pytest.mark.parametrize("text", XSS)
def test_markup_as_a_question_comes_back_as_text_on_the_lite_page(web: Web, text: str):
    response = web.get("/lite", params={"q": text})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert text not in response.text
    page = Page(response.text)
    assert page.inputs["q"] == text
    assert not {"script", "iframe", "svg", "math", "img", "style", "b"} & set(page.tags)
    assert_harmless(page)


@pytest.mark.parametrize("text", XSS)
@pytest.mark.parametrize("name", ["category", "entry", "audience"])
def test_markup_as_another_parameter_of_the_lite_page(web: Web, name: str, text: str):
    response = web.get("/lite", params={name: text})
    assert text not in response.text
    if response.status_code == 200:
        assert_harmless(Page(response.text))


@pytest.mark.parametrize("text", XSS)
@pytest.mark.parametrize(
    ("path", "name"),
    [("/receipt", "code"), ("/manual", "id"), ("/", "ask"), ("/", "role"), ("/accessibility", "x")],
)
def test_markup_as_a_parameter_of_another_page(web: Web, path: str, name: str, text: str):
    response = web.get(path, params={name: text})
    assert text not in response.text
    if response.headers["content-type"].startswith("text/html"):
        page = Page(response.text)
        assert not {"iframe", "svg", "math", "style"} & set(page.tags)
        assert_harmless(page)
        if path == "/receipt":
            assert page.inputs["code"] == text


@pytest.mark.parametrize("text", XSS)
def test_markup_as_a_question_comes_back_in_no_reply(web: Web, text: str):
    response = web.post("/api/v1/ask", json={"question": text})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert text not in json.dumps(response.json(), ensure_ascii=False).replace('\\"', '"')


@pytest.mark.parametrize("text", XSS)
def test_markup_in_an_address_is_answered_as_data(web: Web, text: str):
    for response in (web.get("/api/v1/suggest", params={"q": text}), web.get("/api/v1/search", params={"q": text})):
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-content-type-options"] == "nosniff"


# Markup of the editors: nobody's knowledge base, nor a sub-centre's overlay, is trusted to be free of it.

WRITTEN = [text for text in XSS if "{{" not in text]
"""Braces would be placeholders; a faulty one is refused before it is published."""
MARKDOWN = [
    "[点我](javascript:alert(1))",
    "[点我](JaVaScRiPt&colon;alert(1))",
    "[点我](data:text/html,<script>alert(1)</script>)",
    "[点我](vbscript:alert(1))",
    '[点我](https://a.cn "onmouseover=alert(1)")',
    "![图](https://a.cn/x.png)",
    "![图](javascript:alert(1))",
    "<https://a.cn/?a=<script>>",
    "<javascript:alert(1)>",
    "[点我]: javascript:alert(1)\n\n[点我]",
    "| <img src=x onerror=alert(1)> |\n|---|\n| <svg onload=alert(1)> |",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "[电话]({{platform_hotline}})",
    "**<b onclick=alert(1)>{{ca_hotline}}</b>**",
]
ALLOWED = {
    "p",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "a",
    "br",
    "code",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
HOSTILE = {
    "site.yaml": """\
values:
  platform_hotline: {value: "javascript:alert(1)"}
  ca_hotline: {value: "<img src=x onerror=alert(1)>"}
  service_hours: {value: "\\"><script>alert(1)</script>"}
  service_window: {value: "<iframe srcdoc='<script>alert(1)</script>'>"}
""",
    "welcome.yaml": """\
welcome:
  name: "<i>小易</i>"
  greeting: "<script>alert(1)</script>{{ca_hotline}}"
  hot: [hostile-00, hostile-01, hostile-02, hostile-03, hostile-04]
  roles:
    bidder: {hint: "'><svg/onload=alert(1)>{{ca_hotline}}", hot: [hostile-05, hostile-06, hostile-07, hostile-08]}
""",
    "manuals/hostile.md": """\
# <script>alert(1)</script>手册
- 编号：hostile
- 适用：bidder

<img src=x onerror=alert(1)>{{service_window}}

## 任务 1 <svg/onload=alert(1)>
目的：<iframe srcdoc='x'>

### 开始之前
- <script>alert(2)</script>
### 步骤
1. <a href="javascript:alert(1)">点我</a>
### 完成后应看到
- {{ca_hotline}}
### 出了问题
- <b onmouseover=alert(1)>：{{service_hours}}（hostile-00）
""",
}


def written(texts: list[str]) -> str:
    """An overlay's entries that have the texts in every field that takes words."""
    entries = []
    for i, text in enumerate(texts):
        line = text if "\n" not in text and "{{" not in text else WRITTEN[0]
        answer = f"题{i}的第一行 {line}\n\n{text}\n\n1. {text}\n"
        fields = {
            "id": f"hostile-{i:02d}",
            "number": f"{500 + i}",
            "audience": ["bidder"],
            "business": ["通用"],
            "question": f"题{i}怎样 {line}",
            "aliases": [f"另说题{i} {line}"],
            "keywords": [f"词{i} {line}"],
            "error_texts": [f"报错{i} {line}"],
            "answer": answer,
            "urgent": {"opening": {"now": f"先做{i} {line}", "fallback": f"还不行{i} {line} {{{{service_window}}}}"}},
            "clarify": {"question": f"哪一样{i} {line}", "label": f"选项{i} {line}"},
            "related": ["hostile-00"] if i else [],
            "updated": "2026-02-01",
        }
        entries.append(fields)
    return json.dumps({"category": "新手指南", "entries": entries})  # JSON is YAML


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, dictionary: Any) -> Iterator[Web]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    world, town = World(small_kb.write(folder), folder / "data"), folder / "town"
    notices = [
        {"text": f"公告 {text}", "link": {"text": f"全文 {text}", "href": "https://a.cn/?a='b"}} for text in WRITTEN
    ]
    files = HOSTILE | {
        "faq/hostile.yaml": written(WRITTEN + MARKDOWN),
        "notices.yaml": json.dumps({"notices": notices}),
    }
    for name, text in files.items():
        (town / name).parent.mkdir(parents=True, exist_ok=True)
        (town / name).write_text(text, "utf-8")
    for name, old, new in (
        ("terms.yaml", "在网上证明身份", "<script>alert(1)</script>在网上证明身份"),
        ("clarify.yaml", "您问的是哪一类保证金的退还？", "<img src=x onerror=alert(1)>您问的是哪一类？"),
        ("clarify.yaml", 'label: "工程建设招标"', "label: '<svg/onload=alert(1)>工程'"),
        ("pointers.yaml", "具体项目几点开标", "<script>alert(1)</script>具体项目几点开标"),
        ("smalltalk.yaml", "您好，我是易博士", "<script>alert(1)</script>您好，我是易博士"),
        ("replies.yaml", "decline: 这个", "decline: <script>alert(1)</script>这个"),
        ("replies.yaml", "handover: 请拨打", "handover: <b onclick=alert(1)>请拨打</b>"),
    ):
        small_kb.edit(world.kb, name, old, new)
    publish(world.kb, world.data / "indexes", encoder, dictionary, now=small_kb.NOW, overlays=(town,))
    with spoken_to(create_app(Settings(overlays=(town,), **of(world)))) as web:
        yield web


PAGES = [
    "/",
    "/lite",
    "/lite?audience=bidder",
    "/lite?category=新手指南",
    "/lite?entry=hostile-03&stage=opening",
    "/lite?q=保证金多久退",
    "/lite?q=明天那个标几点开",
    "/lite?q=早上好",
    "/lite?q=数字证书",
    "/lite?q=今天晚饭吃什么好",
    "/lite?none=2",
    "/manual",
    "/manual?id=hostile",
    "/receipt",
    "/accessibility",
]


@pytest.mark.parametrize("path", PAGES)
def test_markup_of_the_editors_is_text_on_every_page(hostile: Web, path: str):
    response = hostile.get(path)
    assert response.status_code == 200
    assert "alert(1)" in response.text, "there is nothing hostile on this page"
    assert_text_only(response.text)


def assert_text_only(markup: str) -> None:
    page = Page(markup)
    links = [address for address in page.addresses if not address.startswith("https://a.cn/")]
    page.addresses = links
    assert_harmless(page)
    assert not {"iframe", "svg", "math", "mglyph", "style", "i", "object", "textarea"} & set(page.tags)
    scripts = re.findall(r"<script\b[^>]*>", markup, re.IGNORECASE)
    assert all(re.fullmatch(r'<script src="assets/[0-9a-f]{12}/\w+\.js"(?: defer)?>', script) for script in scripts)
    assert all(re.match(r'<img src="static/icon\.svg"', image) for image in re.findall(r"<img\b[^>]*>", markup, re.I))


@pytest.mark.parametrize("text", WRITTEN)
def test_a_hostile_question_reads_as_it_was_written(hostile: Web, text: str):
    """It is neither run nor cut: whoever wrote it sees it on the page."""
    shown = str(escape(f"怎样 {text}"))
    for path in ("/", "/lite?category=新手指南"):
        page = hostile.get(path).text
        assert shown in page
        assert f"怎样 {text}" not in page


@pytest.mark.parametrize("i", range(len(WRITTEN + MARKDOWN)))
def test_the_markup_of_an_answer_is_what_may_stand_in_one(hostile: Web, i: int):
    reply = hostile.ask(f"{500 + i}", stage="opening")
    assert reply["answer"]["entry_id"] == f"hostile-{i:02d}"
    answer = Page(reply["answer"]["html"])
    assert answer.inline == []
    assert set(answer.tags) <= ALLOWED
    schemes = {urlsplit(address).scheme for address in answer.addresses}
    assert schemes <= {"http", "https", "tel", "mailto"}
    names = set(re.findall(r'<\w+\s+([a-z-]+)="|"\s+([a-z-]+)="', reply["answer"]["html"]))
    assert {name for pair in names for name in pair if name} <= {"href", "rel", "title", "start"}
    page = hostile.get("/lite", params={"entry": f"hostile-{i:02d}", "stage": "opening"}).text
    assert reply["answer"]["html"] in page  # the one markup that is put into pages as it is
    assert_text_only(page.replace(reply["answer"]["html"], ""))
    assert str(escape(reply["urgent"]["now"])) in page
    assert str(escape(reply["urgent"]["fallback"])) in page


def test_a_value_of_the_centre_opens_no_script(hostile: Web):
    i = len(WRITTEN) + MARKDOWN.index("[电话]({{platform_hotline}})")
    found = hostile.ask(f"{500 + i}")["answer"]
    assert "javascript" not in "".join(Page(found["html"]).addresses)


def test_a_receipt_shows_a_hostile_question_as_text(hostile: Web):
    code = hostile.ask("500")["receipt"]
    page = hostile.get("/receipt", params={"code": code}).text
    assert str(escape(WRITTEN[0])) in page
    assert_text_only(page)


def test_the_interface_gives_hostile_words_as_they_are_and_calls_them_data(hostile: Web):
    response = hostile.get("/api/v1/entries", params={"category": "新手指南"})
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    questions = {entry["question"] for entry in response.json()["entries"]}
    assert {f"题{i}怎样 {text}" for i, text in enumerate(WRITTEN)} <= questions
