"""Notices: what may be written, and when one is shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.knowledge.loader import load
from app.knowledge.model import Knowledge, Link, Notice, Problem
from app.knowledge.notices import notices_at
from app.publishing.pipeline import check
from tests import small_kb
from tests.conftest import CHECKOUT

TODAY = small_kb.NOW.date()
NOTICES = """\
notices:
  - text: 周末停机，急事请打 {{platform_hotline}}。
    from: 2026-03-01 08:00
    to: 2026-03-08 22:00
    level: warning
    link: {text: 通知全文, href: "https://www.example.com/notice.html"}
  - text: 新版软件已经发布。
"""


@pytest.fixture
def noticed(kb: Path) -> Path:
    (kb / "notices.yaml").write_text(NOTICES, "utf-8")
    return kb


def problems(kb: Path, severity: str, today: date = TODAY) -> list[Problem]:
    return [problem for problem in check(kb, today)[1] if problem.severity == severity]


def checked(kb: Path, *overlays: Path) -> Knowledge:
    knowledge, found, _ = check(kb, TODAY, overlays=overlays)
    assert knowledge is not None, [str(problem) for problem in found]
    return knowledge


def test_notices_are_read_in_their_order(noticed: Path) -> None:
    first, second = checked(noticed).notices
    assert (first.from_, first.to) == (datetime(2026, 3, 1, 8), datetime(2026, 3, 8, 22))
    assert (first.level, first.link) == (
        "warning",
        Link(text="通知全文", href="https://www.example.com/notice.html"),
    )
    assert second == Notice(text="新版软件已经发布。")
    assert second.level == "info"


def test_what_is_read_can_be_stored(noticed: Path) -> None:
    knowledge = checked(noticed)
    assert Knowledge.model_validate_json(knowledge.model_dump_json()).notices == knowledge.notices


@pytest.mark.parametrize("text", [None, "notices: []\n", "notices:\n"])
def test_there_need_not_be_any(kb: Path, text: str | None) -> None:
    if text is not None:
        (kb / "notices.yaml").write_text(text, "utf-8")
    assert checked(kb).notices == ()


def test_the_shipped_file_has_none_and_its_example_is_sound(kb: Path) -> None:
    assert load(CHECKOUT / "kb").notices == {}
    shipped = (CHECKOUT / "kb" / "notices.yaml").read_text("utf-8")
    example = [line.removeprefix("# ") for line in shipped.partition("# 例：\n")[2].splitlines()]
    (kb / "notices.yaml").write_text("\n".join(example), "utf-8")
    assert len(checked(kb).notices) == 1


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("from: 2026-03-01 08:00", "from: 2026-03-01", "notices[0].from", "年-月-日 时:分"),
        ("from: 2026-03-01 08:00", "from: 2026-02-30 08:00", "notices[0].from", "不是有效的时间"),
        ("from: 2026-03-01 08:00", "form: 2026-03-01 08:00", "notices[0].form", "是不是想写「from」"),
        ("to: 2026-03-08 22:00", "to: 2026-03-08 24:00", "notices[0].to", "不是有效的时间"),
        ("to: 2026-03-08 22:00", "to: 2026-03-08 22:00+08:00", "notices[0].to", "不是有效的时间"),
        ("to: 2026-03-08 22:00", "to: 2026-02-28 22:00", "notices[0].to", "结束时间不晚于开始时间"),
        ("to: 2026-03-08 22:00", "to: 2026-03-01 08:00", "notices[0].to", "结束时间不晚于开始时间"),
        ("level: warning", "level: warn", "notices[0].level", "是不是想写「warning」"),
        ("{{platform_hotline}}", "{{platform_hotlin}}", "notices[0].text", "是不是想写「platform_hotline」"),
        ("text: 通知全文", 'text: "通知{{ca_hotline}}"', "notices[0].link.text", "这里不能用占位名"),
        ("text: 通知全文, ", "", "notices[0].link.text", "补上 text"),
        ("https://www.example.com/notice.html", "javascript:alert(1)", "notices[0].link.href", "链接打不开"),
        ("text: 新版软件已经发布。", "text: " + "长" * 201, "notices[1].text", "不超过 200 字"),
        ("text: 新版软件已经发布。", 'text: "一行\\n又一行"', "notices[1].text", "写成一行"),
        ("- text: 新版软件已经发布。", "- 新版软件已经发布。", "notices[1]", "应是键值表"),
        ("- text: 新版软件已经发布。", "- level: info", "notices[1].text", "补上 text"),
    ],
)
def test_a_fault_is_found_where_it_stands(noticed: Path, old: str, new: str, key: str, said: str) -> None:
    at = small_kb.edit(noticed, "notices.yaml", old, new)
    (problem,) = problems(noticed, "error")
    assert (problem.mark.file, problem.mark.line, problem.key) == (at.file, at.line, key)
    assert said in str(problem)
    assert problem.allowed


def test_one_that_is_no_list_is_told_so(kb: Path) -> None:
    (kb / "notices.yaml").write_text("notices: 停机\n", "utf-8")
    (problem,) = problems(kb, "error")
    assert (problem.mark.file, problem.message) == ("kb/notices.yaml", "缺少列表")


@pytest.mark.parametrize(("today", "noted"), [(date(2026, 3, 8), []), (date(2026, 3, 9), ["notices[0].to"])])
def test_what_is_past_may_be_taken_out(noticed: Path, today: date, noted: list[str]) -> None:
    notes = [problem for problem in problems(noticed, "note", today) if problem.key.startswith("notices")]
    assert [problem.key for problem in notes] == noted
    assert all(problem.message == "已经过期，可以删去" for problem in notes)


def test_the_list_of_an_overlay_takes_the_place_of_the_bases(noticed: Path, tmp_path: Path) -> None:
    town = tmp_path / "town"
    town.mkdir()
    assert len(checked(noticed, town).notices) == 2
    (town / "notices.yaml").write_text("notices:\n  - text: 区里停电。\n", "utf-8")
    assert [notice.text for notice in checked(noticed, town).notices] == ["区里停电。"]
    (town / "notices.yaml").write_text("notices: []\n", "utf-8")
    assert checked(noticed, town).notices == ()


@pytest.mark.parametrize(
    "href",
    ["http://a.cn", "https://a.cn/b?c=d:e#f", "manual?id=ca-handling", "/lite", "../a/b.html", "#task-1", "a/b:c"],
)
def test_a_link_leads_to_the_web_or_within_this_service(href: str) -> None:
    assert Link(text="详情", href=href).href == href


@pytest.mark.parametrize(
    "href",
    ["", "javascript:alert(1)", "JavaScript:x", "data:text/html,x", "mailto:a@b.cn", "//elsewhere.cn", "/\\elsewhere.cn",
     "\\\\elsewhere.cn", "https:/a.cn", "https://", "http:///a.cn", "a b", "/\t/elsewhere.cn", "ftp://a.cn", "\x01javascript:x"],
)  # fmt: skip
def test_a_link_never_leads_elsewhere(href: str) -> None:
    with pytest.raises(ValidationError):
        Link(text="详情", href=href)


moments = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9))


@given(
    begins=moments,
    ends=moments,
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9)),
    offset=st.integers(-11, 12),
)
def test_a_notice_is_shown_from_its_beginning_until_its_end_by_the_clock_of_the_place(
    begins: datetime | None, ends: datetime | None, now: datetime, offset: int
) -> None:
    notice = Notice(text="停机。", from_=begins, to=ends)
    shown = notices_at([notice], now.replace(tzinfo=timezone(timedelta(hours=offset))))
    assert bool(shown) == ((begins is None or begins <= now) and (ends is None or now < ends))


def test_those_that_are_shown_keep_their_order() -> None:
    now = datetime(2026, 3, 2, 9)
    texts = {"甲": None, "乙": now, "丙": now - timedelta(minutes=1), "丁": now + timedelta(minutes=1)}
    shown = notices_at([Notice(text=text, to=ends) for text, ends in texts.items()], now)
    assert [notice.text for notice in shown] == ["甲", "丁"]
