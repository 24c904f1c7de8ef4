from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.statute import Paragraph, paragraphs, parse
from app.text.numerals import to_chinese, to_number

LAW = """# 样例法

2017年12月27日修正

目录

第一章 总则

第二章 招标

第一章 总则

第一条 为了举例，制定本法。

第二条 例子分为：

（一）大的；

（二）小的：
1.很小；
2.更小。

前款所称小，不包括第一条
第三条规定的情形。

第二章 招标

第一节 一般规定

第三条　条号后是全角空格。

**第三条之一** 后来插入的一条。

第四条 有表：

| 金额 | 比例 |
| 100万元 | 1.5% |

附件：声明函
"""


def test_articles_keep_their_number_and_the_headings_above_them() -> None:
    found = [(unit.number, unit.path) for unit in parse(LAW).articles]
    assert found == [
        ("第一条", ("第一章 总则",)),
        ("第二条", ("第一章 总则",)),
        ("第三条", ("第二章 招标", "第一节 一般规定")),
        ("第三条之一", ("第二章 招标", "第一节 一般规定")),
        ("第四条", ("第二章 招标", "第一节 一般规定")),
    ]


def test_title_history_and_appendix_are_told_from_articles() -> None:
    statute = parse(LAW)
    assert statute.title == "样例法"
    assert statute.history.splitlines()[0] == "2017年12月27日修正"
    assert [unit.kind for unit in statute.units][-1] == "appendix"


def test_paragraphs_are_told_by_kind() -> None:
    second = parse(LAW).articles[1]
    assert paragraphs(second) == [
        Paragraph("款", "例子分为："),
        Paragraph("项", "（一）大的；"),
        Paragraph("项", "（二）小的："),
        Paragraph("目", "1.很小；"),
        Paragraph("目", "2.更小。"),
        Paragraph("款", "前款所称小，不包括第一条"),
        Paragraph("款", "第三条规定的情形。"),
    ]


def test_tables_stay_with_their_article() -> None:
    assert Paragraph("表", "| 100万元 | 1.5% |") in paragraphs(parse(LAW).articles[-1])


def test_a_line_that_begins_by_citing_an_article_is_no_article() -> None:
    text = "第一条 甲。\n第二条 乙。\n第一条所称甲，是指乙。\n第三条 丙。\n"
    assert [unit.number for unit in parse(text).articles] == ["第一条", "第二条", "第三条"]


def test_invisible_marks_before_a_number_do_not_hide_it() -> None:
    assert len(parse("第一条 甲。\n\u200f第二条 乙。\n").articles) == 2


def test_a_notice_without_articles_is_cut_at_its_numbers() -> None:
    notice = "关于样例的意见\n一、主体责任\n（一）甲。\n（二）乙。\n二、专家\n（三）丙。\n"
    found = [(unit.number, unit.path) for unit in parse(notice).articles]
    assert found == [("（一）", ("一、主体责任",)), ("（二）", ("一、主体责任",)), ("（三）", ("二、专家",))]
    lists = "通知\n一、清理\n（一）甲；\n（二）乙。\n二、审查\n（一）丙。\n三、管理\n丁。\n"
    assert [unit.number for unit in parse(lists).articles] == ["一、", "二、", "三、"]


def test_a_text_without_numbers_is_kept_whole() -> None:
    statute = parse("只有一段话。")
    assert statute.articles == []
    assert statute.source == "只有一段话。"


PIECES = st.sampled_from(
    [
        "第一条 甲",
        "第二条 乙",
        "第一条之一 丙",
        "第九条",
        "第一章 总则",
        "第一节 节",
        "（一）项",
        "一、段",
        "附件",
        "# 题",
        "|a|b|",
        "话。",
        "",
        " ",
        "\r",
    ]
)


@given(st.lists(PIECES | st.text(max_size=12), max_size=25), st.sampled_from(["\n", "\r\n", "\u2028"]))
def test_no_character_is_lost_whatever_the_text(lines: list[str], end: str) -> None:
    source = end.join(lines)
    assert parse(source).source == source


def test_official_texts_lose_nothing_and_count_right(laws: Path) -> None:
    for path in sorted(laws.glob("*.md")):
        source = path.read_bytes().decode("utf-8")
        statute = parse(source)
        assert statute.source == source, path.name
        numbers = [unit.number for unit in statute.articles]
        if numbers[:1] != ["第一条"]:
            assert len(numbers) == len(set(numbers)) > 0, path.name  # a notice, cut at its own numbering
            continue
        last = max(map(to_number, re.findall(r"^[\W_]*第([一二三四五六七八九十百零]+)条", source, re.MULTILINE)))
        assert numbers == [f"第{to_chinese(n)}条" for n in range(1, last + 1)], path.name
