"""When time is short the step to take comes first: which one, and when none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dialogue.answer import Question, Reply, answer
from app.dialogue.deadline import OPENING_LASTS, step_now
from app.knowledge.model import Entry, Stage, Step, Urgent
from app.publishing.pipeline import publish
from app.snapshot import Snapshot
from tests import small_kb
from tests.fakes import FakeEncoder

BEFORE, OPENING, EVALUATION = (Step(now=f"{name}先做", fallback=f"{name}还不行") for name in ("前", "中", "后"))
STAGES: tuple[Stage | None, ...] = (None, *get_args(Stage))


def entry(urgent: Urgent | None) -> Entry:
    return Entry(
        id="open-01",
        number="101",
        category="开标评标",
        audience=("bidder",),
        business=("通用",),
        question="解密失败怎么办？",
        answer="换回那张证书。",
        urgent=urgent,
        updated=date(2026, 1, 1),
    )


WHOLE = entry(Urgent(before=BEFORE, opening=OPENING, evaluation=EVALUATION))


def name(step: Step | None) -> str | None:
    return {BEFORE: "before", OPENING: "opening", EVALUATION: "evaluation"}[step] if step else None


@pytest.mark.parametrize(
    ("stage", "minutes", "expected"),
    [
        # Nothing is known of the time, or there is plenty.
        (None, None, None),
        (None, 3 * 24 * 60, None),
        (None, 121, None),
        # The last two hours, the opening, and what follows at once.
        (None, 120, "before"),
        (None, 20, "before"),
        (None, 1, "before"),
        (None, 0, "opening"),
        (None, -1, "opening"),
        (None, -180, "opening"),
        (None, -181, None),
        (None, -100_000, None),
        # What the page knows outweighs the clock.
        ("before", 20, "before"),
        ("before", 121, None),
        ("before", 0, None),
        ("before", -5, None),
        ("before", None, None),
        ("opening", None, "opening"),
        ("opening", 30, "opening"),
        ("opening", -500, "opening"),
        ("evaluation", None, "evaluation"),
        ("evaluation", 5, "evaluation"),
        ("evaluation", -30, "evaluation"),
        ("after", None, None),
        ("after", 5, None),
        ("after", -5, None),
    ],
)
def test_stage_and_minutes_choose_the_step(stage: Stage | None, minutes: int | None, expected: str | None) -> None:
    assert name(step_now(WHOLE, stage, minutes)) == expected


@pytest.mark.parametrize(
    ("within", "minutes", "expected"),
    [(5, 6, None), (5, 5, "before"), (1440, 1440, "before"), (1440, 1441, None), (30, 31, None), (30, 30, "before")],
)
def test_an_entry_says_from_when_on_its_time_is_short(within: int, minutes: int, expected: str | None) -> None:
    urgent = Urgent(before=BEFORE, opening=OPENING, within_minutes=within)
    assert name(step_now(entry(urgent), None, minutes)) == expected


@pytest.mark.parametrize(
    ("urgent", "stage", "minutes", "expected"),
    [
        (Urgent(before=BEFORE), None, 0, None),
        (Urgent(before=BEFORE), "opening", 10, None),
        (Urgent(opening=OPENING), None, 20, None),
        (Urgent(opening=OPENING), "evaluation", -20, None),
        (Urgent(evaluation=EVALUATION), "opening", 0, None),
        (Urgent(evaluation=EVALUATION), None, 20, None),
        # Without a word of the stage the clock cannot tell an opening from the evaluation that follows it.
        (Urgent(evaluation=EVALUATION), None, -20, "evaluation"),
    ],
)
def test_a_moment_the_entry_has_no_step_for(
    urgent: Urgent, stage: Stage | None, minutes: int, expected: str | None
) -> None:
    assert name(step_now(entry(urgent), stage, minutes)) == expected


def test_an_entry_that_is_never_urgent_has_no_step() -> None:
    assert {step_now(entry(None), stage, minutes) for stage in STAGES for minutes in (None, 20, 0, -20)} == {None}


steps = st.sampled_from([None, BEFORE]), st.sampled_from([None, OPENING]), st.sampled_from([None, EVALUATION])
urgents = (
    st.tuples(*steps)
    .filter(any)
    .flatmap(
        lambda given: st.integers(5, 1440).map(
            lambda within: Urgent(before=given[0], opening=given[1], evaluation=given[2], within_minutes=within)
        )
    )
)
moments = st.none() | st.integers(-100_000, 1_000_000) | st.integers(-200, 200)


@given(urgent=urgents, stage=st.sampled_from(STAGES), minutes=moments)
def test_nobody_is_told_to_upload_once_it_is_too_late(urgent: Urgent, stage: Stage | None, minutes: int | None) -> None:
    """``before`` is said only while there are minutes left, and no more than the entry names."""
    step = step_now(entry(urgent), stage, minutes)
    if step == BEFORE:
        assert minutes is not None
        assert 0 < minutes <= urgent.within_minutes
        assert stage in (None, "before")
    if step in (OPENING, EVALUATION) and stage is None:
        assert minutes is not None
        assert -OPENING_LASTS <= minutes <= 0
    assert step is None or stage != "after"


# In a reply.

URGENT = """\
    urgent:
      within_minutes: 60
      before: {now: 换一台电脑重做, fallback: 打代理机构电话}
      opening: {now: 换回那把锁再解密, fallback: 打代理机构电话}
    keywords: [PIN码, 解锁]
"""
LOCKED = "PIN码输错被锁死了怎么解锁？"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, dictionary: Any) -> Snapshot:
    folder: Path = tmp_path_factory.mktemp("urgent")
    kb = small_kb.write(folder)
    small_kb.edit(kb, "faq/certificates.yaml", "    keywords: [PIN码, 解锁]\n", URGENT)
    return publish(kb, folder / "indexes", FakeEncoder(), dictionary, now=small_kb.NOW)[0]


def asked(snapshot: Snapshot, text: str, **beside: Any) -> Reply:
    return answer(snapshot, Question(text, **beside))[0]


def test_the_same_entry_begins_otherwise_three_days_and_twenty_minutes_before(snapshot: Snapshot) -> None:
    early = asked(snapshot, LOCKED, minutes_to_opening=3 * 24 * 60)
    late = asked(snapshot, LOCKED, minutes_to_opening=20)
    assert early.entry == late.entry == snapshot.entries["ca-02"]
    assert early.urgent is None
    assert late.urgent is not None
    assert late.urgent.now == "换一台电脑重做"


@pytest.mark.parametrize("text", [LOCKED, "038", "证书密码错误，剩余重试次数为零"])
def test_however_the_entry_was_found_its_step_comes_first(snapshot: Snapshot, text: str) -> None:
    reply = asked(snapshot, text, stage="opening")
    assert (reply.kind, reply.urgent and reply.urgent.now) == ("answer", "换回那把锁再解密")


@pytest.mark.parametrize("text", ["保证金多久退", "明天那个标几点开", "早上好", "这家该不该废标", "办锁去哪里"])
def test_other_replies_and_other_entries_carry_no_step(snapshot: Snapshot, text: str) -> None:
    assert asked(snapshot, text, stage="opening", minutes_to_opening=0).urgent is None


def test_the_moment_does_not_change_what_is_answered(snapshot: Snapshot) -> None:
    plain, urgent = asked(snapshot, LOCKED), asked(snapshot, LOCKED, minutes_to_opening=20)
    assert (plain.kind, plain.entry, plain.text, plain.confidence) == (
        urgent.kind,
        urgent.entry,
        urgent.text,
        urgent.confidence,
    )
