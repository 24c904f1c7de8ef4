"""Published versions on disk.

    indexes/<version>/manifest.json   what made it, and the SHA-256 of the other files
    indexes/<version>/knowledge.json  the records
    indexes/<version>/rendered.json   answers as HTML and text
    indexes/<version>/lexicon.npz     normal forms and word statistics, see app/index/lexicon.py
    indexes/<version>/vectors.npy     (n, dim) float16: all phrases in the order of ``Knowledge.intents``, then not-aliases
    indexes/<version>/views.npz       what is learned from the vectors, see app/index/views.py
    indexes/<version>/law_lexicon.npz and law_vectors.npy   the same for the articles of statutes; manual_* for manuals
    indexes/<version>/publication.json   when it was published and by whom, see app/index/history.py
    indexes/current                   the name of the version that serves

A folder cannot be replaced atomically but a small file can, hence the pointer.  A version is written beside its place
under a temporary name, synced, renamed; only a complete one is ever pointed at.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from app.errors import IndexUnusable, StorageFailed, os_reason
from app.index.encoder import Vectors

FORMAT = 11


@dataclass(frozen=True)
class Manifest:
    version: str
    published_at: str
    encoder: str
    encoder_name: str
    source: str
    """Digest of the YAML files this version was first made from."""
    format: int = FORMAT
    files: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Stored:
    """The raw content of one version."""

    manifest: Manifest
    knowledge: bytes
    rendered: bytes
    lexicon: bytes
    vectors: Vectors
    """float32, but of values that half precision can hold, so that saving and opening change nothing."""
    law_lexicon: bytes = b""
    law_vectors: Vectors = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    manual_lexicon: bytes = b""
    manual_vectors: Vectors = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    """All four empty when there are no statutes, no manuals."""
    views: bytes = b""


def save(root: Path, stored: Stored) -> Path:
    """Write a version completely or not at all; raises ``StorageFailed`` when the disk will not take it."""
    files = {
        "knowledge.json": stored.knowledge,
        "rendered.json": stored.rendered,
        "lexicon.npz": stored.lexicon,
        "vectors.npy": _packed(stored.vectors),
        "law_lexicon.npz": stored.law_lexicon,
        "law_vectors.npy": _packed(stored.law_vectors),
        "manual_lexicon.npz": stored.manual_lexicon,
        "manual_vectors.npy": _packed(stored.manual_vectors),
        "views.npz": stored.views,
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = asdict(stored.manifest) | {"files": digests}
    files["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    target = root / stored.manifest.version
    scratch: str | None = None
    try:
        root.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.mkdtemp(prefix=".building-", dir=root)
        for name, content in files.items():
            _write_synced(Path(scratch) / name, content)
        if target.exists():
            discard(root, target.name)  # only ever a damaged copy of the same content
        os.chmod(scratch, 0o755)  # noqa: S103  mkdtemp made it private; other workers' users read it
        os.rename(scratch, target)
        _sync_folder(root)
    except OSError as error:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        raise StorageFailed(f"索引写不进 {root}（{os_reason(error)}），没有改动任何内容") from error
    return target


def open_version(root: Path, version: str) -> Stored:
    """Read a version and check every digest; raises ``IndexUnusable`` when anything is missing or altered."""
    folder = root / version
    try:
        facts = json.loads((folder / "manifest.json").read_bytes())
        if facts["format"] != FORMAT:
            raise IndexUnusable(f"索引 {version} 的格式是 {facts['format']}，本程序用 {FORMAT}，请重新发布")
        manifest = Manifest(**facts)
        contents = {name: _checked(folder / name, digest) for name, digest in (manifest.files or {}).items()}
        return Stored(
            manifest=manifest,
            knowledge=contents["knowledge.json"],
            rendered=contents["rendered.json"],
            lexicon=contents["lexicon.npz"],
            vectors=_unpacked(contents["vectors.npy"]),
            law_lexicon=contents["law_lexicon.npz"],
            law_vectors=_unpacked(contents["law_vectors.npy"]),
            manual_lexicon=contents["manual_lexicon.npz"],
            manual_vectors=_unpacked(contents["manual_vectors.npy"]),
            views=contents["views.npz"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"索引 {folder} 不完整或已损坏（{error}），请重新发布") from error


def open_texts(root: Path, version: str) -> tuple[bytes, bytes]:
    """The records and the rendered answers of a version, of whatever format; raises ``IndexUnusable``."""
    folder = root / version
    try:
        digests = json.loads((folder / "manifest.json").read_bytes())["files"]
        knowledge, rendered = (_checked(folder / name, digests[name]) for name in ("knowledge.json", "rendered.json"))
        return knowledge, rendered
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"索引 {folder} 不完整或已损坏（{error}），请重新发布") from error


def _checked(path: Path, digest: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise IndexUnusable(f"索引文件 {path} 已损坏（校验值不符），请重新发布")
    return content


def current(root: Path) -> str | None:
    """The version that ``current`` points at, or None before the first publication."""
    try:
        return (root / "current").read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def is_kept(root: Path, version: str) -> bool:
    """Whether a version is on the disk, whole or damaged."""
    return (root / version / "manifest.json").is_file()


def activate(root: Path, version: str) -> None:
    """Point ``current`` at a saved version, in one step."""
    try:
        (root / version / "manifest.json").stat()  # fails when there is no such version
        replace_file(root, root / "current", f"{version}\n".encode())
    except OSError as error:
        raise StorageFailed(f"切换不到版本 {version}（{os_reason(error)}），仍用原来的版本") from error


def replace_file(root: Path, path: Path, content: bytes) -> None:
    """Put ``content`` in the place of a file in or below ``root``, at one stroke; raises ``OSError``."""
    handle, name = tempfile.mkstemp(prefix=".current-", dir=root)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, 0o644)
    os.replace(name, path)
    with suppress(OSError):  # it is in its place; only a power cut could still undo that
        _sync_folder(path.parent)


def discard(root: Path, version: str) -> None:
    """Delete a version: at one stroke out of the list, then from the disk; raises ``OSError``."""
    aside = Path(tempfile.mkdtemp(prefix=".building-", dir=root)) / version
    os.rename(root / version, aside)
    shutil.rmtree(aside.parent, ignore_errors=True)


def remove_leftovers(root: Path) -> None:
    """Delete what a killed publication left behind; nothing of it serves or is listed."""
    for path in root.glob(".building-*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in root.glob(".current-*"):
        path.unlink(missing_ok=True)


def _packed(vectors: Vectors) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, vectors.astype(np.float16), allow_pickle=False)
    return buffer.getvalue()


def _unpacked(content: bytes) -> Vectors:
    return np.asarray(np.load(io.BytesIO(content), allow_pickle=False), np.float32)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
