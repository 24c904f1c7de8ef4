"""When somebody answers the phone: what may be written, and what is said of a moment."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.hours import AHEAD, WEEKDAYS, Days, Hours, Opening, Span, opening, said
from app.knowledge.loader import load
from app.knowledge.model import Knowledge, Problem
from app.publishing.pipeline import check
from tests import small_kb
from tests.conftest import CHECKOUT

TODAY = small_kb.NOW.date()
ZONE = timezone(timedelta(hours=8))
HOURS = """\
hours:
  weekly:
    周一: ["09:00-11:30", "13:30-17:00"]
    周二: ["09:00-11:30", "13:30-17:00"]
    周六: []
  closed:
    - 2026-03-03
    - 2026-10-01至2026-10-08
  open:
    2026-03-07: ["10:00-12:00"]
    2026-10-05: ["09:00-11:00"]
"""
"""2026-03-02 is a Monday."""


@pytest.fixture
def answered(kb: Path) -> Path:
    (kb / "hours.yaml").write_text(HOURS, "utf-8")
    return kb


def errors(kb: Path) -> list[Problem]:
    return [problem for problem in check(kb, TODAY)[1] if problem.severity == "error"]


def checked(kb: Path, *overlays: Path) -> Knowledge:
    knowledge, found, _ = check(kb, TODAY, overlays=overlays)
    assert knowledge is not None, [str(problem) for problem in found]
    return knowledge


def hours_of(kb: Path, *overlays: Path) -> Hours:
    hours = checked(kb, *overlays).hours
    assert hours is not None
    return hours


# What is written.


def test_the_hours_are_read(answered: Path) -> None:
    hours = hours_of(answered)
    assert hours.weekly["周一"] == (Span(time(9), time(11, 30)), Span(time(13, 30), time(17)))
    assert hours.weekly["周六"] == ()
    assert hours.closed == (
        Days(date(2026, 3, 3), date(2026, 3, 3)),
        Days(date(2026, 10, 1), date(2026, 10, 8)),
    )
    assert set(hours.open) == {date(2026, 3, 7), date(2026, 10, 5)}


def test_what_is_read_can_be_stored(answered: Path) -> None:
    knowledge = checked(answered)
    assert Knowledge.model_validate_json(knowledge.model_dump_json()).hours == knowledge.hours


def test_the_parts_of_a_day_may_stand_in_any_order(answered: Path) -> None:
    before = hours_of(answered)
    small_kb.edit(answered, "hours.yaml", '周一: ["09:00-11:30", "13:30-17:00"]', "周一: [13:30-17:00, 9:00 - 11:30]")
    assert hours_of(answered) == before


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('周一: ["09:00-11:30"', '周一: ["09:00-11:30至"', "hours.weekly.周一[0]", "不是有效的时段"),
        ('周一: ["09:00-11:30"', '周一: ["09:00-24:00"', "hours.weekly.周一[0]", "不是有效的时段"),
        ('周一: ["09:00-11:30"', '周一: ["9点到11点半"', "hours.weekly.周一[0]", '"09:00-11:30"'),
        ('周一: ["09:00-11:30"', '周一: ["11:30-09:00"', "hours.weekly.周一[0]", "结束不晚于开始"),
        ('周一: ["09:00-11:30"', '周一: ["09:00-09:00"', "hours.weekly.周一[0]", "结束不晚于开始"),
        ('周一: ["09:00-11:30"', '周一: ["09:00-13:31"', "hours.weekly.周一", "时段重叠：09:00-13:31 和 13:30-17:00"),
        ('周一: ["09:00-11:30", "13:30-17:00"]', "周一: 09:00-17:00", "hours.weekly.周一", "应是列表"),
        ("    周一:", "    星期一:", "hours.weekly.星期一", "周一、周二"),
        ("  weekly:", "  weekdays:", "hours.weekdays", "closed、open、weekly"),
        ("- 2026-03-03", "- 2026-02-29", "hours.closed[0]", "不是有效日期"),
        ("- 2026-03-03", "- 20260303", "hours.closed[0]", "年-月-日"),
        ("2026-10-01至2026-10-08", "2026-10-08至2026-10-01", "hours.closed[1]", "最后一天早于第一天"),
        ("2026-10-01至2026-10-08", "2026-10-01至10-08", "hours.closed[1]", "不是有效日期"),
        ("    2026-03-07:", "    3月7日:", "hours.open.3月7日", "不是有效日期"),
        ('["10:00-12:00"]', '["10:00-12:00", "11:00-13:00"]', "hours.open.2026-03-07", "时段重叠"),
    ],
)
def test_a_fault_is_found_where_it_stands(answered: Path, old: str, new: str, key: str, said: str) -> None:
    at = small_kb.edit(answered, "hours.yaml", old, new)
    (problem,) = errors(answered)
    assert (problem.mark.file, problem.mark.line, problem.key) == (at.file, at.line, key)
    assert said in str(problem)
    assert problem.found
    assert problem.allowed


@pytest.mark.parametrize("text", ["hours: 工作日\n", "hours:\n  weekly: [周一]\n"])
def test_what_is_no_table_is_told_so(kb: Path, text: str) -> None:
    (kb / "hours.yaml").write_text(text, "utf-8")
    (problem,) = errors(kb)
    assert problem.message == "应是键值表"


def test_an_overlay_replaces_only_what_it_names(answered: Path, tmp_path: Path) -> None:
    town = tmp_path / "town"
    town.mkdir()
    text = 'hours:\n  weekly:\n    周一: ["10:00-16:00"]\n    周二:\n  closed: []\n  open:\n    2026-03-08: ["10:00-12:00"]\n'
    (town / "hours.yaml").write_text(text, "utf-8")
    before, after = hours_of(answered), hours_of(answered, town)
    assert after.weekly == {"周一": (Span(time(10), time(16)),), "周六": ()}
    assert after.closed == ()
    assert after.open == before.open | {date(2026, 3, 8): (Span(time(10), time(12)),)}


def test_the_shipped_file_sets_none_and_its_example_is_sound(kb: Path) -> None:
    source = load(CHECKOUT / "kb")
    assert opening(source.hours, small_kb.NOW) is None
    shipped = (CHECKOUT / "kb" / "hours.yaml").read_text("utf-8")
    example = [line.removeprefix("# ") for line in shipped.partition("# 例：\n")[2].splitlines()]
    (kb / "hours.yaml").write_text("\n".join(example), "utf-8")
    assert set(hours_of(kb).weekly) == set(WEEKDAYS[:5])


# What is said.


@pytest.mark.parametrize(
    "hours", [None, Hours(), Hours.model_validate({"weekly": {"周一": []}, "closed": ["2026-03-03"]})]
)
def test_where_no_hours_are_set_nothing_is_said(hours: Hours | None) -> None:
    assert opening(hours, small_kb.NOW) is None


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ("2026-03-02 08:59", "现在没有人接听，下次是今天09:00"),
        ("2026-03-02 09:00", "现在有人接听，到11:30"),
        ("2026-03-02 11:29", "现在有人接听，到11:30"),
        ("2026-03-02 11:30", "现在没有人接听，下次是今天13:30"),
        ("2026-03-02 17:00", "现在没有人接听，下次是3月7日（周六）10:00"),  # Tuesday is a holiday
        ("2026-03-06 23:59", "现在没有人接听，下次是明天10:00"),
        ("2026-03-07 11:00", "现在有人接听，到12:00"),  # a Saturday that works
        ("2026-03-08 00:00", "现在没有人接听，下次是明天09:00"),
        ("2026-10-05 10:00", "现在有人接听，到11:00"),  # a holiday on which somebody answers
        ("2026-10-06 10:00", "现在没有人接听，下次是10月12日（周一）09:00"),
        ("2026-12-29 17:00", "现在没有人接听，下次是1月4日（周一）09:00"),
    ],
)
def test_a_moment_is_put_into_words(answered: Path, now: str, sentence: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    found = opening(hours_of(answered), at)
    assert found is not None
    assert said(found, at) == sentence


def test_parts_of_a_day_that_touch_run_on_into_each_other() -> None:
    hours = Hours.model_validate({"weekly": {"周一": ["09:00-12:00", "12:00-14:00"]}})
    assert opening(hours, small_kb.NOW) == Opening(True, until=time(14))


def test_an_opening_too_far_ahead_is_not_looked_for() -> None:
    def next_of(days: int) -> Opening | None:
        day = (small_kb.NOW + timedelta(days=days)).date()
        return opening(Hours.model_validate({"open": {str(day): ["09:00-10:00"]}}), small_kb.NOW + timedelta(hours=2))

    assert next_of(AHEAD) == Opening(False, next=small_kb.NOW + timedelta(days=AHEAD))
    assert next_of(AHEAD + 1) == Opening(False)
    assert said(Opening(False), small_kb.NOW) == "现在没有人接听"


def spans() -> st.SearchStrategy[tuple[str, ...]]:
    """Up to three parts of a day, some of which touch."""

    def parts(minutes: list[int]) -> tuple[str, ...]:
        edges = [f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(minutes)]
        return tuple(f"{a}-{b}" for i, (a, b) in enumerate(pairwise(edges)) if i != 1)

    return st.lists(st.integers(0, 24 * 60 - 1), max_size=4, unique=True).map(parts)


days = st.dates(date(2026, 1, 1), date(2026, 2, 28))
kept = st.builds(
    lambda weekly, closed, open: Hours.model_validate(
        {
            "weekly": weekly,
            "closed": [f"{first}至{first + timedelta(days=more)}" for first, more in closed],
            "open": {str(day): parts for day, parts in open.items()},
        }
    ),
    st.dictionaries(st.sampled_from(WEEKDAYS), spans()),
    st.lists(st.tuples(days, st.integers(0, 20)), max_size=3),
    st.dictionaries(days, spans(), max_size=5),
)
moments = st.datetimes(datetime(2025, 12, 25), datetime(2026, 3, 5), timezones=st.sampled_from([ZONE, timezone.utc]))


def runs(hours: Hours, now: datetime) -> bool:
    return any(span.start <= now.time() < span.end for span in hours.on(now.date()))


@given(hours=kept, now=moments)
def test_it_is_open_exactly_within_a_part_of_the_day(hours: Hours, now: datetime) -> None:
    found = opening(hours, now)
    if found is None:
        assert not any(runs(hours, now + timedelta(minutes=minutes)) for minutes in range(0, 7 * 24 * 60, 7))
        return
    assert found.open == runs(hours, now)
    assert (found.until is not None) == found.open
    assert not (found.open and found.next)


@given(hours=kept, now=moments)
def test_what_is_open_closes_when_it_was_said_to(hours: Hours, now: datetime) -> None:
    found = opening(hours, now)
    if found is None or found.until is None:
        return
    end = datetime.combine(now.date(), found.until, now.tzinfo)
    assert end > now
    assert not runs(hours, end)
    assert runs(hours, end - timedelta(microseconds=1))


@given(hours=kept, now=moments)
def test_what_is_closed_opens_when_it_was_said_to_and_not_before(hours: Hours, now: datetime) -> None:
    found = opening(hours, now)
    if found is None or found.open:
        return
    if found.next is None:
        assert not any(hours.on(now.date() + timedelta(days=ahead)) for ahead in range(1, AHEAD + 1))
        return
    assert found.next > now
    then = opening(hours, found.next)
    assert then is not None
    assert then.open
    between = [now + (found.next - now) * part / 50 for part in range(50)]
    assert not any(runs(hours, moment) for moment in between)


@given(hours=kept, now=moments)
def test_every_state_has_a_sentence_and_hours_survive_the_store(hours: Hours, now: datetime) -> None:
    found = opening(hours, now)
    assert found is None or said(found, now).startswith("现在有人" if found.open else "现在没有人")
    assert Hours.model_validate_json(hours.model_dump_json()) == hours
