"""Where knowledge lives, and which of the folders is written to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import FileUnreadable, os_reason
from app.knowledge.edit import named, text_of


@dataclass(frozen=True)
class Layers:
    """Made once, by ``main.lifespan``."""

    kb: Path
    overlays: tuple[Path, ...]
    laws: Path | None
    indexes: Path
    """What is published from them; the lock that saving and publishing share is there."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Each is laid over those before it."""
        return (self.kb, *self.overlays)

    @property
    def written(self) -> Path:
        """The folder edits go to: the last overlay if there is one, else ``kb``."""
        return self.folders[-1]

    def text(self, path: Path) -> str:
        """A knowledge file as it is; raises ``FileUnreadable``."""
        try:
            return text_of(path)
        except UnicodeDecodeError as error:
            raise self.unreadable(path, "不是 UTF-8 编码") from error
        except OSError as error:
            raise self.unreadable(path, os_reason(error)) from error

    def unreadable(self, path: Path, why: object) -> FileUnreadable:
        name = named(path, self.folders)
        return FileUnreadable(f"{name} 读不懂，要先改好这个文件", [str(why)])

    def files(self, part: str) -> Iterator[tuple[Path, Path]]:
        """(folder, file) of every YAML file in ``part``, such as ``faq``, from the lowest layer to the highest."""
        for folder in self.folders:
            for path in sorted((folder / part).glob("*.yaml")):
                yield folder, path
