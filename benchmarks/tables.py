"""A report as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.subjects import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.harness import Figure, Report

_MARK = {True: "yes", False: "no", None: ""}


def markdown(report: Report) -> str:
    """Return the report's tables."""
    return (
        "\n".join([*_machine(report), *_own(report), *_engines(report), *_problems(report)]) + "\n"
    )


def number(figure: Figure | None) -> str:
    """Return a figure's value as a person reads it."""
    if figure is None:
        return "-"
    value = figure.value
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def _machine(report: Report) -> Iterator[str]:
    told = report.machine
    yield (
        f"{told['measured']}, {told['processor']}, {told['cores']} cores, {told['memory_gb']} GB, "
        f"Python {told['python']}, load {told['load_before']} before the run, "
        f"commit {told['commit']}; "
        + ", ".join(f"{name} {version}" for name, version in report.versions.items())
        + f". Effort: {report.effort}."
    )
    yield ""


def _own(report: Report) -> Iterator[str]:
    if not report.own:
        return
    yield "| measure | value | unit | target | met |"
    yield "|---|---:|---|---|---|"
    for one in report.own:
        yield (
            f"| {one.name}{f' ({one.note})' if one.note else ''} | {number(one)} | {one.unit} "
            f"| {one.target} | {_MARK[one.met]} |"
        )
    yield ""


def _engines(report: Report) -> Iterator[str]:
    if not report.engines:
        return
    names = list(report.engines)
    yield "| measure | unit | " + " | ".join(TITLES[name] for name in names) + " |"
    yield "|---|---|" + "---:|" * len(names)
    by_engine = {
        name: {one.name: one for one in figures} for name, figures in report.engines.items()
    }
    measures: dict[str, str] = {}
    for figures in report.engines.values():
        measures |= {one.name: one.unit for one in figures}
    for measure, unit in measures.items():
        cells = " | ".join(number(by_engine[name].get(measure)) for name in names)
        yield f"| {measure} | {unit} | {cells} |"
    yield ""


def _problems(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield f"- {problem}"
