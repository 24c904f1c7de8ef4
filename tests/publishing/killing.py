"""Publishes, steps back, and dies of it: ``python -m tests.publishing.killing HOW KB INDEXES``, for test_kills.py.

Every death is a child's, by SIGKILL; what the next process finds is printed, a line of JSON each.  Moments are counted in
calls, never in time.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.index import history, store
from app.publishing import pipeline
from app.publishing.gating import Gate
from app.publishing.rollback import rollback
from app.text.tokenize import load_dictionary
from tests import small_kb
from tests.fakes import FakeEncoder

DISK = ("open", "mkdir", "chmod", "fsync", "rename", "replace", "unlink", "rmdir")
"""Calls of ``os`` that change the disk or come between changes."""
STEPS = (
    (store, "remove_leftovers"),
    (pipeline, "source_digest"),
    (pipeline, "load"),
    (pipeline, "examine"),
    (pipeline, "_built"),
    (pipeline, "assemble"),
    (pipeline, "held_up"),
    (store, "save"),
    (history, "note"),
    (store, "activate"),
    (history, "unmark"),
    (history, "forget"),
)
"""The steps of a publication by their names, in order."""
LOCKS = (".publish.lock", ".edit.lock")
ROUNDS = 50
DICTIONARY = load_dictionary()
Arm = Callable[[], None]


def publish(kb: Path, indexes: Path) -> None:
    gate = Gate(recent=["早上好"])
    pipeline.publish(kb, indexes, FakeEncoder(), DICTIONARY, now=small_kb.NOW, gate=gate, by="王工", keep=3)


def step_back(_: Path, indexes: Path) -> None:
    rollback(indexes, FakeEncoder(), now=small_kb.NOW, by="王工")


def killed(act: Callable[[], None], arm: Arm) -> bool:
    """Whether the child that was armed died of it before the act was done."""
    child = os.fork()
    if child == 0:
        arm()
        act()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and status != 0:
        raise SystemExit(f"the child failed with {status}")
    return os.WIFSIGNALED(status)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before_call(step: int) -> Arm:
    """To die before the ``step``-th call that changes the disk."""
    left = itertools.count()

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if next(left) == step:
                die()
            return call(*args, **kwargs)

        return wrapped

    def arm() -> None:
        for name in DISK:
            setattr(os, name, deadly(getattr(os, name)))

    return arm


def at_step(owner: Any, name: str, done: bool) -> Arm:
    """To die before, or right after, a step of that name."""
    call = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> None:
        if done:
            call(*args, **kwargs)
        die()

    return lambda: setattr(owner, name, wrapped)


def at_event(moment: int) -> Arm:
    """To die at the ``moment``-th call of any function whatever."""
    left = itertools.count()

    def count(_frame: Any, event: str, _: Any) -> None:
        if event in ("call", "c_call") and next(left) == moment:
            die()

    return lambda: sys.setprofile(count)


def events_of(act: Callable[[], None]) -> int:
    """How many calls an act takes."""
    calls = 0

    def count(_frame: Any, event: str, _: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


def found(indexes: Path) -> dict[str, Any]:
    """What the next process finds: which version it opens, and whether all that are listed do open."""
    snapshot = pipeline.open_current(indexes, FakeEncoder(), DICTIONARY)
    kept = history.versions(indexes)
    whole = [version for version in kept if store.open_version(indexes, version)]
    mark = history.rolled_back(indexes)
    return {
        "served": snapshot.version if snapshot else None,
        "answer": snapshot.entries["ca-02"].answer if snapshot else None,
        "kept": kept,
        "whole": whole == kept,
        "rolled_back": mark.left if mark else None,
    }


def leftovers(indexes: Path) -> list[str]:
    return sorted(path.name for path in indexes.glob(".*") if path.name not in LOCKS)


def trials(act: Callable[[Path, Path], None], kb: Path, indexes: Path, arms: Iterator[tuple[str, Arm]]) -> None:
    """Each death in a copy of its own; then what is found, and what the next publication makes of it."""
    for number, (name, arm) in enumerate(arms):
        trial = indexes.with_name(f"trial-{number}")
        shutil.copytree(indexes, trial)
        died = killed(lambda at=trial: act(kb, at), arm)  # type: ignore[misc]
        facts = found(trial) | {"moment": name, "died": died}
        publish(kb, trial)
        print(json.dumps(facts | {"mended": found(trial)["served"], "leftovers": leftovers(trial)}))
        shutil.rmtree(trial)
        if not died:
            break


def at_random(kb: Path, indexes: Path) -> None:
    """One folder through ``ROUNDS`` deaths, each where the one before has left it."""
    draw = random.Random(6)
    dry = indexes.with_name("dry")
    shutil.copytree(indexes, dry)
    calls = events_of(lambda: publish(kb, dry))
    last = small_kb.FILES["faq/certificates.yaml"]
    deaths = 0
    for number in range(ROUNDS):
        act = step_back if number % 5 == 4 and len(history.versions(indexes)) > 1 else publish
        if act is publish:
            text = last.replace("**不要**反复再试。", f"第{number}版。")
            (kb / "faq/certificates.yaml").write_text(text, "utf-8")
        arm = before_call(draw.randrange(40)) if number % 2 else at_event(draw.randrange(calls))
        before = found(indexes)
        try:
            died = killed(lambda how=act: how(kb, indexes), arm)  # type: ignore[misc]
        except SystemExit:  # a step back from the oldest version
            died = False
        deaths += died
        print(
            json.dumps({"round": number, "act": act.__name__, "died": died, "before": before, "after": found(indexes)})
        )
    publish(kb, indexes)
    print(json.dumps({"calls": calls, "deaths": deaths, "end": found(indexes), "leftovers": leftovers(indexes)}))


def main(how: str, kb: Path, indexes: Path) -> None:
    calls = ((str(step), before_call(step)) for step in itertools.count())
    if how == "publish-calls":
        trials(publish, kb, indexes, calls)
    elif how == "rollback-calls":
        trials(step_back, kb, indexes, calls)
    elif how == "publish-steps":
        steps = [
            (f"{name} {when}", owner, name, when == "after") for owner, name in STEPS for when in ("before", "after")
        ]
        trials(publish, kb, indexes, ((label, at_step(owner, name, done)) for label, owner, name, done in steps))
    else:
        at_random(kb, indexes)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
