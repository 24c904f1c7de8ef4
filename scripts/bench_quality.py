"""Side by side with other ways to do it, each part switched off in turn, and among strangers:

    python scripts/bench_quality.py [--split test] [--distractors 5000] [--no-others]

Prints the Markdown tables of the README.  All rank the same 122 entries by the same wordings, and those that use an
encoder use the shipped one.  The others have no "none of these", so each answers from a threshold of its own, chosen on
tests/quality/dev to answer as many questions in scope as it can while answering at most 2 % of those out of scope.
Needs the extras ``bench`` and ``models``; Haystack and txtai are left out, with a word, where they are not installed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

from app.config import load_settings  # noqa: E402
from app.dialogue import answer as answering  # noqa: E402
from app.evaluation.cases import Cases, load_cases  # noqa: E402
from app.evaluation.metrics import summary  # noqa: E402
from app.evaluation.outcomes import outcomes  # noqa: E402
from app.index import store  # noqa: E402
from app.index.dense import DenseIndex  # noqa: E402
from app.index.encoder import Encoder, open_encoder  # noqa: E402
from app.index.lexical import Bm25Index  # noqa: E402
from app.knowledge.model import Entry  # noqa: E402
from app.main import current_or_published  # noqa: E402
from app.retrieval import fusion, search  # noqa: E402
from app.snapshot import Snapshot, assemble, build_lexicon, encoded_form, learn_views, phrase_list  # noqa: E402
from app.text.tokenize import load_dictionary  # noqa: E402
from scripts.remembering import Remembering  # noqa: E402

Ranked = list[tuple[str, float]]
"""(entry id, score), best first."""
Ranker = Callable[[str], Ranked]
DEPTH = 50
ALLOWED_OUTSIDE = 0.02


def wordings(snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """Questions and aliases of the entries, with the entry of each."""
    texts, owners = [], []
    for entry in snapshot.knowledge.entries:
        for text in (entry.question, *entry.aliases):
            texts.append(text)
            owners.append(entry.id)
    return texts, owners


def best_of(scores: Sequence[float], owners: Sequence[str]) -> Ranked:
    best: dict[str, float] = {}
    for owner, score in zip(owners, scores, strict=True):
        best[owner] = max(best.get(owner, -np.inf), float(score))
    return sorted(best.items(), key=lambda pair: -pair[1])


def bm25_alone(snapshot: Snapshot) -> Ranker:
    texts, owners = wordings(snapshot)
    cut = [snapshot.tokenizer.words(encoded_form(text)) for text in texts]
    vocabulary = {word: i for i, word in enumerate(["", *dict.fromkeys(word for words in cut for word in words)])}
    index = Bm25Index(vocabulary, Bm25Index.build(cut, vocabulary))
    return lambda question: best_of(index.relative(snapshot.tokenizer.words(encoded_form(question))), owners)


def encoder_alone(snapshot: Snapshot) -> Ranker:
    texts, owners = wordings(snapshot)
    index = DenseIndex(snapshot.encoder.encode([encoded_form(text) for text in texts]))

    def rank(question: str) -> Ranked:
        rows, cosines = index.search(snapshot.encoder.encode([encoded_form(question)])[0], len(texts))
        return best_of(cosines, [owners[row] for row in rows])

    return rank


def haystack_hybrid(snapshot: Snapshot) -> Ranker:
    """In-memory BM25 (on jieba's words) and embeddings, joined by reciprocal rank fusion."""
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    texts, owners = wordings(snapshot)
    vectors = snapshot.encoder.encode([encoded_form(text) for text in texts])
    documents = InMemoryDocumentStore(bm25_tokenization_regex=r"(?u)\b\w+\b", embedding_similarity_function="cosine")

    def spaced(text: str) -> str:
        return " ".join(snapshot.tokenizer.words(encoded_form(text)))

    documents.write_documents(
        [
            Document(id=str(i), content=spaced(text), embedding=vector.tolist(), meta={"entry": owner})
            for i, (text, vector, owner) in enumerate(zip(texts, vectors, owners, strict=True))
        ]
    )
    words = InMemoryBM25Retriever(documents, top_k=DEPTH)
    meaning = InMemoryEmbeddingRetriever(documents, top_k=DEPTH)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH)

    def rank(question: str) -> Ranked:
        query = spaced(question)
        vector = snapshot.encoder.encode([encoded_form(question)])[0].tolist()
        found = [meaning.run(query_embedding=vector)["documents"]]
        if query:
            found.append(words.run(query=query)["documents"])
        joined = joiner.run(documents=found)["documents"]
        return best_of([d.score for d in joined], [d.meta["entry"] for d in joined])

    return rank


