"""One entry as text: opened, filled in by a form, and carried back into the file where it belongs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from app.editing import golden
from app.editing.layers import Layers
from app.errors import DraftUnreadable, EditConflict, NotFound
from app.knowledge import blocks, keys
from app.knowledge.blocks import Block
from app.knowledge.edit import Edit
from app.knowledge.model import CATEGORIES, Mark, Problem

OVERLAY_FILE = "console.yaml"
"""Where an overlay keeps what the console changes."""

SLUGS: Mapping[str, tuple[str, str]] = {
    "新手指南": ("guide", "guide"),
    "信息注册/变更": ("registration", "reg"),
    "CA数字证书": ("certificates", "ca"),
    "标书编制软件": ("bidding-tool", "bidtool"),
    "保证金缴纳": ("deposits", "deposit"),
    "代理机构": ("agencies", "agency"),
    "开标评标": ("opening", "open"),
    "建设工程": ("construction", "constr"),
    "政府采购/综合交易/医疗器械": ("procurement", "gp"),
    "地矿资源": ("land", "land"),
    "产权交易": ("equity", "equity"),
    "评标专家": ("experts", "expert"),
}
"""Category -> the name of a file for it, and how ids of its entries begin, where there are none to go by."""

OWN_NUMBERS = 901
"""From here on an overlay numbers its own entries, which keeps them clear of those that the base gets later."""


class Draft(NamedTuple):
    id: str
    text: str
    """YAML of the one mapping, at column 0, with its comments; the category is beside it."""
    category: str
    base: str
    """Digest of what it was opened with, "" for a new entry."""


class Place(NamedTuple):
    """Where an entry stands; in an overlay perhaps only with the keys that are changed."""

    folder: Path
    path: Path
    whole: str
    """The text of the file."""
    block: Block
    stands: str | None
    """The category at the top of the file."""
    data: dict[str, Any]

    @property
    def category(self) -> str | None:
        return self.data.get("category") or self.stands


def opened(layers: Layers, entry_id: str) -> Draft:
    """As it is served where the last overlay is; raises ``NotFound``."""
    found = places(layers, entry_id)
    if not found:
        raise NotFound(f"没有条目 {entry_id}")
    text, category = merged(found)
    return Draft(entry_id, text, category, _digest(text, category))


def blank(layers: Layers, category: str, question: str = "", today: date | None = None) -> Draft:
    """A new entry with the next free number, and the next free id of its category."""
    _known(category)
    ids, numbers = _taken(layers)
    prefix = SLUGS[category][1]
    if layers.overlays:  # never what the base may call an entry some day: it would turn into a change of that one
        prefix = f"local-{prefix}"
    last = max((int(match[1]) for one in ids if (match := re.fullmatch(rf"{prefix}-(\d+)", one))), default=0)
    own = [number for number, folder in numbers.items() if folder == layers.written]
    usual = [number for number in own if number >= OWN_NUMBERS or not layers.overlays]
    start = max(usual, default=OWN_NUMBERS - 1 if layers.overlays else 0) + 1
    number = next((n for n in (*range(start, 1000), *range(1, start)) if n not in numbers), 0)
    entry_id = f"{prefix}-{last + 1:02d}"
    empty = f"id: {entry_id}\nnumber: {number:03d}\naudience: [bidder]\nbusiness: [通用]\n"
    day = (today or date.today()).isoformat()
    return Draft(entry_id, keys.with_values(empty, {"question": question, "updated": day}), category, "")


def fields(text: str) -> dict[str, Any]:
    """Its keys for a form: texts, lists of texts or mappings, mappings.  Raises ``DraftUnreadable``."""
    return keys.values(text)


def with_fields(text: str, fields: Mapping[str, Any]) -> str:
    """The values of a form carried into the text; what is equal, or not named, is left to the letter, and what is empty
    is taken out.  Raises ``DraftUnreadable``."""
    try:
        return keys.with_values(text, fields)
    except ValueError as error:
        problem = Problem("error", Mark(keys.DRAFT, 1, 1), "", "这样的文字写不成 YAML", str(error)[:60])
        raise DraftUnreadable("有的文字写不成 YAML，请换个写法", [problem]) from error


def edit(layers: Layers, draft: Draft) -> Edit:
    """What saving the draft would change.

    Raises ``DraftUnreadable``, or ``EditConflict`` when the entry is no longer what the draft was opened with.
    """
    data = keys.read(draft.text).data
    entry_id = _id(draft, data)
    found = places(layers, entry_id)
    _unchanged(found, draft.base, entry_id)
    category = str(data.get("category") or draft.category)
    _known(category)
    text = keys.with_lines(_ended(draft.text), "category", "")
    if found and (text, category) == merged(found):
        return Edit()
    own = found[-1] if found and found[-1].folder == layers.written else None
    below = [place for place in found if place.folder != layers.written]
    if below:
        return _overlaid(layers, below, own, text, category)
    if layers.overlays:
        return (
            _put(own, text, category) if own else _added(layers, layers.written / "faq" / OVERLAY_FILE, text, category)
        )
    if own and own.category == category:
        return _put(own, text, category)
    arrives = _added(layers, _home(layers, category), text, category)
    return arrives | _taken_out(own) if own else arrives  # in this order: twice for a moment is better than never


def with_golden(layers: Layers, draft: Draft, questions: Sequence[str]) -> Edit:
    """``edit``, with these questions protected as well.

    In an order in which any beginning does no harm, should the power fail in between: a question is protected before its
    entry is changed, but not before there is the entry.
    """
    change = edit(layers, draft)
    entry_id = str(fields(draft.text)["id"])
    homes = [path for path in change.texts if path.parent.name == "faq"]
    homes += [place.path for place in places(layers, entry_id)]
    protected = golden.added(layers, entry_id, questions, homes[0].name)
    return protected | change if draft.base else change | protected


def removed(layers: Layers, entry_id: str, base: str) -> Edit:
    """The entry taken out with its protected questions; where it is the base's, it is hidden by the overlay instead."""
    found = places(layers, entry_id)
    if not found:
        raise NotFound(f"没有条目 {entry_id}")
    _unchanged(found, base, entry_id)
    if any(place.folder != layers.written for place in found):
        return _hidden(layers, layers.written / "hide.yaml", entry_id)
    return golden.without(layers, entry_id) | _taken_out(found[-1])


