"""From YAML to a version that serves: load -> validate -> embed -> index -> save aside -> point at it.

Nothing is built from bad knowledge, and nothing is pointed at before it is complete; whatever fails, the version that
serves stays.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from app.errors import IndexUnusable, KnowledgeRejected, PublishBusy, StorageFailed
from app.index import store
from app.index.encoder import Encoder, Vectors
from app.knowledge import official
from app.knowledge.lint.citations import quarantined
from app.knowledge.lint.statutes import Statutes
from app.knowledge.lint.wordings import wordings
from app.knowledge.loader import Source, load
from app.knowledge.model import Entry, Gist, Knowledge, OfficialText, Policy, Problem
from app.knowledge.render import Rendered, render
from app.knowledge.validation import in_order, validate
from app.publishing import near_duplicates
from app.snapshot import (
    Snapshot,
    assemble,
    build_law_lexicon,
    build_lexicon,
    build_manual_lexicon,
    encoded_form,
    law_list,
    learn_views,
    manual_list,
    negative_list,
    phrase_list,
)
from app.text.tokenize import Dictionary

try:
    import fcntl
except ImportError:  # Windows has no flock; there, one publisher at a time is the administrator's word
    fcntl = None  # type: ignore[assignment]

Progress = Callable[[int, int], None]
"""Called with (phrases embedded so far, phrases to embed)."""


@dataclass(frozen=True)
class PublishReport:
    """What a publication did; entry ids by what happened to them."""

    version: str
    previous: str | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    warnings: tuple[Problem, ...]
    entries: int
    phrases: int
    embedded: int
    """Phrases that had to be embedded; the others were known from the previous version."""

    def as_dict(self) -> dict[str, Any]:
        return self.__dict__ | {"warnings": [problem.as_dict() for problem in self.warnings]}


AtHand = Callable[[Sequence[str]], Mapping[str, Vectors]]
"""Vectors of those texts for which there are any without much ado."""


class Checked(NamedTuple):
    """``knowledge`` is None when there is any error; ``due`` the next day on which some window of it begins or is over."""

    knowledge: Knowledge | None
    problems: list[Problem]
    due: date | None


def check(
    kb: Path, today: date, laws: Path | None = None, overlays: Sequence[Path] = (), at_hand: AtHand | None = None
) -> Checked:
    """Load and validate.

    ``laws`` holds the imported official texts; with ``at_hand``, wordings are compared by meaning as well.
    """
    source = load(kb, overlays)
    texts, listed = official_texts(source, laws)
    problems = validate(source, today, texts)
    if at_hand is not None:
        forms = [encoded_form(text) for entry in source.records["entries"] for _, text in wordings(entry)]
        problems = in_order([*problems, *near_duplicates.problems(source, at_hand(forms))])
    if any(problem.severity == "error" for problem in problems):
        return Checked(None, problems, None)
    knowledge = source.knowledge()
    due = _next_change(knowledge, today)
    resting = quarantined(source, Statutes(knowledge.policies, today=today), today)
    kept = [entry for entry in knowledge.entries if entry.id not in source.hidden and entry.id not in resting]
    served, superseded = in_turn(kept, today)
    knowledge = _without(knowledge, served).model_copy(update={"superseded": superseded})
    knowledge = knowledge.model_copy(update={"official": texts, "policies": (*knowledge.policies, *listed)})
    return Checked(knowledge, problems, due)


def _next_change(knowledge: Knowledge, today: date) -> date | None:
    """The first day after ``today`` on which an entry, a statute or an article begins to hold or no longer does."""
    gists = [gist for policy in knowledge.policies for gist in policy.articles]
    dated: tuple[Entry | Policy | Gist, ...] = (*knowledge.entries, *knowledge.policies, *gists)
    days = [record.effective_from for record in dated if record.effective_from]
    days += [record.effective_to + timedelta(days=1) for record in dated if record.effective_to]
    return min((day for day in days if day > today), default=None)


def in_turn(entries: Sequence[Entry], today: date) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The entries to be asked today, and the other versions of them (see ``Entry.replaces``)."""
    current = {entry.id for entry in entries if entry.in_force(today)}
    overtaken = {entry.replaces for entry in entries if entry.replaces and entry.id in current}
    served = tuple(entry for entry in entries if entry.id in current - overtaken)
    linked = {entry.replaces for entry in entries if entry.replaces} | {entry.id for entry in entries if entry.replaces}
    return served, tuple(entry for entry in entries if entry.id in linked and entry not in served)


