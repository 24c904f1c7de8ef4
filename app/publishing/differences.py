"""What one version of the knowledge says otherwise than another: record by record, field by field, as lines to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from app.knowledge.model import Knowledge
from app.knowledge.record import Record

What = Literal["added", "changed", "removed"]
Kind = Literal[
    "entry", "version", "topic", "judgement", "pointer", "smalltalk", "term", "policy", "gist", "official", "manual",
    "task", "site", "fact", "replies", "welcome", "notice", "hours",
]  # fmt: skip
KINDS: Mapping[Kind, str] = {
    "entry": "知识条目",
    "version": "条目的前后版本",
    "topic": "反问",
    "judgement": "不作判断的问法",
    "pointer": "指路",
    "smalltalk": "寒暄",
    "term": "业务词",
    "policy": "法规",
    "gist": "条款要点",
    "official": "法规全文",
    "manual": "操作手册",
    "task": "手册里的任务",
    "site": "本中心取值",
    "fact": "共用的数字",
    "replies": "固定用语",
    "welcome": "欢迎语",
    "notice": "公告",
    "hours": "服务时间",
}
"""In the order in which they are read."""
SIGNS: Mapping[What, str] = {"added": "+", "changed": "~", "removed": "-"}
AROUND = 2
"""Lines shown around a changed one."""


class Change(NamedTuple):
    """A field that is otherwise; ``lines`` begin with ``+`` or ``-``, with a blank where they only stand around."""

    field: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """``id`` is unique among its kind; of an added or removed record every field is listed."""

    kind: Kind
    id: str
    title: str
    what: What
    fields: tuple[Change, ...]

    def as_dict(self) -> dict[str, Any]:
        return self.__dict__ | {"fields": [change._asdict() for change in self.fields]}


class _Told(NamedTuple):
    """A record as text: its title, and each field as lines; a field that is a list has one item a line."""

    title: str
    fields: Mapping[str, Sequence[str]]
    lists: frozenset[str]


def differences(before: Knowledge, after: Knowledge) -> tuple[Difference, ...]:
    """By kind in the order of ``KINDS``; of each kind those of ``after`` in its order, then what is gone."""
    old, new = _told(before), _told(after)
    found = []
    for kind in KINDS:
        was, now = old[kind], new[kind]
        for key, record in now.items():
            if key not in was:
                found.append(Difference(kind, key, record.title, "added", _whole(record, "+")))
            elif changes := _changes(was[key], record):
                found.append(Difference(kind, key, record.title, "changed", changes))
        for key, record in was.items():
            if key not in now:
                found.append(Difference(kind, key, record.title, "removed", _whole(record, "-")))
    return tuple(found)


def _told(knowledge: Knowledge) -> dict[Kind, dict[str, _Told]]:
    found: dict[Kind, dict[str, _Told]] = {kind: {} for kind in KINDS}
    for kind, key, title, record, without in _records(knowledge):
        place = found[kind]
        name, number = key, 2
        while name in place:  # two windows of one article, a notice given twice
            name, number = f"{key} ({number})", number + 1
        values = [(field, getattr(record, field)) for field in type(record).model_fields if field not in without]
        fields = {field: _lines(value) for field, value in values}
        lists = frozenset(field for field, value in values if isinstance(value, tuple))
        place[name] = _Told(title, fields, lists)
    return found


def _records(knowledge: Knowledge) -> Iterator[tuple[Kind, str, str, BaseModel, tuple[str, ...]]]:
    """Kind, id, title, record, and the fields that are told elsewhere."""
    for entry in knowledge.entries:
        yield "entry", entry.id, f"{entry.number} {entry.question}", entry, ()
    for entry in knowledge.superseded:
        yield "version", entry.id, f"{entry.number} {entry.question}", entry, ()
    for topic in knowledge.topics:
        yield "topic", topic.id, topic.question, topic, ()
    for judgement in knowledge.judgements:
        yield "judgement", judgement.id, judgement.phrases[0], judgement, ()
    for pointer in knowledge.pointers:
        yield "pointer", pointer.id, pointer.title, pointer, ()
    for talk in knowledge.smalltalk:
        yield "smalltalk", talk.id, talk.phrases[0], talk, ()
    for term in knowledge.terms:
        yield "term", term.term, term.term, term, ()
    for policy in knowledge.policies:
        yield "policy", policy.id, policy.title, policy, ("articles",)
        for gist in policy.articles:
            yield "gist", f"{policy.id} {gist.article}", f"{policy.title} {gist.article} {gist.heading}", gist, ()
    for text in knowledge.official:
        yield "official", text.policy, f"{text.title}（{len(text.articles)} 条）", text, ("articles",)
    for manual in knowledge.manuals:
        yield "manual", manual.id, manual.title, manual, ("tasks",)
        for task in manual.tasks:
            yield "task", f"{manual.id} {task.number}", f"{manual.title}：{task.number} {task.title}", task, ()
    for name, value in knowledge.site.items():
        yield "site", name, value.about, value, ()
    for name, fact in knowledge.facts.items():
        yield "fact", name, fact.about, fact, ()
    yield "replies", "replies", KINDS["replies"], knowledge.replies, ()
    yield "welcome", "welcome", KINDS["welcome"], knowledge.welcome, ()
    for notice in knowledge.notices:
        yield "notice", notice.text, notice.text, notice, ()
    if knowledge.hours is not None:
        yield "hours", "hours", KINDS["hours"], knowledge.hours, ()


def _lines(value: Any) -> list[str]:
    if value is None or value == () or value == {}:
        return []
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return [_in_line(item) for item in value]
    if isinstance(value, dict):
        return [f"{key}：{_in_line(item)}" for key, item in value.items()]
    if isinstance(value, Record):
        return [f"{name}：{_in_line(item)}" for name, item in _held(value)]
    return _in_line(value).splitlines()


def _in_line(value: Any) -> str:
    """One line where the text itself has no breaks."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Record):
        return "，".join(_in_line(item) for _, item in _held(value))
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return "；".join(_in_line(item) for item in value)
    return str(value)


def _held(record: Record) -> Iterator[tuple[str, Any]]:
    for name in type(record).model_fields:
        value = getattr(record, name)
        if value is not None and value != ():
            yield name, value


def _whole(record: _Told, sign: str) -> tuple[Change, ...]:
    return tuple(Change(field, _signed(sign, lines)) for field, lines in record.fields.items() if lines)


def _changes(was: _Told, now: _Told) -> tuple[Change, ...]:
    fields = list(dict.fromkeys([*now.fields, *was.fields]))
    return tuple(
        Change(field, lines)
        for field in fields
        if (lines := _compared(was.fields.get(field, ()), now.fields.get(field, ()), field in now.lists | was.lists))
    )


def _compared(was: Sequence[str], now: Sequence[str], is_list: bool) -> tuple[str, ...]:
    if list(was) == list(now):
        return ()
    if is_list:
        gone, come = [line for line in was if line not in now], [line for line in now if line not in was]
        if gone or come:
            return (*_signed("-", gone), *_signed("+", come))
    return tuple(line for line in _without_head(unified_diff(was, now, lineterm="", n=AROUND)))


def _without_head(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a unified diff, with dots between parts that are far from each other instead of line numbers."""
    for i, line in enumerate(lines):
        if i < 2:
            continue  # file names
        if not line.startswith("@@"):
            yield line
        elif i > 2:
            yield " …"


def _signed(sign: str, lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{sign}{line}" for line in lines)
