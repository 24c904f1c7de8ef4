"""Welcome, notices and hours as they are served: by the interface, and on the page without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from app import main
from tests import small_kb
from tests.web.conftest import Serve, Web
from tests.web.server import World

MONDAY = small_kb.NOW
FILES = {
    "welcome.yaml": """\
welcome:
  name: 小易
  greeting: 急事请打 {{platform_hotline}}。
  hot: [ca-01, ca-02, deposit-01, deposit-02]
  roles:
    evaluator: {hint: 只说规则。}
    bidder: {hint: 投标人常问的。, hot: [deposit-02, deposit-01, ca-02, ca-01]}
""",
    "notices.yaml": """\
notices:
  - text: 停机，急事请打 {{platform_hotline}}。
    from: 2026-03-02 09:00
    to: 2026-03-02 10:00
    level: warning
    link: {text: 全文<b>, href: manual?id=a&b}
  - text: 新版软件。
    to: 2026-03-02 09:30
""",
    "hours.yaml": """\
hours:
  weekly:
    周一: ["08:00-11:30", "13:30-17:00"]
    周二: ["08:00-11:30"]
""",
}
REF = {"entry_id", "number", "question"}
DECLINED = "明天那个标几点开"

Clock = Callable[[datetime], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the time that the service has."""
    now = [MONDAY]
    monkeypatch.setattr(main, "local_now", lambda: now[0])

    def to(moment: datetime) -> None:
        now[0] = moment

    return to


@pytest.fixture
def welcoming(world: World, serve: Serve, clock: Clock) -> Web:
    for name, text in FILES.items():
        (world.kb / name).write_text(text, "utf-8")
    return serve(world)


def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute) + timedelta(days=days)


def test_the_welcome_is_served_with_its_values(welcoming: Web):
    body = welcoming.get("/api/v1/welcome").json()
    assert body.keys() == {"name", "greeting", "hint", "hot", "notices", "knowledge"}
    assert (body["name"], body["greeting"], body["hint"]) == ("小易", "急事请打 0500-1234567。", None)
    assert [entry["entry_id"] for entry in body["hot"]] == ["ca-01", "ca-02", "deposit-01", "deposit-02"]
    assert all(entry.keys() == REF for entry in body["hot"])
    assert body["knowledge"] == welcoming.get("/readyz").json()


@pytest.mark.parametrize(
    ("audience", "hint", "first"),
    [("bidder", "投标人常问的。", "deposit-02"), ("evaluator", "只说规则。", "ca-01"), ("agency", None, "ca-01")],
)
def test_a_role_has_its_own_list_and_hint(welcoming: Web, audience: str, hint: str | None, first: str):
    body = welcoming.get("/api/v1/welcome", params={"audience": audience}).json()
    assert (body["hint"], body["hot"][0]["entry_id"]) == (hint, first)


def test_knowledge_without_a_welcome_has_a_plain_one(web: Web):
    body = web.get("/api/v1/welcome").json()
    assert (body["name"], body["hint"], body["hot"], body["notices"]) == ("易博士", None, [], [])


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (at(8, 59), ["新版软件。"]),
        (at(9), ["停机，急事请打 0500-1234567。", "新版软件。"]),
        (at(9, 30), ["停机，急事请打 0500-1234567。"]),
        (at(10), []),
    ],
)
def test_a_notice_is_shown_in_its_time_only(welcoming: Web, clock: Clock, moment: datetime, shown: list[str]):
    clock(moment)
    assert [notice["text"] for notice in welcoming.get("/api/v1/welcome").json()["notices"]] == shown
    for page in ("/", "/lite"):
        text = welcoming.get(page).text
        assert [notice in text for notice in ("停机，急事请打 0500-1234567。", "新版软件。")] == [
            notice in shown for notice in ("停机，急事请打 0500-1234567。", "新版软件。")
        ]


def test_the_link_of_a_notice_is_text_and_address(welcoming: Web):
    notice = welcoming.get("/api/v1/welcome").json()["notices"][0]
    assert notice["level"] == "warning"
    assert notice["link"] == {"text": "全文<b>", "href": "manual?id=a&b"}
    assert '<a href="manual?id=a&amp;b">全文&lt;b&gt;</a>' in welcoming.get("/lite").text


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        (at(9), "现在有人接听，到11:30"),
        (at(12), "现在没有人接听，下次是今天13:30"),
        (at(18), "现在没有人接听，下次是明天08:00"),
        (at(12, days=1), "现在没有人接听，下次是3月9日（周一）08:00"),
    ],
)
def test_who_is_handed_over_is_told_whether_somebody_answers(
    welcoming: Web, clock: Clock, moment: datetime, sentence: str
):
    clock(moment)
    assert welcoming.ask(DECLINED)["handover"]["now"] == sentence
    page = welcoming.get("/lite", params={"q": DECLINED}).text
    assert page.count(sentence) == 2, "in the reply, and at the foot"


def test_without_hours_nothing_is_said_of_them(web: Web):
    assert web.ask(DECLINED)["handover"]["now"] is None
    assert "接听" not in web.get("/lite", params={"q": DECLINED}).text


def test_the_pages_have_the_name_and_the_questions_of_every_role(welcoming: Web):
    page = welcoming.get("/").text
    assert "小易" in page
    assert "急事请打 0500-1234567。" in page
    assert "投标人常问的。" in page
    assert "小易" in welcoming.get("/lite").text
