"""What an editor or an administrator wrote reaches the page as text, never as markup of its own."""

from __future__ import annotations

import pytest

from app.knowledge.model import SiteValue
from app.knowledge.render import render


def site(value: str | None, fallback: str = "以平台公布为准") -> dict[str, SiteValue]:
    return {"phone": SiteValue(about="电话", value=value, fallback=fallback)}


def test_markdown_of_an_answer_becomes_plain_html() -> None:
    html, text = render("**先**办CA。\n\n1. 甲\n2. 乙\n\n| 项 | 限 |\n|---|---|\n| a | 1 |", {})
    assert html.startswith("<p><strong>先</strong>办CA。</p>\n<ol>\n<li>甲</li>")
    assert "<td>1</td>" in html
    assert text.startswith("先办CA。\n\n1. 甲")


@pytest.mark.parametrize(
    "written",
    [
        "<script>alert(1)</script>",
        "甲 <img src=x onerror=alert(1)> 乙",
        "<b onclick=x>粗</b>",
        "<iframe src='http://x'></iframe>",
        "<style>p{}</style>",
        "<!-- 不给人看 -->",
    ],
)
def test_html_in_an_answer_is_shown_not_obeyed(written: str) -> None:
    html, _ = render(written, {})
    assert html.count("<") == 2  # <p> and </p>
    assert html.startswith("<p>")
    assert "&lt;" in html


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "vbscript:x", "file:///x"]
)
@pytest.mark.parametrize("form", ["[看]({})", "<{}>", "[看][1]\n\n[1]: {}"])
def test_links_that_run_something_are_dropped(target: str, form: str) -> None:
    assert "href" not in render(form.format(target), {}).html


@pytest.mark.parametrize(
    "target", ["https://example.org/a?b=1", "http://10.0.0.1/", "tel:05001234", "mailto:a@example.org"]
)
def test_links_to_pages_phones_and_mail_stay(target: str) -> None:
    assert render(f"[看]({target})", {}).html == f'<p><a href="{target}" rel="noopener noreferrer">看</a></p>'


def test_pictures_are_not_loaded_from_anywhere() -> None:
    assert "example" not in render("![图](http://example.org/x.png)", {}).html


@pytest.mark.parametrize(
    "value", ["<b>9</b>", "**9**", "`9`", "[9](http://x)", "9_9_9", "~~9~~", "&lt;", "# 9", "a*b*c"]
)
def test_markup_in_a_site_value_is_text_in_both_forms(value: str) -> None:
    html, text = render("拨打 {{phone}}。", site(value))
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html == f"<p>拨打 {escaped}。</p>"
    assert text == f"拨打 {value}。"


@pytest.mark.parametrize("value", ["- 9", "1. 9", "2026. 9", "+ 9", "# 9", "> 9", "---", "==="])
def test_a_site_value_at_the_start_of_a_line_makes_no_list_or_heading(value: str) -> None:
    html, text = render("{{phone}}", site(value))
    assert html == f"<p>{value.replace('>', '&gt;')}</p>"
    assert text == value


def test_an_address_put_into_a_link_is_the_address() -> None:
    url = "https://example.org/a_b?x=1&y=*"
    html, _ = render("[登录]({{phone}})", site(url))
    assert f'href="{url.replace("&", "&amp;")}"' in html


def test_a_javascript_address_as_site_value_is_no_link() -> None:
    assert "href" not in render("[登录]({{phone}})", site("javascript:alert(1)")).html


def test_a_missing_value_reads_as_where_to_look() -> None:
    html, text = render("请看{{ phone }}。", site(None, "平台首页"))
    assert (html, text) == ("<p>请看平台首页。</p>", "请看平台首页。")
