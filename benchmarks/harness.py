"""How things are measured: warm up, best of several rounds, ratios within one run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("boto3", "botocore", "chalice", "moto", "uvicorn")


@dataclass(frozen=True)
class Effort:
    """How long to measure (`seconds` x `rounds` a work), and how much of everything there is."""

    seconds: float
    rounds: int
    large: int  # messages, of the largest queue
    events: int  # events of a latency measurement
    orders: int  # orders through the pipeline
    friday: int  # orders of a Friday night in virtual time


WHOLE = Effort(seconds=1.5, rounds=5, large=1_000_000, events=400, orders=300, friday=10_000)
QUICK = Effort(seconds=0.3, rounds=3, large=100_000, events=80, orders=40, friday=1_000)


@dataclass(frozen=True)
class Figure:
    """One number. `target` says what it should be, `met` whether it is; None: no target."""

    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None
    note: str = ""


@dataclass
class Report:
    """Everything one run found."""

    effort: str
    machine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    own: list[Figure] = field(default_factory=list)
    engines: dict[str, list[Figure]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def best_rates(
    works: dict[str, Callable[[], object]], effort: Effort, *, calls: int = 20
) -> dict[str, float]:
    """Return calls per second of each work, in its better rounds.

    What counts is the quarter of the rounds that were fastest: its slowest one.
    """
    rounds = _rounds(works, effort, calls)
    return {name: calls / percentile(taken, 25) for name, taken in rounds.items()}


def mean_rates(
    works: dict[str, Callable[[], object]], effort: Effort, *, calls: int = 20
) -> dict[str, float]:
    """Return calls per second of each work over all rounds.

    For what is compared with something that runs through once, disturbed as it may be.
    """
    rounds = _rounds(works, effort, calls)
    return {name: calls * len(taken) / sum(taken) for name, taken in rounds.items()}


def _rounds(
    works: dict[str, Callable[[], object]], effort: Effort, calls: int
) -> dict[str, list[float]]:
    """Return how long each work's rounds took, in seconds.

    Rounds are short (`calls` calls) and go round robin for `seconds` x `rounds` of each work, so
    that whatever else the machine does falls on all of them alike.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        for _ in range(calls):
            work()
    finish = time.perf_counter() + effort.seconds * effort.rounds * len(works)
    while time.perf_counter() < finish:
        for name, work in works.items():
            began = time.perf_counter()
            for _ in range(calls):
                work()
            times[name].append(time.perf_counter() - began)
    return times


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def at_least(name: str, value: float, unit: str, least: float, note: str = "") -> Figure:
    """Return a figure whose target is a lower bound."""
    return Figure(name, value, unit, f"≥ {least:g} {unit}", value >= least, note)


def at_most(name: str, value: float, unit: str, most: float, note: str = "") -> Figure:
    """Return a figure whose target is an upper bound."""
    return Figure(name, value, unit, f"≤ {most:g} {unit}", value <= most, note)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "commit": _commit(),
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _commit() -> str:
    """Return the commit measured, marked when the tree differs from it."""
    root = Path(__file__).resolve().parents[1]

    def git(*arguments: str) -> str:
        command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
        return done.stdout.strip()

    changed = " with uncommitted changes" if git("status", "--porcelain", "--", "src") else ""
    return (git("rev-parse", "--short", "HEAD") or "unknown") + changed


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def package_versions() -> dict[str, str]:
    """Return the versions of what the emulator stands on."""
    return {name: version(name) for name in PACKAGES}


def write(report: Report, name: str) -> Path:
    """Keep a report as JSON under results/ and return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(asdict(report), indent=1, ensure_ascii=False) + "\n")
    return path


def read(path: Path) -> Report:
    """Return a kept report."""
    content = json.loads(path.read_text())
    content["own"] = [Figure(**one) for one in content["own"]]
    content["engines"] = {
        name: [Figure(**one) for one in figures] for name, figures in content["engines"].items()
    }
    return Report(**content)
