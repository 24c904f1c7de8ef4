"""Scripts and style as they are sent: their addresses, how long they are kept, what they weigh, what they may not hold."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.web import assets
from tests.web.conftest import Serve, Web
from tests.web.server import World
from tests.web.test_error_shape import assert_error

BUDGET, WIDGET_BUDGET = 15 * 1024, 2 * 1024
"""Bytes of everything a browser loads to chat, compressed, and of what a page of another site loads at first."""
CHAT = [name for name in assets.PARTS if not name.startswith("console.")]
SENT = (*CHAT, "widget.js")
SOURCES = sorted({part for parts in assets.PARTS.values() for part in parts} | {"widget.js"})
SCRIPTS = [name for name in SOURCES if name.endswith(".js")]
STYLES = ["chat.css", "lite.css"]


class Named(HTMLParser):
    """Scripts and styles that a page names, by file name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        facts = dict(attributes)
        address = (facts.get("src") if tag == "script" else facts.get("href") if tag == "link" else None) or ""
        if address.startswith("assets/"):
            self.found[address.rsplit("/", 1)[1]] = address


@pytest.fixture
def named(web: Web) -> dict[str, str]:
    return Named(web.get("/").text).found


def weight(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


# Addresses.


def test_what_the_chat_page_names_is_what_is_sent(web: Web, named: dict[str, str]):
    assert set(named) == set(CHAT)
    for name, address in named.items():
        response = web.get("/" + address)
        assert response.status_code == 200
        assert response.text == assets.text(name)


def test_the_parts_of_the_script_are_sent_joined_and_in_order():
    """Each part's first name that it gives away stands in the whole, after those of the parts before it."""
    text = assets.text("chat.js")
    marks = [
        "window.yiboshi=",
        "yiboshi.share=",
        "yiboshi.card=",
        "yiboshi.combobox=",
        'customElements.define("yiboshi-chat"',
    ]
    places = [text.find(mark) for mark in marks]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("name", SENT)
def test_comments_stay_at_home(name: str):
    text = assets.text(name)
    assert "/*" not in text
    assert not re.search(r"^\s*//", text, re.MULTILINE)
    assert len(text) > 500


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The static folder, to be edited."""
    folder = tmp_path / "static"
    shutil.copytree(assets.STATIC, folder)
    monkeypatch.setattr(assets, "STATIC", folder)
    forget()
    yield folder
    monkeypatch.undo()
    forget()


def forget() -> None:
    """As a new process, which has read no file yet."""
    assets.text.cache_clear()
    assets.address.cache_clear()


@pytest.mark.parametrize("edited", ["cards.js", "chat.js", "chat.css", "look.js"])
def test_an_edited_file_has_another_address_and_the_others_keep_theirs(sources: Path, edited: str):
    before = {name: assets.address(name) for name in assets.PARTS}
    extra = "body{color:red}" if edited.endswith(".css") else "window.another=1;"
    (sources / edited).write_text((sources / edited).read_text("utf-8") + extra, "utf-8")
    forget()
    after = {name: assets.address(name) for name in assets.PARTS}
    changed = {name for name in assets.PARTS if before[name] != after[name]}
    assert changed == {name for name, parts in assets.PARTS.items() if edited in parts}


def test_a_comment_changes_no_address(sources: Path):
    before = assets.address("chat.js")
    (sources / "cards.js").write_text("// another remark\n" + (sources / "cards.js").read_text("utf-8"), "utf-8")
    forget()
    assert assets.address("chat.js") == before


def test_the_page_names_the_new_address_and_the_old_one_is_gone(sources: Path, serve: Serve, world: World):
    old = assets.address("chat.css")
    (sources / "chat.css").write_text("body{color:red}", "utf-8")
    forget()
    web = serve(world)
    new = Named(web.get("/").text).found["chat.css"]
    assert new != old
    assert web.get("/" + new).text == "body{color:red}"
    assert_error(web.get("/" + old), 404, "not_found")


@pytest.mark.parametrize(
    "address",
    [
        "/assets/000000000000/chat.js",
        "/assets/000000000000/widget.js",
        "/assets/000000000000/cards.js",
        "/assets/000000000000/%2e%2e%2fchat.css",
        "/assets/x/y",
        "/assets/chat.js",
        "/assets/",
    ],
)
def test_an_address_of_no_file_is_answered_in_the_one_shape(web: Web, address: str):
    assert_error(web.get(address), 404, "not_found")


def test_the_name_of_one_file_with_the_digest_of_another_is_no_address(web: Web, named: dict[str, str]):
    digest = named["chat.css"].split("/")[1]
    assert_error(web.get(f"/assets/{digest}/chat.js"), 404, "not_found")
    assert_error(web.get(f"/assets/{digest.upper()}x/chat.css"), 404, "not_found")


# Headers.


def test_what_has_its_content_in_its_address_is_kept_for_a_year(web: Web, named: dict[str, str]):
    for address in named.values():
        assert web.get("/" + address).headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_refusal_is_not_kept(web: Web):
    assert "cache-control" not in web.get("/assets/000000000000/chat.js").headers


def test_the_widget_is_asked_for_anew_each_hour_and_other_sites_may_load_it(web: Web):
    response = web.get("/widget.js")
    assert response.text == assets.text("widget.js")
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_each_file_says_its_type(web: Web, named: dict[str, str]):
    types = {name: web.get("/" + address).headers["content-type"] for name, address in named.items()}
    types["widget.js"] = web.get("/widget.js").headers["content-type"]
    expected = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
    assert types == {name: expected[Path(name).suffix] for name in SENT}


def test_the_head_of_a_file_is_that_of_the_whole(web: Web, named: dict[str, str]):
    for address in (*named.values(), "widget.js"):
        head, whole = web.request("HEAD", "/" + address), web.get("/" + address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers == whole.headers


def test_files_are_not_written_to(web: Web, named: dict[str, str]):
    for address in (named["chat.js"], "widget.js"):
        for method in ("POST", "PUT", "DELETE"):
            assert_error(web.request(method, "/" + address), 405, "method_not_allowed")


def test_files_are_sent_compressed_to_whoever_takes_it(web: Web, named: dict[str, str]):
    for address in (named["chat.js"], named["chat.css"], "widget.js"):
        assert web.get("/" + address).headers["content-encoding"] == "gzip"
        plain = web.get("/" + address, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == web.get("/" + address).text


# Weight.


def test_everything_a_browser_loads_stays_within_the_budget(web: Web, named: dict[str, str]):
    weights = {name: weight(web.get("/" + address).text) for name, address in named.items()}
    weights["widget.js"] = weight(web.get("/widget.js").text)
    assert sum(weights.values()) <= BUDGET, weights
    assert weights["widget.js"] < WIDGET_BUDGET, weights


# What may not be in them.


def source(name: str) -> str:
    """A source without its comments."""
    text = (assets.STATIC / name).read_text("utf-8")
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    return re.sub(r"(^|[^:\"'])//[^\n]*", r"\1", text) if name.endswith(".js") else text


def code(name: str) -> str:
    """A script without its comments and texts."""
    return re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', source(name))


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_code_of_text(name: str):
    text = code(name)
    for word in (r"\beval\b", r"\bFunction\(", r"document\.write", r"outerHTML", r"insertAdjacentHTML", r"\bsrcdoc\b",
                 r"createContextualFragment", r"DOMParser", r"setHTML", r"\bimport\b"):  # fmt: skip
        assert not re.search(word, text), word
    assert not re.search(r"set(?:Timeout|Interval)\(\s*[\"'`]", source(name))
    assert not re.search(r"javascript:", source(name))


def test_markup_is_put_into_the_page_in_one_place():
    """There it is the answer, which the server sanitised when it was published."""
    found = {name: re.findall(r".*innerHTML.*", source(name)) for name in SCRIPTS}
    assert {name: [line.strip() for line in lines] for name, lines in found.items() if lines} == {
        "cards.js": ["body.innerHTML = found.html;"]
    }


@pytest.mark.parametrize("name", SENT)
def test_nothing_names_another_site(name: str):
    text = assets.text(name)
    assert "://" not in text
    assert not re.search(r"[\"'(]//", text)
    assert not re.search(r"[\"'(](?:https?|wss?|ftp|data|blob|file):", text)
    assert "@import" not in text
    assert "url(" not in text


NEWER = {
    "a?.b": r"\?\.(?!\d)",
    "a ?? b": r"\?\?",
    "a ||= b": r"(?:\|\||&&)=",
    "1_000": r"\d_\d",
    "this.#a": r"[\s.]#[a-z]",
    "10n": r"\b\d+n\b|\bBigInt\b",
    "a.replaceAll(b)": r"\.(?:replaceAll|matchAll|at|findLast|toSorted|replaceChildren|hasOwn|allSettled|any|randomUUID)\(",
    "structuredClone(a)": r"\bstructuredClone\b|\bglobalThis\b",
    "await import(a)": r"^await\b|\bimport\b",
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("example", NEWER)
def test_scripts_are_in_the_language_of_2019(name: str, example: str):
    assert re.search(NEWER[example], example), "the pattern finds nothing"
    assert not re.search(NEWER[example], code(name), re.MULTILINE)


def test_the_widget_is_in_the_language_of_2009():
    """It must run far enough in any browser to lead on to the simple page."""
    text = code("widget.js")
    assert "=>" not in text
    assert "`" not in text
    assert "..." not in text
    assert not re.search(r"\b(?:const|let|class|async|await|of|Promise|Symbol|fetch|Map|Set)\b(?!\s*:)", text)
    assert not re.search(r"\.(?:includes|startsWith|endsWith|assign|append|remove|closest|find|from)\(", text)


STYLE_OF_LATER = [
    r":where\b", r":is\(", r":has\(", r"(?<![\w-])inset\s*:", r"(?<![\w-])inset-(?:block|inline)", r"aspect-ratio", r"\d[sdl]v[hw]\b",
    r"color-mix", r"@layer", r"@container", r"@property", r"accent-color", r":user-valid", r"text-wrap", r"(?<![\w-])translate\s*:",
    r"(?<![\w-])rotate\s*:", r"(?<![\w-])scale\s*:", r"oklch|oklab", r"&\s*[:.\[>]", r"scrollbar-gutter",
]  # fmt: skip


@pytest.mark.parametrize("name", STYLES)
def test_styles_are_in_the_language_of_2020(name: str):
    text = source(name)
    assert [pattern for pattern in STYLE_OF_LATER if re.search(pattern, text)] == []
