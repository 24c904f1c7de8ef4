"""The columns of the two sheets, and what a cell of each holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, get_args

from app.knowledge.model import CATEGORIES, Audience, Business, Entry

ENTRIES, WORDINGS, HELP = "常见问题", "问法", "填写说明"
"""Names of the sheets."""
YES = "是"
KINDS = {"aliases": "问法", "not_aliases": "不该由它回答"}
AUDIENCES: dict[Audience, str] = {
    "bidder": "投标人",
    "tenderer": "招标人",
    "agency": "代理机构",
    "evaluator": "评标专家",
}
BUSINESSES: tuple[Business, ...] = get_args(Business)


MOMENTS = {"before": "临开标", "opening": "开标中", "evaluation": "评标中"}
STEPS = {"now": ("先做", "时间紧时答案前的一句话：这一分钟做什么。"), "fallback": ("还不行", "做了不行怎么办、找谁。")}
"""Of the block ``urgent``: titles of its columns, and what they hold."""


class Column(NamedTuple):
    """``key`` names the field of an entry (``audience=bidder`` one value of it); ``choices`` make a drop-down."""

    key: str
    title: str
    help: str
    width: int
    write: Callable[[Entry], str]
    choices: Sequence[str] = ()


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(texts)


def _mark(field: str, value: str) -> Callable[[Entry], str]:
    return lambda entry: YES if value in getattr(entry, field) else ""


def _step(moment: str, part: str) -> Callable[[Entry], str]:
    return lambda entry: str(getattr(getattr(entry.urgent, moment, None), part, ""))


def _date(value: Any) -> str:
    return value.isoformat() if value else ""


COLUMNS: tuple[Column, ...] = (
    Column("number", "编号", "三位数字，全库唯一，定了不改；新条目接着往后编。", 7, lambda e: e.number),
    Column("id", "标识", "小写英文、数字、连字符，如 deposit-04。别处靠它引用，定了不改。", 14, lambda e: e.id),
    Column("category", "分类", "12 个分类之一，从下拉中选。", 16, lambda e: e.category, CATEGORIES),
    *(
        Column(f"audience={key}", name, f"这条给{name}看就选「{YES}」，四类至少选一类。", 9,
               _mark("audience", key), (YES,))
        for key, name in AUDIENCES.items()
    ),
    *(
        Column(f"business={name}", name, f"这条适用于「{name}」就选「{YES}」，六类至少选一类。", 9,
               _mark("business", name), (YES,))
        for name in BUSINESSES
    ),
    Column("question", "标准问法", "一行，不超过 200 字。", 40, lambda e: e.question),
    Column("answer", "答案", "第一行直接回答，80 字以内，空一行再写步骤。分步用 1.，分情形用 -，重点用 **粗体**。单元格里换行按 Alt+Enter。"
           "电话、网址写占位名，如 {{ca_hotline}}。", 80, lambda e: e.answer),
    Column("keywords", "关键词", "一行一个。", 16, lambda e: _lines(e.keywords)),
    Column("legal_basis", "法律依据", "一行一条：法规全称，空格，条款号。例：电子招标投标办法 第四十条", 40,
           lambda e: _lines([f"{b.law} {b.article}" for b in e.legal_basis])),
    Column("own_figures", "自有数字", "答案里出自惯例或换算、所引条款里没有的数，一行一个，如 30分钟。", 14, lambda e: _lines(e.own_figures)),
    Column("related", "相关条目", "其他条目的标识，一行一个。", 14, lambda e: _lines(e.related)),
    Column("error_texts", "报错文字", "软件弹出的原文，一行一句；用户贴来的话里含有它，就直接给本条。", 30, lambda e: _lines(e.error_texts)),
    *(
        Column(f"urgent.{moment}.{part}", f"{when}{what}", f"{about}可以不填，要填就两句一起填。", 30, _step(moment, part))
        for moment, when in MOMENTS.items()
        for part, (what, about) in STEPS.items()
    ),
    Column("urgent.within_minutes", "临近几分钟", "开标前多少分钟起先说「临开标」那两句，不填是 120。", 10,
           lambda e: str(e.urgent.within_minutes) if e.urgent else ""),
    Column("clarify.question", "反问", "几条都像时怎么问，可以不填；要和「反问选项」一起填。", 30, lambda e: e.clarify.question if e.clarify else ""),
    Column("clarify.label", "反问选项", "几条都像时，本条作为选项叫什么。", 20, lambda e: e.clarify.label if e.clarify else ""),
    Column("effective_from", "生效日", "年-月-日，如 2026-11-30；一直有效就空着。", 12, lambda e: _date(e.effective_from)),
    Column("effective_to", "失效日", "年-月-日，当天仍有效；一直有效就空着。", 12, lambda e: _date(e.effective_to)),
    Column("replaces", "取代", "本条生效前回答同一问题的条目的标识。", 14, lambda e: e.replaces or ""),
    Column("updated", "更新日", "改了答案就改成当天。", 12, lambda e: _date(e.updated)),
)  # fmt: skip

WORDING_COLUMNS = (
    ("标识", "属于哪一条：「常见问题」里的标识。", 14),
    ("类别", f"「{KINDS['aliases']}」：这样问就给这条。「{KINDS['not_aliases']}」：像，但不能给这条。", 14),
    ("文字", "用户会怎么说，一行，不超过 500 字。全库唯一。", 70),
)

LISTS = {"keywords", "own_figures", "related", "error_texts"}
"""Fields that hold one item a line."""
