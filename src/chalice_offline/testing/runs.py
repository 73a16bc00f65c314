"""What ran, for a test to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.core.run import RunState

if TYPE_CHECKING:
    from chalice_offline.core.run_entry import RunEntry


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a function.

    `function` is Chalice's name of it. `outcome` is "ok", the type of the error it ended with
    ("ValueError", "Sandbox.Timedout"), or "" while it runs.
    """

    function: str
    outcome: str
    error: str
    request_id: str
    tries: int
    lines: tuple[str, ...]


def run_of(recent: RunEntry, function: str) -> Run:
    """Return a run as tests see it."""
    outcome = ""
    if recent.ended_ms is not None:
        outcome = "ok" if recent.state is RunState.RETURNED else recent.error_type
    lines = tuple(text for _, text in recent.lines or ())
    return Run(function, outcome, recent.error_message, recent.request_id, recent.tries, lines)
