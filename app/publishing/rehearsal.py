"""A publication tried without being made: what it would change, what would stand against it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from app.errors import PublishBusy
from app.index.encoder import Encoder
from app.knowledge.lint.citations import quarantined
from app.knowledge.lint.statutes import Statutes
from app.knowledge.loader import Source
from app.knowledge.model import Knowledge
from app.publishing.differences import Difference, differences
from app.publishing.gating import Gate, held_up
from app.publishing.pipeline import Progress, PublishReport, prepare
from app.text.tokenize import Dictionary


class RehearsalBusy(PublishBusy):
    code = "rehearsal_busy"


class Unserved(NamedTuple):
    """An entry of the files that nobody would be given, and why not."""

    id: str
    title: str
    reason: str


@dataclass(frozen=True)
class Rehearsal:
    digest: str
    """Of the files that were tried; only these are what it speaks of."""
    report: PublishReport
    differences: tuple[Difference, ...]
    reworded: tuple[str, ...]
    """Entries unchanged themselves, whose answers read otherwise because a value or a figure that they use has changed."""
    unserved: tuple[Unserved, ...]

    @property
    def blocked_by(self) -> tuple[str, ...]:
        return self.report.gate.blocked_by if self.report.gate else ()

    @property
    def changes_nothing(self) -> bool:
        """Whether the version would be the one that serves; protected questions may have been edited all the same."""
        return self.report.version == self.report.previous

    def as_dict(self) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "passes": not self.blocked_by,
            "report": self.report.as_dict(),
            "differences": [found.as_dict() for found in self.differences],
            "reworded": list(self.reworded),
            "unserved": [found._asdict() for found in self.unserved],
        }


def rehearse(
    kb: Path,
    indexes: Path,
    encoder: Encoder,
    dictionary: Dictionary,
    *,
    now: datetime,
    gate: Gate,
    laws: Path | None = None,
    overlays: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Rehearsal:
    """What ``publish`` would make of the files.  Raises ``KnowledgeRejected``; what the gate blocks is in the report.

    It writes nothing and takes no lock but for reading the files: what it reads of the published versions is the one that serves, which no
    publication deletes.
    """
    made = prepare(kb, indexes, encoder, dictionary, now=now, laws=laws, overlays=overlays, progress=progress)
    lenient = replace(gate, enforce=False)
    result, overridden = held_up(lenient, made.snapshot, made.previous, encoder, dictionary, made.golden)
    report = replace(made.report, gate=result, overridden=overridden)
    after = made.snapshot.knowledge
    before = Knowledge.model_validate_json(made.previous.knowledge) if made.previous else _nothing(after)
    found = differences(before, after)
    own = {one.id for one in found if one.kind == "entry"}
    reworded = tuple(key for key in report.changed if key not in own)
    return Rehearsal(made.digest, report, found, reworded, unserved(made.source, after, now))


def unserved(source: Source, knowledge: Knowledge, now: datetime) -> tuple[Unserved, ...]:
    """Entries of the files that this knowledge, made of them, does not give: in the order of their numbers."""
    today = now.date()
    resting = quarantined(source, Statutes(knowledge.policies, today=today), today)
    served = {entry.id for entry in knowledge.entries}
    successor = {entry.replaces: entry.id for entry in knowledge.entries if entry.replaces}
    found = []
    for entry in sorted(source.records["entries"], key=lambda entry: entry.number):
        if entry.id in served:
            continue
        if entry.id in source.hidden:
            reason = "叠加层的 hide.yaml 里写明不用"
        elif entry.id in resting:
            reason = f"依据不在施行期：{'；'.join(resting[entry.id])}"
        elif entry.effective_from and entry.effective_from > today:
            reason = f"{entry.effective_from} 起才生效"
        elif entry.effective_to and entry.effective_to < today:
            reason = f"{entry.effective_to} 已失效"
        else:
            reason = f"已由 {successor.get(entry.id, '新的版本')} 代替"
        found.append(Unserved(entry.id, f"{entry.number} {entry.question}", reason))
    return tuple(found)


def _nothing(like: Knowledge) -> Knowledge:
    """Knowledge without a record, for a first version to be compared with; what there is one of is taken as it is."""
    empty: dict[str, Any] = {name: () for name, value in like if isinstance(value, tuple)}
    empty |= {name: {} for name, value in like if isinstance(value, dict)}
    return like.model_copy(update=empty)


@contextmanager
def one_rehearsal(lock: threading.Lock) -> Iterator[None]:
    """Each takes seconds of a core and a second snapshot in memory: one at a time in a process."""
    if not lock.acquire(blocking=False):
        raise RehearsalBusy("另一次试发布正在进行，请稍后再试")
    try:
        yield
    finally:
        lock.release()
