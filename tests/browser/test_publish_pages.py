"""The pages to publish and to go back, in both browsers: looked at by axe-core, on a wide and on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from app.accounts import accounts
from app.database import migrate, open_engine
from tests.accounts.conftest import PASSWORD
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.person import Person
from tests.small_kb import edit
from tests.web.server import Server, World
from tests.web.test_publishing import NEW, OLD, steal
from tests.web.worlds import small_world as small_world

pytestmark = pytest.mark.browser

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture
def office(small_world: World, tmp_path: object) -> Iterator[Server]:
    """Two-person sign-off; an editor and two who may publish."""
    world = small_world.copy(tmp_path)  # type: ignore[arg-type]
    engine = open_engine(f"sqlite:///{world.data / 'yiboshi.db'}")
    migrate(engine)
    for name, role in (("wang", "owner"), ("li", "publisher"), ("chen", "editor")):
        accounts.create(engine, datetime.now().astimezone(), name, role, PASSWORD)  # type: ignore[arg-type]
    engine.dispose()
    with Server(world, two_person="true", git_commit="true") as server:
        yield server


def signed_in(office: Server, browse: Open, name: str, view: dict[str, int]) -> Person:
    page = browse(office, "/admin/sign-in?next=publish", viewport=view, reduced_motion="reduce").page
    page.on("dialog", lambda dialog: dialog.accept())
    person = Person(page)
    person.click("input[name=name]")
    person.types(name)
    person.click("input[name=password]")
    person.types(PASSWORD)
    person.presses("Enter")
    person.sees("h1", "发布")
    return person


def clean(person: Person) -> None:
    assert violations(person.frame) == []
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    assert person.frame.evaluate(fits), "the page scrolls sideways"


def unfolds(person: Person) -> None:
    person.frame.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


@pytest.mark.parametrize("view", [WIDE, NARROW], ids=["wide", "narrow"])
def test_from_the_proposal_to_the_step_back(office: Server, browse_either: Open, view: dict[str, int]):
    edit(office.world.kb, "faq/certificates.yaml", OLD, NEW)
    steal(office.world)
    chen = signed_in(office, browse_either, "chen", view)
    clean(chen)
    chen.click("button.primary", text="试发布")
    chen.sees("h2", "接下来")
    unfolds(chen)
    clean(chen)
    chen.click("#note")
    chen.types("改了解锁的答案")
    chen.click("button", text="提交，请别人发布")
    chen.sees("[role=status]", "已提交")
    clean(chen)

    li = signed_in(office, browse_either, "li", view)
    li.sees(".notice", "有提交等待发布")
    li.click("button.primary", text="试发布")
    li.sees("legend", "逐项写明为什么放行")
    unfolds(li)
    clean(li)
    for number in range(li.count("input[name=reason]")):
        li.click("input[name=reason]", nth=number)
        li.types("改由政采那条答")
    li.click("button.danger", text="放行并发布")
    li.sees("[role=status]", "已发布")
    unfolds(li)
    clean(li)

    li.click("a", text="版本与退回")
    li.sees("td", "正在服务")
    clean(li)
    li.frame.evaluate("document.querySelector('.many').scrollLeft = 0")
    li.click("button.danger", text="退回到这一版")
    li.sees("[role=status]", "已退回")
    clean(li)


def test_problems_lead_to_their_entries(office: Server, browse_either: Open):
    edit(office.world.kb, "faq/certificates.yaml", "- 办锁去哪里", "- 锁的密码忘了")
    li = signed_in(office, browse_either, "li", WIDE)
    li.frame.evaluate("window.fetch('publish')")
    li.click("button", text="只检查文件")
    li.sees(".problems .error", "问法重复")
    clean(li)


def test_without_script_and_by_keyboard_it_is_rehearsed(office: Server, browse_either: Open):
    page = browse_either(office, "/admin/sign-in?next=publish", viewport=WIDE).page
    person = Person(page)
    person.click("input[name=name]")
    person.types("li")
    person.presses("Tab")
    person.types(PASSWORD)
    person.presses("Enter")
    person.sees("h1", "发布")
    while "试发布" not in person.focused():
        person.presses("Tab")
    person.presses("Enter")
    person.sees("p", "没有要发布的改动")
