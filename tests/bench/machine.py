"""The machine, and the CPU seconds and memory that processes use on it, from Linux's /proc."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1024**2


def describe() -> dict[str, Any]:
    """Return what figures depend on: processor, cores, memory, kernel, Python, and the load that was there before."""
    cpu = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": cpu[0] if cpu else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 1024**3, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def tree(roots: Iterable[int]) -> list[int]:
    """Return the process ids of these processes and all that descend from them."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(folder.name)):
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += parents.get(pid, [])
    return found


def cpu_s(roots: Iterable[int]) -> float:
    """Return the user and system seconds of these processes, their descendants, and descendants that have ended."""
    return sum(sum(int(ticks) for ticks in fields[11:15]) for pid in tree(roots) if (fields := _stat(pid))) / TICKS


def busy_s() -> float:
    """Return the seconds that all cores together have worked since the machine started, whoever for."""
    user, nice, system, _, _, irq, softirq, *_ = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(int(ticks) for ticks in (user, nice, system, irq, softirq)) / TICKS


def memory_mib(pid: int) -> dict[str, float]:
    """Return the process's memory in MiB: resident, its share (PSS), its own, and what it shares with others."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    kib = {name: int(value.split()[0]) for name, value in rows.items() if value.strip().endswith("kB")}
    own = kib["Private_Clean"] + kib["Private_Dirty"]
    return {
        "resident_mib": round(kib["Rss"] / 1024, 1),
        "pss_mib": round(kib["Pss"] / 1024, 1),
        "own_mib": round(own / 1024, 1),
        "shared_mib": round((kib["Rss"] - own) / 1024, 1),
    }


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, the state first; none for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
