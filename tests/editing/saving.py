"""Saves an edit and dies of it: ``python -m tests.editing.saving KB INDEXES``, for test_save.py.

Before each call that changes the disk in turn, in a child and over a copy of its own; what is left is printed as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
from itertools import count
from pathlib import Path

from app.editing import entry
from app.editing.entry import Draft
from app.editing.layers import Layers
from app.editing.save import save
from app.knowledge.edit import Edit
from tests.publishing.killing import before_call, killed

QUESTION = "密码想不起来了怎么办"


def edit(layers: Layers) -> Edit:
    """One that changes three files: the entry moves to another category and gets a protected question."""
    draft = entry.opened(layers, "ca-02")
    changed = Draft(draft.id, draft.text.replace("锁的密码忘了", "密码想不起来"), "保证金缴纳", draft.base)
    return entry.with_golden(layers, changed, [QUESTION])


def main(kb: Path, indexes: Path) -> None:
    for step in count():
        folder = indexes.with_name(f"trial-{step}")
        layers = Layers(shutil.copytree(kb, folder / "kb"), (), None, folder / "indexes")
        made = edit(layers)
        before = {str(path): text for path, (text, _) in made.texts.items()}
        died = killed(lambda at=layers, what=made: save(at, what), before_call(step))  # type: ignore[misc]
        after = {str(path): text for path, (_, text) in made.texts.items()}
        present = {name: Path(name).read_text("utf-8") for name in before}
        whole = [present[name] in (before[name], after[name]) for name in before]
        done = [present[name] == after[name] for name in before]
        ids = [path.read_text("utf-8").count("id: ca-02") for path in sorted((layers.kb / "faq").glob("*.yaml"))]
        # The next save goes through whatever the dead one has left.
        save(layers, Edit({Path(name): (text, text + "# 说明\n") for name, text in present.items()}))
        left = [path.name for path in layers.kb.rglob(".*")]
        print(json.dumps({"died": died, "whole": whole, "done": done, "stands": sum(ids), "left": left}))
        shutil.rmtree(folder)
        if not died:
            break


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
