"""Install a CPU build of torch for the tests:  python scripts/install_torch.py torch==2.13.0

First what the configured package index offers, but only if that is no CUDA build; else PyTorch's own CPU index.
"""

from __future__ import annotations

import subprocess
import sys

CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pip", *arguments], text=True, capture_output=True)


def main() -> None:
    requirement = sys.argv[1]
    plan = pip("install", "--dry-run", "--quiet", "--report", "-", requirement)
    brings_cuda = plan.returncode != 0 or "nvidia" in plan.stdout or "triton" in plan.stdout
    arguments = ["install", "--quiet", requirement, *(["--index-url", CPU_INDEX] if brings_cuda else [])]
    done = pip(*arguments)
    sys.stderr.write(done.stderr)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
