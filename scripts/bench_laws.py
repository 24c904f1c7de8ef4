"""How often the right article is found, and how fast:  python scripts/bench_laws.py [--laws DIR] [--fit] [--articles 5000]

Questions of tests/quality/laws: dev for choosing, test for showing; each with every article that answers it equally
well.  Their writers saw the gists and tables of contents only.  Beside the service stand BM25 alone and the encoder
alone, over the same passages in the same run.  ``--laws`` (a folder of official texts, .md or .txt) measures an instance
that has imported them.  ``--fit`` tries weights on dev and prints the best.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.config import load_settings  # noqa: E402
from app.index import articles, passages  # noqa: E402
from app.index.articles import ArticleIndex  # noqa: E402
from app.index.encoder import Encoder, open_encoder  # noqa: E402
from app.index.lexical import Bm25Index  # noqa: E402
from app.knowledge import official  # noqa: E402
from app.knowledge.loader import load  # noqa: E402
from app.knowledge.model import Knowledge  # noqa: E402
from app.knowledge.yaml_source import read  # noqa: E402
from app.retrieval import laws  # noqa: E402
from app.retrieval import passages as ranking  # noqa: E402
from app.retrieval.fusion import best_per_owner  # noqa: E402
from app.snapshot import encoded_form, tokenizer_of  # noqa: E402
from app.text.normalize import normalize, strip_fillers  # noqa: E402
from app.text.tokenize import Tokenizer, bigrams, load_dictionary  # noqa: E402
from scripts.remembering import Remembering  # noqa: E402


class Asked(NamedTuple):
    question: str
    right: frozenset[tuple[str, str]]
    """(policy, article)."""


def questions(split: str) -> list[Asked]:
    data, _, problems = read(ROOT / f"tests/quality/laws/{split}.yaml", split)
    assert not problems, problems
    found = []
    for case in data:
        keys = [tuple(key.split("/", 1)) for key in (case["right"], *(case.get("also") or ()))]
        found.append(Asked(case["question"], frozenset(keys)))  # type: ignore[arg-type]
    return found


def index_of(knowledge: Knowledge, encoder: Encoder, tokenizer: Tokenizer) -> ArticleIndex:
    found = articles.law_articles(knowledge)
    parts = articles.part_list(found)
    vectors = np.stack([encoder.encode([encoded_form(text)])[0] for _, text in parts])
    return articles.assemble(found, vectors, passages.build_lexicon(parts, len(found), tokenizer))


Ranker = Callable[[str], Sequence[tuple[str, str]]]


def shares(asked: Sequence[Asked], rank: Ranker) -> tuple[float, float]:
    """Per cent of questions with a right article first, and among the first three."""
    places = []
    for case in asked:
        found = list(rank(case.question))
        places.append(next((i for i, key in enumerate(found) if key in case.right), 99))
    return 100 * np.mean([p == 0 for p in places]), 100 * np.mean([p < 3 for p in places])


def rankers(index: ArticleIndex, encoder: Encoder, tokenizer: Tokenizer) -> dict[str, Ranker]:
    keys = [(article.policy.id, article.number) for article in index.articles]

    def service(question: str) -> list[tuple[str, str]]:
        hits = laws.find(index, encoder, tokenizer, question, top_k=3)
        return [(hit.article.policy.id, hit.article.number) for hit in hits]

    parts = [normalize(text) for _, text in articles.part_list(index.articles)]
    features = [[*tokenizer.words(part), *bigrams(part)] for part in parts]
    vocabulary = {feature: i for i, feature in enumerate(dict.fromkeys(["", *itertools.chain(*features)]))}
    plain = Bm25Index(vocabulary, Bm25Index.build(features, vocabulary))

    def bm25(question: str) -> list[tuple[str, str]]:
        text = strip_fillers(normalize(question))
        best = best_per_owner(plain.relative(tokenizer.words(text) + bigrams(text)), index.passages.owner, len(keys))
        return [keys[i] for i in np.argsort(-best, kind="stable")[:3]]

    def meaning(question: str) -> list[tuple[str, str]]:
        rows, _ = index.passages.parts.search(encoder.encode([strip_fillers(normalize(question))])[0], 60)
        return [keys[i] for i in dict.fromkeys(index.passages.owner[rows].tolist())][:3]

    return {"BM25（jieba + 双字），最佳片段": bm25, "模型，最近片段": meaning, "易博士": service}


def enlarged(index_knowledge: Knowledge, count: int) -> Knowledge:
    """The knowledge with made-up articles, gists mixed from halves of real ones, until there are ``count``."""
    real = [(policy, gist) for policy in index_knowledge.policies for gist in policy.articles]
    rng = np.random.default_rng(0)
    template = index_knowledge.policies[0]
    made = []
    missing = count - len(articles.law_articles(index_knowledge))
    for number in range(max(0, missing) // 100 + 1):
        gists = []
        for i in range(min(100, missing - number * 100)):
            (_, one), (_, other) = (real[j] for j in rng.integers(0, len(real), 2))
            gist = one.gist[: len(one.gist) // 2] + other.gist[len(other.gist) // 2 :]
            gists.append(one.model_copy(update={"article": f"第{i + 1}条", "gist": gist}))
        title = f"样例规定之{number}"
        update = {"id": f"sample-{number}", "title": title, "aliases": (), "number": None, "articles": tuple(gists)}
        made.append(template.model_copy(update=update))
    return index_knowledge.model_copy(update={"policies": (*index_knowledge.policies, *made)})


def fit(index: ArticleIndex, encoder: Any, tokenizer: Tokenizer) -> None:
    """Every combination of a few values on dev; the best by first place, then by the first three."""
    asked = questions("dev")
    tried = []
    rank = rankers(index, encoder, tokenizer)["易博士"]
    for nearby, words, pairs in itertools.product((0.0, 0.5, 1.0, 1.5), (0.0, 0.4, 0.75, 1.2), (0.0, 0.3, 0.55, 1.0)):
        ranking.WEIGHTS.update(nearby=nearby, words=words, pairs=pairs)
        tried.append((*shares(asked, rank), nearby, words, pairs))
    for first, three, nearby, words, pairs in sorted(tried, reverse=True)[:12]:
        print(f"nearby {nearby:.1f}  words {words:.2f}  pairs {pairs:.2f}   first {first:.1f} %  three {three:.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--laws", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument(
        "--misses", action="store_true", help="print the dev questions whose right article is not first"
    )
    args = parser.parse_args()
    settings = load_settings()
    encoder = Remembering(open_encoder(settings.encoder))
    knowledge = load(settings.kb_dir).knowledge()
    tokenizer = tokenizer_of(knowledge, load_dictionary())
    if args.laws:
        with tempfile.TemporaryDirectory() as folder:
            for path in sorted(args.laws.glob("*.md")):
                official.take(path, Path(folder), knowledge.policies)
            texts, added = official.load(Path(folder), knowledge.policies)
        update = {"official": tuple(texts), "policies": (*knowledge.policies, *added)}
        knowledge = knowledge.model_copy(update=update)
    index = index_of(knowledge, encoder, tokenizer)
    print(f"{len(index.articles)} articles, {len(index.passages.parts)} passages\n")
    if args.fit:
        fit(index, encoder, tokenizer)
        return
    ranks = rankers(index, encoder, tokenizer)
    if args.misses:
        for case in questions("dev"):
            found = ranks["易博士"](case.question)
            if found[0] not in case.right:
                print(
                    case.question,
                    "|",
                    ["/".join(key) for key in found],
                    "| right:",
                    sorted("/".join(k) for k in case.right),
                )
        return
    splits = {split: questions(split) for split in ("dev", "test")}
    print("| 检索方法 | 首位正确 dev | 前三 dev | 首位正确 test | 前三 test |\n|---|---|---|---|---|")
    for name, rank in ranks.items():
        row = [figure for asked in splits.values() for figure in shares(asked, rank)]
        print(f"| {name} | " + " | ".join(f"{figure:.1f} %" for figure in row) + " |")

    large = index_of(enlarged(knowledge, args.articles), encoder, tokenizer)
    bare = open_encoder(settings.encoder)
    asked = [case.question for case in splits["test"]]
    find: Callable[[str], Any] = lambda question: laws.find(large, bare, tokenizer, question)  # noqa: E731
    for question in asked[:20]:
        find(question)
    times = {"模型算一句": _timed(lambda question: bare.encode([question]), asked), "法规检索": _timed(find, asked)}
    base = statistics.median(times["模型算一句"])
    print(f"\n{len(large.articles)} 条：\n\n| | 中位 | p95 | 中位是模型算一句的几倍 |\n|---|---|---|---|")
    for name, taken in times.items():
        p95 = statistics.quantiles(taken, n=20)[18]
        print(f"| {name} | {statistics.median(taken):.1f} ms | {p95:.1f} ms | {statistics.median(taken) / base:.1f} |")


def _timed(action: Callable[[str], Any], asked: Sequence[str]) -> list[float]:
    taken = []
    for question in asked:
        started = time.perf_counter()
        action(question)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


if __name__ == "__main__":
    main()
