"""What a question says outright: its line of business, and whether it asks for a rule.  Rules, not scores."""

from __future__ import annotations

import re

from app.knowledge.model import Audience, Business

_BUSINESS: dict[Business, re.Pattern[str]] = {
    "政府采购": re.compile(r"政府采购|政采|磋商|竞争性谈判|单一来源|询价|框架协议|87号令|采购人|采购项目|采购文件"),
    "工程": re.compile(r"工程|施工|建设项目|监理|勘察|装修|市政|水利|公路|房建|招标投标法"),
    "土地": re.compile(r"土地|地块|宗地|国土|拍地|买地|建设用地|出让金"),
    "矿权": re.compile(r"矿权|采矿|探矿|矿业"),
    "产权": re.compile(r"产权|股权|国有资产|国资|转让方|受让|竞价|租赁权|招租"),
}


def businesses(normalized: str) -> tuple[Business, ...]:
    """Every line of business the text names."""
    return tuple(business for business, pattern in _BUSINESS.items() if pattern.search(normalized))


_GENERAL = re.compile(
    r"(?:什么|啥|哪些|哪种|哪几|何种|怎样|什么样)(?:的)?(?:情况|情形|行为|条件|算|才算|叫)|怎么(?:认定|判断|区分|定义|规定|界定|处理|处罚|办|算|打分|评)"
    r"|如何(?:认定|判断|区分|处理|界定)|规定|明文|法律上|依据|政策|流程|程序|标准是|一般(?:怎么|如何|会)|有什么后果|啥后果|区别"
)

_PROCEDURE = re.compile(
    r"几天|多久|多长时间|啥时候|什么时候|几号前|去哪|哪里|哪儿|找谁|向谁|交给谁|谁出|谁付|谁承担|该谁|凭啥我出|咋办|怎么办|怎么处|收多少|按哪个|以哪个|哪个算"
    r"|怎么弄|咋弄|怎么写|怎么走|接着评|往下评|评下去|还评|继续评"
)
"""When, where, who, how: no verdict answers that.  None of the 157 dev judgements has any of it, and 11 of the 36 dev
questions in scope that were taken for judgements do."""


def asks_for_the_rule(normalized: str) -> bool:
    """True when a text asks what holds in general (什么情况、怎么认定、按规定) or for the procedure, not for a decision."""
    text = normalized.replace(" ", "")
    return _GENERAL.search(text) is not None or _PROCEDURE.search(text) is not None


_ORDINALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
_PICK = re.compile(r"^(?:我?选?(?:第|选项|编号)?([一二三四五1-5])(?:个|项|种|条|号)?(?:吧|的)?)$")


def picked(normalized: str) -> int | None:
    """1..5 when the whole text picks from a list (「2」「第二个」「选三」), else None."""
    match = _PICK.match(normalized.replace(" ", ""))
    return _ORDINALS[match.group(1)] if match else None


_NONE_OF_THESE = re.compile(
    r"^(?:以上|这些|上面)?(?:都|全)?(?:不是|不对|没有我要的|没有一个对)(?:的|我要问的|这些|这个)?$"
)


def rejects_options(normalized: str) -> bool:
    """True for 「都不是」 and its kin."""
    return _NONE_OF_THESE.match(normalized.replace(" ", "")) is not None


_OPENING = re.compile(r"^(?:那么|那|这个|它|还有|另外|然后|请问)+")
_CLOSING = re.compile(r"(?:的)?(?:呢|咧|嘞|吧)+$")

FOLLOW_UP_CHARS = 14
"""A longer message says itself what it is about."""


_INTERROGATIVE = re.compile(
    r"[吗么呢咋啥谁哪几]|什么|怎|多少|多久|多长|多大|何|是否|能不|可不可以|行不|要不要|好不|对不|是不是|有没有|算不|不行$|[^多]少钱|[？?]"
)


def asks(text: str) -> bool:
    """Whether a message asks anything; what does not, after a question back, is the answer to it."""
    return _INTERROGATIVE.search(text) is not None


def without_connectives(normalized: str) -> str:
    """Drop what only ties a message to the one before (那…呢); a message of nothing else stays."""
    return _CLOSING.sub("", _OPENING.sub("", normalized)).strip() or normalized


def may_follow_up(normalized: str) -> bool:
    """True for a message short enough to continue another (那多久退、政府采购的呢、要是忘了呢)."""
    return len(normalized.replace(" ", "")) <= FOLLOW_UP_CHARS


def only_names_business(normalized: str) -> Business | None:
    """The line of business that a message consists of (「政府采购的呢」「土地」), else None."""
    rest = without_connectives(normalized).replace(" ", "")
    for business, pattern in _BUSINESS.items():
        if len(pattern.sub("", rest).strip("的类项目招标呢是")) == 0 and pattern.search(rest):
            return business
    return None


_ROLES: dict[Audience, re.Pattern[str]] = {
    "evaluator": re.compile(r"专家|评委"),
    "agency": re.compile(r"代理"),
    "tenderer": re.compile(r"招标人|业主|采购人|甲方"),
    "bidder": re.compile(r"投标人|供应商|投标单位|乙方|竞买人"),
}
_STATES_ROLE = re.compile(r"^(?:我们?|咱们?|俺)?(?:公司)?(?:是|就是|属于|当|做)")


def states_role(normalized: str) -> Audience | None:
    """The role that a short message declares (「我是评标专家」), else None."""
    text = normalized.replace(" ", "")
    if len(text) > 12 or not _STATES_ROLE.search(text):
        return None
    return next((role for role, pattern in _ROLES.items() if pattern.search(text)), None)
