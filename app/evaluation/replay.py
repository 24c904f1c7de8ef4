"""The same question gets the same reply: asked again, in another order, by another process."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from app.evaluation.cases import Cases
from app.evaluation.outcomes import Outcome, outcomes
from app.snapshot import Snapshot

Opener = Callable[[], Snapshot]
"""Opens the version that serves; must be importable by name, for another process to call it."""

_snapshot: Snapshot | None = None


def differences(snapshot: Snapshot, cases: Cases, opener: Opener, workers: int = 2) -> tuple[int, int]:
    """(replies compared, replies that differ) over a second run, one in another order, and one shared among processes.

    Compared is everything of a reply, its confidence to the last digit.  A conversation stays whole and in order.
    """
    first = list(outcomes(snapshot, cases))
    shuffled, parts = _in_another_order(cases), _parts(cases, workers)
    again = list(outcomes(snapshot, cases))
    other = list(outcomes(snapshot, shuffled))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_open, initargs=(opener,)) as pool:
        apart = [outcome for part in pool.map(_ask, parts) for outcome in part]
    differ = sum(a != b for a, b in zip(first, again, strict=True))
    for run in (other, apart):
        differ += sum(a != b for a, b in zip(_sorted(first), _sorted(run), strict=True))
    return 3 * len(first), differ


def _sorted(found: Sequence[Outcome]) -> list[Outcome]:
    return sorted(found, key=repr)


def _in_another_order(cases: Cases) -> Cases:
    draw = random.Random(1)  # noqa: S311  no secret, only another order
    return replace(cases, **{name: draw.sample(list(group), len(group)) for name, group in vars(cases).items()})


def _parts(cases: Cases, count: int) -> list[Cases]:
    return [replace(cases, **{name: group[i::count] for name, group in vars(cases).items()}) for i in range(count)]


def _open(opener: Opener) -> None:
    global _snapshot
    _snapshot = opener()


def _ask(cases: Cases) -> list[Outcome]:
    assert _snapshot is not None
    return list(outcomes(_snapshot, cases))
