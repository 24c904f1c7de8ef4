"""Articles of statutes and what is searched of them: the gist, its heading and keywords, and the imported text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.index import passages
from app.index.encoder import Vectors
from app.index.passages import Passage, PassageIndex
from app.knowledge.model import Gist, Knowledge, OfficialArticle, Policy
from app.text.normalize import match_key
from app.text.numerals import to_number

PART_CHARS = 110
"""Official text is searched in parts of about this length: the encoder reads 128 tokens, and a short part has one subject."""
MAX_PARTS = 8
"""Parts of one article that are embedded; the words of all of it are searched."""


@dataclass(frozen=True)
class LawArticle:
    """One article of one statute; it has a gist of ours, the official text, or both."""

    policy: Policy
    number: str
    gist: Gist | None
    official: OfficialArticle | None

    @property
    def heading(self) -> str:
        return (
            self.gist.heading if self.gist else self.official.path[-1] if self.official and self.official.path else ""
        )

    @property
    def since(self) -> date | None:
        return (self.gist.effective_from if self.gist else None) or self.policy.effective_from

    @property
    def until(self) -> date | None:
        return (self.gist.effective_to if self.gist else None) or self.policy.effective_to

    def in_force(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class ArticleIndex:
    """Documents of ``passages`` are ``articles``."""

    articles: Sequence[LawArticle]
    passages: PassageIndex
    names: Mapping[str, tuple[str, ...]]
    """``match_key`` of every name of a statute -> ids of the policies that go by it."""
    numbered: Mapping[tuple[str, str], int]
    """(policy id, article) -> row in ``articles``."""

    def of(self, policy: str) -> Sequence[LawArticle]:
        """The articles of one statute, in order."""
        return [article for article in self.articles if article.policy.id == policy]

    def other_versions(self, article: LawArticle) -> Sequence[LawArticle]:
        """The article of the same number in other versions of the same statute, where it reads otherwise."""
        return [
            other
            for other in self.articles
            if other.policy.title == article.policy.title
            and other.number == article.number
            and other.policy.id != article.policy.id
            and (other.gist, other.official) != (article.gist, article.official)
        ]


def law_articles(knowledge: Knowledge) -> tuple[LawArticle, ...]:
    """Every article of every statute, in the order of the files and of the articles."""
    official = {text.policy: {article.article: article for article in text.articles} for text in knowledge.official}
    found = []
    for policy in knowledge.policies:
        gists = {gist.article: gist for gist in policy.articles}
        texts = official.get(policy.id, {})
        for number in sorted(gists.keys() | texts.keys(), key=place):
            found.append(LawArticle(policy, number, gists.get(number), texts.get(number)))
    return tuple(found)


def place(article: str) -> tuple[int, int]:
    """Where an article stands among the others: 第五十一条之二 -> (51, 2), （十二） -> (12, 0)."""
    main, _, inserted = article.strip("第（）()、").replace("条", "").partition("之")
    try:
        return to_number(main.strip("（）()、")), to_number(inserted) if inserted else 0
    except ValueError:
        return 10_000, 0


def part_list(articles: Sequence[LawArticle]) -> list[Passage]:
    """Everything that is embedded, by the row of its article."""
    found: list[Passage] = []
    for row, article in enumerate(articles):
        if article.gist:
            found += [(row, phrase) for phrase in article.gist.keywords]
            found.append((row, f"{article.gist.heading}：{article.gist.gist}"))
        if article.official:
            found += [(row, part) for part in _parts(article.official.paragraphs)[:MAX_PARTS]]
    return found


def _parts(paragraphs: Sequence[str]) -> list[str]:
    """Paragraphs put together, or cut at their ends of sentences, into parts of about ``PART_CHARS``."""
    sentences = [piece for text in paragraphs for piece in _sentences(text)]
    parts: list[str] = []
    for sentence in sentences:
        if parts and len(parts[-1]) + len(sentence) <= PART_CHARS:
            parts[-1] += sentence
        else:
            parts.append(sentence)
    return parts


def _sentences(text: str) -> list[str]:
    pieces = [""]
    for char in text:
        pieces[-1] += char
        if char in "。；":
            pieces.append("")
    return [piece for piece in pieces if piece.strip()]


def assemble(articles: Sequence[LawArticle], vectors: Vectors, words: bytes) -> ArticleIndex:
    """``vectors`` ``(parts, dim)`` and ``words`` are what was stored for exactly these articles."""
    names: dict[str, set[str]] = {}
    for policy in {article.policy.id: article.policy for article in articles}.values():
        for name in (policy.title, policy.title.removeprefix("中华人民共和国"), *policy.aliases, policy.number or ""):
            if match_key(name):
                names.setdefault(match_key(name), set()).add(policy.id)
    return ArticleIndex(
        articles=articles,
        passages=passages.assemble(part_list(articles), len(articles), vectors, words),
        names={name: tuple(sorted(ids)) for name, ids in names.items()},
        numbered={(article.policy.id, article.number): row for row, article in enumerate(articles)},
    )
