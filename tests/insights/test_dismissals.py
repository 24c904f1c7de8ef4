"""Clusters that are nobody's business, and what brings them back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.insights import dismissals
from app.insights.clusters import Cluster
from app.insights.misses import Miss, Wording, wordings
from tests.insights.conftest import NOW, Notes

MINUTE = timedelta(minutes=1)


def cluster(*texts: str, since: int = 0, fresh: tuple[str, ...] = ()) -> Cluster:
    """Asked once each before ``NOW``; the first ``since`` times more after it; ``fresh`` wordings only after it."""
    misses = [Miss("declined", NOW - MINUTE, text) for text in texts]
    misses += [Miss("declined", NOW + i * MINUTE, texts[0]) for i in range(1, since + 1)]
    misses += [Miss("declined", NOW + MINUTE, text) for text in fresh]
    found: list[Wording] = wordings(misses)
    return Cluster(found[0], found)


def dismissed(engine: Engine, it: Cluster, at: datetime = NOW) -> None:
    with engine.begin() as connection:
        dismissals.dismiss(connection, it, "li", at)


def is_open(notes: Notes, it: Cluster) -> bool:
    with notes.connect() as connection:
        return dismissals.open_ones([it], dismissals.known(connection)) == [it]


def test_a_dismissed_cluster_is_out_of_sight_and_says_by_whom(engine: Engine, notes: Notes):
    it = cluster("停车场在哪", "哪里停车")
    assert is_open(notes, it)
    dismissed(engine, it)
    assert not is_open(notes, it)
    with notes.connect() as connection:
        assert dismissals.of(it, dismissals.known(connection)) == ("li", NOW)


def test_asked_five_times_more_it_is_back(engine: Engine, notes: Notes):
    dismissed(engine, cluster("停车场在哪", "哪里停车"))
    assert not is_open(notes, cluster("停车场在哪", "哪里停车", since=4))
    assert is_open(notes, cluster("停车场在哪", "哪里停车", since=5))


def test_so_it_is_when_two_new_wordings_come(engine: Engine, notes: Notes):
    dismissed(engine, cluster("停车场在哪", "哪里停车"))
    assert not is_open(notes, cluster("停车场在哪", "哪里停车", fresh=("车停哪",)))
    assert is_open(notes, cluster("停车场在哪", "哪里停车", fresh=("车停哪", "有停车位吗")))


def test_dismissed_again_it_is_gone_again(engine: Engine, notes: Notes):
    dismissed(engine, cluster("停车场在哪"))
    back = cluster("停车场在哪", since=5)
    dismissed(engine, back, NOW + 10 * MINUTE)
    assert not is_open(notes, back)


def test_it_can_be_taken_up_again(engine: Engine, notes: Notes):
    it = cluster("停车场在哪", "哪里停车")
    dismissed(engine, it)
    with engine.begin() as connection:
        dismissals.restore(connection, it)
    assert is_open(notes, it)


def test_nothing_of_what_was_asked_is_kept(engine: Engine):
    dismissed(engine, cluster("停车场在哪"))
    with engine.connect() as connection:
        (row,) = connection.execute(dismissals.dismissals.select())
    assert "停" not in "".join(map(str, row))
