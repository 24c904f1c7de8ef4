"""One version of the knowledge with everything needed to question it, and the holder of the one that serves."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.errors import IndexUnusable, NotReady
from app.index import articles, history, lexicon, manuals, passages, spelling, store, views
from app.index.articles import ArticleIndex, LawArticle
from app.index.dense import DenseIndex, rows_of
from app.index.encoder import Encoder, Vectors
from app.index.lexical import FuzzyIndex
from app.index.lexicon import Lexicon
from app.index.manuals import ManualIndex
from app.index.passages import Passage
from app.index.spelling import Spelling
from app.index.store import Manifest, Stored
from app.index.verdict import Verdict
from app.index.whitening import Whitening
from app.knowledge.model import (
    Entry,
    Intent,
    IntentKind,
    Judgement,
    Knowledge,
    LegalBasis,
    Manual,
    Pointer,
    SiteValue,
    Smalltalk,
    Term,
    Topic,
)
from app.knowledge.render import Rendered, fill
from app.text.normalize import match_key, normalize, strip_fillers
from app.text.pinyin import syllables
from app.text.tokenize import Dictionary, Tokenizer, bigrams

SPOKEN = 20
"""Characters of the longest wording offered for pinyin: whole stories are not what anybody types ahead."""


@dataclass(frozen=True)
class Snapshot:
    """Immutable; requests take one as an argument and never look elsewhere.

    Rows of ``phrases`` and ``fuzzy`` run over all phrases, those of ``prototypes`` over ``intents``; ``owner`` maps the
    first to the second.
    """

    manifest: Manifest
    knowledge: Knowledge
    rendered: Mapping[str, Rendered]
    encoder: Encoder
    tokenizer: Tokenizer
    intents: Sequence[Intent]
    phrase_texts: Sequence[str]
    owner: npt.NDArray[np.int64]
    phrases: DenseIndex
    negatives: DenseIndex | None
    """Every ``not_aliases`` wording; ``negative_owner`` names the intent that must not answer it."""
    negative_owner: npt.NDArray[np.int64]
    whitening: Whitening
    verdict: Verdict
    prototypes: DenseIndex
    """In the whitened space."""
    lexicon: Lexicon
    spelling: Spelling
    """Words of these phrases that a question may be corrected into."""
    fuzzy: FuzzyIndex
    exact: Mapping[str, int]
    """``match_key`` of a phrase -> row in ``intents``."""
    not_exact: Mapping[str, frozenset[int]]
    """``match_key`` of a not-alias -> intents that must not answer it."""
    laws: ArticleIndex | None
    """None while the knowledge has no statutes."""
    manuals: ManualIndex | None
    """None while it has no manuals."""
    error_texts: Mapping[str, int]
    """``match_key`` of a program's message -> intent; ``error_index`` has the same keys in the same order."""
    error_index: FuzzyIndex

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.version)

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """First row of each intent's phrases."""
        return np.flatnonzero(np.diff(self.owner, prepend=-1))

    @cached_property
    def phrase_rows(self) -> npt.NDArray[np.int64]:
        """``(intents, most phrases)``: the rows of each intent's phrases, padded with -1."""
        return rows_of(self.owner, len(self.intents))

    @cached_property
    def is_judgement(self) -> npt.NDArray[np.bool_]:
        return np.array([intent.kind == "judgement" for intent in self.intents])

    @cached_property
    def kinds(self) -> Sequence[IntentKind]:
        return [intent.kind for intent in self.intents]

    @cached_property
    def written(self) -> tuple[str, Sequence[int]]:
        """The keys of the entries' phrases, a line each, and where each line begins."""
        lines = self.lexicon.keys[: len(self.sound_lines)]
        return "\n".join(lines), [0, *(np.cumsum([len(line) + 1 for line in lines])[:-1].tolist())]

    @cached_property
    def sound_lines(self) -> Sequence[int]:
        """Where each line of ``lexicon.sounds`` begins."""
        return [0, *(match.end() for match in re.finditer("\n", self.lexicon.sounds))]

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        return {entry.id: entry for entry in self.knowledge.entries}

    @cached_property
    def versions(self) -> Mapping[str, tuple[Entry, ...]]:
        """Every version of an entry that has several, the oldest first, by the id of the one that is asked today."""
        every = {entry.id: entry for entry in (*self.knowledge.entries, *self.knowledge.superseded)}
        chains = [[entry.id] for entry in every.values() if entry.replaces not in every]
        successor = {entry.replaces: entry.id for entry in every.values() if entry.replaces}
        for chain in chains:
            while chain[-1] in successor:
                chain.append(successor[chain[-1]])
        return {key: tuple(every[k] for k in chain) for chain in chains if len(chain) > 1 for key in chain}

    def version_on(self, entry: str, day: date) -> Entry | None:
        """The version of an entry in force on a day: the newest of them, None before the first and after the last."""
        versions = self.versions.get(entry, (self.entries[entry],))
        return next((version for version in reversed(versions) if version.in_force(day)), None)

    @cached_property
    def intent_of(self) -> Mapping[str, Intent]:
        """The intent of every entry, by id."""
        return {intent.id: intent for intent in self.intents if intent.kind == "entry"}

    @cached_property
    def by_number(self) -> Mapping[str, Entry]:
        return {entry.number: entry for entry in self.knowledge.entries}

    @cached_property
    def manual_of(self) -> Mapping[str, Manual]:
        return {manual.id: manual for manual in self.knowledge.manuals}

    @cached_property
    def policies_titled(self) -> Mapping[str, Sequence[str]]:
        """Title of a statute -> ids of its versions."""
        titled: dict[str, list[str]] = {}
        for policy in self.knowledge.policies:
            titled.setdefault(policy.title, []).append(policy.id)
        return titled

    def article_cited(self, entry: Entry, basis: LegalBasis) -> LawArticle | None:
        """The article a legal basis names, if the statute is known here; of several versions the one of the entry's time."""
        if self.laws is None:
            return None
        day = entry.day_nearest(datetime.fromisoformat(self.manifest.published_at).date())
        rows = [self.laws.numbered.get((policy, basis.article)) for policy in self.policies_titled.get(basis.law, ())]
        versions = [self.laws.articles[row] for row in rows if row is not None]
        return next((article for article in versions if article.in_force(day)), versions[0] if versions else None)

    @cached_property
    def term_of(self) -> Mapping[str, Term]:
        """``match_key`` of every word of the dictionary, aliases too -> its term."""
        return {match_key(name): term for term in self.knowledge.terms for name in (*term.aliases, term.term)}

    @cached_property
    def topics(self) -> Mapping[str, Topic]:
        return {topic.id: topic for topic in self.knowledge.topics}

    @cached_property
    def judgements(self) -> Mapping[str, Judgement]:
        return {judgement.id: judgement for judgement in self.knowledge.judgements}

    @cached_property
    def pointers(self) -> Mapping[str, Pointer]:
        return {pointer.id: pointer for pointer in self.knowledge.pointers}

    @cached_property
    def smalltalk(self) -> Mapping[str, Smalltalk]:
        return {talk.id: talk for talk in self.knowledge.smalltalk}

    @cached_property
    def categories(self) -> Sequence[tuple[str, Sequence[Entry]]]:
        groups: dict[str, list[Entry]] = {}
        for entry in self.knowledge.entries:
            groups.setdefault(entry.category, []).append(entry)
        return tuple(groups.items())

    @cached_property
    def values(self) -> Mapping[str, SiteValue]:
        return self.knowledge.values

    def fill(self, text: str) -> str:
        """A text of the knowledge base with this centre's facts put in."""
        return fill(text, self.values)


