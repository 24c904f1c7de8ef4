"""The dashboard and the insights in both browsers: axe-core, narrow screens, the keyboard; the pressed number of a hand-over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from app.database import migrate, open_engine
from app.journal.tables import feedback
from tests.browser.accessibility import violations
from tests.browser.conftest import Open, Watched
from tests.browser.visitor import WIDE, Visitor
from tests.insights.conftest import Notes
from tests.web.conftest import TOKEN
from tests.web.server import Server, World, eventually

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 740}
SIGNED_IN = {"extra_http_headers": {"Authorization": f"Bearer {TOKEN}"}}
QUESTIONS = ("停车场在哪", "哪里可以停车", "<img src=x onerror=alert(1)>" + "很长很长" * 60, "食堂在几楼")


@pytest.fixture(scope="module")
def asked(real_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with some forty messages of two weeks."""
    world = real_world.copy(tmp_path_factory.mktemp("insights"))
    engine = open_engine(f"sqlite:///{world.data / 'yiboshi.db'}")
    migrate(engine)
    notes, now = Notes(engine), datetime.now(timezone.utc)
    for day in range(14):
        for question in QUESTIONS[: 1 + day % 4]:
            at = now - timedelta(days=day, minutes=5)
            notes.asked(at, question_masked=question, kind="decline", session_key=f"{day}", audience="bidder")
        notes.rated(notes.asked(now - timedelta(days=day, minutes=1), session_key=f"{day}"), day % 2 == 0, now)
    engine.dispose()
    with Server(world, admin_token=TOKEN) as server:
        yield server


def opened(server: Server, browse: Open, path: str, view: dict[str, int]) -> Watched:
    return browse(server, path, viewport=view, reduced_motion="reduce", **SIGNED_IN)


def cluster_of(server: Server) -> str:
    with server.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        (first, *_) = client.get("/api/v1/admin/insights/clusters").json()["clusters"]
    return f"/admin/insights/clusters/{first['key']}"


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_breaks_a_rule_or_scrolls_sideways(asked: Server, browse_either: Open, view: dict[str, int]):
    for path in ("/admin", "/admin/insights?days=30", "/admin/insights?days=1", cluster_of(asked)):
        page = opened(asked, browse_either, path, view).page
        page.evaluate("() => document.querySelectorAll('details').forEach(node => { node.open = true; })")
        assert violations(page) == [], path
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_chart_is_seen(asked: Server, browse_either: Open):
    page = opened(asked, browse_either, "/admin", WIDE).page
    heights = page.evaluate(
        "() => [...document.querySelectorAll('svg rect')].map(it => it.getBoundingClientRect().height)"
    )
    assert max(heights) > 100


def test_a_cluster_is_reached_and_dismissed_by_keyboard_alone(asked: Server, browse_either: Open):
    page = opened(asked, browse_either, "/admin/insights?days=30", WIDE).page
    page.evaluate("() => document.querySelector('#clusters + .wide a').focus()")
    page.keyboard.press("Enter")
    page.wait_for_url("**/insights/clusters/*")
    assert page.evaluate("() => document.querySelector('form button').textContent") == "不用管"


def test_a_pressed_number_of_the_handover_card_is_noted(real_world: World, tmp_path: Path, browse_either: Open):
    world = real_world.copy(tmp_path)
    with Server(world) as server:
        person = Visitor(browse_either(server, "/", viewport=WIDE).page)
        person.page.evaluate("""() => {
            const reply = {reply_id: "0".repeat(32), kind: "decline", text: "没有", options: [], articles: [], versions: [],
                handover: {text: "请拨打", phone: "0500-1234567"}};
            const chat = document.querySelector("yiboshi-chat");
            const card = chat.card({reply: reply, at: 0, text: "停车场在哪", via: "typed"});
            document.querySelector("#log").append(card);
            const call = card.querySelector("a.phone");
            call.addEventListener("click", event => event.preventDefault());
            call.click();
        }""")
        engine = create_engine(f"sqlite:///{world.data / 'yiboshi.db'}")

        def pressed() -> list[tuple[str, str]]:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(select(feedback.c.reply_id, feedback.c.reason))]

        assert eventually(pressed, "the press to be noted") == [("0" * 32, "转人工")]
        engine.dispose()
