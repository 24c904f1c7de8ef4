"""find(snapshot.laws, question) -> articles of statutes, best first.

A citation (招标投标法实施条例第五十一条, 12号令27条) leads straight to its article; a name with other words (87号令 同品牌)
searches that statute only; anything else searches them all by meaning and words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from app.index.articles import ArticleIndex, LawArticle
from app.index.encoder import Encoder
from app.retrieval import passages
from app.text.normalize import match_key, normalize, strip_fillers
from app.text.numerals import to_chinese, to_number
from app.text.tokenize import Tokenizer

CITED = re.compile(r"第?([零〇一二三四五六七八九十百两]+|\d{1,3})条(?:之([一二三四五六七八九十]))?")
ORDER = re.compile(r"第?(\d{1,4})号(?:令|文)?")

Tier = Literal["cited", "named", "found"]


@dataclass(frozen=True)
class LawHit:
    """``score`` is 1 for a citation, else a weighted sum; ``tier`` says how the article was found."""

    article: LawArticle
    score: float
    tier: Tier


@dataclass(frozen=True)
class Mention:
    """What a question names: ``policies`` (all that go by the name), ``article`` as statutes write it, and the rest."""

    policies: tuple[str, ...]
    article: str | None
    rest: str


def mention(laws: ArticleIndex, question: str) -> Mention:
    """Read the names of statutes and the number of an article out of a question."""
    key = match_key(question)
    policies: list[str] = []
    for name in sorted(laws.names, key=len, reverse=True):
        # 「712号令」 does not name the 「12号令」.
        found = re.search(rf"(?<!\d){re.escape(name)}", key)
        if found:
            policies += [policy for policy in laws.names[name] if policy not in policies]
            key = f"{key[: found.start()]} {key[found.end() :]}"
            break
    cited = CITED.search(key)
    article = None
    if cited:
        number = to_number(cited[1])
        if 0 < number < 10_000:
            article = f"第{to_chinese(number)}条" + (f"之{cited[2]}" if cited[2] else "")
            key = key[: cited.start()] + " " + key[cited.end() :]
    elif policies and (numeral := re.fullmatch(r"\s*第?([零〇一二三四五六七八九十百]+|\d{1,3})\s*", key)):
        # 「12号令 27」: after a name, a bare number is an article's.
        article, key = f"第{to_chinese(to_number(numeral[1]))}条", ""
    return Mention(tuple(policies), article, " ".join(key.split()))


def find(
    laws: ArticleIndex,
    encoder: Encoder,
    tokenizer: Tokenizer,
    question: str,
    *,
    top_k: int = 10,
    as_of: date | None = None,
) -> list[LawHit]:
    """The articles a question is about.  With ``as_of``, only those in force on that day."""
    named = mention(laws, question)
    allowed = np.array([as_of is None or article.in_force(as_of) for article in laws.articles])
    if named.article:
        rows = [
            row
            for row, article in enumerate(laws.articles)
            if article.number == named.article and (not named.policies or article.policy.id in named.policies)
        ]
        if rows and named.policies:
            return [LawHit(laws.articles[row], 1.0, "cited") for row in rows if allowed[row]][:top_k]
    if named.policies:
        allowed &= np.array([article.policy.id in named.policies for article in laws.articles])
        if not named.rest:
            return [LawHit(laws.articles[row], 1.0, "named") for row in np.flatnonzero(allowed)[:top_k]]
    text = strip_fillers(normalize(named.rest if named.policies else question))
    scores = np.where(allowed, passages.score(laws.passages, encoder, tokenizer, text).documents, -np.inf)
    tier: Tier = "named" if named.policies else "found"
    order: Sequence[int] = np.argsort(-scores, kind="stable")[:top_k].tolist()
    return [LawHit(laws.articles[row], float(scores[row]), tier) for row in order if np.isfinite(scores[row])]
