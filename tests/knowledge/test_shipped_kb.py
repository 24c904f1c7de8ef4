"""The knowledge this repository ships."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.evaluation.gate import gate
from app.knowledge.figures import figures
from app.knowledge.loader import Source, load
from app.knowledge.model import CATEGORIES, Entry
from app.knowledge.render import render
from app.knowledge.statute import parse
from app.knowledge.validation import validate
from app.snapshot import law_list, phrase_list
from app.text.normalize import match_key
from tests import small_kb
from tests.conftest import CHECKOUT, Published


@pytest.fixture(scope="module")
def source() -> Source:
    return load(CHECKOUT / "kb")


@pytest.fixture(scope="module")
def entries(source: Source) -> tuple[Entry, ...]:
    return source.knowledge().entries


def test_the_linter_has_nothing_to_say_but_what_each_centre_fills_in(source: Source) -> None:
    problems = validate(source, small_kb.NOW.date())
    assert [str(problem) for problem in problems if problem.severity != "note"] == []


def test_it_has_122_entries_numbered_through_the_12_categories(entries: tuple[Entry, ...]) -> None:
    assert [entry.number for entry in entries] == [f"{number:03d}" for number in range(1, 123)]
    in_order = list(dict.fromkeys(entry.category for entry in entries))
    assert in_order == list(CATEGORIES)
    places = [CATEGORIES.index(entry.category) for entry in entries]
    assert places == sorted(places)


def test_each_category_is_one_file() -> None:
    files = sorted((CHECKOUT / "kb" / "faq").glob("*.yaml"))
    categories = [yaml.safe_load(path.read_text("utf-8"))["category"] for path in files]
    assert sorted(categories) == sorted(CATEGORIES)


def test_entries_are_those_of_the_catalogue(entries: tuple[Entry, ...], laws: Path) -> None:
    path = laws.parent / "catalogue.yaml"
    if not path.is_file():
        pytest.skip("no catalogue beside the folder of laws")
    listed = yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))["entries"]
    expected = [(f"{i + 1:03d}", item["id"], item["category"], item["question"]) for i, item in enumerate(listed)]
    assert [(entry.number, entry.id, entry.category, entry.question) for entry in entries] == expected


def test_every_entry_is_known_by_many_wordings(entries: tuple[Entry, ...]) -> None:
    assert {entry.id: len(entry.aliases) for entry in entries if len(entry.aliases) < 18} == {}


def test_every_related_entry_exists_and_is_another(entries: tuple[Entry, ...]) -> None:
    known = {entry.id for entry in entries}
    assert [(entry.id, key) for entry in entries for key in entry.related if key not in known or key == entry.id] == []
    assert [entry.id for entry in entries if len(set(entry.related)) != len(entry.related)] == []


def test_no_wording_leads_to_two_places(source: Source) -> None:
    where: dict[str, set[str]] = {}
    for intent in source.knowledge().intents():
        for phrase in intent.phrases:
            where.setdefault(match_key(phrase), set()).add(f"{intent.kind} {intent.id}")
    assert {key: places for key, places in where.items() if len(places) > 1} == {}


def test_no_intent_has_a_wording_twice(source: Source) -> None:
    counted = Counter(match_key(phrase) for phrase in phrase_list(source.knowledge()))
    assert {key: count for key, count in counted.items() if count > 1} == {}


def test_no_fact_of_any_centre_is_filled_in(source: Source) -> None:
    """Which phone, which address: the administrator of one centre says so, not this repository."""
    assert [name for name, value in source.site.items() if value.value is not None] == []


def test_every_site_value_is_used(source: Source) -> None:
    kb = CHECKOUT / "kb"
    written = "".join(path.read_text("utf-8") for path in kb.rglob("*.yaml") if path.name != "site.yaml")
    unused = [name for name in source.site if not re.search(rf"\{{\{{\s*{name}\s*\}}\}}|: {name}\n", written)]
    assert unused == []


def test_every_answer_begins_with_a_short_line_and_shows_no_braces(source: Source, entries: tuple[Entry, ...]) -> None:
    texts = {entry.id: render(entry.answer, source.knowledge().values).text for entry in entries}
    assert {key: text.splitlines()[0] for key, text in texts.items() if len(text.splitlines()[0]) > 80} == {}
    assert [key for key, text in texts.items() if "{" in text or "}" in text] == []


def citations(source: Source) -> Iterator[tuple[str, str, str]]:
    for entry in source.knowledge().entries:
        for basis in entry.legal_basis:
            yield entry.id, basis.law, basis.article
    for term in source.knowledge().terms:
        if term.law is not None and term.article is not None:
            yield term.term, term.law, term.article


def test_every_cited_article_stands_in_its_law(source: Source, laws: Path) -> None:
    texts = {path.stem: path.read_text("utf-8") for path in laws.glob("*.md")}
    missing = []
    count = 0
    for owner, law, article in citations(source):
        count += 1
        if law not in texts or not re.search(rf"^\W*{re.escape(article)}(?![之十百])", texts[law], re.MULTILINE):
            missing.append((owner, law, article))
    assert missing == []
    assert count > 122


COMPLETE = (
    "中华人民共和国招标投标法", "中华人民共和国招标投标法实施条例", "中华人民共和国政府采购法", "中华人民共和国政府采购法实施条例", "评标委员会和评标方法暂行规定",
    "政府采购货物和服务招标投标管理办法", "政府采购非招标采购方式管理办法", "政府采购质疑和投诉办法", "电子招标投标办法",
)  # fmt: skip


def test_statutes_and_gists_are_many(source: Source) -> None:
    policies = source.knowledge().policies
    assert sum(bool(policy.articles) for policy in policies) >= 35
    assert sum(len(policy.articles) for policy in policies) >= 700
    assert {policy.id for policy in policies if policy.status == "unavailable"} == {
        "evaluation-expert-rules",
        "notice-publication-rules",
        "bidding-complaint-rules",
        "goods-bidding-measures",
        "survey-design-bidding-measures",
        "mineral-trading-rules",
        "state-assets-trading-measures",
    }


def test_gists_agree_with_the_official_articles(source: Source, laws: Path) -> None:
    """Every article exists, in order, every figure of a gist stands in it, and the statutes named above are whole."""
    faults = []
    for policy in source.knowledge().policies:
        if not policy.articles:
            continue
        units = {unit.number: unit.text for unit in parse((laws / f"{policy.title}.md").read_text("utf-8")).articles}
        numbers = [gist.article for gist in policy.articles]
        faults += [(policy.title, number) for number in numbers if number not in units]
        if numbers != [number for number in units if number in numbers]:
            faults.append((policy.title, "not in order"))
        if policy.title in COMPLETE and numbers != list(units):
            faults.append((policy.title, "not whole"))
        for gist in policy.articles:
            have = {(figure.value, figure.unit) for figure in figures(units.get(gist.article, ""))}
            faults += [
                (policy.title, f"{gist.article}: {figure.text}")
                for figure in figures(gist.gist)
                if (figure.value, figure.unit) not in have
            ]
    assert faults == []


def questions(value: Any) -> Iterator[str]:
    """Every ``question`` anywhere in an evaluation set."""
    if isinstance(value, list):
        for item in value:
            yield from questions(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "question":
                yield item
            else:
                yield from questions(item)


QUALITY = CHECKOUT / "tests" / "quality"


@pytest.mark.parametrize("path", sorted(QUALITY.rglob("*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_evaluation_question_is_a_wording_of_the_knowledge(source: Source, path: Path) -> None:
    """What is measured must not have been learnt by heart."""
    knowledge = source.knowledge()
    texts = law_list(knowledge) if path.parent.name == "laws" else phrase_list(knowledge)
    known = {match_key(text) for text in texts}
    known |= source.golden.keys()
    cases = yaml.safe_load(path.read_text("utf-8"))
    asked = list(questions(cases))
    assert asked or cases.keys() == {"dialogues"}  # whose messages may well be words that anybody says
    assert [text for text in asked if match_key(text) in known] == []


def test_every_protected_question_holds_and_is_no_wording(source: Source, published: Published) -> None:
    result = gate(published.snapshot, None, source.golden.values(), [])
    assert [str(failure) for failure in result.failures] == []
    assert result.golden == len(source.golden) >= 3 * 122
    assert source.golden.keys() & {match_key(text) for text in phrase_list(source.knowledge())} == set()
