"""Read a ``kb/`` folder into ``Knowledge``, or into the list of everything that is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from app.knowledge import manual
from app.knowledge.hours import Hours
from app.knowledge.model import (
    Entry,
    Fact,
    Gist,
    Golden,
    Judgement,
    Knowledge,
    Mark,
    Notice,
    Pointer,
    Policy,
    Problem,
    Replies,
    SiteValue,
    Smalltalk,
    Term,
    Topic,
    Welcome,
)
from app.knowledge.record import Record
from app.knowledge.yaml_source import Marks, Path_, dotted, read
from app.text.normalize import match_key

R = TypeVar("R", bound=Record)

LISTS: Mapping[str, tuple[str, type[Record]]] = {
    "terms.yaml": ("terms", Term),
    "clarify.yaml": ("topics", Topic),
    "judgements.yaml": ("judgements", Judgement),
    "pointers.yaml": ("pointers", Pointer),
    "smalltalk.yaml": ("smalltalk", Smalltalk),
}
"""File at the top of ``kb/`` -> its one key, and the record each list item becomes."""


@dataclass
class Source:
    """What was read: the records that are sound by themselves, and where each of their fields stands."""

    raw: list[RawEntry] = field(default_factory=list)
    """The entries as they were read, also those that are not sound."""

    records: dict[str, list[Any]] = field(default_factory=dict)
    site: dict[str, SiteValue] = field(default_factory=dict)
    replies: Replies | None = None
    marks: dict[tuple[str, str, str], Mark] = field(default_factory=dict)
    """(kind, id, field) -> mark; the field "" is the record's own."""
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    welcome: Welcome = field(default_factory=Welcome)
    notices: dict[int, Notice] = field(default_factory=dict)
    """By their place in the list."""
    hours: Hours | None = None
    golden: dict[str, Golden] = field(default_factory=dict)
    """The protected questions, by their ``match_key``; marks are of the kind "golden"."""
    hidden: set[str] = field(default_factory=set)
    """Entries that an overlay takes out."""
    entry_ids: set[str] = field(default_factory=set)
    """Ids of all entries met, also of those with faults: a faulty entry is not a missing one."""
    unread_faq: bool = False
    """Whether some FAQ file could not be read at all, so that its entries are unknown."""
    unread_policies: bool = False
    """Whether some statute could not be read, so that citations of it cannot be judged."""

    def mark(self, kind: str, identifier: str, key: str = "") -> Mark:
        return self.marks.get((kind, identifier, key)) or self.marks.get((kind, identifier, "")) or Mark("kb", 1, 1)

    @property
    def values(self) -> set[str]:
        """Every name a placeholder may have."""
        return {*self.site, *(f"facts.{name}" for name in self.facts)}

    def knowledge(self) -> Knowledge:
        """Assemble the whole; only call it when there is no error among the problems."""
        assert self.replies is not None
        return Knowledge(
            entries=tuple(sorted(self.records["entries"], key=lambda entry: entry.number)),
            manuals=tuple(self.records["manuals"]),
            facts=self.facts,
            policies=tuple(self.records["policies"]),
            terms=tuple(self.records["terms"]),
            topics=tuple(self.records["topics"]),
            judgements=tuple(self.records["judgements"]),
            pointers=tuple(self.records["pointers"]),
            smalltalk=tuple(self.records["smalltalk"]),
            site=self.site,
            replies=self.replies,
            welcome=self.welcome,
            notices=tuple(self.notices.values()),
            hours=self.hours,
        )


