"""The window on a page of another site: one script tag, a launcher, a frame, and words between the two."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from app.journal.tables import feedback, questions
from tests.browser.conftest import Open, Watched
from tests.browser.host import Host
from tests.browser.person import Person
from tests.browser.test_chat import TOPIC, UNKNOWN
from tests.conftest import Published
from tests.journal.samples import last
from tests.web.server import Server, World, free_port

pytestmark = pytest.mark.browser

LAUNCHER = "button[aria-expanded]"
FRAME = "iframe[title='易博士咨询窗口']"
MARKUP = "<img src=x onerror=alert(1)><b>保证金</b>"
EVENTS = ["open", "ready", "answer", "handover", "close"]


class Site(NamedTuple):
    """The service, and sites that embed it: two that may, one that may not."""

    server: Server
    pages: dict[str, str]
    host: Host
    strict: Host
    """Allows its pages the service's script and frame and nothing else, no style either."""
    stranger: Host

    def tag(self, attributes: str = "") -> str:
        return f'<script async src="{self.server.url}/widget.js" {attributes}></script>'

    def page(self, attributes: str = "", body: str = "") -> str:
        """The path of a new page with the widget."""
        path = f"/{len(self.pages)}"
        self.pages[path] = (
            '<!doctype html><html lang="zh"><meta name="viewport" content="width=device-width"><title>交易平台</title>'
            f'<body><h1>交易平台</h1><button id="own">平台自己的按钮</button>{body}{self.tag(attributes)}</body></html>'
        )
        return path


