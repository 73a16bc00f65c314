"""Bars of the comparison with other engines, as SVG without a plotting library."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from benchmarks.subjects import TITLES
from benchmarks.tables import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.harness import Figure, Report

WIDTH, LABELS, BAR, GAP, HEAD = 760, 220, 20, 6, 34
COLOURS = ("#1f6feb", "#6e7781", "#8b949e", "#a8b1bb", "#c9d1d9")
# Measure, and whether more of it is better.
SHOWN = (
    ("SendMessage", True),
    ("SendMessage, without boto3's own cost", True),
    ("PutEvents to a queue, 10 a call", True),
    ("event to handler, idle, p50", False),
    ("four-hop pipeline, warm", True),
    ("time to ready", False),
    ("resident memory, under load", False),
)


def svg(report: Report) -> str:
    """Return the picture."""
    rows: list[str] = []
    top = 10
    for measure, more_is_better in SHOWN:
        found = {
            name: one
            for name, figures in report.engines.items()
            for one in figures
            if one.name == measure
        }
        if not found:
            continue
        rows.extend(_group(measure, more_is_better, found, top))
        top += HEAD + len(found) * (BAR + GAP) + GAP
    style = "font: 13px system-ui, sans-serif; fill: #57606a"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" '
        f'width="{WIDTH}" height="{top}" style="{style}">\n' + "\n".join(rows) + "\n</svg>\n"
    )


def _group(measure: str, more_is_better: bool, found: dict[str, Figure], top: int) -> Iterator[str]:
    unit = next(iter(found.values())).unit
    better = "more" if more_is_better else "less"
    title = escape(f"{measure} ({unit}; {better} is better)")
    yield f'<text x="0" y="{top + 18}" font-weight="600">{title}</text>'
    most = max(one.value for one in found.values())
    for index, (name, one) in enumerate(found.items()):
        y = top + HEAD + index * (BAR + GAP)
        width = max(2, (WIDTH - LABELS - 90) * one.value / most)
        colour = COLOURS[list(TITLES).index(name) % len(COLOURS)]
        yield f'<text x="12" y="{y + 15}">{escape(TITLES[name])}</text>'
        yield f'<rect x="{LABELS}" y="{y}" width="{width:.0f}" height="{BAR}" fill="{colour}"/>'
        yield f'<text x="{LABELS + width + 8:.0f}" y="{y + 15}">{number(one)}</text>'
