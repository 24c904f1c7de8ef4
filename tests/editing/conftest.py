"""Folders of a test's own, to be edited: the small knowledge, with or without overlays."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.editing.bench import Bench
from app.editing.layers import Layers
from app.knowledge.model import Entry
from app.publishing.pipeline import check
from tests import small_kb
from tests.conftest import CHECKOUT
from tests.fakes import FakeEncoder

OVERLAYS = CHECKOUT / "tests" / "overlays"
TODAY = small_kb.NOW.date()


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    return Layers(small_kb.write_whole(tmp_path), (), None, tmp_path / "indexes")


@pytest.fixture
def overlaid(tmp_path: Path) -> Layers:
    """The county's folder over the district's over the base."""
    overlays = tuple(shutil.copytree(OVERLAYS / name, tmp_path / name) for name in ("district", "county"))
    return Layers(small_kb.write_whole(tmp_path), overlays, None, tmp_path / "indexes")


@pytest.fixture
def bench(layers: Layers, fake: FakeEncoder, dictionary: Any) -> Bench:
    return Bench(layers, fake, dictionary, lambda: small_kb.NOW)


def served(layers: Layers) -> dict[str, Entry]:
    """What publishing would make of the folders."""
    knowledge, problems, _ = check(layers.kb, TODAY, layers.laws, layers.overlays)
    assert knowledge is not None, [str(problem) for problem in problems]
    return {entry.id: entry for entry in knowledge.entries}


def errors(layers: Layers) -> list[str]:
    problems = check(layers.kb, TODAY, layers.laws, layers.overlays).problems
    return [problem.message for problem in problems if problem.severity == "error"]


def files(layers: Layers) -> dict[str, bytes]:
    """Every file of every folder, hidden ones too."""
    return {
        f"{folder.name}/{path.relative_to(folder)}": path.read_bytes()
        for folder in layers.folders
        for path in folder.rglob("*")
        if path.is_file()
    }
