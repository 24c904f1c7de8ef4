"""Citations: does the law exist, has it such an article, is it in force?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from app.knowledge.lint.statutes import Statutes
from app.knowledge.loader import Source
from app.knowledge.model import LegalBasis, Mark, Problem
from app.text.numerals import to_chinese

SOON = timedelta(days=90)
"""How long before a statute expires its editors are told."""

INLINE = re.compile(
    r"《([^《》]{2,40})》(?:（[^（）]{1,30}）)?((?:[、和及]?第[零一二三四五六七八九十百\d]{1,5}条(?:之[一二三四五六七八九十])?)+)"
)
"""《招标投标法实施条例》第66条、第67条: a law cited in running text, with its articles."""
_ARTICLE = re.compile(r"第([零一二三四五六七八九十百]+|\d+)条(之[一二三四五六七八九十])?")


def problems(source: Source, statutes: Statutes, today: date) -> Iterator[Problem]:
    for mark, key, basis, day in citations(source, today):
        yield from _check(statutes, mark, key, basis, day)
    for entry_id, reasons in quarantined(source, statutes, today).items():
        mark = source.mark("entries", entry_id, "legal_basis")
        message = "所引条款不在施行期，本条已停用，不会作为答复；改好依据和答案后恢复"
        yield Problem("warning", mark, f"{entry_id}.legal_basis", message, "；".join(reasons), "现行有效的条款")
    for policy in source.records["policies"]:
        if policy.effective_to and today <= policy.effective_to <= today + SOON:
            mark = source.mark("policies", policy.id, "effective_to")
            message = "这部法规快要失效，届时引用它的条目会停用"
            yield Problem(
                "warning", mark, f"{policy.id}.effective_to", message, str(policy.effective_to), "查有没有延期或新文本"
            )


def citations(source: Source, today: date) -> Iterator[tuple[Mark, str, LegalBasis, date]]:
    """Every place that cites an article, and a day to judge it by: legal bases, running text of answers, terms, facts."""
    for entry in source.records["entries"]:
        day = entry.day_nearest(today)
        for i, basis in enumerate(entry.legal_basis):
            yield source.mark("entries", entry.id, f"legal_basis[{i}]"), f"{entry.id}.legal_basis[{i}]", basis, day
        for basis in inline(entry.answer):
            yield source.mark("entries", entry.id, "answer"), f"{entry.id}.answer", basis, day
    for term in source.records["terms"]:
        if term.law and term.article:
            basis = LegalBasis(law=term.law, article=term.article)
            yield source.mark("terms", term.term, "law"), f"{term.term}.law", basis, today
    for name, fact in source.facts.items():
        if fact.law and fact.article:
            basis = LegalBasis(law=fact.law, article=fact.article)
            yield source.mark("facts", name, "law"), f"facts.{name}", basis, today


def inline(text: str) -> list[LegalBasis]:
    """The articles that a text cites with the law's name in 《》, numbers as statutes write them."""
    found = []
    for match in INLINE.finditer(text):
        for number, inserted in _ARTICLE.findall(match[2]):
            numeral = to_chinese(int(number)) if number.isdigit() else number
            found.append(LegalBasis(law=match[1], article=f"第{numeral}条{inserted}"))
    return found


def quarantined(source: Source, statutes: Statutes, today: date) -> dict[str, list[str]]:
    """Ids of the entries that rest on an article out of force on this day -> why; in the order of the entries.

    A version still to come is judged by its first day.
    """
    found: dict[str, list[str]] = {}
    for entry in source.records["entries"]:
        if entry.effective_to and entry.effective_to < today:
            continue  # an old version, asked for by date only
        day = entry.day_nearest(today)
        reasons = [reason for basis in entry.legal_basis if (reason := statutes.out_of_force(basis, day))]
        if reasons:
            found[entry.id] = list(dict.fromkeys(reasons))
    return found


def _check(statutes: Statutes, mark: Mark, key: str, basis: LegalBasis, day: date) -> Iterator[Problem]:
    policy = statutes.named(basis.law, day)
    if policy is None:
        near = statutes.nearest(basis.law)
        hint = f"，是不是想写「{near}」" if near else ""
        yield Problem(
            "warning", mark, key, f"kb/policies 里没有这部法规{hint}", basis.law, "先建这部法规的记录，或改正名称"
        )
    elif policy.status == "unavailable":
        found = f"{basis.law}{basis.article}"
        yield Problem(
            "warning",
            mark,
            key,
            "这部法规没有文本，无法核对所引条款",
            found,
            "用 import-law 导入全文，或换成有文本的依据",
        )
    elif policy.status == "amended":
        by = f"（{policy.replaced_by}）" if policy.replaced_by else ""
        message = f"这部法规已修订{by}，所引条款要按新文本核对"
        yield Problem(
            "warning",
            mark,
            key,
            message,
            f"{basis.law}{basis.article}",
            "核对后更新条款要点，并把 status 改回 in_force",
        )
    elif not statutes.has(policy, basis.article):
        if statutes.known_whole(policy):
            message = f"《{policy.title}》里没有这一条"
        elif policy.articles:
            message = f"《{policy.title}》还没有这一条的要点，看不到它说什么"
        else:
            return
        yield Problem("warning", mark, key, message, basis.article, "改正条款号，或在 kb/policies 补上要点")
