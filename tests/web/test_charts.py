"""Charts: what is drawn, and that a strict CSP lets it be seen."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

from app.web.charts import PART, WHOLE, Chart, Column

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*columns: Column, title: str = "每天的消息") -> ET.Element:
    return ET.fromstring(str(Chart("days", title, "共 3 条。", "消息", "没答上来", columns).svg))


def test_columns_are_as_high_as_they_count():
    root = drawn(Column("一", 10, 5), Column("二", 20, 0))
    heights = {
        color: [
            float(it.get("height") or 0)
            for it in root.iter(f"{SVG}rect")
            if it.get("fill") == color and it.get("width") != "10"
        ]
        for color in (WHOLE, PART)
    }
    whole, part = heights[WHOLE], heights[PART]
    assert whole[1] == 2 * whole[0] > 0
    assert part == [whole[0] / 2, 0]


def test_it_is_named_and_described():
    root = drawn(Column("一", 3, 1))
    assert root.get("role") == "img"
    texts = {it.get("id"): it.text for it in (root.find(f"{SVG}title"), root.find(f"{SVG}desc")) if it is not None}
    assert (root.get("aria-labelledby") or "").split() == list(texts)
    assert list(texts.values()) == ["每天的消息", "共 3 条。"]


def test_it_needs_nothing_that_the_csp_refuses():
    text = str(Chart("days", "甲", "乙", "丙", "丁", [Column(f"{i}", i, 0) for i in range(90)]).svg)
    assert not re.search(r"<style|<script|\sstyle=|\son[a-z]+=|href|DOCTYPE|url\(", text)


def test_names_are_text():
    text = str(Chart("days", "<script>", "</desc><script>", "&", '"', [Column("<b>", 1, 1)]).svg)
    assert "<script>" not in text
    assert "<b>" not in text


def test_without_a_message_there_is_still_a_chart():
    assert drawn(Column("一", 0, 0)).find(f"{SVG}g") is not None


def test_the_library_is_not_loaded_before_a_chart_is_drawn():
    check = "import sys, app.main; sys.exit('leather' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
