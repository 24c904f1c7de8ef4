"""From YAML to a version that serves: load -> validate -> embed -> index -> gate -> save aside -> point at it.

Nothing is built from bad knowledge, and nothing is pointed at before it is complete; whatever fails, the version that
serves stays.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from app.errors import EditedMeanwhile, IndexUnusable, KnowledgeRejected
from app.evaluation.gate import GateResult
from app.index import history, store
from app.index.encoder import Encoder, Vectors
from app.index.history import Publication
from app.knowledge import official
from app.knowledge.lint.citations import quarantined
from app.knowledge.lint.statutes import Statutes
from app.knowledge.lint.wordings import wordings
from app.knowledge.loader import Source, load
from app.knowledge.model import Entry, Gist, Golden, Knowledge, OfficialText, Policy, Problem
from app.knowledge.render import Rendered, render
from app.knowledge.validation import in_order, validate
from app.publishing import near_duplicates
from app.publishing.gating import Gate, held_up
from app.publishing.lock import one_at_a_time, reading
from app.publishing.proposal import settle
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

KEEP_VERSIONS = 10

Progress = Callable[[int, int], None]
"""Called with (phrases embedded so far, phrases to embed)."""


class Commit(NamedTuple):
    """A commit of the knowledge's folders; ``problem`` says why there is none."""

    id: str = ""
    problem: str = ""


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
    gate: GateResult | None = None
    overridden: Mapping[str, str] = field(default_factory=dict)
    """What would have blocked -> the reason it was let pass."""
    resting: tuple[str, ...] = ()
    """Entries that no question reaches: not in their time, or resting on an article out of force."""
    commit: Commit | None = None
    """What became of it in git, where that was asked for."""

    def as_dict(self) -> dict[str, Any]:
        gate = self.gate.as_dict() if self.gate else None
        commit = self.commit._asdict() if self.commit else None
        warnings = [problem.as_dict() for problem in self.warnings]
        return self.__dict__ | {"warnings": warnings, "gate": gate, "commit": commit}


Permit = Callable[[str], None]
"""Given the digest of the files about to be published, raises an ``AppError`` if they may not be."""

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
    return examine(load(kb, overlays), today, laws, at_hand)


def examine(source: Source, today: date, laws: Path | None = None, at_hand: AtHand | None = None) -> Checked:
    """``check`` of what is loaded already."""
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
    gate: Gate | None = None,
    permit: Permit | None = None,
    by: str = "",
    keep: int = KEEP_VERSIONS,
) -> tuple[Snapshot, PublishReport]:
    """Make the folder ``kb`` the version that ``indexes/current`` points at, if it passes the gate where there is one.

    Publishing what already serves changes nothing.  Raises ``KnowledgeRejected`` (every problem in ``details``),
    ``GateBlocked``, ``PublishBusy``, ``StorageFailed`` or what ``permit`` does; in each case the old version stays.
    """
    with one_at_a_time(indexes):
        store.remove_leftovers(indexes)
        digest = source_digest(kb, laws, overlays) if permit is not None else ""
        if permit is not None:
            permit(digest)
        made = prepare(kb, indexes, encoder, dictionary, now=now, laws=laws, overlays=overlays, progress=progress)
        if permit is not None and made.digest != digest:
            raise EditedMeanwhile("发布的时候知识库文件又改过，没有发布；请再试发布一次")
        report = made.report
        if gate is not None:
            result, overridden = held_up(gate, made.snapshot, made.previous, encoder, dictionary, made.golden)
            report = replace(report, gate=result, overridden=overridden)
        if not made.kept:
            store.save(indexes, made.stored)
        at = now.isoformat(timespec="seconds")
        _note(indexes, report, Publication(0, at, by, made.digest, due=made.due.isoformat() if made.due else None))
        store.activate(indexes, made.snapshot.version)
        history.unmark(indexes)
        settle(indexes)
        history.forget(indexes, keep)
        return made.snapshot, report


@dataclass(frozen=True)
class Prepared:
    """A version that could serve, made and assembled, and nothing written."""

    source: Source
    snapshot: Snapshot
    stored: store.Stored
    report: PublishReport
    previous: store.Stored | None
    """What serves now, where it can be read."""
    golden: Sequence[Golden]
    due: date | None
    kept: bool
    """Whether the version is on the disk already."""
    digest: str
    """Digest of the files it was made from."""


