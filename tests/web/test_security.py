"""What protects a reader: headers on every response, and text of strangers that stays text."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.web.conftest import TOKEN, Serve, Web
from tests.web.server import World

ADMIN = {"Authorization": f"Bearer {TOKEN}"}

RESPONSES: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "chat page": (200, "GET", "/", {}),
    "lite page": (200, "GET", "/lite?q=早上好", {}),
    "docs page": (200, "GET", "/docs", {}),
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
    ["/", "/docs", "/lite", "/lite?q=保证金多久退", "/lite?entry=deposit-01", "/lite?category=保证金缴纳"],
)
def test_a_page_names_no_other_host_and_holds_no_inline_code(web: Web, path: str):
    response = web.get(path)
    assert response.headers["content-type"].startswith("text/html")
    page = Page(response.text)
    assert page.addresses
    assert_harmless(page)
    local = [address for address in page.addresses if not address.startswith("#")]
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
