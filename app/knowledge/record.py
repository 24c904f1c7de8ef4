"""What every record of the knowledge base is, and how a rule of a field says what it wanted."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Frozen, strict about keys; built from YAML scalars, which arrive as strings."""

    # pydantic would remember 16,000 strings of what it has read, each holding a page of memory that nothing else needs.
    model_config = ConfigDict(frozen=True, extra="forbid", cache_strings="none")


class Unfit(ValueError):
    """A value that breaks a rule of its field, in words for an editor."""

    def __init__(self, message: str, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed
