"""What a form of a page sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData


async def _sent(request: Request) -> FormData:
    return await request.form()


GivenForm = Annotated[FormData, Depends(_sent)]
"""For forms whose fields are not known beforehand; else FastAPI's ``Form`` says more."""


def text_of(form: FormData, name: str) -> str:
    """The last value of that name, its lines ended as files end them."""
    values = form.getlist(name)
    return str(values[-1]).replace("\r\n", "\n") if values else ""


def lines_of(form: FormData, name: str) -> list[str]:
    """One item a line, blank lines left out."""
    return [line.strip() for line in text_of(form, name).split("\n") if line.strip()]