def load(folder: Path, overlays: Sequence[Path] = (), faq: Sequence[RawEntry] | None = None) -> Source:
    """Read every file of the folder, then lay each overlay over it.  Problems are collected, none is raised.

    ``faq`` are entries to be taken in place of the folder's own, such as those of a workbook.

    An overlay is a folder of a sub-centre with any of: ``site.yaml`` (its own values), ``faq/*.yaml`` (entries of its
    own; one whose id the base has changes only the fields it names), ``hide.yaml`` (entries not to be served here),
    ``welcome.yaml``, ``notices.yaml``, ``hours.yaml`` (what they name), ``manuals/*.md`` (one with the base's file name
    replaces it) and ``golden/*.yaml`` (one with the base's question replaces it).
    """
    source = load_entries(folder, overlays, faq)
    for kind in ("policies", "manuals", *(key for key, _ in LISTS.values())):
        source.records[kind] = []
    for path in sorted((folder / "policies").glob("*.yaml")):
        _load_policy(source, path, f"{folder.name}/policies/{path.name}")
    for name, (key, record) in LISTS.items():
        data, marks = _read(source, folder / name, f"{folder.name}/{name}", {key})
        own = _of_items(marks, key)
        for i, item in enumerate(_list(source, data, marks, (key,))):
            _add(source, key, record, item, own[i], (key, i))
    _load_site(source, folder / "site.yaml", f"{folder.name}/site.yaml")
    for overlay in overlays:
        if (overlay / "site.yaml").exists():
            _load_site(source, overlay / "site.yaml", f"{overlay.name}/site.yaml")
    if (folder / "facts.yaml").exists():
        _load_facts(source, folder / "facts.yaml", f"{folder.name}/facts.yaml")
    _load_manuals(source, (folder, *overlays))
    _load_welcome(source, (folder, *overlays))
    _load_notices(source, (folder, *overlays))
    _load_hours(source, (folder, *overlays))
    data, marks = _read(source, folder / "replies.yaml", f"{folder.name}/replies.yaml", {"replies"})
    if data is not None:
        source.replies = _record(source, Replies, data.get("replies"), marks, ("replies",))
        _remember_marks(source, "replies", "replies", marks, ("replies",))
    return source


def load_entries(folder: Path, overlays: Sequence[Path] = (), faq: Sequence[RawEntry] | None = None) -> Source:
    """Of ``load`` only the entries, what is hidden, and the protected questions: for lists, a tenth of the time."""
    source = Source()
    source.records["entries"] = []
    files = sorted((folder / "faq").glob("*.yaml"))
    if not files and faq is None:
        source.problems.append(
            Problem("error", Mark(str(folder / "faq"), 1, 1), "faq", "没有找到常见问题文件", allowed="faq/ 下的 *.yaml")
        )
    if faq is None:
        raw = _read_faq(source, folder, files)
    else:
        raw = list(faq)
        source.entry_ids |= {entry.id for entry in raw if entry.id}
    for overlay in overlays:
        if not overlay.is_dir():
            mark = Mark(str(overlay), 1, 1)
            source.problems.append(Problem("error", mark, "overlays", "没有这个文件夹", str(overlay), "叠加层文件夹"))
            continue
        raw = _overlaid(source, raw, _read_faq(source, overlay, sorted((overlay / "faq").glob("*.yaml"))))
    source.raw = raw
    for item in raw:
        _add(source, "entries", Entry, item.data, item.marks, item.path)
    for overlay in overlays:
        if (overlay / "hide.yaml").exists():
            _load_hidden(source, overlay / "hide.yaml", f"{overlay.name}/hide.yaml")
    for layer in (folder, *overlays):
        _load_golden(source, layer)
    return source


@dataclass(frozen=True)
class RawEntry:
    """An entry as it was read, before its fields are checked."""

    data: Any
    marks: Marks
    path: Path_

    @property
    def id(self) -> str | None:
        found = self.data.get("id") if isinstance(self.data, dict) else None
        return found if isinstance(found, str) else None


