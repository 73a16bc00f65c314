"""One run in one line, as Lambda's REPORT: for the terminal and for `chalice-offline runs`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.trace.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_WIDTH = 20
_LONGEST_SOURCE = 60
_LONGEST_ERROR = 200

# SGR of ECMA-48, the colours every terminal has.
GREEN, RED, YELLOW, DIM, BOLD = "32", "31", "33", "2", "1"
_COLOURS = {"ok": GREEN, "waiting": YELLOW, "running": YELLOW}


def paint(text: str, code: str, *, colour: bool) -> str:
    """Return a text in a colour, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour and text else text


def clock_time(at_ms: int) -> str:
    """Return the time of day of an instant, in UTC as in a handler's own lines."""
    seconds, milliseconds = divmod(at_ms, 1000)
    return f"{_clock_time(seconds)}.{milliseconds:03d}"


@lru_cache(maxsize=16)  # lines come in order, hundreds of them about the same second
def _clock_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def run_line(run: Mapping[str, Any], *, colour: bool = False) -> str:
    """Return one line about a run, given as the console's `runs` gives it."""
    at_ms = run["ended_ms"] or run["started_ms"] or run["queued_ms"]
    parts = [
        paint(clock_time(at_ms), DIM, colour=colour),
        paint(f"{visible(run['name']):<{NAME_WIDTH}}", BOLD, colour=colour),
        _source(run),
        f"try {run['try']}" if run["try"] > 1 else "",
        "" if run["duration_ms"] is None else f"{run['duration_ms']} ms",
        paint(_outcome(run), _colour(run), colour=colour),
        paint(f"story {run['story']}", DIM, colour=colour),
    ]
    return "  ".join(part for part in parts if part)


def _colour(run: Mapping[str, Any]) -> str:
    if run["outcome"] == "ok" and (run.get("status") or 0) >= 500:
        return YELLOW
    return _COLOURS.get(run["outcome"], RED)


def _source(run: Mapping[str, Any]) -> str:
    kind, name = run["source_kind"], visible(run["source"])
    shown = name if len(name) <= _LONGEST_SOURCE else f"{name[: _LONGEST_SOURCE - 1]}…"
    if kind in ("", "invoke"):
        return "<- invoke"
    return f"<- {shown}" if kind in ("route", "url") else f"<- {kind} {shown}"


def _outcome(run: Mapping[str, Any]) -> str:
    error = run["error"]
    if not error:
        answered = run.get("status")
        return (
            f"{run['outcome']}, answered {answered}"
            if answered and answered >= 400
            else run["outcome"]
        )
    one_line = visible(" ".join(str(error).split()))
    cut = one_line if len(one_line) <= _LONGEST_ERROR else f"{one_line[: _LONGEST_ERROR - 1]}…"
    return cut if run["outcome"] == "error" else f"{run['outcome']}: {cut}"
