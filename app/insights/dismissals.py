"""Clusters that somebody has said are nobody's business, until they are asked about again.

Of a wording only a digest is kept: what people wrote goes when the journal's time is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, Connection, String, Table, delete, select

from app.database import Moment, metadata
from app.insights.clusters import Cluster, digest

AGAIN = 5
"""Asked so many times since, by whatever wording, a cluster is back."""
NEW_WORDINGS = 2
"""So is one that so many wordings joined that were not in it then; a single one may stray in from elsewhere."""

dismissals = Table(
    "dismissals",
    metadata,
    Column("wording", String(16), primary_key=True),
    Column("by", String(80), nullable=False),
    Column("at", Moment, nullable=False),
)
"""One row a wording of a dismissed cluster, by the digest of its normal form."""


class Dismissal(NamedTuple):
    by: str
    at: datetime


def known(connection: Connection) -> dict[str, Dismissal]:
    return {row.wording: Dismissal(row.by, row.at) for row in connection.execute(select(dismissals))}


def dismiss(connection: Connection, cluster: Cluster, by: str, at: datetime) -> None:
    _forget(connection, cluster)
    rows = [{"wording": digest(wording.key), "by": by, "at": at} for wording in cluster.wordings]
    connection.execute(dismissals.insert(), rows)


def restore(connection: Connection, cluster: Cluster) -> None:
    """Take it up again."""
    _forget(connection, cluster)


def of(cluster: Cluster, known: Mapping[str, Dismissal]) -> Dismissal | None:
    """The dismissal that keeps a cluster out of sight; None while it is open, or open again."""
    mine = {wording.key: known.get(digest(wording.key)) for wording in cluster.wordings}
    settled = [it for it in mine.values() if it is not None]
    if not settled:
        return None
    latest = max(settled, key=lambda it: it.at)
    again = sum(moment > latest.at for wording in cluster.wordings for moment in wording.times)
    fresh = [wording for wording in cluster.wordings if mine[wording.key] is None and wording.last > latest.at]
    return None if again >= AGAIN or len(fresh) >= NEW_WORDINGS else latest


def open_ones(found: Sequence[Cluster], known: Mapping[str, Dismissal]) -> list[Cluster]:
    return [cluster for cluster in found if of(cluster, known) is None]


def _forget(connection: Connection, cluster: Cluster) -> None:
    keys = [digest(wording.key) for wording in cluster.wordings]
    connection.execute(delete(dismissals).where(dismissals.c.wording.in_(keys)))