def places(layers: Layers, entry_id: str) -> list[Place]:
    """Where the entry stands, from the lowest layer to the highest."""
    mentioned = re.compile(rf"(?<![\w-]){re.escape(entry_id)}(?![\w-])")
    found: list[Place] = []
    for folder, path in layers.files("faq"):
        if any(place.folder == folder for place in found):
            continue
        whole = layers.text(path)
        if mentioned.search(whole):
            found += _in_file(layers, folder, path, whole, entry_id)
    return found


def _in_file(layers: Layers, folder: Path, path: Path, whole: str, entry_id: str) -> list[Place]:
    try:
        listed = blocks.blocks(whole, "entries")
        for block in listed:
            if entry_id in block.text and (data := keys.read(block.text).data).get("id") == entry_id:
                return [Place(folder, path, whole, block, keys.category_of(whole), data)]
    except (ValueError, DraftUnreadable) as error:
        raise layers.unreadable(path, error) from error
    return []


def merged(found: Sequence[Place]) -> tuple[str, str]:
    """Text and category of an entry with the changes of the overlays, as the loader lays them over it."""
    text = keys.with_lines(found[0].block.text, "category", "")
    category = found[0].category or ""
    for place in found[1:]:
        changes = {key: value for key, value in place.data.items() if key not in ("id", "category")}
        text = keys.with_values(text, changes)
        category = place.category or category
    return text, category


def _overlaid(layers: Layers, below: Sequence[Place], own: Place | None, text: str, category: str) -> Edit:
    """Only what differs from the layers below is written, in the lines of the draft."""
    low, low_category = merged(below)
    new, old = keys.values(text), keys.values(low)
    lines = keys.lines_of(text)
    item = keys.with_lines(own.block.text, "category", "") if own else f"id: {new['id']}\n"
    held = keys.values(item)
    for key in [key for key in held if key != "id" and new.get(key) == old.get(key)]:
        item = keys.with_lines(item, key, "")
    for key in [key for key in (*new, *old) if new.get(key) != old.get(key)]:
        if key not in new:
            item = keys.emptied(item, key)  # which takes it away
        elif held.get(key) != new[key]:
            item = keys.with_lines(item, key, lines[key]) if key in lines else keys.with_values(item, {key: new[key]})
    usual = (own.stands if own else None) or low_category
    item = _with_category(item, category if category != usual else "")
    if keys.values(item).keys() == {"id"} and category == usual:
        return _taken_out(own) if own else Edit()
    if own:
        return _replaced(own, item)
    return _into(layers, layers.written / "faq" / OVERLAY_FILE, item)


def _put(own: Place, text: str, category: str) -> Edit:
    own_line = category if category != own.stands or "category" in own.data else ""
    return _replaced(own, _with_category(text, own_line))


