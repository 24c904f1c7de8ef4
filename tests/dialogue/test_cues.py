"""What a question says outright.  Every table has its look-alikes, which are the harder half."""

from __future__ import annotations

import pytest

from app.dialogue import cues
from app.text.normalize import normalize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("政府采购的投标保证金多久退", {"政府采购"}),
        ("竞争性磋商要几家", {"政府采购"}),
        ("询价采购几天", {"政府采购"}),
        ("政採投訴找誰", {"政府采购"}),
        ("施工招标的保证金", {"工程"}),
        ("监理项目必须招标吗", {"工程"}),
        ("我想拍一块国有建设用地", {"土地"}),
        ("土地出让金什么时候交", {"土地"}),
        ("采矿权怎么拿", {"矿权"}),
        ("国有股权转让", {"产权"}),
        ("门面房招租要评估吗", {"产权"}),
        ("工程和政府采购的退还有啥不同", {"工程", "政府采购"}),
    ],
)
def test_lines_of_business_are_read_from_their_words(text: str, expected: set[str]) -> None:
    assert set(cues.businesses(normalize(text))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "保证金多久退",
        "CA锁插上没反应",
        "采用什么方式评标",
        "标书怎么上传",
        "政府网站打不开",
        "投标报价怎么填",
        "专家库怎么申报",
        "开标签到在哪点",
        "收购公司要多久",
        "股东变更了怎么改",
        "矿泉水能带进评标室吗",
        "地址变更",
    ],
)
def test_a_question_that_names_no_line_of_business_gets_none(text: str) -> None:
    assert cues.businesses(normalize(text)) == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 1),
        ("２", 2),
        ("3.", 3),
        ("第一个", 1),
        ("第二个吧", 2),
        ("选三", 3),
        ("我选4", 4),
        ("选第二个", 2),
        ("第5种", 5),
        ("选项2", 2),
        ("编号3", 3),
        ("一", 1),
    ],
)
def test_a_place_in_the_list_is_read_as_a_pick(text: str, place: int) -> None:
    assert cues.picked(normalize(text)) == place


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "6",
        "12",
        "第一候选人放弃了怎么办",
        "一家报名行不行",
        "第二次公告几天",
        "选择性招标",
        "3家不够",
        "第三方检测",
        "2号标书废不废",
        "二次报价",
        "",
    ],
)
def test_a_number_in_a_sentence_is_no_pick(text: str) -> None:
    assert cues.picked(normalize(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "都不是",
        "都不是。",
        "全不是",
        "以上都不是",
        "这些都不是",
        "上面都不对",
        "都不是我要问的",
        "都不对",
        "不是这些",
        "没有我要的",
        "都没有我要的",
        "都 不 是",
    ],
)
def test_none_of_these_is_understood(text: str) -> None:
    assert cues.rejects_options(normalize(text))


@pytest.mark.parametrize(
    "text",
    [
        "是不是都要交保证金",
        "都不是本地企业能投吗",
        "不是投标人能不能提异议",
        "都不够三家怎么办",
        "不对招标文件澄清可以吗",
        "没有CA锁能投标吗",
        "这个不能报名",
        "全部否决怎么办",
        "上面盖的章不对怎么办",
        "都",
        "第二个",
        "",
    ],
)
def test_a_not_in_a_question_rejects_no_options(text: str) -> None:
    assert not cues.rejects_options(normalize(text))


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("那多久退", "多久退"),
        ("要是忘了呢", "要是忘了"),
        ("那么利息怎么算", "利息怎么算"),
        ("还有别的材料吗", "别的材料吗"),
        ("政府采购的呢", "政府采购"),
        ("保证金多久退", "保证金多久退"),
        ("那呢", "那呢"),
    ],
)
def test_what_only_ties_a_message_to_the_last_one_is_dropped_but_never_everything(text: str, core: str) -> None:
    assert cues.without_connectives(normalize(text)) == core


@pytest.mark.parametrize(
    ("text", "business"),
    [
        ("政府采购的呢", "政府采购"),
        ("那工程的呢", "工程"),
        ("土地", "土地"),
        ("产权类的", "产权"),
        ("工程的多久退", None),
        ("保证金呢", None),
        ("呢", None),
    ],
)
def test_a_bare_line_of_business_is_told_from_a_question_about_it(text: str, business: str | None) -> None:
    assert cues.only_names_business(normalize(text)) == business


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("我是评标专家", "evaluator"),
        ("我们是代理公司", "agency"),
        ("我是投标人", "bidder"),
        ("我们是业主", "tenderer"),
        ("专家怎么申报", None),
        ("我是投标人，保证金从分公司账户转出去的可以吗", None),
    ],
)
def test_a_declared_role_is_told_from_a_question_about_a_role(text: str, role: str | None) -> None:
    assert cues.states_role(normalize(text)) == role


def test_a_long_message_says_itself_what_it_is_about() -> None:
    assert cues.may_follow_up("那多久退")
    assert not cues.may_follow_up("投标截止之后开标之前要求撤销投标文件保证金怎么处理")


@pytest.mark.parametrize(
    "text",
    [
        "这家报价太低能不能废掉",
        "这家没盖章要不要否决",
        "这份标书该不该废标",
        "该供应商是不是该判无效",
        "他家的业绩给几分",
        "甲公司这个方案打多少分合适",
        "第3家算不算串标",
        "这两家IP一样是围标吗，算围标不",
        "有家没签字，能不能否掉",
        "这几家选谁",
        "我们这次会不会被废标",
        "把这家否决掉：否决他行不行",
    ],
)
def test_a_sentence_about_one_bid_that_asks_for_its_fate_does_not_ask_for_the_rule(text: str) -> None:
    assert not cues.asks_for_the_rule(normalize(text))


@pytest.mark.parametrize(
    "text",
    [
        "哪些情况应当否决投标",
        "什么样的情况才算串标",
        "报价低于成本怎么认定",
        "这笔服务费该谁出",
        "第一名不要了，几天内得重新定",
        "专家怎么打分，有什么规定",
        "机器码一致怎么处理",
        "没盖章按规定是不是应当否决",
        "评完剩两家，还能接着评吗",
        "只有一家报名怎么办",
        "质疑函交给谁",
    ],
)
def test_a_question_about_the_rule_or_the_way_is_told_from_one_about_a_decision(text: str) -> None:
    assert cues.asks_for_the_rule(normalize(text))