def official_texts(source: Source, laws: Path | None) -> tuple[tuple[OfficialText, ...], tuple[Policy, ...]]:
    """The imported texts, and a record for each that the knowledge base has none of."""
    if laws is None or not laws.is_dir():
        return (), ()
    texts, listed = official.load(laws, source.records["policies"])
    return tuple(texts), tuple(listed)


def _without(knowledge: Knowledge, served: tuple[Any, ...]) -> Knowledge:
    """Drop entries out of force, and every reference to them."""
    if len(served) == len(knowledge.entries):
        return knowledge
    known = {entry.id for entry in served}
    topics = []
    for topic in knowledge.topics:
        options = tuple(option for option in topic.options if option.entry in known)
        if len(options) >= 2:
            topics.append(topic.model_copy(update={"options": options}))
    return knowledge.model_copy(
        update={
            "entries": tuple(
                entry.model_copy(update={"related": tuple(r for r in entry.related if r in known)}) for entry in served
            ),
            "topics": tuple(topics),
            "judgements": tuple(j for j in knowledge.judgements if j.entry in known),
            "pointers": tuple(
                p.model_copy(update={"related": tuple(r for r in p.related if r in known)}) for p in knowledge.pointers
            ),
        }
    )


def publish(
    kb: Path,
    indexes: Path,
    encoder: Encoder,
    dictionary: Dictionary,
    *,
    now: datetime,
    laws: Path | None = None,
    overlays: Sequence[Path] = (),
    progress: Progress | None = None,
) -> tuple[Snapshot, PublishReport]:
    """Make the folder ``kb`` the version that ``indexes/current`` points at.

    Publishing what already serves changes nothing.  Raises ``KnowledgeRejected`` (every problem in ``details``),
    ``PublishBusy`` or ``StorageFailed``; in each case the old version stays.
    """
    with _one_at_a_time(indexes):
        store.remove_leftovers(indexes)
        knowledge, problems, due = check(kb, now.date(), laws, overlays)
        errors = [problem for problem in problems if problem.severity == "error"]
        if knowledge is None:
            raise KnowledgeRejected(f"知识库有 {len(errors)} 处错误，没有发布，原来的版本继续服务", problems)
        previous = _open_previous(indexes)
        phrases = (*phrase_list(knowledge), *negative_list(knowledge))
        parts = law_list(knowledge)
        texts = [encoded_form(text) for text in (*phrases, *parts, *manual_list(knowledge))]
        version = _version(knowledge, encoder)
        embedded = 0
        if previous is not None and previous.manifest.version == version:
            stored = previous
        else:
            rendered = {
                entry.id: render(entry.answer, knowledge.values)
                for entry in (*knowledge.entries, *knowledge.superseded)
            }
            vectors, embedded = _embed(texts, encoder, previous, progress)
            stored = store.Stored(
                store.Manifest(
                    version=version,
                    published_at=now.isoformat(timespec="seconds"),
                    encoder=encoder.fingerprint,
                    encoder_name=encoder.name,
                    source=source_digest(kb, laws, overlays),
                ),
                knowledge.model_dump_json().encode(),
                _dump_rendered(rendered),
                build_lexicon(knowledge, dictionary),
                vectors[: len(phrases)],
                build_law_lexicon(knowledge, dictionary),
                vectors[len(phrases) : len(phrases) + len(parts)],
                build_manual_lexicon(knowledge, dictionary),
                vectors[len(phrases) + len(parts) :],
                learn_views(knowledge, vectors[: len(phrase_list(knowledge))]),
            )
        snapshot = assemble(stored, encoder, dictionary)
        if stored is not previous:
            store.save(indexes, stored)
        store.activate(indexes, version)
        store.set_due(indexes, due)
        return snapshot, _report(snapshot, previous, problems, embedded)


def open_current(indexes: Path, encoder: Encoder, dictionary: Dictionary) -> Snapshot | None:
    """The version pointed at, or None when nothing was published yet; raises ``IndexUnusable`` when it is no good."""
    version = store.current(indexes)
    if version is None:
        return None
    return assemble(store.open_version(indexes, version), encoder, dictionary)


def source_digest(kb: Path, laws: Path | None = None, overlays: Sequence[Path] = ()) -> str:
    """Digest of every file a version is made from: tells at start whether anything was edited since."""
    whole = hashlib.sha256()
    for folder in (kb, *overlays):
        for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.md")]):
            whole.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    for path in sorted(laws.glob("*.txt")) if laws else ():
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16]