def _overlaid(source: Source, base: list[RawEntry], changes: list[RawEntry]) -> list[RawEntry]:
    """Entries of the base with the fields an overlay names changed, then the overlay's own."""
    known = {item.id: i for i, item in enumerate(base) if item.id}
    result = list(base)
    for change in changes:
        at = known.get(change.id) if change.id else None
        if at is None:
            if change.id is None or {"number", "question"} & change.data.keys():
                result.append(change)
            elif not source.unread_faq:  # lacking both, it was meant to change something
                at_id: Path_ = (*change.path, "id")
                source.problems.append(_no_such_entry(change.marks[at_id], dotted(at_id), change.id, known))
            continue
        old = result[at]
        marks = {("entry", *key[len(old.path) :]): mark for key, mark in old.marks.items() if _below(key, old.path)}
        marks |= {
            ("entry", *key[len(change.path) :]): mark for key, mark in change.marks.items() if _below(key, change.path)
        }
        named = {key: value for key, value in change.data.items() if key != "category" or value is not None}
        result[at] = RawEntry(old.data | named, {(): marks[("entry",)]} | marks, ("entry",))
    return result


def _below(key: Path_, path: Path_) -> bool:
    return key[: len(path)] == path


def _read_faq(source: Source, folder: Path, files: Sequence[Path]) -> list[RawEntry]:
    found = []
    for path in files:
        data, marks = _read(source, path, f"{folder.name}/faq/{path.name}", {"category", "entries"})
        if data is None:
            source.unread_faq = True
            continue
        own = _of_items(marks, "entries")
        for i, item in enumerate(_list(source, data, marks, ("entries",))):
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                source.entry_ids.add(item["id"])
            if isinstance(item, dict) and "category" not in item and "category" in data:
                item = item | {"category": data["category"]}
                own[i].setdefault(("entries", i, "category"), marks.get(("category",), marks[()]))
            found.append(RawEntry(item, own[i], ("entries", i)))
    return found


def _of_items(marks: Marks, key: str) -> Mapping[int, Marks]:
    """The marks of each item of the list ``key``, sorted out once, so that no item looks through those of all."""
    found: defaultdict[int, Marks] = defaultdict(lambda: {(): marks[()]})
    for at, mark in marks.items():
        if at[0:1] == (key,) and len(at) > 1:
            found[int(at[1])][at] = mark
    return found


def _load_policy(source: Source, path: Path, name: str) -> None:
    """One statute: its record under ``policy``, its gists under ``articles``."""
    data, marks = _read(source, path, name, {"policy", "articles"})
    if data is None:
        source.unread_policies = True
        return
    header = data.get("policy")
    if isinstance(header, dict):
        unavailable = header.get("status") == "unavailable" and "articles" not in data
        gists = [] if unavailable else _list(source, data, marks, ("articles",))
        made = [_record(source, Gist, item, marks, ("articles", i)) for i, item in enumerate(gists)]
        # The gists were checked one by one above, so that one wrong article does not hide the others.
        header = header | {"articles": [gist for gist in made if gist is not None]}
    before = len(source.records["policies"])
    _add(source, "policies", Policy, header, marks, ("policy",))
    source.unread_policies |= len(source.records["policies"]) == before
    if isinstance(header, dict) and isinstance(header.get("id"), str):
        for at, mark in marks.items():
            if at[:1] == ("articles",):
                source.marks.setdefault(("policies", header["id"], dotted(at)), mark)


def _load_site(source: Source, path: Path, name: str) -> None:
    data, marks = _read(source, path, name, {"values"})
    values = data.get("values") if data else None
    if data is not None and not isinstance(values, dict):
        source.problems.append(
            Problem("error", marks[()], "values", "缺少本中心的取值表", allowed="values: 名称 -> 取值")
        )
        return
    for key, item in (values or {}).items():
        base = source.site.get(key)
        if base is not None and isinstance(item, dict):
            item = base.model_dump() | item  # an overlay names only what differs
        record = _record(source, SiteValue, item, marks, ("values", key))
        if record is not None:
            source.site[key] = record
            source.marks[("site", key, "")] = marks[("values", key)]


