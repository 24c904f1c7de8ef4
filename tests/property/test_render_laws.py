"""A site value can say anything, and says it literally."""

from __future__ import annotations

import html as html_module

from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.model import SiteValue
from app.knowledge.render import render

MARKUP = st.text(st.sampled_from("ab1 .-+#*_`~[]()<>!&;|\\{}=:/'\""), max_size=20)
values = (MARKUP | st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20)).map(
    lambda text: " ".join(text.split())
)


@given(values.filter(bool))
def test_a_site_value_in_a_sentence_is_its_own_characters(value: str) -> None:
    site = {"v": SiteValue(about="x", value=value, fallback="x")}
    rendered = render("拨打“{{v}}”。", site)
    assert rendered.text == f"拨打“{value}”。"
    assert rendered.html.count("<") == 2
    assert html_module.unescape(rendered.html) == f"<p>拨打“{value}”。</p>"


@given(MARKUP)
def test_no_answer_however_written_yields_a_tag_that_is_not_allowed(markdown: str) -> None:
    tags = {part.split(">")[0].split(" ")[0].strip("/") for part in render(markdown, {}).html.split("<")[1:]}
    allowed = {"p", "strong", "em", "ul", "ol", "li", "a", "br", "code", "blockquote"}
    assert tags <= allowed | {"table", "thead", "tbody", "tr", "th", "td"}
