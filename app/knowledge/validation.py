"""What must hold between records: uniqueness, references, placeholders.  Field rules live in ``model``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches

from app.knowledge.loader import Source
from app.knowledge.model import CATEGORIES, Entry, Mark, Problem
from app.text.normalize import match_key

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def validate(source: Source, today: date) -> list[Problem]:
    """Every problem of a loaded folder, errors first, in file order.  ``today`` decides which windows are over."""
    problems = list(source.problems)
    entries: list[Entry] = source.records["entries"]
    problems += _phrases(source)
    problems += _numbers(source, entries)
    if not source.unread_faq:
        problems += _references(source, entries)
    problems += _placeholders(source, entries)
    problems += _windows(source, entries, today)
    problems += _categories(entries)
    return sorted(problems, key=lambda problem: (problem.severity, problem.mark, problem.key))


def _intent_phrases(source: Source) -> Iterator[tuple[str, str, str, str]]:
    """(kind, id, field, phrase) of everything a question may be matched with."""
    for entry in source.records["entries"]:
        yield "entries", entry.id, "question", entry.question
        for i, alias in enumerate(entry.aliases):
            yield "entries", entry.id, f"aliases[{i}]", alias
    for kind in ("topics", "judgements", "pointers", "smalltalk"):
        for record in source.records[kind]:
            if kind == "pointers":
                yield kind, record.id, "title", record.title
            for i, phrase in enumerate(record.phrases):
                yield kind, record.id, f"phrases[{i}]", phrase


def _phrases(source: Source) -> Iterator[Problem]:
    """No wording may lead to two places: the reply would depend on the order of files."""
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
            if seen_errors.setdefault(key, entry.id) != entry.id:
                mark = source.mark("entries", entry.id, f"error_texts[{i}]")
                message = f"报错文字重复，{seen_errors[key]} 已有"
                yield Problem("error", mark, f"{entry.id}.error_texts[{i}]", message, text, "全库唯一")


def _numbers(source: Source, entries: list[Entry]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for entry in entries:
        if seen.setdefault(entry.number, entry.id) != entry.id:
            mark = source.mark("entries", entry.id, "number")
            message = f"条目号重复，{seen[entry.number]} 已用"
            yield Problem("error", mark, f"{entry.id}.number", message, entry.number, "全库唯一的三位数字")


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


def _plain(source: Source, entries: Iterable[Entry]) -> Iterator[tuple[Mark, str, str]]:
    """Texts that are shown as they stand, where a placeholder would show its braces."""
    for entry in entries:
        yield source.mark("entries", entry.id, "question"), f"{entry.id}.question", entry.question
        if entry.clarify:
            yield source.mark("entries", entry.id, "clarify"), f"{entry.id}.clarify", entry.clarify.question
            yield source.mark("entries", entry.id, "clarify"), f"{entry.id}.clarify", entry.clarify.label
    for topic in source.records["topics"]:
        yield source.mark("topics", topic.id, "question"), f"{topic.id}.question", topic.question
        for i, option in enumerate(topic.options):
            yield source.mark("topics", topic.id, f"options[{i}]"), f"{topic.id}.options[{i}]", option.label
    for pointer in source.records["pointers"]:
        yield source.mark("pointers", pointer.id, "title"), f"{pointer.id}.title", pointer.title
    for term in source.records["terms"]:
        yield source.mark("terms", term.term, "definition"), f"{term.term}.definition", term.definition
    for name, value in source.site.items():
        for text in (value.value or "", value.fallback):
            yield source.mark("site", name), f"values.{name}", text


def _texts(source: Source, entries: Iterable[Entry]) -> Iterator[tuple[Mark, str, str]]:
    for entry in entries:
        yield source.mark("entries", entry.id, "answer"), f"{entry.id}.answer", entry.answer
        if entry.urgent:
            yield source.mark("entries", entry.id, "urgent"), f"{entry.id}.urgent", entry.urgent
    for manual in source.records["manuals"]:
        for task in manual.tasks:
            trouble = [text for item in task.trouble for text in (item.symptom, item.remedy)]
            for text in (task.title, task.purpose, *task.before, *task.steps, *task.expect, *trouble):
                yield source.mark("manuals", manual.id), f"{manual.id}.任务 {task.number}", text
    for kind in ("pointers", "smalltalk"):
        for record in source.records[kind]:
            yield source.mark(kind, record.id, "text"), f"{record.id}.text", record.text
    if source.replies is not None:
        for name, value in source.replies:
            yield source.mark("replies", "replies", name), f"replies.{name}", value


def placeholders_used(source: Source) -> dict[str, set[str]]:
    """Name of a placeholder -> ids of the records that use it."""
    used: dict[str, set[str]] = {}
    for _, key, text in _texts(source, source.records["entries"]):
        for name in PLACEHOLDER.findall(text):
            used.setdefault(name, set()).add(key.split(".")[0])
    return used


def _placeholders(source: Source, entries: list[Entry]) -> Iterator[Problem]:
    used = placeholders_used(source)
    for mark, key, text in _texts(source, entries):
        for name in PLACEHOLDER.findall(text):
            if name not in source.values:
                near = get_close_matches(name, source.values, 1, 0.5)
                hint = f"，是不是想写「{near[0]}」" if near else ""
                yield Problem(
                    "error", mark, key, f"占位名不存在{hint}", "{{" + name + "}}", "site.yaml 或 facts.yaml 里的名称"
                )
        if "{{" in PLACEHOLDER.sub("", text) or "}}" in PLACEHOLDER.sub("", text):
            yield Problem("error", mark, key, "花括号不成对", allowed="{{名称}}")
    for mark, key, text in _plain(source, entries):
        if "{{" in text or "}}" in text:
            yield Problem("error", mark, key, "这里不能用占位名", text[:60], "直接写文字")
    if source.replies is not None and source.replies.handover_phone not in source.site:
        mark = source.mark("replies", "replies", "handover_phone")
        found = source.replies.handover_phone
        near = get_close_matches(found, source.site, 1, 0.5)
        hint = f"，是不是想写「{near[0]}」" if near else ""
        yield Problem("error", mark, "replies.handover_phone", f"占位名不存在{hint}", found, "site.yaml 里的名称")
    for name, value in source.site.items():
        if value.value is None and name in used:
            where = "、".join(sorted(used[name]))
            mark = source.mark("site", name)
            message = f"本中心还没有填「{value.about}」，答复里用的是「{value.fallback}」"
            yield Problem("warning", mark, f"values.{name}", message, allowed=f"用到它的：{where}")


def _windows(source: Source, entries: list[Entry], today: date) -> Iterator[Problem]:
    for entry in entries:
        mark = source.mark("entries", entry.id, "effective_to")
        if entry.effective_from and entry.effective_to and entry.effective_from > entry.effective_to:
            found = f"{entry.effective_from} 至 {entry.effective_to}"
            yield Problem("error", mark, f"{entry.id}.effective_to", "失效日早于生效日", found)
        elif not in_force(entry, today):
            message = "不在有效期内，已停用，不会作为答复"
            yield Problem(
                "warning", mark, f"{entry.id}.effective_to", message, str(entry.effective_to or entry.effective_from)
            )


def in_force(entry: Entry, today: date) -> bool:
    """Both ends of the window belong to it."""
    started = entry.effective_from is None or entry.effective_from <= today
    return started and (entry.effective_to is None or today <= entry.effective_to)


def _categories(entries: list[Entry]) -> Iterator[Problem]:
    empty = [name for name in CATEGORIES if all(entry.category != name for entry in entries)]
    if entries and empty:
        yield Problem("warning", Mark("kb/faq", 1, 1), "category", "有分类没有任何条目", "、".join(empty))
