"""The console's knowledge pages in both browsers: list, editor, values of the site; without a mouse, without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.accounts.conftest import PASSWORD
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.person import Person
from tests.browser.visitor import sideways
from tests.web.server import Server, World, of, run

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def hired(world: World, name: str = "zhang", role: str = "owner") -> None:
    done = run(
        *("admin", "create", name, "--role", role, "--password-stdin"),
        cwd=world.data.parent,
        stdin=PASSWORD,
        **of(world),
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def office(real_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Shared by tests that change nothing."""
    world = real_world.copy(tmp_path_factory.mktemp("office"))
    for name, role in (("zhang", "owner"), ("kan", "viewer")):
        hired(world, name, role)
    with Server(world) as server:
        yield server


@pytest.fixture
def own_office(world: World) -> Iterator[Server]:
    hired(world)
    with Server(world) as server:
        yield server


Enter = Callable[..., Person]


@pytest.fixture
def enter(browse_either: Open) -> Enter:
    """``enter(server, path, view, name)``: signed in and led to that page."""

    def entered(
        server: Server, path: str, view: dict[str, int] = WIDE, name: str = "zhang", **options: object
    ) -> Person:
        watched = browse_either(server, f"/admin/sign-in?next={path}", viewport=view, **options)
        person = Person(watched.page)
        person.click("#name")
        person.types(name)
        person.click("#password")
        person.types(PASSWORD)
        person.presses("Enter")
        person.sees("main h1")
        return person

    return entered


@pytest.mark.parametrize("view", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_list_breaks_no_rule_and_does_not_scroll_sideways(office: Server, enter: Enter, view: dict[str, int]):
    person = enter(office, "entries", view)
    assert person.count("tbody tr") == 122
    assert violations(person.frame) == []
    assert sideways(person.page) == []


def test_an_entry_is_found_with_the_keyboard(office: Server, enter: Enter):
    person = enter(office, "entries")
    person.click("#q")
    person.types("dzbh")
    person.presses("Enter")
    person.waits_for("() => document.querySelectorAll('tbody tr').length < 20", "a short list")
    person.sees("tbody tr", "保函")
