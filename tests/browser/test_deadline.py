"""When the opening of the bids is near, the step to take now stands before the answer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

import pytest

from tests.browser.conftest import Open
from tests.browser.visitor import Visitor
from tests.conftest import Published
from tests.web.server import Server

pytestmark = pytest.mark.browser

FIRST = "[...document.querySelectorAll('.card.answer')].pop().firstElementChild.className"


@pytest.fixture(scope="module")
def entry(published: Published):
    """A decryption that fails: there is a step for before the opening and one for during it."""
    return published.snapshot.entries["open-02"]


def test_minutes_before_the_opening_the_step_to_take_now_comes_first(
    server: Server, browse_either: Open, entry, published: Published
):
    page = browse_either(server, "/?minutes=18").page
    person = Visitor(page)
    person.sees("#deadline", "离开标还有")
    assert person.text("#deadline").split()[1] in ("17", "18")
    person.asks(entry.question)
    assert page.evaluate(FIRST) == "urgent"
    step = entry.urgent.before
    assert [line for line in person.text(".urgent").splitlines() if line] == [
        "时间紧，先做这一步",
        published.snapshot.fill(step.now),
        f"还不行：{published.snapshot.fill(step.fallback)}",
    ]
    spoken = page.evaluate("document.querySelector('[role=status]').textContent")
    assert spoken == f"编号 {entry.number}。先做：{published.snapshot.fill(step.now)}"
    assert person.asked[0]["minutes_to_opening"] in (17, 18)


def test_days_before_the_opening_the_same_entry_begins_with_its_answer(
    server: Server, browse_either: Open, entry, published: Published
):
    page = browse_either(server, "/?minutes=4320").page
    person = Visitor(page)
    person.sees_no("#deadline")
    person.asks(entry.question)
    person.sees_no(".urgent")
    assert page.evaluate(FIRST) == "entry"
    first_line = published.snapshot.rendered[entry.id].text.splitlines()[0]
    assert person.text(".card.answer div.answer").startswith(first_line)
    assert first_line in page.evaluate("document.querySelector('[role=status]').textContent")
    assert person.asked[0]["minutes_to_opening"] in (4319, 4320)


def test_an_entry_without_a_step_is_answered_as_ever(server: Server, browse: Open, published: Published):
    calm = next(entry for entry in published.snapshot.knowledge.entries if entry.urgent is None)
    person = Visitor(browse(server, "/?minutes=18").page)
    person.asks(calm.question)
    person.sees_no(".urgent")


def test_during_the_opening_another_step_comes_first(server: Server, browse: Open, entry, published: Published):
    person = Visitor(browse(server, "/?stage=opening").page)
    assert person.text("#deadline") == "正在开标"
    person.asks(entry.question)
    person.sees(".urgent .now", published.snapshot.fill(entry.urgent.opening.now))
    assert person.asked[0]["stage"] == "opening"
    assert "minutes_to_opening" not in person.asked[0]


def test_the_stage_outweighs_the_clock(server: Server, browse: Open, entry, published: Published):
    page = browse(server, "/?stage=evaluation&minutes=18").page
    person = Visitor(page)
    person.sees_no("#deadline")
    person.asks(entry.question)
    person.sees_no(".urgent")
    page.goto(f"{server.url}/?stage=opening&minutes=18")
    assert person.text("#deadline") == "正在开标"


def test_the_hour_of_the_opening_may_be_given_instead(server: Server, browse: Open, entry):
    def at(minutes: float) -> str:
        hour = datetime.now(timezone.utc) + timedelta(minutes=minutes)
        return "/?" + urlencode({"opening": hour.isoformat(timespec="seconds")})

    page = browse(server, at(300.5)).page
    person = Visitor(page)
    assert person.text("#deadline").startswith("离开标还有约 5 小时，")
    page.goto(server.url + at(50.5))
    assert person.text("#deadline").startswith("离开标还有 50 分钟，")
    page.goto(server.url + at(-5))
    assert person.text("#deadline") == "正在开标"
    person.asks(entry.question)
    person.sees(".urgent")
    page.goto(server.url + at(-600))
    person.sees(".mine")
    person.sees_no("#deadline")


def test_the_minutes_run_down_while_the_page_is_open(server: Server, browse: Open, entry):
    page = browse(server).page
    page.clock.install()
    page.goto(f"{server.url}/?minutes=18")
    person = Visitor(page)
    assert person.text("#deadline").startswith("离开标还有 18 分钟")
    page.clock.run_for(5 * 60_000)
    person.sees("#deadline", "离开标还有 13 分钟")
    person.asks(entry.question)
    assert person.asked[0]["minutes_to_opening"] in (12, 13)


@pytest.mark.parametrize(
    "wanted",
    [
        {"minutes": "soon"},
        {"minutes": ""},
        {"minutes": "Infinity"},
        {"stage": "now"},
        {"stage": "<img src=x>", "opening": "tomorrow", "minutes": "NaN"},
    ],
    ids=lambda wanted: "-".join(wanted) + "-" + wanted.get("minutes", ""),
)
def test_what_cannot_be_a_stage_or_a_time_is_ignored(server: Server, browse: Open, entry, wanted: dict[str, str]):
    person = Visitor(browse(server, "/?" + urlencode(wanted)).page)
    person.sees_no("#deadline")
    person.asks(entry.question)
    person.sees_no(".urgent")
    assert {"stage", "minutes_to_opening"}.isdisjoint(person.asked[0])


@pytest.mark.parametrize("minutes", ["-1e30", "1e30", "17.9"])
def test_any_number_of_minutes_can_be_sent(server: Server, browse: Open, entry, minutes: str):
    person = Visitor(browse(server, f"/?minutes={minutes}").page)
    person.asks(entry.question)
    assert isinstance(person.asked[0]["minutes_to_opening"], int)