def _load_hidden(source: Source, path: Path, name: str) -> None:
    data, marks = _read(source, path, name, {"hide"})
    for i, identifier in enumerate(_list(source, data, marks, ("hide",))):
        if isinstance(identifier, str) and identifier in source.entry_ids:
            source.hidden.add(identifier)
        elif not source.unread_faq:
            mark = marks.get(("hide", i), marks[()])
            source.problems.append(_no_such_entry(mark, f"hide[{i}]", str(identifier), source.entry_ids))


def _no_such_entry(mark: Mark, key: str, identifier: str, known: Iterable[str]) -> Problem:
    near = get_close_matches(identifier, known, 1, 0.5)
    hint = f"，是不是想写「{near[0]}」" if near else ""
    return Problem("error", mark, key, f"没有这个条目{hint}", identifier, "已有条目的 id")


def _load_facts(source: Source, path: Path, name: str) -> None:
    data, marks = _read(source, path, name, {"facts"})
    facts = data.get("facts") if data else None
    if data is not None and not isinstance(facts, dict):
        source.problems.append(Problem("error", marks[()], "facts", "缺少数字表", allowed="facts: 名称 -> 取值"))
        return
    for key, item in (facts or {}).items():
        record = _record(source, Fact, item, marks, ("facts", key))
        if record is not None:
            source.facts[key] = record
            _remember_marks(source, "facts", key, marks, ("facts", key))


def _load_manuals(source: Source, folders: Sequence[Path]) -> None:
    """The manuals of every folder; a file of a later one takes the place of its namesake."""
    files = {path.name: (folder, path) for folder in folders for path in sorted((folder / "manuals").glob("*.md"))}
    for file, (folder, path) in sorted(files.items()):
        name = f"{folder.name}/manuals/{file}"
        made, problems = manual.read(path, name)
        source.problems += problems
        if made is None:
            continue
        if ("manuals", made.id, "") in source.marks:
            first = source.marks[("manuals", made.id, "")]
            message = f"编号重复，{first.file} 已有"
            source.problems.append(Problem("error", Mark(name, 1, 1), "编号", message, made.id, "全库唯一"))
            continue
        source.records["manuals"].append(made)
        source.marks[("manuals", made.id, "")] = Mark(name, 1, 1)


def _load_welcome(source: Source, folders: Sequence[Path]) -> None:
    value, marks = _layered(source, folders, "welcome")
    record = _record(source, Welcome, value, marks, ("welcome",)) if value is not None else None
    if record is not None:
        source.welcome = record
        _remember_marks(source, "welcome", "welcome", marks, ("welcome",))


def _load_notices(source: Source, folders: Sequence[Path]) -> None:
    value, marks = _layered(source, folders, "notices")
    if value is None:
        return
    for i, item in enumerate(_list(source, {"notices": value}, marks, ("notices",))):
        record = _record(source, Notice, item, marks, ("notices", i))
        if record is not None:
            source.notices[i] = record
            _remember_marks(source, "notices", str(i), marks, ("notices", i))


def _load_hours(source: Source, folders: Sequence[Path]) -> None:
    value, marks = _layered(source, folders, "hours")
    if value is not None:
        source.hours = _record(source, Hours, value, marks, ("hours",))


def _load_golden(source: Source, folder: Path) -> None:
    own: dict[str, Mark] = {}
    for path in sorted((folder / "golden").glob("*.yaml")):
        data, marks = _read(source, path, f"{folder.name}/golden/{path.name}", {"golden"})
        of_items = _of_items(marks, "golden")
        for i, item in enumerate(_list(source, data, marks, ("golden",))):
            at: Path_ = ("golden", i)
            marks = of_items[i]
            record = _record(source, Golden, item, marks, at)
            if record is None:
                continue
            key = match_key(record.question)
            if key in own:
                where = f"{own[key].file} 第 {own[key].line} 行已有"
                message = f"受保护的问题重复，{where}"
                source.problems.append(
                    Problem("error", marks[at], dotted(at), message, record.question, "删去其中一处")
                )
                continue
            own[key] = marks[at]
            source.golden[key] = record
            _remember_marks(source, "golden", key, marks, at)


