"""Make sure the tests find a PostgreSQL server: the one that is there, else Debian's is installed when that is possible.

Tests start one of their own, in a folder of their own; no service is set up or touched.  Exit code 0 in any case: without a
server the tests that need one are skipped, and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")


def find() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``, of the newest version."""
    found = [path.parent for path in DEBIAN.glob("*/bin/pg_ctl") if path.with_name("initdb").exists()]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


def install() -> None:
    """Debian's package, where this is Debian and we may, without the cluster it would set up and start."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text("create_main_cluster = false\n")
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
    command = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
    subprocess.run([*command, "postgresql"], check=False, env=environment)


def main() -> None:
    if find() is None:
        install()
    found = find()
    print(
        f"postgresql: {found}" if found else "no PostgreSQL (Debian: apt-get install postgresql); its tests are skipped"
    )


if __name__ == "__main__":
    main()
