"""A publisher killed with SIGKILL, wherever it is: what served before or what is to serve opens whole, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from app.index import history, store
from tests.conftest import CHECKOUT
from tests.publishing.conftest import World
from tests.publishing.killing import ROUNDS, STEPS


def run(how: str, world: World) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.publishing.killing", how, str(world.kb), str(world.indexes)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def published(world: World) -> World:
    """Two versions, and a third to be published."""
    world.publish()
    world.edit("- 办锁去哪里", "- 去哪儿办锁")
    world.publish()
    world.edit("- 去哪儿办锁", "- 哪里可以办锁")
    return world


def test_before_each_call_that_changes_the_disk(published: World) -> None:
    old = store.current(published.indexes)
    trials = run("publish-calls", published)
    new = published.publish()[0].version
    served = [trial["served"] for trial in trials]
    assert len(trials) > 20
    assert (served[0], served[-1]) == (old, new)
    assert served == sorted(served, key=lambda version: version == new), "once the new version serves, it stays"
    assert all(trial["whole"] for trial in trials)
    assert {trial["mended"] for trial in trials} == {new}
    assert all(trial["leftovers"] == [] for trial in trials), "nothing half-made is left behind"


def test_before_and_after_each_step_of_a_publication(published: World) -> None:
    old = store.current(published.indexes)
    trials = run("publish-steps", published)
    new = published.publish()[0].version
    assert len(trials) == 2 * len(STEPS)
    assert all(trial["died"] for trial in trials), [trial["moment"] for trial in trials if not trial["died"]]
    at = [trial["moment"] for trial in trials].index("activate after")
    assert [trial["served"] for trial in trials] == [old] * at + [new] * (len(trials) - at)
    assert all(trial["whole"] and trial["mended"] == new for trial in trials)


def test_before_each_call_of_a_step_back(published: World) -> None:
    new, old = history.versions(published.indexes)
    trials = run("rollback-calls", published)
    served = [trial["served"] for trial in trials]
    assert len(trials) > 5
    assert (served[0], served[-1]) == (new, old)
    assert served == sorted(served, key=lambda version: version == old)
    assert [trial["rolled_back"] for trial in trials] == [new if version == old else None for version in served]
    assert all(trial["whole"] and trial["leftovers"] == [] for trial in trials)


def test_fifty_times_at_any_moment_whatever(published: World) -> None:
    *rounds, end = run("random", published)
    assert len(rounds) == ROUNDS
    for one in rounds:
        before, after = one["before"], one["after"]
        assert after["whole"], one
        if one["act"] == "publish":
            assert after["served"] == before["served"] or f"第{one['round']}版" in after["answer"], one
        else:
            assert after["served"] in before["kept"], one
    assert end["deaths"] > ROUNDS * 0.7
    assert len({one["after"]["served"] for one in rounds}) > 3, "some got through"
    assert (end["end"]["whole"], end["leftovers"]) == (True, [])
    assert f"第{max(one['round'] for one in rounds if one['act'] == 'publish')}版" in end["end"]["answer"]
