"""Everything a page or an export says of a window, read over one connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.insights import breakdown, figures, top
from app.insights.breakdown import Tally, Times
from app.insights.clusters import Cluster, Remembered, clustered
from app.insights.figures import Figures
from app.insights.followed import Followed, Sign
from app.insights.misses import KEPT, misses, wordings
from app.insights.top import TopEntry, TopPointer, TopQuestion
from app.insights.window import Window
from app.journal.tables import questions
from app.snapshot import Snapshot


@dataclass(frozen=True)
class Report:
    window: Window
    now: Figures
    before: Figures
    times: Times
    categories: Mapping[str, Tally]
    channels: Mapping[str, Tally]
    roles: Mapping[str | None, Tally]
    questions: Sequence[TopQuestion]
    entries: Sequence[TopEntry]
    pointers: Sequence[TopPointer]
    signs: Mapping[Sign, int]
    """What was said against replies without a word."""


def report(connection: Connection, window: Window, snapshot: Snapshot, signs: Sequence[Followed]) -> Report:
    return Report(
        window=window,
        now=figures.figures(connection, window),
        before=figures.figures(connection, window.before),
        times=breakdown.times(connection, window),
        categories=breakdown.categories(connection, window, snapshot),
        channels=breakdown.by(connection, window, questions.c.channel),
        roles=breakdown.by(connection, window, questions.c.audience),
        questions=top.top_questions(connection, window),
        entries=top.top_entries(connection, window),
        pointers=top.top_pointers(connection, window),
        signs=Counter(it.sign for it in signs),
    )


def unanswered(
    connection: Connection,
    window: Window,
    snapshot: Snapshot,
    vectors: Remembered,
    signs: Sequence[Followed],
    most: int = KEPT,
) -> list[Cluster]:
    """What went wrong in a window, the ``most`` frequent wordings clustered; the largest cluster first."""
    found = wordings(misses(connection, window, signs), most)
    return clustered(found, lambda texts: vectors.of(snapshot, texts))
