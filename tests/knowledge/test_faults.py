"""Every fault of ``faults/`` is found, where it stands, with a way out; the sound folder has none.

A fixture changes one place (``old`` -> ``new`` in ``file``) and says what is reported: ``severity``, ``key``, a part of the
message (``says``), and the line where ``at`` stands (``FILE: text`` names another file).  ``others`` allows that many
further remarks, for faults that bring others with them; ``also`` are more edits, for faults that take two places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.index.encoder import Vectors
from app.knowledge.model import Problem
from app.publishing.pipeline import check
from tests import small_kb
from tests.fakes import FakeEncoder

FAULTS = sorted((Path(__file__).parent / "faults").glob("*.yaml"))
TODAY = small_kb.NOW.date()


def vectors(texts: Sequence[str]) -> dict[str, Vectors]:
    """As an encoder would have them that knows a U盾 for a 锁."""
    encoder = FakeEncoder()
    return {text: encoder.encode([text.replace("u盾", "锁")])[0] for text in texts}


def checked(kb: Path) -> list[Problem]:
    return check(kb, TODAY, at_hand=vectors)[1]


def test_the_sound_folder_has_only_the_remarks_of_a_small_one(tmp_path: Path) -> None:
    remarks = [(problem.severity, problem.key) for problem in checked(small_kb.write_whole(tmp_path))]
    assert remarks == [("warning", "category"), ("note", "values.ca_hotline")]


def test_there_are_forty_faults_and_more() -> None:
    assert len(FAULTS) >= 40


def place(kb: Path, fault: dict[str, Any]) -> tuple[str, int] | None:
    """File and line of ``at``; None for a fault that no line can be told for."""
    file, at = fault["file"], fault["at"]
    if ": " in at and at.split(": ")[0].endswith((".yaml", ".md")):
        file, at = at.split(": ", 1)
    if at == "ANY":
        return None
    lines = (kb / file).read_text("utf-8").splitlines()
    if at.startswith("LINE"):
        return f"kb/{file}", int(at[4:])
    (line,) = [i for i, line in enumerate(lines, 1) if at in line]
    return f"kb/{file}", line


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_a_fault_is_found_where_it_stands(path: Path, tmp_path: Path) -> None:
    fault = yaml.safe_load(path.read_text("utf-8"))
    kb = small_kb.write_whole(tmp_path)
    before = Counter((problem.severity, problem.key, problem.message) for problem in checked(kb))
    for edit in (fault, *fault.get("also", ())):
        small_kb.edit(kb, edit["file"], edit["old"], edit["new"])
    new = [p for p in checked(kb) if not before[(p.severity, p.key, p.message)]]
    found = [p for p in new if (p.severity, p.key) == (fault["severity"], fault["key"]) and fault["says"] in str(p)]
    assert found, [str(problem) for problem in new]
    assert place(kb, fault) in (None, (found[0].mark.file, found[0].mark.line))
    assert found[0].allowed or "是不是想写" in found[0].message or found[0].found, "no way out is shown"
    assert len(new) <= 1 + fault.get("others", 0), [str(problem) for problem in new]