@pytest.fixture(scope="module")
def site(real_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    service = f"http://127.0.0.1:{port}"
    policy = f"default-src 'none'; script-src {service}; frame-src {service}"
    pages = {"/other": '<!doctype html><html lang="zh"><title>别的</title><p>别的框架</p></html>'}
    world = real_world.copy(tmp_path_factory.mktemp("widget"))
    with Host(pages) as host, Host(pages, {"Content-Security-Policy": policy}) as strict, Host(pages) as stranger:
        allowed = f"{host.url} {host.localhost} {strict.url}"
        with Server(world, port=port, embed_origins=allowed) as server:
            yield Site(server, pages, host, strict, stranger)


class Visit(NamedTuple):
    """Someone on the platform's page."""

    watched: Watched
    outside: Person

    @property
    def page(self) -> Page:
        return self.watched.page

    def asked_for(self, site: Site) -> list[str]:
        """Addresses of the service that were asked for, without its origin."""
        return [url.removeprefix(site.server.url) for url in self.watched.requests if url.startswith(site.server.url)]

    def says(self, script: str) -> Any:
        """What a script of the platform says to the widget."""
        self.outside.waits_for("() => window.yiboshi", "the widget")
        return self.page.evaluate(script)

    def opens(self) -> Person:
        """The launcher is clicked; whoever then looks into the frame."""
        self.outside.click(LAUNCHER)
        return self.inside()

    def inside(self) -> Person:
        inside = self.outside.enters(FRAME)
        inside.waits_for("() => document.querySelector('yiboshi-chat:defined.embedded')", "the window in the frame")
        return inside

    def listens(self) -> None:
        """From now on the platform writes down what it is told."""
        self.says(
            f"window.told = []; {json.dumps(EVENTS)}.forEach("
            "name => yiboshi.on(name, detail => told.push({name, detail: detail === undefined ? null : detail})))"
        )

    def told(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("told")
        return found


def visit(
    site: Site,
    browse: Open,
    attributes: str = "",
    body: str = "",
    at: str | None = None,
    also: Sequence[str] = (),
    **options: Any,
) -> Visit:
    """A new page of the first site, or of ``at``."""
    origin = at or site.host.url
    watched = browse(site.server, origin + site.page(attributes, body), also=(origin, *also), **options)
    return Visit(watched, Person(watched.page))


def ask(inside: Person, text: str) -> None:
    inside.click("#question")
    inside.types(text)
    inside.presses("Enter")


def focus_is_in_the_box(inside: Person) -> None:
    inside.waits_for(
        "() => document.activeElement && document.activeElement.id === 'question'", "the box to have the focus"
    )
    assert inside.focused().startswith("input#question")


# A person.


def test_one_script_tag_gives_a_launcher_and_loads_no_more_until_it_is_used(site: Site, browse_either: Open):
    here = visit(site, browse_either)
    here.outside.sees(LAUNCHER, "咨询易博士")
    here.outside.waits_for("() => document.readyState === 'complete'", "the page")
    assert here.asked_for(site) == ["/widget.js"]
    assert here.page.evaluate("document.querySelector('iframe')") is None
    assert here.page.evaluate(f"document.querySelector('{LAUNCHER}').getAttribute('aria-expanded')") == "false"
    inside = here.opens()
    inside.sees(".welcome")
    assert here.asked_for(site)[1] == "/?embed=1"
    assert here.page.evaluate(f"document.querySelector('{LAUNCHER}').getAttribute('aria-expanded')") == "true"


@pytest.mark.parametrize("origin", ["url", "localhost"])
def test_the_whole_way_from_the_launcher_to_the_vote_is_gone_in_the_frame(
    site: Site, browse_either: Open, published: Published, origin: str
):
    here = visit(site, browse_either, at=getattr(site.host, origin))
    inside = here.opens()
    focus_is_in_the_box(inside)
    inside.types(TOPIC)  # without a click: the box has the focus
    inside.presses("Enter")
    inside.sees(".card.clarify .choice", "都不是")
    question = inside.texts(".card.clarify .choice small")[0]
    inside.click(".card.clarify .choice")
    inside.sees(".card.answer h2", question)
    entry = next(e for e in published.snapshot.knowledge.entries if e.question == question)
    inside.sees(".card.answer .number", entry.number)
    inside.click(".card.answer .actions button", text="没帮助")
    inside.click(".reasons button", text="看不懂")
    inside.click(".why button", text="提交")
    inside.sees("[role=status]", "谢谢您的评价")
    asked = last(site.server.world.data, questions, via="clarify")
    assert asked[-2].via == "typed"
    assert last(site.server.world.data, feedback, reply_id=asked[-1].reply_id, helpful=False, reason="看不懂")


@pytest.mark.parametrize("way", ["Escape", "关闭"])
def test_closing_gives_the_focus_back_and_keeps_the_conversation(site: Site, browse_either: Open, way: str):
    here = visit(site, browse_either)
    inside = here.opens()
    ask(inside, TOPIC)
    inside.sees(".card.clarify")
    if way == "Escape":
        inside.presses("Escape")
    else:
        inside.click("#close", text=way)
    here.outside.sees_no(FRAME)
    assert here.outside.focused() == "button “咨询易博士”"
    loaded = here.asked_for(site).count("/?embed=1")
    here.outside.presses("Enter")  # the launcher has the focus
    here.outside.sees(FRAME)
    inside.sees(".card.clarify")
    focus_is_in_the_box(inside)
    assert here.asked_for(site).count("/?embed=1") == loaded == 1


def test_on_a_narrow_screen_the_window_covers_the_page(site: Site, browse_either: Open):
    here = visit(site, browse_either, viewport={"width": 390, "height": 700})
    inside = here.opens()
    inside.sees(".welcome")
    box = "document.querySelector('iframe').getBoundingClientRect()"
    assert here.page.evaluate(f"[{box}.left, {box}.top, {box}.width, {box}.height]") == [0, 0, 390, 700]
    here.page.set_viewport_size({"width": 1000, "height": 700})
    here.outside.waits_for(
        f"() => {box}.width === 420 && {box}.bottom === 684 && {box}.right === 984", "a window in the corner"
    )
    inside.click("#close")
    here.outside.sees(LAUNCHER)


def test_links_in_the_frame_open_beside_it(site: Site, browse_either: Open):
    """Inside the frame another page would have no way back to the conversation, and none to close it."""
    here = visit(site, browse_either)
    inside = here.opens()
    ask(inside, TOPIC)
    inside.sees(".card.clarify")
    with here.page.context.expect_page() as opened:
        inside.click("footer a", text="简易版")
    Person(opened.value).sees("h1", "简易版")
    assert opened.value.url == f"{site.server.url}/lite"
    inside.sees(".card.clarify")


# The platform's own script.


def test_a_question_of_the_platform_opens_the_window_and_is_asked(
    site: Site, browse_either: Open, published: Published
):
    here = visit(site, browse_either)
    entry = published.snapshot.entries["ca-05"]
    here.says(f"yiboshi.ask({json.dumps(entry.question)})")
    inside = here.inside()
    inside.sees(".mine", entry.question)
    inside.sees(".card.answer .number", entry.number)
    assert last(site.server.world.data, questions, via="host")
    here.says("yiboshi.ask()")  # nothing to ask: the window is open, and that is all
    here.says(f"yiboshi.ask({json.dumps(TOPIC)})")
    inside.sees(".mine", TOPIC)
    assert inside.count(".mine") == 2


def test_what_the_platform_says_before_the_first_opening_is_not_lost(site: Site, browse_either: Open):
    here = visit(site, browse_either)
    here.says("yiboshi.setRole('bidder'); yiboshi.setStage({stage: 'before', minutes: 45})")
    here.outside.sees(LAUNCHER)
    assert here.asked_for(site) == ["/widget.js"]
    inside = here.opens()
    inside.sees("#deadline", "离开标还有")
    inside.sees("[data-role=bidder][aria-pressed=true]", "投标人")


def test_the_stage_and_the_clock_of_the_platform_bring_the_step_to_take_now(
    site: Site, browse_either: Open, published: Published
):
    entry = published.snapshot.entries["open-02"]
    assert entry.urgent is not None
    assert entry.urgent.before is not None
    assert entry.urgent.opening is not None
    here = visit(site, browse_either)
    here.says(f"yiboshi.setStage({{minutes: 18}}); yiboshi.ask({json.dumps(entry.question)})")
    inside = here.inside()
    inside.sees(".card.answer .urgent .now", entry.urgent.before.now)
    here.says(f"yiboshi.setStage({{stage: 'opening'}}); yiboshi.ask('{entry.number}')")
    inside.sees(".card.answer .urgent .now", entry.urgent.opening.now)
    opening = "new Date(Date.now() + 3 * 86400000).toISOString()"
    here.says(f"yiboshi.setStage({{opening: {opening}}}); yiboshi.ask('{entry.number}')")
    inside.waits_for("() => document.querySelectorAll('.card.answer').length === 3", "a third answer")
    assert inside.count(".card.answer .urgent") == 2
    here.says("yiboshi.setStage(); yiboshi.setStage(null)")  # it is over
    inside.sees_no("#deadline")


def test_minutes_count_from_when_they_were_said(site: Site, browse_either: Open):
    """A page says them when it is loaded; the window may be opened a quarter of an hour later."""
    here = visit(site, browse_either)
    here.says(
        "const now = Date.now; Date.now = () => now() - 15 * 60000; yiboshi.setStage({minutes: 60}); Date.now = now;"
    )
    inside = here.opens()
    inside.waits_for(
        "() => /还有 4[45] 分钟/.test(document.querySelector('#deadline').textContent)", "44 or 45 minutes to be left"
    )


def test_the_attributes_of_the_tag_say_the_same(site: Site, browse_either: Open):
    here = visit(site, browse_either, 'data-role="agency" data-minutes="30" data-label="在线客服" data-side="left"')
    here.outside.sees(LAUNCHER, "在线客服")
    left = f"document.querySelector('{LAUNCHER}').getBoundingClientRect().left"
    assert here.page.evaluate(left) == 24
    inside = here.opens()
    inside.sees("[data-role=agency][aria-pressed=true]")
    inside.sees("#deadline", "离开标还有")
    assert here.page.evaluate("document.querySelector('iframe').getBoundingClientRect().left") == 16


def test_the_platform_may_have_a_launcher_of_its_own(site: Site, browse_either: Open):
    here = visit(site, browse_either, 'data-launcher="none" data-stage="opening"')
    here.says("document.querySelector('#own').addEventListener('click', yiboshi.open)")
    here.outside.sees_no(LAUNCHER)
    here.outside.click("#own")
    inside = here.inside()
    inside.sees("#deadline", "正在开标")
    focus_is_in_the_box(inside)
    inside.presses("Escape")
    here.outside.sees_no(FRAME)
    assert here.outside.focused().startswith("button#own")
    here.says("yiboshi.close()")  # a second time means nothing
    assert here.page.evaluate("document.querySelectorAll('iframe').length") == 1


def test_the_platform_is_told_what_happens_and_not_what_was_asked(
    site: Site, browse_either: Open, published: Published
):
    entry = published.snapshot.entries["ca-05"]
    here = visit(site, browse_either)
    here.listens()
    inside = here.opens()
    ask(inside, UNKNOWN)
    inside.sees(".card.decline .handover")
    ask(inside, entry.question)
    inside.sees(".card.answer")
    inside.presses("Escape")
    here.outside.sees_no(FRAME)
    told = here.told()
    assert [event["name"] for event in told] == ["open", "ready", "answer", "handover", "answer", "close"]
    assert told[2]["detail"] == {"yiboshi": "answer", "kind": "decline", "number": None}
    assert told[3]["detail"] == {"yiboshi": "handover"}
    assert told[4]["detail"] == {"yiboshi": "answer", "kind": "answer", "number": entry.number}
    everything = json.dumps(told, ensure_ascii=False)
    assert entry.question not in everything
    assert UNKNOWN not in everything


# Who may say what.

LISTEN = "window.heard = []; addEventListener('message', event => heard.push(event.data))"
"""Runs after the page's own listener: what is in ``heard`` has been dealt with."""
FORGED = [
    {"yiboshi": "close"},
    {"yiboshi": "ready"},
    {"yiboshi": "answer", "kind": "answer", "number": "000"},
    "close",
    None,
    {"yiboshi": {"toString": "close"}},
]


def test_nobody_but_the_window_speaks_to_the_platform_in_its_name(site: Site, browse_either: Open):
    """Neither a script of the page nor another frame can close it or make up an answer."""
    here = visit(site, browse_either, body="<iframe id='other' src='/other'></iframe>")
    here.listens()
    inside = here.opens()
    focus_is_in_the_box(inside)
    before = here.told()
    here.says(LISTEN)
    forged = json.dumps(FORGED)
    here.page.evaluate(f"{forged}.forEach(message => postMessage(message, '*'))")
    other = here.outside.enters("#other").frame
    other.evaluate(f"{forged}.forEach(message => parent.postMessage(message, '*'))")
    here.outside.waits_for(f"() => heard.length >= {2 * len(FORGED)}", "the forged messages to arrive")
    here.outside.sees(FRAME)
    assert here.told() == before


ORDERS = [
    {"yiboshi": "ask", "text": "保证金多久退"},
    {"yiboshi": "role", "role": "evaluator"},
    {"yiboshi": "stage", "stage": "opening"},
    {"yiboshi": "hello"},
]
NONSENSE = [
    {"yiboshi": "ask", "text": {"length": 3}},
    {"yiboshi": "ask", "text": "  "},
    {"yiboshi": "ask"},
    {"yiboshi": "role", "role": "<b>"},
    {"yiboshi": "role"},
    {"yiboshi": "stage", "stage": "constructor", "opening": "soon", "minutes": "many"},
    {"yiboshi": ["ask"], "text": "保证金多久退"},
    {"ask": "保证金多久退"},
    "ask",
    None,
    7,
    [],
]


def untouched(inside: Person, heard: int) -> None:
    """So many messages arrived and none was followed."""
    inside.waits_for(f"() => heard.length >= {heard}", "the messages to arrive")
    assert inside.frame.evaluate("heard.length") == heard
    assert inside.frame.evaluate("document.querySelectorAll('.mine, .card:not(.welcome)').length") == 0
    assert inside.frame.evaluate("document.querySelector('#audience').value") == ""
    inside.sees_no("#deadline")


def test_the_window_follows_nobody_but_the_page_around_it(site: Site, browse_either: Open):

    other_site = site.stranger.url
    here = visit(site, browse_either, body=f"<iframe id='other' src='{other_site}/other'></iframe>", also=(other_site,))
    inside = here.opens()
    focus_is_in_the_box(inside)
    inside.frame.evaluate(LISTEN)
    other = here.outside.enters("#other").frame
    nth = "Array.from({length: parent.length}, (_, i) => parent[i]).filter(frame => frame !== window)[0]"
    other.evaluate(f"{json.dumps(ORDERS)}.forEach(order => {nth}.postMessage(order, '*'))")
    untouched(inside, len(ORDERS))
    inside.frame.evaluate(
        f"{json.dumps(ORDERS)}.forEach(order => postMessage(order, '*'))"
    )  # itself is not the page around it
    untouched(inside, 2 * len(ORDERS))


def test_nonsense_of_the_page_around_it_is_ignored(site: Site, browse_either: Open):
    here = visit(site, browse_either)
    inside = here.opens()
    focus_is_in_the_box(inside)
    inside.frame.evaluate(LISTEN)
    here.page.evaluate(
        f"{json.dumps(NONSENSE)}.forEach(order => document.querySelector('iframe').contentWindow.postMessage(order, '*'))"
    )
    untouched(inside, len(NONSENSE))
    ask(inside, TOPIC)
    inside.sees(".card.clarify")


def test_a_page_that_is_in_no_frame_follows_no_message(site: Site, browse_either: Open):
    watched = browse_either(site.server, "/?embed=1")
    person = Person(watched.page)
    person.waits_for("() => document.querySelector('yiboshi-chat:defined')", "the page")
    watched.page.evaluate(LISTEN)
    watched.page.evaluate(f"{json.dumps(ORDERS)}.forEach(order => postMessage(order, '*'))")
    untouched(person, len(ORDERS))
    person.sees_no("#close")


def test_a_site_that_is_not_allowed_has_an_empty_frame(site: Site, either: Browser):
    """The browser refuses, and says so on the console."""
    context = either.new_context()
    page = context.new_page()
    page.goto(site.stranger.url + site.page())
    person = Person(page)
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        person.click(LAUNCHER)
    page.evaluate(f"yiboshi.ask({json.dumps(TOPIC)})")
    (frame,) = page.frames[1:]
    assert not frame.url.startswith(site.server.url)
    assert frame.query_selector("yiboshi-chat, #question") is None
    page.evaluate("yiboshi.close()")
    person.sees_no(FRAME)
    assert person.focused() == "button “咨询易博士”"
    context.close()


def test_a_strict_platform_needs_to_allow_only_the_script_and_the_frame(site: Site, browse_either: Open):
    """``default-src 'none'`` and nothing for styles: the launcher and the window are where they belong all the same."""
    here = visit(site, browse_either, at=site.strict.url)
    look = f"(style => [style.position, style.right, style.bottom])(getComputedStyle(document.querySelector('{LAUNCHER}')))"
    here.outside.sees(LAUNCHER)
    assert here.page.evaluate(look) == ["fixed", "24px", "24px"]
    inside = here.opens()
    ask(inside, TOPIC)
    inside.sees(".card.clarify")
    inside.click("#close")
    here.outside.sees_no(FRAME)


def test_hostile_words_of_the_platform_stay_words(site: Site, browse_either: Open):
    label = MARKUP.replace('"', "&quot;")
    here = visit(
        site,
        browse_either,
        f"""data-label="{label}" data-role='"><script>alert(1)</script>' data-side="left;background:url(//a.cn)"
        data-minutes="<b>" data-stage="constructor" data-opening="javascript:alert(1)" data-launcher="<b>" """,
    )
    here.outside.sees(LAUNCHER, MARKUP)
    assert here.page.evaluate(f"document.querySelector('{LAUNCHER}').children.length") == 0
    assert (
        here.page.evaluate(f"document.querySelector('{LAUNCHER}').getBoundingClientRect().right") > 1000
    )  # not to the left
    here.says(
        f"""
        ["__proto__", "constructor", "toString", "{MARKUP}"].forEach(name => yiboshi.on(name, () => {{ throw name; }}));
        yiboshi.setRole({{toString: () => "{MARKUP}"}});
        yiboshi.setStage({{stage: "__proto__", opening: "{MARKUP}", minutes: {{}}}});
        yiboshi.ask("{MARKUP}")
        """
    )
    inside = here.inside()
    inside.sees(".mine", MARKUP)
    inside.waits_for(
        "() => document.querySelectorAll('.card').length === 2 && !document.querySelector('.pending')", "a reply"
    )
    assert inside.frame.evaluate("document.querySelectorAll('.mine *, #asked img, #asked b').length") == 0
    assert inside.frame.evaluate("document.querySelectorAll('img').length") == 1  # the page's own
    assert inside.frame.evaluate("document.querySelector('#audience').value") == ""
    inside.sees_no("#deadline")
