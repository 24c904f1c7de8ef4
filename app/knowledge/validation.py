"""What must hold between records: uniqueness, references, placeholders.  Field rules live in ``model``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches

from app.knowledge import placeholders
from app.knowledge.lint import lint
from app.knowledge.lint.wordings import wordings
from app.knowledge.loader import Source
from app.knowledge.model import CATEGORIES, SEVERITIES, Entry, Mark, OfficialText, Problem
from app.text.normalize import match_key


def validate(source: Source, today: date, official: Sequence[OfficialText] = ()) -> list[Problem]:
    """Every problem of a loaded folder, errors first, then warnings and notes, in file order.

    ``today`` decides which windows are over; ``official`` are the texts that citations are checked with.
    """
    problems = list(source.problems)
    entries: list[Entry] = source.records["entries"]
    problems += _phrases(source)
    problems += _numbers(source, entries)
    if not source.unread_faq:
        problems += _references(source, entries)
    problems += placeholders.problems(source)
    problems += _versions(source, entries)
    problems += _windows(source, entries, today)
    problems += _notices(source, today)
    problems += _categories(entries)
    problems += _golden(source, entries)
    problems += lint(source, today, official)
    return in_order(problems)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The graver first, then by place."""
    return sorted(problems, key=lambda problem: (SEVERITIES.index(problem.severity), problem.mark, problem.key))


def _intent_phrases(source: Source) -> Iterator[tuple[str, str, str, str]]:
    """(kind, id, field, phrase) of everything a question may be matched with."""
    for entry in source.records["entries"]:
        for field, text in wordings(entry):
            yield "entries", entry.id, field, text
    for kind in ("topics", "judgements", "pointers", "smalltalk"):
        for record in source.records[kind]:
            if kind == "pointers":
                yield kind, record.id, "title", record.title
            for i, phrase in enumerate(record.phrases):
                yield kind, record.id, f"phrases[{i}]", phrase


def _phrases(source: Source) -> Iterator[Problem]:
    """No wording may lead to two places: the reply would depend on the order of files.

    Versions of one entry may share theirs: only one of them is asked.
    """
    first_of = _first_versions(source.records["entries"])
    seen: dict[str, tuple[str, str, str]] = {}
    for kind, identifier, field, phrase in _intent_phrases(source):
        mark = source.mark(kind, identifier, field)
        key = match_key(phrase)
        if not key:
            yield Problem("error", mark, field, "只有标点或空白", phrase, "一句问法")
            continue
        if key not in seen:
            seen[key] = (kind, identifier, field)
            continue
        other_kind, other, _ = seen[key]
        if kind == other_kind == "entries" and identifier != other and first_of[identifier] == first_of[other]:
            continue
        first = source.mark(*seen[key])
        where = f"{first.file} 第 {first.line} 行（{seen[key][1]}）"
        yield Problem(
            "error", mark, f"{identifier}.{field}", f"问法重复，{where}已有", phrase, "全库唯一；删去其中一处"
        )
    for entry in source.records["entries"]:
        for i, phrase in enumerate(entry.not_aliases):
            owner = seen.get(match_key(phrase))
            if owner and owner[:2] == ("entries", entry.id):
                mark = source.mark("entries", entry.id, f"not_aliases[{i}]")
                message = f"同时是本条的 {owner[2]}"
                yield Problem("error", mark, f"{entry.id}.not_aliases[{i}]", message, phrase, "只能二选一")
    seen_errors: dict[str, str] = {}
    for entry in source.records["entries"]:
        for i, text in enumerate(entry.error_texts):
            key = match_key(text)
            if first_of[seen_errors.setdefault(key, entry.id)] != first_of[entry.id]:
                mark = source.mark("entries", entry.id, f"error_texts[{i}]")
                message = f"报错文字重复，{seen_errors[key]} 已有"
                yield Problem("error", mark, f"{entry.id}.error_texts[{i}]", message, text, "全库唯一")


def _numbers(source: Source, entries: list[Entry]) -> Iterator[Problem]:
    first_of = _first_versions(entries)
    seen: dict[str, str] = {}
    for entry in entries:
        if first_of[seen.setdefault(entry.number, entry.id)] != first_of[entry.id]:
            mark = source.mark("entries", entry.id, "number")
            message = f"条目号重复，{seen[entry.number]} 已用"
            yield Problem("error", mark, f"{entry.id}.number", message, entry.number, "全库唯一的三位数字")


def _first_versions(entries: Iterable[Entry]) -> dict[str, str]:
    """Id of an entry -> id of its oldest version."""
    before = {entry.id: entry.replaces for entry in entries}

    def first(identifier: str) -> str:
        chain = [identifier]
        while (older := before[chain[-1]]) is not None and older in before and older not in chain:
            chain.append(older)
        return chain[-1]

    return {identifier: first(identifier) for identifier in before}


def _versions(source: Source, entries: Iterable[Entry]) -> Iterator[Problem]:
    """Versions of an entry follow each other in one line: out of a fork or a circle some would never be served."""
    known = {entry.id: entry for entry in entries}
    successor: dict[str, str] = {}
    for entry in known.values():
        if entry.replaces is None:
            continue
        if successor.setdefault(entry.replaces, entry.id) != entry.id:
            mark = source.mark("entries", entry.id, "replaces")
            message = f"{successor[entry.replaces]} 已经代替了它"
            yield Problem("error", mark, f"{entry.id}.replaces", message, entry.replaces, "最近的一个版本")
        old = known.get(entry.replaces)
        if old and (entry.effective_from or date.min) <= (old.effective_from or date.min):
            mark = source.mark("entries", entry.id, "effective_from")
            found = str(entry.effective_from or "")
            yield Problem(
                "error", mark, f"{entry.id}.effective_from", f"生效日不晚于它代替的 {old.id}", found, "代替的那一天"
            )