def _layered(source: Source, folders: Sequence[Path], key: str) -> tuple[Any, Marks]:
    """What ``key.yaml`` says under its one key, each folder's file laid over those before; None where no folder has it."""
    value, marks = None, Marks()
    for folder in folders:
        name = f"{key}.yaml"
        if not (folder / name).exists():
            continue
        data, found = _read(source, folder / name, f"{folder.name}/{name}", {key})
        if data is not None:
            value, marks = _laid_over(value, data.get(key)), marks | found
    return value, marks


def _laid_over(base: Any, change: Any) -> Any:
    """A mapping changes only the keys it names, anything else takes the place of the base; what is empty is not there."""
    if not isinstance(change, dict):
        return change
    merged = {key: _laid_over(base.get(key) if isinstance(base, dict) else None, item) for key, item in change.items()}
    whole = base | merged if isinstance(base, dict) else merged
    return {key: item for key, item in whole.items() if item is not None}


def _read(source: Source, path: Path, name: str, keys: set[str]) -> tuple[dict[str, Any] | None, Marks]:
    data, marks, problems = read(path, name)
    source.problems += problems
    if data is None:
        if not problems:
            source.problems.append(
                Problem("error", Mark(name, 1, 1), "", "文件是空的", allowed="、".join(sorted(keys)))
            )
        return None, marks
    if not isinstance(data, dict):
        source.problems.append(
            Problem("error", marks[()], "", "最外层应是键值表", type(data).__name__, "、".join(sorted(keys)))
        )
        return None, marks
    for key in data.keys() - keys:
        source.problems.append(_unknown_key(marks[(key,)], key, key, keys))
    return data, marks


def _list(source: Source, data: dict[str, Any] | None, marks: Marks, path: Path_) -> list[Any]:
    if data is None:
        return []
    value = data.get(str(path[0]))
    if isinstance(value, list):
        return value
    source.problems.append(
        Problem("error", marks.get(path, marks[()]), dotted(path), "缺少列表", allowed="以 - 开头的列表")
    )
    return []


def _add(source: Source, kind: str, record: type[R], item: Any, marks: Marks, path: Path_) -> None:
    made = _record(source, record, item, marks, path)
    if made is None:
        return
    identifier = getattr(made, "id", None) or made.term  # type: ignore[attr-defined]
    if (kind, identifier, "") in source.marks:
        first = source.marks[(kind, identifier, "")]
        source.problems.append(
            Problem(
                "error",
                marks[path],
                dotted(path),
                f"编号或名称重复，{first.file} 第 {first.line} 行已有",
                identifier,
                "全库唯一",
            )
        )
        return
    source.records[kind].append(made)
    _remember_marks(source, kind, identifier, marks, path)


def _remember_marks(source: Source, kind: str, identifier: str, marks: Marks, path: Path_) -> None:
    for at, mark in marks.items():
        if at[: len(path)] == path:
            source.marks[(kind, identifier, dotted(at[len(path) :]))] = mark


def _record(source: Source, record: type[R], item: Any, marks: Marks, path: Path_) -> R | None:
    if not isinstance(item, dict):
        source.problems.append(
            Problem("error", marks.get(path, marks[()]), dotted(path), "应是键值表", str(item)[:40], _keys(record))
        )
        return None
    try:
        return record.model_validate({key: value for key, value in item.items() if value is not None})
    except ValidationError as error:
        faults = error.errors()
        for fault in faults:
            if fault["type"] == "too_short" and any(other["loc"][:-1] == fault["loc"] for other in faults):
                continue  # a list is short only because its wrong item was dropped
            source.problems.append(_problem(fault, record, marks, path))
        return None


def _keys(record: type[Record]) -> str:
    return "、".join(_names(record))


def _names(record: type[Record]) -> list[str]:
    """The keys of a record as editors write them."""
    return [field.alias or name for name, field in record.model_fields.items()]