def encoded_form(text: str) -> str:
    """What the encoder is given, for phrases and questions alike."""
    return strip_fillers(normalize(text))


def phrase_list(knowledge: Knowledge) -> list[str]:
    """Every phrase in row order."""
    return [phrase for intent in knowledge.intents() for phrase in intent.phrases]


def negative_list(knowledge: Knowledge) -> list[str]:
    """Every ``not_aliases`` wording in row order; their vectors stand after those of the phrases."""
    return [phrase for entry in knowledge.entries for phrase in entry.not_aliases]


def tokenizer_of(knowledge: Knowledge, dictionary: Dictionary) -> Tokenizer:
    """A tokenizer that knows the words of this knowledge; ``dictionary`` is the base from ``load_dictionary``."""
    vocabulary = [word for term in knowledge.terms for word in (term.term, *term.aliases)]
    vocabulary += [word for entry in knowledge.entries for word in entry.keywords]
    return Tokenizer(dictionary, vocabulary, {alias: term.term for term in knowledge.terms for alias in term.aliases})


def build_lexicon(knowledge: Knowledge, dictionary: Dictionary) -> bytes:
    """Cut everything that is said of each intent and pack what ``assemble`` needs of it."""
    tokenizer = tokenizer_of(knowledge, dictionary)
    intents = tuple(knowledge.intents())
    forms = [encoded_form(text) for text in phrase_list(knowledge)]
    keywords = [
        normalize(word) for entry in knowledge.entries for word in entry.keywords
    ]  # entries are intents 0, 1, …
    owner = np.concatenate(
        [
            np.repeat(np.arange(len(intents)), [len(intent.phrases) for intent in intents]),
            np.repeat(np.arange(len(knowledge.entries)), [len(entry.keywords) for entry in knowledge.entries]),
        ]
    )
    texts = forms + keywords
    keys = [form.replace(" ", "") for form in forms]  # what match_key gives
    asked = sum(len(entry.aliases) + 1 for entry in knowledge.entries)
    return lexicon.build(
        keys=keys,
        words=[tokenizer.words(text) for text in texts],
        pairs=[bigrams(text) for text in texts],
        owner=owner,
        count=len(intents),
        sounds="\n".join("'" + "'".join(syllables(key)) if len(key) <= SPOKEN else "" for key in keys[:asked]),
    )