def _references(source: Source, entries: list[Entry]) -> Iterator[Problem]:
    known = source.entry_ids

    def check(kind: str, owner: str, field: str, target: str) -> Iterator[Problem]:
        if target not in known:
            near = get_close_matches(target, known, 1, 0.5)
            hint = f"，是不是想写「{near[0]}」" if near else ""
            mark = source.mark(kind, owner, field)
            yield Problem("error", mark, f"{owner}.{field}", f"没有这个条目{hint}", target, "已有条目的 id")

    for entry in entries:
        for i, target in enumerate(entry.related):
            yield from check("entries", entry.id, f"related[{i}]", target)
        if entry.replaces is not None:
            yield from check("entries", entry.id, "replaces", entry.replaces)
    for topic in source.records["topics"]:
        for i, option in enumerate(topic.options):
            yield from check("topics", topic.id, f"options[{i}].entry", option.entry)
    for judgement in source.records["judgements"]:
        yield from check("judgements", judgement.id, "entry", judgement.entry)
    for pointer in source.records["pointers"]:
        for i, target in enumerate(pointer.related):
            yield from check("pointers", pointer.id, f"related[{i}]", target)
    for manual in source.records["manuals"]:
        for task in manual.tasks:
            for target in (target for item in task.trouble for target in item.entries):
                yield from check("manuals", manual.id, f"任务 {task.number}", target)
    for key, case in source.golden.items():
        named = [("entry", case.entry)] if case.entry else [(f"options[{i}]", t) for i, t in enumerate(case.options)]
        for field, target in named:
            for problem in check("golden", key, field, target):
                yield problem._replace(key=f"golden.{field}")  # a whole question is no key
    lists = {"hot": source.welcome.hot} | {f"roles.{who}.hot": role.hot for who, role in source.welcome.roles.items()}
    for field, targets in lists.items():
        for i, target in enumerate(targets):
            yield from check("welcome", "welcome", f"{field}[{i}]", target)


def _windows(source: Source, entries: list[Entry], today: date) -> Iterator[Problem]:
    versions = {identifier for entry in entries if entry.replaces for identifier in (entry.id, entry.replaces)}
    for entry in entries:
        mark = source.mark("entries", entry.id, "effective_to")
        if entry.effective_from and entry.effective_to and entry.effective_from > entry.effective_to:
            found = f"{entry.effective_from} 至 {entry.effective_to}"
            yield Problem("error", mark, f"{entry.id}.effective_to", "失效日早于生效日", found)
        elif entry.id not in versions and not entry.in_force(today):
            message = "不在有效期内，已停用，不会作为答复"
            yield Problem(
                "warning", mark, f"{entry.id}.effective_to", message, str(entry.effective_to or entry.effective_from)
            )


def _notices(source: Source, today: date) -> Iterator[Problem]:
    for i, notice in source.notices.items():
        mark = source.mark("notices", str(i), "to")
        if notice.from_ and notice.to and notice.to <= notice.from_:
            found = f"{notice.from_:%Y-%m-%d %H:%M} 至 {notice.to:%Y-%m-%d %H:%M}"
            yield Problem("error", mark, f"notices[{i}].to", "结束时间不晚于开始时间", found, "晚于 from 的时间")
        elif notice.to and notice.to.date() < today:
            found = f"{notice.to:%Y-%m-%d %H:%M}"
            yield Problem("note", mark, f"notices[{i}].to", "已经过期，可以删去", found)


def _categories(entries: list[Entry]) -> Iterator[Problem]:
    empty = [name for name in CATEGORIES if all(entry.category != name for entry in entries)]
    if entries and empty:
        yield Problem("warning", Mark("kb/faq", 1, 1), "category", "有分类没有任何条目", "、".join(empty))


PROTECTED = 3
"""Protected questions that an entry should have."""
NAMED = 20
"""Entries that are named of those that have fewer."""


def _golden(source: Source, entries: Iterable[Entry]) -> Iterator[Problem]:
    known = {match_key(text): identifier for _, identifier, _, text in _intent_phrases(source)}
    for key, case in source.golden.items():
        if key in known:
            message = f"就是 {known[key]} 的一句问法，起不到保护作用"
            yield Problem("note", source.mark("golden", key), "golden", message, case.question, "换一种说法")
    first_of = _first_versions(entries)
    counted = Counter(first_of.get(case.entry) for case in source.golden.values() if case.entry is not None)
    served = {first_of[entry.id] for entry in entries if entry.id not in source.hidden}
    few = sorted(first for first in served if counted[first] < PROTECTED)
    if few:
        named = "、".join(few[:NAMED]) + (f" 等 {len(few)} 条" if len(few) > NAMED else "")
        message = f"受保护的问题不足 {PROTECTED} 个的条目"
        yield Problem("warning", Mark("kb/golden", 1, 1), "golden", message, named, f"每条至少 {PROTECTED} 个")
