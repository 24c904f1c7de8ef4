"""Questions that name what they want to read: an article of a statute, or a word of the dictionary."""

from __future__ import annotations

import re
from datetime import date

from app.dialogue.policy import MAX_OPTIONS
from app.index.articles import LawArticle
from app.knowledge.model import Entry, Term
from app.retrieval import laws
from app.retrieval.laws import LawHit
from app.retrieval.suggest import suggest
from app.snapshot import Snapshot
from app.text.normalize import match_key

FITS = 1.80
"""Score from which an article clearly fits a question that no entry answers.  Dev: 87 % of the questions about articles reach it,
93 % of those with a right one first; 7 % of the questions out of scope, most of them near ones that an article does settle
(「投标报价用美元报，汇率按哪天的折」)."""
MAX_ARTICLES = 3
BESIDE = 8
"""Characters that may stand beside a statute's name for the message to be a reference to it and no question."""

_EMPTY = re.compile(
    r"第?[一二三四五六七八九十\d]+[款项目]|的|是|什么|内容|规定|原文|全文|怎么|如何|说|讲|写|啥|看|一下|查|查询|帮我|我要|想|里|中|关于|有关|条文|了"
)
_ASKING = re.compile(r"怎|吗|么|呢|多|几|啥|哪|谁|能|可以|要不要|是否|行不|算")
_DEFINITION = re.compile(
    r"(?:什么|啥)(?:是|叫做|叫|东西是)(?P<a>.+)|(?P<b>.+?)(?:是(?:个)?(?:什么|啥)(?:意思|东西|概念)?|(?:什么|啥)意思|指(?:的是)?(?:什么|啥)"
    r"|的?(?:定义|含义|概念)(?:是什么|是啥)?)|(?:何为|何谓|解释(?:一下)?)(?P<c>.+)"
)


_NUMBER = re.compile(r"(?:第|编号|条目|答案|no\.?)?\s*(\d{3})\s*(?:号|条|号条目)?")
LATIN = re.compile(r"[a-z' ]{3,60}")
"""Three letters are the fewest that say something as initials (bzj)."""


def numbered(snapshot: Snapshot, text: str) -> Entry | None:
    """The entry whose number a normalised text consists of (037, 编号037)."""
    match = _NUMBER.fullmatch(text)
    return snapshot.by_number.get(match.group(1)) if match else None


def spelled(snapshot: Snapshot, text: str) -> tuple[Entry, ...]:
    """Entries that a normalised text of Latin letters names by their pinyin, whole, initials or mixed; the best five."""
    if not LATIN.fullmatch(text):
        return ()
    return tuple(suggest(snapshot, text)[:MAX_OPTIONS])


def cited(snapshot: Snapshot, question: str, as_of: date | None = None) -> tuple[LawHit, ...]:
    """The articles of a message that is a reference, not a question: a name with a number, or with a few words."""
    if snapshot.laws is None or match_key(question) in snapshot.exact:
        return ()
    named = laws.mention(snapshot.laws, question)
    if not named.policies:
        return ()
    rest = _EMPTY.sub("", named.rest).strip()
    if named.article:
        if len(rest) > BESIDE:
            return ()  # a question that cites an article in passing
    elif len(rest) > BESIDE or (rest and _ASKING.search(named.rest)):
        return ()
    found = laws.find(snapshot.laws, snapshot.encoder, snapshot.tokenizer, question, top_k=MAX_ARTICLES, as_of=as_of)
    if named.article and not (found and found[0].tier == "cited"):
        return ()  # that statute has no such article here
    return tuple(found)


def fitting(snapshot: Snapshot, question: str, as_of: date | None = None) -> tuple[LawHit, ...]:
    """Articles that clearly fit a question the entries cannot answer."""
    if snapshot.laws is None:
        return ()
    found = laws.find(snapshot.laws, snapshot.encoder, snapshot.tokenizer, question, top_k=MAX_ARTICLES, as_of=as_of)
    return tuple(hit for hit in found if hit.tier != "found" or hit.score >= FITS)


def term_asked(snapshot: Snapshot, text: str) -> Term | None:
    """The dictionary's word whose meaning a normalised text asks for (什么是暗标, 暗标啥意思), or that it consists of."""
    key = text.replace(" ", "")
    match = _DEFINITION.fullmatch(key)
    asked = next((group for group in match.groups() if group), key) if match else key
    return snapshot.term_of.get(match_key(asked))


def asks_meaning(text: str) -> bool:
    """Whether a normalised text asks what a word means."""
    return _DEFINITION.fullmatch(text.replace(" ", "")) is not None


def entries_using(snapshot: Snapshot, term: Term) -> tuple[Entry, ...]:
    """Entries in whose question the word stands, then those in whose answer."""
    names = (term.term, *term.aliases)
    in_question = [e for e in snapshot.knowledge.entries if any(name in e.question for name in names)]
    in_answer = [e for e in snapshot.knowledge.entries if term.term in snapshot.rendered[e.id].text]
    return tuple(dict.fromkeys((*in_question, *in_answer)))


def citing(snapshot: Snapshot, article: LawArticle) -> tuple[Entry, ...]:
    """Entries whose legal basis is this article."""
    title, number = article.policy.title, article.number
    return tuple(
        entry
        for entry in snapshot.knowledge.entries
        if any(basis.law == title and basis.article == number for basis in entry.legal_basis)
    )