def txtai_hybrid(snapshot: Snapshot) -> Ranker:
    """txtai's hybrid index: its BM25 on jieba's words and its dense index, weighed equally."""
    from txtai import Embeddings

    texts, owners = wordings(snapshot)

    def spaced(text: str) -> str:
        return " ".join(snapshot.tokenizer.words(encoded_form(text))) or text

    spaced_to_text = {spaced(text): text for text in texts}

    def transform(inputs: Sequence[str]) -> np.ndarray:
        return snapshot.encoder.encode([encoded_form(spaced_to_text.get(text, text)) for text in inputs])

    embeddings = Embeddings(
        method="external", transform=transform, hybrid=True, scoring={"method": "bm25", "terms": True}
    )
    embeddings.index([(i, spaced(text), None) for i, text in enumerate(texts)])

    def rank(question: str) -> Ranked:
        query = spaced(question)
        spaced_to_text[query] = question
        found = embeddings.search(query, DEPTH)
        return best_of([score for _, score in found], [owners[row] for row, _ in found])

    return rank


def threshold(rank: Ranker, dev: Cases) -> float:
    """The lowest score from which at most ``ALLOWED_OUTSIDE`` of the questions out of scope are answered."""
    outside = sorted((ranked[0][1] if (ranked := rank(case.question)) else -np.inf) for case in dev.out_of_scope)
    return float(np.nextafter(outside[-int(ALLOWED_OUTSIDE * len(outside)) - 1], np.inf))


def plain_figures(rank: Ranker, dev: Cases, cases: Cases) -> list[float]:
    """r@1, r@3, answered right, answered wrong, out of scope answered, ambiguous asked back, judgement refused."""
    least = threshold(rank, dev)
    first = three = right = wrong = 0
    asked = [case for case in cases.in_scope if case.style != "audience"]
    for case in asked:
        ranked = rank(case.question)
        found = [entry for entry, _ in ranked]
        first += found[:1] == [case.entry]
        three += case.entry in found[:3]
        if ranked and ranked[0][1] >= least:
            right += ranked[0][0] == case.entry
            wrong += ranked[0][0] != case.entry
    outside = sum(bool(ranked := rank(case.question)) and ranked[0][1] >= least for case in cases.out_of_scope)
    n = len(asked)
    return [first / n, three / n, right / n, wrong / n, outside / len(cases.out_of_scope), 0.0, 0.0]


def our_figures(snapshot: Snapshot, cases: Cases) -> list[float]:
    found = list(outcomes(snapshot, cases))
    bars = summary(found)["bars"]
    asked = [o for o in found if o.family == "in_scope" and o.group != "audience"]
    return [
        sum(o.ranked[:1] == o.right for o in asked) / len(asked),
        sum(o.right[0] in o.ranked[:3] for o in asked) / len(asked),
        sum(o.correct for o in asked) / len(asked),
        bars["in scope given a wrong entry as answer"],
        bars["out of scope given an entry as answer"],
        bars["ambiguous asked back with two right options"],
        bars["judgement met with the neutral reply"],
    ]


def without(source: str) -> fusion.Weights:
    """The fitted weights with one source at nothing."""
    return replace(fusion.WEIGHTS, sources={**fusion.WEIGHTS.sources, source: 0.0})


def ablations(snapshot: Snapshot, cases: Cases) -> Iterator[tuple[str, list[float]]]:
    """Each part switched off in turn: the sources of the ranking, then the tiers of the reply."""
    original = search.search.__kwdefaults__["weights"]
    for source in fusion.FEATURES:
        search.search.__kwdefaults__["weights"] = without(source)
        yield f"without {source}", our_figures(snapshot, cases)
    search.search.__kwdefaults__["weights"] = original
    for name in ("_error_text", "_respelled"):
        kept = getattr(answering, name)
        stub: Any = (lambda *_: None) if name == "_error_text" else (lambda _snapshot, _text, typed, *_: (typed, None))
        setattr(answering, name, stub)
        yield f"without {name[1:]}", our_figures(snapshot, cases)
        setattr(answering, name, kept)


