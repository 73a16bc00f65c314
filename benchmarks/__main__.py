"""Measures everything and writes it down.

    python -m benchmarks                    the whole, about an hour
    python -m benchmarks --quick            about 6 minutes, rougher
    python -m benchmarks --only own         our own figures, no other engine needed
    python -m benchmarks --only engines --engine chalice-offline --engine ministack
    python -m benchmarks --page             write docs/BENCHMARKS.md from latest.json again

Results go to benchmarks/results/<time>.json and .md; a whole run also replaces latest.json and
latest.md, the figures in docs/BENCHMARKS.md and its picture, which are kept in git.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from benchmarks import (  # noqa: E402 - src/ comes first on the path set above
    against_engines,
    harness,
    own_calls,
    own_friday,
    own_items,
    own_live,
    own_routes,
    own_scale,
    own_start,
    own_steady,
    own_storage,
    own_tests,
    own_workflows,
    plot,
    put_item,
    tables,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

PLOT = ROOT / "docs" / "benchmarks.svg"
PAGE = ROOT / "docs" / "BENCHMARKS.md"
MARKS = ("<!-- figures: python -m benchmarks -->\n", "<!-- end of figures -->\n")
LATEST = harness.RESULTS / "latest.json"
OWN = (
    own_start,
    own_calls,
    own_items,
    own_live,
    own_routes,
    own_tests,
    own_scale,
    own_steady,
    own_storage,
    own_workflows,
)
LAST = (own_friday,)
"""After the engines: a night takes longest, and least needs a machine that does nothing else."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = _parser().parse_args(arguments)
    if options.page:
        _publish(harness.read(LATEST))
        return 0
    effort = harness.QUICK if options.quick else harness.WHOLE
    report = harness.Report(
        "quick" if options.quick else "whole", harness.machine(), harness.package_versions()
    )
    if options.only in (None, "own"):
        _own(report, effort, OWN)
    if options.only in (None, "engines"):
        _engines(report, effort, options.engine or list(against_engines.NAMES))
    if options.only in (None, "own"):
        _own(report, effort, LAST)
    whole = not options.only and not options.engine
    _keep(report, whole=whole and (options.publish or not options.quick))
    print(tables.markdown(report))
    return 0


def _own(report: harness.Report, effort: harness.Effort, modules: Iterable[ModuleType]) -> None:
    for module in modules:
        _tell(f"{module.__name__} …")
        report.own += module.measure(effort)


def _engines(report: harness.Report, effort: harness.Effort, names: Sequence[str]) -> None:
    for name in names:
        _tell(f"{name} …")
        try:
            report.engines[name] = against_engines.measure(name, effort, report.problems.append)
        except against_engines.EngineError as error:
            report.problems.append(f"{name} was not measured: {error}")
    if set(names) == set(against_engines.NAMES):
        _tell(f"{put_item.__name__} …")
        try:
            report.own += put_item.measure(effort)
        except put_item.EngineError as error:
            report.problems.append(f"DynamoDB Local was not measured: {error}")


def _keep(report: harness.Report, *, whole: bool) -> None:
    """Write the results down; only a comparison that this emulator is in replaces the latest."""
    latest = whole and against_engines.OURS in report.engines
    for name in (time.strftime("%Y%m%d-%H%M%S"), *(["latest"] if latest else [])):
        path = harness.write(report, name)
        path.with_suffix(".md").write_text(tables.markdown(report))
    if latest:
        _publish(report)
    elif whole:
        _tell(
            "latest.json and docs/BENCHMARKS.md stay as they were: this emulator was not measured"
        )


def _publish(report: harness.Report) -> None:
    """Put a report's figures and picture into the documentation."""
    PLOT.write_text(plot.svg(report))
    before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    figures = "\n" + tables.markdown(report).rstrip() + "\n\n"
    PAGE.write_text(before + MARKS[0] + figures + MARKS[1] + after, encoding="utf-8")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="rougher, in a few minutes")
    parser.add_argument("--publish", action="store_true", help="keep a quick run as the latest")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page")
    parser.add_argument("--only", choices=["own", "engines"])
    parser.add_argument("--engine", action="append", choices=list(against_engines.NAMES))
    return parser


if __name__ == "__main__":
    sys.exit(main())
