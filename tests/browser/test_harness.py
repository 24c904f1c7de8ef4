"""What the browser tests are made of, in both browsers: it works there, and it can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from playwright.sync_api import Browser

from tests.browser import person as patience
from tests.browser.accessibility import violations
from tests.browser.conftest import Open, browsing
from tests.browser.host import Host
from tests.browser.person import Person

pytestmark = pytest.mark.browser

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; require-trusted-types-for 'script'"
STRICT = {"Content-Security-Policy": POLICY}


def page(body: str) -> str:
    return f'<!doctype html><html lang="zh"><title>页</title><body>{body}</body></html>'


FORM = page(
    '<form action="/asked"><label for="q">问题</label><input id="q" name="q"><button id="send">提 问</button></form>'
    "<ul><li>甲\n  乙<li>丙</ul><p hidden>藏</p><p style='visibility:hidden'>隐</p><i></i>"
    "<details><summary>更多</summary><p id=more>细节</p></details>"
)
ASKED = page("<h1>问过了</h1>")


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AbstractContextManager[None]]:
    """``with fails(pattern)``: an AssertionError that says so, without the whole patience."""

    @contextmanager
    def expected(pattern: str) -> Iterator[None]:
        with monkeypatch.context() as patch, pytest.raises(AssertionError, match=pattern):
            patch.setattr(patience, "PATIENCE", 400)
            yield

    return expected


def test_the_old_browser_is_of_2020(old_chromium: Browser):
    assert old_chromium.version.startswith("86.")
    with old_chromium.new_page() as page:
        assert "Chrome/86." in page.evaluate("navigator.userAgent")
        assert page.evaluate("typeof document.body.checkVisibility") == "undefined"


def test_a_person_types_and_sends_under_a_strict_policy(browse_either: Open):
    with Host({"/": FORM, "/asked": ASKED}, STRICT) as host:
        watched = browse_either(host)
        person = Person(watched.page)
        assert person.focused() == "body"
        person.presses("Tab")
        assert person.focused() == "input#q “问题”"
        person.click("#q")
        person.types("保证金 deposit")
        person.sees("#q", "保证金 deposit")
        assert person.focused() == "input#q “问题”"
        person.presses("Tab")
        assert person.focused() == "button#send “提 问”"
        person.presses("Shift+Tab")
        person.presses("Enter")
        person.sees("h1", "问过了")
        assert watched.page.url.startswith(f"{host.url}/asked?q=%E4%BF%9D")


def test_a_person_sees_what_is_rendered_and_nothing_else(browse_either: Open, fails):
    with Host({"/": FORM}, STRICT) as host:
        person = Person(browse_either(host).page)
        person.sees("li", "甲 乙")
        person.sees_no("li", "丁")
        assert person.text("ul").splitlines() == ["甲 乙", "丙"]
        assert person.texts("li") == ["甲 乙", "丙"]
        assert (person.count("li"), person.count("p"), person.count("i")) == (2, 0, 0)
        with fails(r"0.4 s for li with “丁”; there is li “甲 乙”, li “丙”"):
            person.sees("li", "丁")
        with fails("there is hidden p “藏”"):
            person.sees("p")
        with fails("no such element in: 问题"):
            person.click(".absent")
        with fails("for no summary; there is summary “更多”"):
            person.sees_no("summary")
        person.click("summary", text="更多")
        person.sees("#more", "细节")
        person.click("summary")
        person.sees_no("#more")
        person.waits_for("document.title === '页'", "the title")
        with fails("for another title"):
            person.waits_for("() => document.title === '叶'", "another title")


def test_what_is_covered_is_not_clicked(browse_either: Open, fails):
    cover = "<button id=b>按</button><div id=cover style='position:fixed;left:0;top:0;width:99%;height:99%'></div>"
    inside = page("<iframe src=/ style='position:fixed;left:0;top:0'></iframe><div id=veil class=x style='{}'></div>")
    pages = {"/": page("<button>按</button>"), "/covered": page(cover)}
    pages["/veiled"] = inside.format("position:fixed;left:0;top:0;width:200px;height:200px")
    pages["/off"] = page("<iframe src=/ style='position:fixed;left:-500px;top:0'></iframe>")
    pages["/moving"] = page(
        "<style>@keyframes x {to {margin-left: 500px}}</style><button style='animation: x 3s infinite'>按</button>"
    )
    with Host(pages) as host:
        opened = browse_either(host, "/covered").page
        with fails("to click #b; div#cover is in the way"):
            Person(opened).click("#b")
        for path, reason in (("/veiled", r"has div#veil\.x in the way"), ("/off", "is out of view")):
            opened.goto(host.url + path)
            inside = Person(opened).enters("iframe")
            inside.sees("button")
            with fails(f"to click button; its iframe {reason}"):
                inside.click("button")
        opened.goto(host.url + "/moving")
        with fails("button does not keep still to be clicked"):
            Person(opened).click("button")


@pytest.mark.parametrize("height", [400, 1500])
@pytest.mark.parametrize("site", ["url", "localhost"])
def test_a_person_works_in_a_frame_of_another_origin(browse_either: Open, site: str, height: int):
    inner = page(
        "<div style='height:3000px'></div><details><summary>开</summary><input id=i title=名></details><a href=/2>走</a>"
    )
    with Host({"/": inner, "/2": page("<h1>到了</h1>")}, STRICT) as embedded:
        origin = getattr(embedded, site)
        frame = f"<iframe src={origin} style='border:7px solid;padding:11px;width:300px;height:{height}px'></iframe>"
        with Host({"/": page(f"<button>先</button><div style='height:2000px'></div>{frame}")}) as host:
            watched = browse_either(host, also=(origin,))
            outside = Person(watched.page)
            inside = outside.enters("iframe")
            inside.click("summary")
            inside.click("#i")
            inside.types("字")
            inside.sees("#i", "字")
            assert inside.focused() == "input#i “名”"
            assert outside.focused() == "iframe"
            outside.click("button")
            assert outside.focused() == "button “先”"
            assert inside.focused() == ""
            inside.click("a")
            inside.sees("h1", "到了")
            assert set(watched.elsewhere(host)) == {f"{origin}/", f"{origin}/2"}
            assert watched.elsewhere(host, also=(origin,)) == []


def test_an_address_of_another_site_can_be_opened(browse_either: Open):
    with Host({}) as service, Host({"/in": ASKED}) as host:
        opened = browse_either(service, host.url + "/in", also=(host.url,))
        Person(opened.page).sees("h1", "问过了")


@pytest.mark.parametrize(
    "body",
    ["<script>throw new Error('x')</script>", "<script>console.error('x')</script>", "<img src=/none>"],
)
def test_complaints_are_noticed(either: Browser, body: str):
    with Host({"/": page(body)}) as host, pytest.raises(AssertionError), browsing(either) as open_page:
        open_page(host)


def test_requests_elsewhere_are_noticed(either: Browser):
    with Host({"/": ASKED}) as other, Host({"/": page(f"<iframe src={other.url}></iframe>")}) as host:
        with pytest.raises(AssertionError), browsing(either) as open_page:
            open_page(host)
        with browsing(either) as open_page:
            open_page(host, also=(other.url,))


FAULTY = page('<main><h1>页</h1><input id="q"><p style="color:#bbb;background:#fff">看不清</p></main>')


def test_faults_of_accessibility_are_found(browse_either: Open):
    with Host({"/": FAULTY, "/fine": FORM}) as host:
        opened = browse_either(host).page
        label, contrast = sorted(violations(opened), reverse=True)
        assert label.startswith('label (critical): <input id="q"> - ')
        assert contrast.startswith('color-contrast (serious): <p style="color:#bbb;background:#fff">看不清</p> - ')
        assert "insufficient color contrast" in contrast
        opened.goto(host.url + "/fine")
        assert violations(opened) == []


def test_faults_of_accessibility_are_found_in_a_frame_with_a_strict_policy(browse_either: Open):
    strict = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:"}
    with Host({"/": FAULTY}, strict) as other:
        framed = f'<main><h1>页</h1><iframe title="内" src="{other.url}"></iframe></main>'
        with Host(
            {"/": page(framed)}, {"Content-Security-Policy": f"default-src 'none'; frame-src {other.url}"}
        ) as host:
            person = Person(browse_either(host, also=(other.url,)).page)
            inside = person.enters("iframe")
            inside.sees("h1")
            assert len(violations(inside.frame)) == 2
            assert violations(person.page) == []