def _version(knowledge: Knowledge, encoder: Encoder) -> str:
    """Twelve hex digits: hash of the content, the encoder and the index format."""
    whole = hashlib.sha256(f"{store.FORMAT}|{encoder.fingerprint}|".encode())
    whole.update(knowledge.model_dump_json().encode())
    return whole.hexdigest()[:12]


def _dump_rendered(rendered: dict[str, Rendered]) -> bytes:
    return json.dumps(rendered, ensure_ascii=False, sort_keys=True).encode()


def _open_previous(indexes: Path) -> store.Stored | None:
    version = store.current(indexes)
    try:
        return store.open_version(indexes, version) if version else None
    except IndexUnusable:
        return None  # a damaged version is rebuilt from nothing


AT_HAND = 300
"""Wordings that ``vectors_at_hand`` will embed itself: what an editor adds at a time, done within a second."""


def vectors_at_hand(indexes: Path, encoder: Encoder) -> AtHand:
    """Vectors the published version has, and those of a few new texts."""

    def of(texts: Sequence[str]) -> Mapping[str, Vectors]:
        previous = _open_previous(indexes)
        known: dict[str, Vectors] = {}
        if previous is not None and previous.manifest.encoder == encoder.fingerprint:
            phrases = phrase_list(Knowledge.model_validate_json(previous.knowledge))
            known = {encoded_form(text): vector for text, vector in zip(phrases, previous.vectors, strict=False)}
        missing = sorted({text for text in texts if text not in known})
        if len(missing) > AT_HAND:
            missing = []
        return known | {text: encoder.encode([text])[0] for text in missing}

    return of


def _known_vectors(previous: store.Stored | None, encoder: Encoder) -> dict[str, Vectors]:
    if previous is None or previous.manifest.encoder != encoder.fingerprint:
        return {}
    before = Knowledge.model_validate_json(previous.knowledge)
    old = phrase_list(before) + negative_list(before) + law_list(before) + manual_list(before)
    held = (previous.vectors, previous.law_vectors, previous.manual_vectors)
    vectors = np.concatenate([vectors for vectors in held if len(vectors)])
    if len(old) != len(vectors):
        return {}  # made by a program that cut texts otherwise; what cannot be told apart is embedded anew
    return {encoded_form(text): vector for text, vector in zip(old, vectors, strict=True)}


def _embed(
    texts: list[str], encoder: Encoder, previous: store.Stored | None, progress: Progress | None
) -> tuple[Vectors, int]:
    """Vectors of all texts, ``(n, dim)``, taking those the previous version already had."""
    known = _known_vectors(previous, encoder)
    missing = sorted({text for text in texts if text not in known})
    # One text at a time, so that a vector depends on nothing but its text; several threads, as encoders let go of
    # Python's lock while they compute.
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        for i, vector in enumerate(pool.map(lambda text: encoder.encode([text])[0], missing)):
            known[missing[i]] = vector.astype(np.float16).astype(np.float32)  # as the store keeps it
            if progress is not None:
                progress(i + 1, len(missing))
    return np.stack([known[text] for text in texts]), len(missing)


def _report(snapshot: Snapshot, previous: store.Stored | None, problems: list[Problem], embedded: int) -> PublishReport:
    before: dict[str, tuple[Any, Any]] = {}
    if previous is not None:
        shown = json.loads(previous.rendered)
        before = {e.id: (e, shown.get(e.id)) for e in Knowledge.model_validate_json(previous.knowledge).entries}
    after = {entry.id: (entry, list(snapshot.rendered[entry.id])) for entry in snapshot.knowledge.entries}
    return PublishReport(
        version=snapshot.version,
        previous=previous.manifest.version if previous else None,
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
        warnings=tuple(problem for problem in problems if problem.severity != "error"),
        entries=len(after),
        phrases=len(snapshot.phrase_texts),
        embedded=embedded,
    )


@contextmanager
def _one_at_a_time(indexes: Path) -> Iterator[None]:
    """Hold the publishing lock of this folder, across processes; the system frees it when a publisher dies."""
    try:
        indexes.mkdir(parents=True, exist_ok=True)
        handle = os.open(indexes / ".publish.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageFailed(f"写不进 {indexes}（{error.strerror}），没有改动任何内容") from error
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise PublishBusy("另一次发布正在进行，请稍后再试") from error
        yield
    finally:
        os.close(handle)
