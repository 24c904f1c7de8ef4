"""Differences between two versions as a page shows them: by kind, with the names that editors know the fields by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from app.publishing.differences import KINDS, Difference, What

WHATS: Mapping[What, str] = {"added": "新增", "changed": "修改", "removed": "删除"}
SHOWN = 300
"""Records shown with their text; an import of statutes would make a page that no browser likes."""

FIELDS = {
    "id": "标识",
    "number": "编号",
    "category": "分类",
    "audience": "给谁看",
    "business": "业务",
    "question": "标准问法",
    "aliases": "其他问法",
    "not_aliases": "不该由它回答的问法",
    "keywords": "关键词",
    "error_texts": "报错文字",
    "answer": "答案",
    "own_figures": "自有数字",
    "urgent": "时间紧时先说的话",
    "clarify": "反问时的说法",
    "legal_basis": "法律依据",
    "related": "相关条目",
    "effective_from": "生效日期",
    "effective_to": "失效日期",
    "replaces": "代替哪一条",
    "updated": "更新日期",
    "phrases": "问法",
    "options": "选项",
    "entry": "条目",
    "title": "标题",
    "text": "文字",
    "handover": "附上人工联系方式",
    "term": "词",
    "definition": "解释",
    "law": "法规",
    "article": "条款",
    "issuer": "发布机关",
    "version": "文本日期",
    "status": "状态",
    "replaced_by": "被什么代替",
    "about": "说明",
    "heading": "条标",
    "gist": "要点",
    "digest": "全文的摘要值",
    "policy": "法规的标识",
    "purpose": "目的",
    "before": "开始之前",
    "steps": "步骤",
    "expect": "完成后应看到",
    "trouble": "出了问题",
    "value": "取值",
    "fallback": "没填时的说法",
    "name": "名称",
    "greeting": "欢迎语",
    "hot": "常问的条目",
    "roles": "各角色的欢迎语",
    "from_": "开始时间",
    "to": "结束时间",
    "level": "轻重",
    "link": "链接",
    "weekly": "每周",
    "closed": "不上班的日子",
    "open": "另外上班的日子",
}


class Group(NamedTuple):
    """Differences of one kind, in words."""

    name: str
    counts: str
    found: tuple[dict[str, Any], ...]


def grouped(found: Iterable[Difference]) -> list[Group]:
    groups = []
    for kind, members in groupby(found, key=lambda one: one.kind):
        listed = tuple(members)
        counts = (f"{name} {sum(one.what == what for one in listed)}" for what, name in WHATS.items())
        told = "，".join(count for count in counts if not count.endswith(" 0"))
        groups.append(Group(KINDS[kind], told, tuple(_shown(one) for one in listed[:SHOWN])))
    return groups


def _shown(one: Difference) -> dict[str, Any]:
    fields = [(FIELDS.get(change.field, change.field), "\n".join(change.lines)) for change in one.fields]
    return {"id": one.id, "title": one.title, "what": one.what, "said": WHATS[one.what], "fields": fields,
            "entry": one.id if one.kind == "entry" and one.what != "removed" else ""}  # fmt: skip
