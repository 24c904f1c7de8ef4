"""What a Prometheus server reads, parsed as it would."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import Serve, Web
from tests.web.server import World


def figures(web: Web) -> dict[tuple[str, str], float]:
    """(name, the label that tells samples apart) -> value."""
    response = web.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, sample.labels.get("outcome") or sample.labels.get("version", "")): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_written_and_dropped_records_are_counted(serve: Serve, world: World):
    web = serve(world)
    assert figures(web)["yiboshi_journal_records_total", "written"] == 0
    web.ask("办锁去哪里")
    assert web.state.journal.flush()
    found = figures(web)
    assert found["yiboshi_journal_records_total", "written"] == 1
    assert found["yiboshi_journal_records_total", "dropped"] == found["yiboshi_journal_waiting", ""] == 0


def test_the_version_that_serves_is_named(serve: Serve, world: World):
    web = serve(world)
    assert figures(web)["yiboshi_knowledge", web.state.holder.current().version] == 1


def test_without_a_journal_nothing_is_counted(serve: Serve, world: World):
    web = serve(world, journal=False)
    web.ask("办锁去哪里")
    assert figures(web)["yiboshi_journal_records_total", "written"] == 0
