"""GET /metrics: what a Prometheus server reads.  Of this process only: with several workers, each answers for itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response

from app.web.deps import CurrentState, State

if TYPE_CHECKING:
    from prometheus_client.core import Metric

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(state: CurrentState) -> Response:
    from prometheus_client import CollectorRegistry, exposition  # megabytes that only the watched need

    registry = CollectorRegistry()
    registry.register(_Figures(state))
    return Response(exposition.generate_latest(registry), media_type=exposition.CONTENT_TYPE_LATEST)


class _Figures:
    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        journal, worker = self._state.journal, str(os.getpid())
        records = CounterMetricFamily(
            "yiboshi_journal_records", "Journal records by what became of them.", labels=("outcome", "worker")
        )
        records.add_metric(("written", worker), journal.written)
        records.add_metric(("dropped", worker), journal.dropped)
        yield records
        waiting = GaugeMetricFamily(
            "yiboshi_journal_waiting", "Journal records not yet in the database.", labels=("worker",)
        )
        waiting.add_metric((worker,), journal.waiting)
        yield waiting
        serving = GaugeMetricFamily(
            "yiboshi_knowledge", "The version of the knowledge that serves.", labels=("version", "worker")
        )
        snapshot = self._state.holder.peek()
        if snapshot is not None:
            serving.add_metric((snapshot.version, worker), 1)
        yield serving