def _replaced(own: Place, item: str) -> Edit:
    return Edit({own.path: (own.whole, _sound(blocks.replaced(own.whole, own.block, item), item))})


def _added(layers: Layers, path: Path, text: str, category: str) -> Edit:
    stands = keys.category_of(layers.text(path)) if path.exists() else None if path.name == OVERLAY_FILE else category
    return _into(layers, path, _with_category(text, category if category != stands else ""), stands)


def _into(layers: Layers, path: Path, item: str, category: str | None = None) -> Edit:
    before = layers.text(path) if path.exists() else None
    start = "entries:\n" if category is None else f"category: {category}\n\nentries:\n"
    return Edit({path: (before, _sound(blocks.added(before or start, "entries", item, apart=True), item))})


def _sound(whole: str, item: str) -> str:
    """The file, if the entry reads the same in it as it does by itself; raises ``DraftUnreadable``."""
    wanted = keys.read(item).data
    try:
        found = [block for block in blocks.blocks(whole, "entries") if wanted["id"] in block.text]
        same = any(keys.read(block.text).data == wanted for block in found)
    except (ValueError, DraftUnreadable):
        same = False
    if not same:
        message = "放进文件后读出来不一样；不要写 --- 或 ...，行首对齐"
        raise DraftUnreadable(message, [Problem("error", Mark(keys.DRAFT, 1, 1), "", message)])
    return whole


def _taken_out(place: Place) -> Edit:
    return Edit({place.path: (place.whole, blocks.removed(place.whole, "entries", place.block))})


def _hidden(layers: Layers, path: Path, entry_id: str) -> Edit:
    before = layers.text(path) if path.exists() else None
    present = before or "hide:\n"
    if any(block.text.strip() == entry_id for block in blocks.blocks(present, "hide")):
        return Edit()
    return Edit({path: (before, blocks.added(present, "hide", entry_id))})


def _with_category(text: str, category: str) -> str:
    return keys.with_values(text, {"category": category})


def _home(layers: Layers, category: str) -> Path:
    """The file of a category, or the name of one for it."""
    for path in sorted((layers.kb / "faq").glob("*.yaml")):
        if keys.category_of(layers.text(path)) == category:
            return path
    name = SLUGS[category][0]
    free = (layers.kb / "faq" / f"{name}{more}.yaml" for more in ("", *(f"-{n}" for n in range(2, 100))))
    return next(path for path in free if not path.exists())


def _taken(layers: Layers) -> tuple[set[str], dict[int, Path]]:
    """All ids, and all numbers with the folder that has them."""
    ids: set[str] = set()
    numbers: dict[int, Path] = {}
    for folder, path in layers.files("faq"):
        whole = layers.text(path)
        ids |= set(re.findall(r"\bid[ ]*:[ ]*[\"']?([a-z0-9-]+)", whole))
        numbers |= {int(found): folder for found in re.findall(r"\bnumber[ ]*:[ ]*[\"']?(\d{3})\b", whole)}
    return ids, numbers


def _id(draft: Draft, data: Mapping[str, Any]) -> str:
    found = data.get("id")
    if not isinstance(found, str) or not found:
        message = "缺少 id"
    elif draft.base and found != draft.id:
        message = f"id 定了不改，别处靠它引用；原来是 {draft.id}"
    else:
        return found
    raise DraftUnreadable(
        message, [Problem("error", Mark(keys.DRAFT, 1, 1), "id", message, str(found or ""), draft.id)]
    )


def _unchanged(found: Sequence[Place], base: str, entry_id: str) -> None:
    text, category = merged(found) if found else ("", "")
    present = _digest(text, category) if found else ""
    if present == base:
        return
    now = [{"id": entry_id, "text": text, "category": category, "base": present}] if found else []
    if not found:
        raise EditConflict(f"条目 {entry_id} 已被删除，没有保存", now)
    if not base:
        raise EditConflict(f"已有条目 {entry_id}，新条目请换一个 id", now)
    raise EditConflict("这个条目刚刚被别人改过，没有保存；请对照现在的内容再改", now)


def _known(category: str) -> None:
    if category not in CATEGORIES:
        message = "没有这个分类"
        raise DraftUnreadable(
            f"没有分类「{category}」",
            [Problem("error", Mark(keys.DRAFT, 1, 1), "category", message, category, "、".join(CATEGORIES))],
        )


def _digest(text: str, category: str) -> str:
    return hashlib.sha256(f"{category}\n{text}".encode()).hexdigest()[:16]


def _ended(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n") + "\n"
