"""A table as a file that Excel opens, whatever its cells hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from urllib.parse import quote

from fastapi.responses import Response

from app.journal.export import safe

Format = Literal["xlsx", "csv"]
TYPES: dict[Format, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def table(name: str, form: Format, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """``name`` is that of the file, without its ending."""
    lines: list[Sequence[Any]] = [headings, *([safe(cell) for cell in row] for row in rows)]
    return file(f"{name}.{form}", _workbook(lines) if form == "xlsx" else _csv(lines), TYPES[form])


def file(name: str, content: bytes, kind: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=kind, headers={"Content-Disposition": disposition})


def _csv(lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _workbook(lines: Sequence[Sequence[Any]]) -> bytes:
    from openpyxl import Workbook  # some 20 MB that answering has no need of

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for line in lines:
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
