"""``{{names}}`` in texts: where they may stand, which exist, and which this centre has not filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from app.knowledge.loader import Source
from app.knowledge.model import Mark, Problem

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def plain(source: Source) -> Iterator[tuple[Mark, str, str]]:
    """Texts that are shown as they stand, where a placeholder would show its braces."""
    for entry in source.records["entries"]:
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
    for manual in source.records["manuals"]:
        yield source.mark("manuals", manual.id), f"{manual.id}.title", manual.title
    for term in source.records["terms"]:
        yield source.mark("terms", term.term, "definition"), f"{term.term}.definition", term.definition
    yield source.mark("welcome", "welcome", "name"), "welcome.name", source.welcome.name
    for i, notice in source.notices.items():
        for part, text in notice.link or ():
            yield source.mark("notices", str(i), f"link.{part}"), f"notices[{i}].link.{part}", text
    for name, value in source.site.items():
        for text in (value.value or "", value.fallback):
            yield source.mark("site", name), f"values.{name}", text
    for name, fact in source.facts.items():
        yield source.mark("facts", name, "value"), f"facts.{name}.value", fact.value


def filled(source: Source) -> Iterator[tuple[Mark, str, str]]:
    for entry in source.records["entries"]:
        yield source.mark("entries", entry.id, "answer"), f"{entry.id}.answer", entry.answer
        for moment in ("before", "opening", "evaluation"):
            step = getattr(entry.urgent, moment, None)
            for part, text in step or ():
                key = f"urgent.{moment}.{part}"
                yield source.mark("entries", entry.id, key), f"{entry.id}.{key}", text
    for manual in source.records["manuals"]:
        yield source.mark("manuals", manual.id), f"{manual.id}.about", manual.about
        for task in manual.tasks:
            trouble = [text for item in task.trouble for text in (item.symptom, item.remedy)]
            for text in (task.title, task.purpose, *task.before, *task.steps, *task.expect, *trouble):
                yield source.mark("manuals", manual.id), f"{manual.id}.任务 {task.number}", text
    for kind in ("pointers", "smalltalk"):
        for record in source.records[kind]:
            yield source.mark(kind, record.id, "text"), f"{record.id}.text", record.text
    yield source.mark("welcome", "welcome", "greeting"), "welcome.greeting", source.welcome.greeting
    for who, role in source.welcome.roles.items():
        yield source.mark("welcome", "welcome", f"roles.{who}.hint"), f"welcome.roles.{who}.hint", role.hint or ""
    for i, notice in source.notices.items():
        yield source.mark("notices", str(i), "text"), f"notices[{i}].text", notice.text
    if source.replies is not None:
        for name, value in source.replies:
            yield source.mark("replies", "replies", name), f"replies.{name}", value


def used_by(source: Source) -> dict[str, set[str]]:
    """Name of a placeholder -> ids of the records that use it."""
    used: dict[str, set[str]] = {}
    for _, key, text in filled(source):
        for name in PLACEHOLDER.findall(text):
            used.setdefault(name, set()).add(key.split(".")[0])
    return used


def problems(source: Source) -> Iterator[Problem]:
    used = used_by(source)
    for mark, key, text in filled(source):
        for name in PLACEHOLDER.findall(text):
            if name not in source.values:
                near = get_close_matches(name, source.values, 1, 0.5)
                hint = f"，是不是想写「{near[0]}」" if near else ""
                yield Problem(
                    "error", mark, key, f"占位名不存在{hint}", "{{" + name + "}}", "site.yaml 或 facts.yaml 里的名称"
                )
        if "{{" in PLACEHOLDER.sub("", text) or "}}" in PLACEHOLDER.sub("", text):
            yield Problem("error", mark, key, "花括号不成对", allowed="{{名称}}")
    for mark, key, text in plain(source):
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
            yield Problem("note", mark, f"values.{name}", message, allowed=f"用到它的：{where}")
