"""From a question that nobody answered to one that is, and back: what the console is for, as one person does it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from app.accounts import accounts
from app.database import migrate, open_engine
from tests.accounts.conftest import PASSWORD
from tests.browser.conftest import Open
from tests.browser.person import Person
from tests.web.server import Server, World, eventually
from tests.web.worlds import small_world as small_world

pytestmark = pytest.mark.browser

UNKNOWN, ALSO = "口令试太多次了", "口令试了太多次啦"
ENTRY = "038"
VIEW = {"width": 1280, "height": 900}


@pytest.fixture
def world(small_world: World, tmp_path: Path) -> World:
    return small_world.copy(tmp_path)


def asks_in_chat(server: Server, browse: Open, question: str) -> Person:
    person = Person(browse(server, "/", viewport=VIEW, reduced_motion="reduce").page)
    person.click("#question")
    person.types(question)
    person.presses("Enter")
    return person


def test_a_question_nobody_answered_is_learnt_published_answered_and_forgotten_again(world: World, browse_either: Open):
    engine = open_engine(f"sqlite:///{world.data / 'yiboshi.db'}")
    migrate(engine)
    accounts.create(engine, datetime.now().astimezone(), "zhang", "owner", PASSWORD)
    engine.dispose()
    with Server(world) as server:
        for question in (UNKNOWN, UNKNOWN, ALSO):
            assert server.ask(question)["kind"] == "decline"
        first = server.ask(UNKNOWN)["knowledge"]["version"]

        zhang = Person(browse_either(server, "/admin", viewport=VIEW, reduced_motion="reduce").page)
        zhang.page.on("dialog", lambda dialog: dialog.accept())
        zhang.click("input[name=name]")
        zhang.types("zhang")
        zhang.click("input[name=password]")
        zhang.types(PASSWORD)
        zhang.presses("Enter")
        zhang.sees("h1", "总览")

        def listed() -> bool:
            """The journal writes a moment after the reply."""
            zhang.page.reload()
            return UNKNOWN in " ".join(zhang.texts("main li a"))

        eventually(listed, "the cluster to be listed")
        zhang.click("main li a", text=UNKNOWN)
        zhang.sees("h1", "没答好的一组问题")
        zhang.click("a.button", text="加到这一条的问法")
        zhang.sees("h1", ENTRY)
        zhang.click("button[value=save]")
        zhang.sees("[role=status]", "已保存")
        saved = (world.kb / "faq/certificates.yaml").read_text("utf-8")
        assert f"      - {UNKNOWN}\n" in saved
        assert ALSO in (world.kb / "golden/certificates.yaml").read_text("utf-8")
        assert server.ask(UNKNOWN)["kind"] == "decline"

        zhang.click("a.button", text="去发布")
        zhang.click("button", text="试发布")
        zhang.sees("section", "可以发布")
        zhang.sees("section", UNKNOWN)
        zhang.click("button", text="发布这一版")
        zhang.sees("[role=status]", "已发布")

        bidder = asks_in_chat(server, browse_either, UNKNOWN)
        bidder.sees(".card.answer .number", ENTRY)
        second = server.ask(ALSO)
        assert (second["kind"], second["answer"]["number"]) == ("answer", ENTRY)
        assert second["knowledge"]["version"] != first

        zhang.page.goto(f"{server.url}/admin/versions")
        zhang.click("button.danger", text="退回到这一版")
        zhang.sees("[role=status]", "已退回")
        eventually(lambda: server.ask(UNKNOWN)["knowledge"]["version"] == first, "the version before to serve")
        assert server.ask(UNKNOWN)["kind"] == "decline"
        later = asks_in_chat(server, browse_either, UNKNOWN)
        later.sees(".card.decline")
