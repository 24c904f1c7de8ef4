"""What an edit would do, found out by doing it aside: the very steps of a publication, over a copy of the folders."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from app.editing.layers import Layers
from app.errors import KnowledgeRejected, NotFound
from app.index.encoder import Encoder
from app.knowledge import keys
from app.knowledge.edit import Edit
from app.knowledge.loader import Source, load
from app.knowledge.model import Problem, SiteValue, named_values
from app.knowledge.render import Rendered, render
from app.knowledge.yaml_source import dotted
from app.memory import Memory
from app.publishing import pipeline
from app.publishing.lock import reading
from app.publishing.pipeline import Checked
from app.snapshot import Snapshot
from app.text.tokenize import Dictionary


class Found(NamedTuple):
    """A problem of the folders, as it concerns one draft."""

    problem: Problem
    here: bool
    """Whether it is about the draft."""
    line: int | None
    """The line of the draft, from 1, where it stands in there."""


class Looked(NamedTuple):
    checked: Checked
    found: list[Found]
    """The problems of ``checked``, those about the draft first."""
    rendered: Rendered


class Bench:
    """Holds what it has read, and the candidate it built last, until it is told to forget them."""

    def __init__(
        self,
        layers: Layers,
        encoder: Encoder,
        dictionary: Dictionary,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._layers = layers
        self._encoder = encoder
        self._dictionary = dictionary
        self._now = now
        self._clock = clock
        self._memory: Memory | None = None
        self._candidate: tuple[tuple[str, date], Snapshot] | None = None
        self._reads = threading.Lock()
        self._builds = threading.Lock()
        self._used = clock()

    def check(self, edit: Edit) -> Checked:
        """What publishing would say of the folders with the edit laid over them."""
        with self._loaded(edit) as source:
            return self._examined(source)

    def preview(self, edit: Edit, entry_id: str) -> Rendered:
        """The answer as it would be served, with the centre's facts, whatever else is wrong with the entry."""
        with self._loaded(edit) as source:
            self._examined(source)  # so that the next check finds in memory what this one has
            return _rendered(source, entry_id)

    def look(self, edit: Edit, entry_id: str, text: str) -> Looked:
        """Both at once; ``text`` is the draft that the edit was made of."""
        with self._loaded(edit) as source:
            checked = self._examined(source)
            found = concerning(checked.problems, source, entry_id, text)
            return Looked(checked, found, _rendered(source, entry_id))

    def candidate(self, edit: Edit) -> Snapshot:
        """The version that would be published; kept for the next question.  Raises ``KnowledgeRejected``."""
        with self._builds:
            self._used = self._clock()
            with self._laid(edit) as folders:
                digest = pipeline.source_digest(folders[0], self._layers.laws, folders[1:])
                made_of = (digest, self._now().date())
                if self._candidate is not None and self._candidate[0] == made_of:
                    return self._candidate[1]
                self._candidate = None  # two at a time would take twice the memory
                source = load(folders[0], folders[1:])
            try:
                made = pipeline.prepared(
                    source, digest, self._layers.indexes, self._encoder, self._dictionary,
                    now=self._now(), laws=self._layers.laws,
                )  # fmt: skip
            except KnowledgeRejected as error:
                errors = sum(problem.severity == "error" for problem in error.details)
                raise KnowledgeRejected(f"还有 {errors} 处错误，改好才能试问", error.details) from error
            self._candidate = (made_of, made.snapshot)
            return made.snapshot

    def forget(self) -> None:
        """Nothing is kept; what is being read or built is finished first."""
        with self._builds, self._reads:
            self._candidate = self._memory = None

    def forget_unused(self, seconds: float) -> bool:
        """``forget`` unless somebody tried something within so many seconds; returns whether there was anything."""
        if self._clock() - self._used < seconds or (self._candidate is None and self._memory is None):
            return False
        self.forget()
        return True

    def _examined(self, source: Source) -> Checked:
        return pipeline.examine(source, self._now().date(), self._layers.laws)

    @contextmanager
    def _loaded(self, edit: Edit) -> Iterator[Source]:
        """The folders read anew, where only what has changed since the last time takes time."""
        with self._reads:
            self._used = self._clock()
            self._memory = self._memory or Memory()
            with self._memory.used():
                with self._laid(edit) as folders:
                    source = load(folders[0], folders[1:])
                yield source

    @contextmanager
    def _laid(self, edit: Edit) -> Iterator[tuple[Path, ...]]:
        """Copies of the folders, under their names, with the edit's texts in place."""
        with tempfile.TemporaryDirectory(prefix="yiboshi-") as scratch:
            copies = {
                folder: Path(scratch) / str(i) / folder.resolve().name for i, folder in enumerate(self._layers.folders)
            }
            with reading(self._layers.indexes):
                for folder, copy in copies.items():
                    _copied(folder, copy)
            for path, (_, text) in edit.texts.items():
                folder = next(folder for folder in reversed(self._layers.folders) if path.is_relative_to(folder))
                place = copies[folder] / path.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(text.encode())
            yield tuple(copies.values())


def _copied(folder: Path, copy: Path) -> None:
    """What knowledge is made of, and nothing that happens to lie beside it."""
    copy.mkdir(parents=True)
    for path in [*folder.rglob("*.yaml"), *folder.rglob("*.md")]:
        place = copy / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _rendered(source: Source, entry_id: str) -> Rendered:
    raw = next((raw for raw in source.raw if raw.id == entry_id), None)
    if raw is None:
        raise NotFound(f"没有条目 {entry_id}")
    answer = raw.data.get("answer")
    known = _Known(named_values(source.site, source.facts))
    return render(answer.strip() if isinstance(answer, str) else "", known)


def concerning(problems: list[Problem], source: Source, entry_id: str, text: str) -> list[Found]:
    """About the entry is what stands in it, and what names it as the other side (``（ca-02）``)."""
    raw = next((raw for raw in source.raw if raw.id == entry_id), None)
    places = (
        {mark: key[len(raw.path) :] for key, mark in raw.marks.items() if key[: len(raw.path)] == raw.path}
        if raw
        else {}
    )
    lines = {dotted(key): mark.line for key, mark in keys.read(text).marks.items()}
    found = []
    for problem in problems:
        key = places.get(problem.mark)
        here = key is not None or f"（{entry_id}）" in problem.message
        found.append(Found(problem, here, lines.get(dotted(key)) if key is not None else None))
    return sorted(found, key=lambda one: not one.here)


class _Known(dict[str, SiteValue]):
    """A name that there is none of is shown as it was written; that it is wrong is said elsewhere."""

    def __init__(self, known: Mapping[str, SiteValue]) -> None:
        super().__init__(known)

    def __missing__(self, name: str) -> SiteValue:
        return SiteValue(about=name, fallback=f"{{{{{name}}}}}")