def law_list(knowledge: Knowledge) -> list[str]:
    """Every searched part of a statute in row order; their vectors are stored apart from those of the phrases."""
    return [text for _, text in articles.part_list(articles.law_articles(knowledge))]


def build_law_lexicon(knowledge: Knowledge, dictionary: Dictionary) -> bytes:
    """The word statistics of the statutes; empty when there are none."""
    found = articles.law_articles(knowledge)
    return passages.build_lexicon(articles.part_list(found), len(found), tokenizer_of(knowledge, dictionary))


def manual_passages(knowledge: Knowledge) -> list[Passage]:
    """Every line of the manuals in row order, with this centre's facts put in."""
    tasks = manuals.manual_tasks(knowledge)
    return [(row, fill(text, knowledge.values)) for row, text in manuals.passage_list(tasks)]


def manual_list(knowledge: Knowledge) -> list[str]:
    """Their texts; their vectors are stored apart from the others."""
    return [text for _, text in manual_passages(knowledge)]


def build_manual_lexicon(knowledge: Knowledge, dictionary: Dictionary) -> bytes:
    """The word statistics of the manuals; empty when there are none."""
    count = len(manuals.manual_tasks(knowledge))
    return passages.build_lexicon(manual_passages(knowledge), count, tokenizer_of(knowledge, dictionary))