def _keys_at(record: type[Record], inside: Path_) -> set[str]:
    """The keys of the block at a place within a record."""
    for part in inside:
        field = record.model_fields.get(str(part))
        nested = [kind for kind in (field.annotation, *get_args(field.annotation)) if field] if field else []
        classes = [kind for kind in nested if isinstance(kind, type) and get_origin(kind) is None]
        record = next((kind for kind in classes if issubclass(kind, Record)), record)
    return set(_names(record))


def _unknown_key(mark: Mark, key: str, shown: str, allowed: set[str]) -> Problem:
    near = get_close_matches(key, allowed, 1, 0.6)
    hint = f"是不是想写「{near[0]}」" if near else ""
    return Problem("error", mark, shown, "不认识的键" + (f"，{hint}" if hint else ""), key, "、".join(sorted(allowed)))


def _problem(fault: Any, record: type[Record], marks: Marks, path: Path_) -> Problem:
    """Turn one pydantic fault into a sentence for an editor, at the nearest position that exists."""
    inside: Path_ = tuple(part for part in fault["loc"] if part not in ("function-wrap[strip]", "[key]"))
    at = path + inside
    key = dotted(at)
    while at not in marks and at:
        at = at[:-1]
    mark = marks[at]
    value = fault["input"]
    found = "" if isinstance(value, dict) else "、".join(map(str, value)) if isinstance(value, list) else str(value)
    found = found[:60]
    context = fault.get("ctx", {})
    kind = fault["type"]
    if kind == "extra_forbidden":
        return _unknown_key(mark, str(inside[-1]), key, _keys_at(record, inside[:-1]))
    if kind == "missing":
        return Problem("error", mark, key, "缺少必填项", allowed=f"补上 {inside[-1]}")
    if kind == "literal_error":
        allowed = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        near = get_close_matches(found, allowed, 1, 0.3)
        hint = f"，是不是想写「{near[0]}」" if near else ""
        return Problem("error", mark, key, f"取值不在允许范围{hint}", found, "、".join(allowed))
    if kind == "string_too_long":
        return Problem(
            "error", mark, key, "文字太长", f"{len(str(fault['input']))} 字", f"不超过 {context['max_length']} 字"
        )
    if kind == "string_too_short":
        return Problem("error", mark, key, "内容为空", allowed="写上内容，或删去这一项")
    if kind == "string_pattern_mismatch":
        allowed_form = {r"^\d{3}$": "三位数字，如 037", r"^[^\n]*$": "写成一行"}.get(
            context["pattern"], context["pattern"]
        )
        if "a-z" in context["pattern"]:
            allowed_form = "小写英文字母、数字和连字符，如 deposit-04"
        elif r"\S" in context["pattern"]:
            allowed_form = "条款号，如 第五十七条"
        return Problem("error", mark, key, "写法不对", found, allowed_form)
    if kind.startswith("date"):
        return Problem("error", mark, key, "不是有效日期", found, "年-月-日，如 2026-11-24")
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        side = "至少" if kind == "too_short" else "至多"
        return Problem("error", mark, key, f"{side} {bound} 项", f"{context['actual_length']} 项")
    if kind in ("tuple_type", "list_type"):
        return Problem("error", mark, key, "应是列表", found, "[甲, 乙] 或每行一个 - 开头")
    if kind in ("int_parsing", "int_type"):
        return Problem("error", mark, key, "应是整数", found)
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = f"不小于 {context['ge']}" if "ge" in context else f"不大于 {context['le']}"
        return Problem("error", mark, key, "数字超出范围", found, bound)
    if kind == "value_error":
        return Problem("error", mark, key, str(context["error"]), found, getattr(context["error"], "allowed", ""))
    if kind in ("dict_type", "model_type"):
        return Problem("error", mark, key, "应是键值表", found, "每行一个 键: 值")
    if kind == "string_type":
        return Problem("error", mark, key, "应是文字", type(fault["input"]).__name__, "一段文字；含冒号时加引号")
    return Problem("error", mark, key, fault["msg"], found)