_WHO = "小区 学校 食堂 宠物 健身房 图书馆 驾校 快递 酒店 航班 菜园 牙科 影院 超市 地铁 花店 旅行社 公园 幼儿园 手机店 银行卡 游泳馆 面馆 洗衣店 车位 社保卡 奶茶店 体检 电影票 外卖".split()
_WHAT = "预约 退款 排队 会员卡 开门时间 价格 押金 投诉 发票 地址 停车 优惠 取件 改签 报名 续费 遗失 维修 配送 评价 押金退还 押金多少 账号注册 密码重置 审核进度 资料上传".split()
_ASK = "怎么办 多久能好 在哪里办 要什么材料 可以取消吗 多少钱 为什么失败 什么时候出结果 能代办吗 需要排队吗 找谁处理 有没有时间限制".split()


def distracted(snapshot: Snapshot, count: int, encoder: Encoder) -> Snapshot:
    """The same knowledge with ``count`` phrases of everyday services as further entries, thirty to an entry."""
    everything = [f"{who}{what}{ask}" for who in _WHO for what in _WHAT for ask in _ASK]
    random.Random(11).shuffle(everything)
    chosen = everything[:count]
    model: Entry = snapshot.knowledge.entries[0]
    strangers = []
    for i in range(0, len(chosen), 30):
        question, *aliases = chosen[i : i + 30]
        update = {
            "id": f"stranger-{i // 30:03d}", "number": f"{200 + i // 30:03d}", "question": question, "aliases": tuple(aliases),
            "not_aliases": (), "related": (), "keywords": (), "error_texts": (), "business": ("通用",), "clarify": None,
        }  # fmt: skip
        strangers.append(model.model_copy(update=update))
    update = {"entries": (*snapshot.knowledge.entries, *strangers), "policies": (), "official": (), "manuals": ()}
    knowledge = snapshot.knowledge.model_copy(update=update)
    dictionary = load_dictionary()
    negatives = [phrase for entry in knowledge.entries for phrase in entry.not_aliases]
    vectors = encoder.encode([encoded_form(text) for text in (*phrase_list(knowledge), *negatives)])
    kept = vectors.astype(np.float16).astype(np.float32)
    stored = store.Stored(
        snapshot.manifest,
        knowledge.model_dump_json().encode(),
        b"{}",
        build_lexicon(knowledge, dictionary),
        kept,
        views=learn_views(knowledge, kept[: len(phrase_list(knowledge))]),
    )
    return assemble(stored, encoder, dictionary)


def r_at_1(snapshot: Snapshot, cases: Cases) -> float:
    """Of the entries, strangers among them."""
    right = 0
    for case in cases.in_scope:
        hits = search.search(snapshot, case.question, audience=case.audience).hits
        right += next((hit.intent.id for hit in hits if hit.intent.kind == "entry"), "") == case.entry
    return right / len(cases.in_scope)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--distractors", type=int, default=5000)
    parser.add_argument("--no-others", action="store_true", help="only the ablation and the distractors")
    args = parser.parse_args()
    settings = load_settings()
    encoder = Remembering(open_encoder(settings.encoder))
    snapshot = replace(current_or_published(settings, encoder, load_dictionary()), encoder=encoder)
    dev, cases = load_cases(ROOT / "tests/quality/dev"), load_cases(ROOT / "tests/quality" / args.split)

    def row(name: str, figures: Sequence[float]) -> None:
        print(f"| {name} | " + " | ".join(f"{100 * figure:.1f}" for figure in figures) + " |", flush=True)

    print(f"tests/quality/{args.split}, per cent\n")
    print(
        "| | r@1 | r@3 | answered right | answered wrong | out of scope answered | ambiguous asked back | verdict refused |"
    )
    print("|---|---|---|---|---|---|---|---|")
    row("易博士", our_figures(snapshot, cases))
    if not args.no_others:
        others = {
            "BM25 alone (bm25s, jieba)": bm25_alone, "encoder alone": encoder_alone,
            "Haystack hybrid (RRF)": haystack_hybrid, "txtai hybrid": txtai_hybrid,
        }  # fmt: skip
        for name, make in others.items():
            try:
                row(name, plain_figures(make(snapshot), dev, cases))
            except ImportError as error:
                print(f"{name}: {error}", file=sys.stderr)
    for name, figures in ablations(snapshot, cases):
        row(name, figures)
    if args.distractors:
        crowded = distracted(snapshot, args.distractors, encoder)
        before, after = r_at_1(snapshot, cases), r_at_1(crowded, cases)
        print(f"\nr@1 of all {len(cases.in_scope)} questions in scope: {100 * before:.1f}; among {args.distractors} "
              f"phrases of strangers {100 * after:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
