"""One self-contained HTML page of an evaluation: tables and plots, no script, no reference to anything outside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Any

from app.evaluation import metrics
from app.evaluation.outcomes import Outcome


def page(title: str, figures: dict[str, Any], found: Sequence[Outcome]) -> str:
    """``figures`` is what ``metrics.summary`` gave for ``found``."""
    rated = [o for o in found if o.family != "dialogue"]
    asked = [o for o in found if o.family in ("in_scope", "out_of_scope")]
    curve = metrics.risk_coverage(asked)
    bins = metrics.reliability(rated)
    parts = [
        "<!doctype html><html lang='zh-CN'><meta charset='utf-8'>",
        f"<title>{escape(title)}</title>",
        "<style>body{font:15px/1.6 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:2px 8px;text-align:right}"
        "td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}</style>",
        f"<h1>{escape(title)}</h1>",
        _table(("指标", "值"), [(name, _percent(value)) for name, value in figures["bars"].items()]),
        "<h2>风险与覆盖</h2><p>横轴：给出答案的比例；纵轴：答案中错的比例。</p>",
        _plot([x for x, _ in curve], [y for _, y in curve], "coverage", "risk"),
        "<h2>可靠性</h2><p>横轴：把握；纵轴：实际正确的比例；对角线为理想。</p>",
        _plot([c for c, _, _ in bins], [r for _, r, _ in bins], "confidence", "correct", diagonal=True),
        "<h2>最易混淆的条目</h2>",
        _table(("应为", "排在第一的是", "次数"), metrics.confusions(found)),
        "<h2>按风格</h2>",
        _groups(figures["in_scope"]),
        "<h2>其他</h2>",
        _groups(figures["others"]),
    ]
    return "\n".join(parts) + "\n"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"


def _groups(groups: dict[str, dict[str, float]]) -> str:
    if not groups:
        return ""
    names = [name for name in next(iter(groups.values())) if name != "n"]
    rows = [(group, int(v["n"]), *(_percent(v[name]) for name in names)) for group, v in groups.items()]
    return _table(("", "n", *names), rows)


def _plot(x: Sequence[float], y: Sequence[float], x_label: str, y_label: str, diagonal: bool = False) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.6))
    axes = figure.subplots()
    if diagonal:
        axes.plot([0, 1], [0, 1], color="#bbbbbb", linestyle="--")
    axes.plot(x, y, color="#1d5fbf", marker="o" if diagonal else None)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