def assemble(stored: Stored, encoder: Encoder, dictionary: Dictionary) -> Snapshot:
    """Build the in-memory indexes of a stored version.

    ``dictionary`` is the base from ``load_dictionary``.  Raises ``IndexUnusable`` when another encoder made the vectors.
    """
    manifest = stored.manifest
    if manifest.encoder != encoder.fingerprint:
        raise IndexUnusable(
            f"索引 {manifest.version} 是用模型 {manifest.encoder_name}（{manifest.encoder}）建的，现在的模型是 "
            f"{encoder.name}（{encoder.fingerprint}），两者的向量不能混用。请重新发布：yiboshi publish"
        )
    knowledge = Knowledge.model_validate_json(stored.knowledge)
    rendered = {key: Rendered(*value) for key, value in json.loads(stored.rendered).items()}
    intents = tuple(knowledge.intents())
    texts = phrase_list(knowledge)
    negatives = negative_list(knowledge)
    words = lexicon.unpack(stored.lexicon)
    if len(texts) + len(negatives) != len(stored.vectors) or len(texts) != len(words.keys):
        raise IndexUnusable(f"索引 {manifest.version} 的向量数与问法数不符，请重新发布")
    law_articles = articles.law_articles(knowledge)
    if len(articles.part_list(law_articles)) != len(stored.law_vectors):
        raise IndexUnusable(f"索引 {manifest.version} 的法规向量数与条文不符，请重新发布")
    tasks = manuals.manual_tasks(knowledge)
    if len(manuals.passage_list(tasks)) != len(stored.manual_vectors):
        raise IndexUnusable(f"索引 {manifest.version} 的手册向量数与步骤不符，请重新发布")
    owner = owners(knowledge)
    learned = views.unpack(stored.views)
    tokenizer = tokenizer_of(knowledge, dictionary)
    row = {(intent.kind, intent.id): i for i, intent in enumerate(intents)}
    not_exact: dict[str, set[int]] = {}
    error_texts: dict[str, int] = {}
    for entry in knowledge.entries:
        for phrase in entry.not_aliases:
            not_exact.setdefault(match_key(phrase), set()).add(row["entry", entry.id])
        for text in entry.error_texts:
            error_texts[match_key(text)] = row["entry", entry.id]
    return Snapshot(
        manifest=manifest,
        knowledge=knowledge,
        rendered=rendered,
        encoder=encoder,
        tokenizer=tokenizer,
        intents=intents,
        phrase_texts=texts,
        owner=owner,
        phrases=DenseIndex(stored.vectors[: len(texts)]),
        negatives=DenseIndex(stored.vectors[len(texts) :]) if negatives else None,
        negative_owner=np.repeat(
            np.arange(len(knowledge.entries)), [len(entry.not_aliases) for entry in knowledge.entries]
        ),
        whitening=learned.whitening,
        verdict=learned.verdict,
        prototypes=DenseIndex(learned.prototypes),
        lexicon=words,
        spelling=spelling.table(words.phrase_bm25.document_frequencies(), tokenizer.frequencies),
        fuzzy=FuzzyIndex(words.keys),
        exact={key: int(owner[i]) for i, key in enumerate(words.keys)},
        not_exact={key: frozenset(rows) for key, rows in not_exact.items()},
        laws=articles.assemble(law_articles, stored.law_vectors, stored.law_lexicon) if law_articles else None,
        manuals=manuals.assemble(tasks, manual_passages(knowledge), stored.manual_vectors, stored.manual_lexicon)
        if tasks
        else None,
        error_texts=error_texts,
        error_index=FuzzyIndex(list(error_texts)),
    )


def fingerprint_of(version: str) -> str:
    """A version as eight digits in two groups, short enough to be read out over an intercom."""
    digits = f"{int(version, 16) % 10**8:08d}"
    return f"{digits[:4]}-{digits[4:]}"


class Wording(NamedTuple):
    """How an entry reads in one version."""

    id: str
    question: str
    text: str


def wording(indexes: Path, fingerprint: str, number: str) -> Wording | None:
    """An entry as the version with this fingerprint has it; None when that version is no longer kept.

    Reads two JSON files as they are, and no vectors: an earlier program's version will do.
    """
    hexadecimal = (version for version in history.versions(indexes) if re.fullmatch("[0-9a-f]+", version))
    version = next((version for version in hexadecimal if fingerprint_of(version) == fingerprint), None)
    if version is None:
        return None
    try:
        knowledge, rendered = map(json.loads, store.open_texts(indexes, version))
        entries = (*knowledge["entries"], *knowledge["superseded"])  # served first, where several share the number
        found = next(entry for entry in entries if entry["number"] == number)
        return Wording(found["id"], found["question"], Rendered(*rendered[found["id"]]).text)
    except (IndexUnusable, StopIteration, KeyError):
        return None


def owners(knowledge: Knowledge) -> npt.NDArray[np.int64]:
    """The intent of every phrase, ``(phrases,)``."""
    counts = [len(intent.phrases) for intent in knowledge.intents()]
    return np.repeat(np.arange(len(counts)), counts)


def learn_views(knowledge: Knowledge, vectors: Vectors) -> bytes:
    """What is learned of the vectors of all phrases, ``(phrases, dim)``, to be stored with a version."""
    seeks = np.array([intent.kind == "judgement" for intent in knowledge.intents()])
    return views.pack(views.learn(vectors, owners(knowledge), seeks))


class SnapshotHolder:
    """The snapshot that serves.  Readers take it once a request; a swap changes nothing for those already running."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._snapshot = snapshot
        self._lock = threading.Lock()

    def current(self) -> Snapshot:
        snapshot = self._snapshot
        if snapshot is None:
            raise NotReady("知识库还没有准备好，请稍后再试")
        return snapshot

    def peek(self) -> Snapshot | None:
        return self._snapshot

    def swap(self, snapshot: Snapshot) -> Snapshot | None:
        """Serve ``snapshot`` from now on; returns the one it replaces."""
        with self._lock:
            old, self._snapshot = self._snapshot, snapshot
        return old
