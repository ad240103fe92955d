"""What a measurement was made with: the machine, in words that name nobody's, and the versions."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The model of the processor, as Linux or macOS tells it."""
    if CPUINFO.exists():
        for line in CPUINFO.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip().lower() == "model name":
                return value.strip()
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or platform.machine()
    return platform.processor() or platform.machine()


def gigabytes() -> float:
    """The memory of the machine, in units of 2^30 bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def described() -> dict[str, str]:
    """What stays the same while nobody changes the machine or installs something else."""
    return {
        "processor": processor(),
        "cores": str(cores()),
        "memory": f"{gigabytes():.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "torch": version("torch"),
        "torchvision": version("torchvision"),
    }


def now() -> dict[str, str]:
    """The date, and how busy the machine is: the mean number of programs that ran or waited in the last minute."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "load average at the start": f"{os.getloadavg()[0]:.2f}",
    }
