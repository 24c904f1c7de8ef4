"""Replaying finds what differs, and the service gives it nothing to find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.evaluation import replay
from app.evaluation.cases import Cases, Dialogue, InScope, load_cases
from app.publishing.pipeline import open_current
from app.snapshot import Snapshot
from app.text.tokenize import load_dictionary
from tests.conftest import CHECKOUT, Published
from tests.fakes import FakeEncoder

CASES = Cases(
    in_scope=[InScope("怎么办CA", "short", "ca-01"), InScope("锁死了", "short", "ca-02")],
    out_of_scope=(),
    ambiguous=(),
    judgement=(),
    dialogues=[Dialogue((("保证金多久退", "clarify"), ("工程的", "any"), ("那锁死了呢", "entry:ca-02")))],
)


class Opener:
    """Opens the small knowledge in another process."""

    def __init__(self, indexes: Path) -> None:
        self.indexes = indexes

    def __call__(self) -> Snapshot:
        snapshot = open_current(self.indexes, FakeEncoder(), load_dictionary())
        assert snapshot is not None
        return snapshot


@pytest.fixture
def opener(kb: Path, tmp_path: Path, fake: FakeEncoder) -> Opener:
    from app.publishing.pipeline import publish
    from tests import small_kb

    publish(kb, tmp_path / "indexes", fake, load_dictionary(), now=small_kb.NOW)
    return Opener(tmp_path / "indexes")


def test_the_same_question_gets_the_same_reply_again_in_another_order_and_elsewhere(opener: Opener) -> None:
    compared, differ = replay.differences(opener(), CASES, opener)
    assert (compared, differ) == (3 * 4, 0)


def test_a_reply_that_changes_is_counted(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = replay.outcomes, iter(range(9))

    def drifting(snapshot: Snapshot, cases: Cases) -> list[object]:
        run = next(calls)
        return [replace(outcome, confidence=run / 10) for outcome in real(snapshot, cases)]

    monkeypatch.setattr(replay, "outcomes", drifting)
    assert replay.differences(opener(), CASES, opener)[1] > 0


def test_every_dev_question_gets_the_same_reply_twice_and_in_another_order(published: Published) -> None:
    cases = load_cases(CHECKOUT / "tests" / "quality" / "dev")
    some = Cases(**{name: group[::6] for name, group in vars(cases).items()})
    first = list(replay.outcomes(published.snapshot, some))
    assert first == list(replay.outcomes(published.snapshot, some))
    turned = Cases(**{name: group[::-1] for name, group in vars(some).items()})
    assert sorted(map(repr, first)) == sorted(map(repr, replay.outcomes(published.snapshot, turned)))
