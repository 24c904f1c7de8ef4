"""Figures: an amount, a percentage or a span of time in an answer comes from an article that the answer cites."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from app.knowledge.figures import Figure, figures
from app.knowledge.lint.citations import inline
from app.knowledge.lint.statutes import Statutes
from app.knowledge.loader import Source
from app.knowledge.model import Entry, LegalBasis, Problem
from app.knowledge.placeholders import PLACEHOLDER

Value = tuple[Decimal, str]


def problems(source: Source, statutes: Statutes) -> Iterator[Problem]:
    for entry in source.records["entries"]:
        yield from _entry(source, statutes, entry)
    yield from _gists(source, statutes)
    for name, fact in source.facts.items():
        if fact.law and fact.article:
            known = _known(statutes, [LegalBasis(law=fact.law, article=fact.article)], statutes.today)
            for figure in figures(fact.value):
                if known is not None and _value(figure) not in known:
                    mark = source.mark("facts", name, "value")
                    message = f"{fact.law}{fact.article}里没有这个数"
                    yield Problem("warning", mark, f"facts.{name}.value", message, figure.text, "和条款一致的数")


def _gists(source: Source, statutes: Statutes) -> Iterator[Problem]:
    """A gist says no figure that the imported official text does not."""
    for policy in source.records["policies"]:
        for i, gist in enumerate(policy.articles):
            official = statutes.official(policy, gist.article)
            if official is None:
                continue
            have = {_value(figure) for figure in figures(official)}
            strange = [figure.text for figure in figures(gist.gist) if _value(figure) not in have]
            if strange:
                mark = source.mark("policies", policy.id, f"articles[{i}].gist")
                message = f"要点里的数，官方文本的{gist.article}里没有"
                yield Problem(
                    "warning", mark, f"{policy.id}.{gist.article}", message, "、".join(strange), "和官方文本一致的数"
                )


def _entry(source: Source, statutes: Statutes, entry: Entry) -> Iterator[Problem]:
    known = backing(statutes, entry)
    if known is None:
        return  # an article we cannot look into is a problem of its own
    own = {_value(figure) for text in entry.own_figures for figure in figures(text)}
    shared = [
        figure
        for name in PLACEHOLDER.findall(entry.answer)
        if name.startswith("facts.") and (fact := source.facts.get(name.removeprefix("facts.")))
        for figure in figures(fact.value)
    ]
    found = [*figures(entry.answer), *shared]
    strange = [figure for figure in found if _value(figure) not in known | own]
    if strange:
        mark = source.mark("entries", entry.id, "answer")
        texts = "、".join(dict.fromkeys(figure.text for figure in strange))
        message = "所引条款里没有这些数"
        allowed = "改正数字，补上含有它的条款；出自惯例或换算的，列入 own_figures"
        yield Problem("warning", mark, f"{entry.id}.answer", message, texts, allowed)
    used = {_value(figure) for figure in found}
    for i, text in enumerate(entry.own_figures):
        if not any(_value(figure) in used for figure in figures(text)):
            mark = source.mark("entries", entry.id, f"own_figures[{i}]")
            yield Problem(
                "warning", mark, f"{entry.id}.own_figures[{i}]", "答案里没有用到这个数", text, "删去，或改正写法"
            )


def backing(statutes: Statutes, entry: Entry) -> set[Value] | None:
    """Every figure of the articles that an entry cites, or None when one of them is not known here."""
    return _known(statutes, [*entry.legal_basis, *inline(entry.answer)], entry.day_nearest(statutes.today))


def _known(statutes: Statutes, bases: list[LegalBasis], day: date) -> set[Value] | None:
    known: set[Value] = set()
    for basis in bases:
        policy = statutes.named(basis.law, day)
        texts = statutes.texts(policy, basis.article) if policy else []
        if not texts:
            return None
        known |= {_value(figure) for text in texts for figure in figures(text)}
    return known


def _value(figure: Figure) -> Value:
    return figure.value, figure.unit
