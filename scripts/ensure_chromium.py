"""Make sure the browser tests find a chromium: use the one that is there, else install Debian's when that is possible.

Exit code 0 when there is one; otherwise 1 with the command an administrator has to run.
"""

from __future__ import annotations

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    if find() is None and shutil.which("apt-get") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        packages = ["chromium", "fonts-noto-cjk"]
        subprocess.run(["apt-get", "install", "-qq", "--yes", *packages], check=False, env=environment)
    found = find()
    if found is None:
        raise SystemExit("no chromium for the browser tests; on Debian: sudo apt-get install chromium fonts-noto-cjk")
    print(f"chromium: {found}")


if __name__ == "__main__":
    main()