def prepare(
    kb: Path,
    indexes: Path,
    encoder: Encoder,
    dictionary: Dictionary,
    *,
    now: datetime,
    laws: Path | None = None,
    overlays: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Prepared:
    """Everything of a publication that changes nothing.  Raises ``KnowledgeRejected`` (every problem in ``details``)."""
    with reading(indexes):
        digest = source_digest(kb, laws, overlays)  # first: what somebody edits by hand meanwhile is an edit made since
        source = load(kb, overlays)
    return prepared(source, digest, indexes, encoder, dictionary, now=now, laws=laws, progress=progress)


def prepared(
    source: Source,
    digest: str,
    indexes: Path,
    encoder: Encoder,
    dictionary: Dictionary,
    *,
    now: datetime,
    laws: Path | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """``prepare`` of what is loaded already; ``digest`` is that of its files."""
    knowledge, problems, due = examine(source, now.date(), laws)
    if knowledge is None:
        errors = [problem for problem in problems if problem.severity == "error"]
        raise KnowledgeRejected(f"知识库有 {len(errors)} 处错误，没有发布，原来的版本继续服务", problems)
    serving = store.current(indexes)
    previous = _opened(indexes, serving)
    version = _version(knowledge, encoder)
    stored = previous if version == serving else _opened(indexes, version)
    kept, embedded = stored is not None, 0
    if stored is None:
        at = now.isoformat(timespec="seconds")
        manifest = store.Manifest(version, at, encoder.fingerprint, encoder.name, digest)
        stored, embedded = _built(manifest, knowledge, encoder, dictionary, previous, progress)
    snapshot = assemble(stored, encoder, dictionary)
    report = replace(_report(snapshot, previous, problems, embedded), resting=_resting(source, knowledge))
    return Prepared(source, snapshot, stored, report, previous, tuple(source.golden.values()), due, kept, digest)


def _resting(source: Source, knowledge: Knowledge) -> tuple[str, ...]:
    reached = {entry.id for entry in (*knowledge.entries, *knowledge.superseded)} | set(source.hidden)
    return tuple(entry.id for entry in source.records["entries"] if entry.id not in reached)


def _built(
    manifest: store.Manifest,
    knowledge: Knowledge,
    encoder: Encoder,
    dictionary: Dictionary,
    previous: store.Stored | None,
    progress: Progress | None,
) -> tuple[store.Stored, int]:
    """A version made of its knowledge, and how many phrases had to be embedded for it."""
    phrases = (*phrase_list(knowledge), *negative_list(knowledge))
    parts = law_list(knowledge)
    texts = [encoded_form(text) for text in (*phrases, *parts, *manual_list(knowledge))]
    rendered = {
        entry.id: render(entry.answer, knowledge.values) for entry in (*knowledge.entries, *knowledge.superseded)
    }
    vectors, embedded = _embed(texts, encoder, previous, progress)
    stored = store.Stored(
        manifest,
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
    return stored, embedded


def _note(indexes: Path, report: PublishReport, made: Publication) -> None:
    """Record the publication with its version; what serves already keeps its place, whatever of its files was edited."""
    known = history.publication(indexes, report.version)
    if known is not None and report.version == report.previous:
        noted = replace(known, source=made.source, due=made.due)
        if noted != known:
            history.note(indexes, report.version, noted)
        return
    facts = report.as_dict() | {"warnings": len(report.warnings)}
    before = report.previous if report.previous != report.version else None
    noted = replace(made, serial=history.next_serial(indexes), previous=before, report=facts)
    history.note(indexes, report.version, noted)


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


def is_edited(indexes: Path, version: str, kb: Path, laws: Path | None = None, overlays: Sequence[Path] = ()) -> bool:
    """Whether any file, protected questions among them, was edited since what serves was published."""
    made = history.publication(indexes, version)
    return made is None or made.source != source_digest(kb, laws, overlays)


def _version(knowledge: Knowledge, encoder: Encoder) -> str:
    """Twelve hex digits: hash of the content, the encoder and the index format."""
    whole = hashlib.sha256(f"{store.FORMAT}|{encoder.fingerprint}|".encode())
    whole.update(knowledge.model_dump_json().encode())
    return whole.hexdigest()[:12]


def _dump_rendered(rendered: dict[str, Rendered]) -> bytes:
    return json.dumps(rendered, ensure_ascii=False, sort_keys=True).encode()


def _opened(indexes: Path, version: str | None) -> store.Stored | None:
    try:
        return store.open_version(indexes, version) if version else None
    except IndexUnusable:
        return None  # a damaged version is rebuilt from nothing, as one that is not kept


AT_HAND = 300
"""Wordings that ``vectors_at_hand`` will embed itself: what an editor adds at a time, done within a second."""


def vectors_at_hand(indexes: Path, encoder: Encoder) -> AtHand:
    """Vectors the published version has, and those of a few new texts."""

    def of(texts: Sequence[str]) -> Mapping[str, Vectors]:
        previous = _opened(indexes, store.current(indexes))
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
