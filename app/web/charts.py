"""Charts as SVG for a page, by leather: it writes presentation attributes only, so the strict CSP lets them be seen.

pygal, the other candidate, puts ``<style>`` and ``<script>`` into every chart, and is five times as much to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from markupsafe import Markup

WIDTH, HEIGHT = 720, 260
LABELS = 10
"""Names written below the columns at most: more would run into each other."""
INK, LINE = "#4a5866", "#dde5ee"
WHOLE, PART = "#8fb3e0", "#7a3600"
"""Far apart in lightness, so that they are told apart without colour as well."""


class Column(NamedTuple):
    name: str
    whole: int
    part: int
    """Of the whole; drawn over its foot."""


class Chart(NamedTuple):
    """A picture, and what is said of it to those who do not see it; the page puts the same figures into a table."""

    id: str
    title: str
    said: str
    whole: str
    """What the columns count, and what their parts do."""
    part: str
    columns: Sequence[Column]

    @property
    def svg(self) -> Markup:
        return Markup(_drawn(self))  # noqa: S704  names and titles are escaped by ElementTree


def _drawn(chart: Chart) -> str:
    leather = _leather()
    drawing = leather.Chart()
    names = [column.name for column in chart.columns]
    top = max((column.whole for column in chart.columns), default=0)
    drawing.add_y_scale(0, max(top, 5))
    step = -(-len(names) // LABELS)
    drawing.add_x_axis(tick_formatter=lambda name, i, _: name if i % step == 0 else "")
    drawing.add_columns([(it.name, it.whole) for it in chart.columns], name=chart.whole, fill_color=WHOLE)
    drawing.add_columns([(it.name, it.part) for it in chart.columns], name=chart.part, fill_color=PART)
    svg = ET.Element("svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", xmlns="http://www.w3.org/2000/svg", role="img")
    svg.set("aria-labelledby", f"{chart.id}-title {chart.id}-said")
    ET.SubElement(svg, "title", id=f"{chart.id}-title").text = chart.title
    ET.SubElement(svg, "desc", id=f"{chart.id}-said").text = chart.said
    svg.append(drawing.to_svg_group(WIDTH, HEIGHT))
    return ET.tostring(svg, encoding="unicode", short_empty_elements=False)


@cache
def _leather() -> Any:
    import leather  # 6 MB, when the first chart is drawn

    theme = leather.theme
    theme.background_color, theme.margin = "none", 0.015
    theme.label_color = theme.legend_color = INK
    theme.tick_color = LINE
    theme.tick_font_family = theme.legend_font_family = "sans-serif"
    theme.tick_font_size = theme.legend_font_size = 13
    theme.legend_font_char_width = 14  # as wide as Chinese is
    return leather
