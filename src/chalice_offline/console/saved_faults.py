"""The faults on purpose that struck in a story, as lines of its test, which would else differ."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Refusal
from chalice_offline.core.faults import DELAY, ERROR, FUNCTION, MESSAGE, REORDER

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.faults import Fault
    from chalice_offline.core.journal import Entry


def faults_of(session: Session, entries: list[Entry]) -> list[str]:
    """Return a line per fault that struck; Refusal where it would not strike the same again."""
    struck = Counter(
        int(entry.detail["fault"])
        for entry in entries
        if entry.kind == "note" and entry.subject == "fault" and "fault" in entry.detail
    )
    known = {fault.number: fault for fault in session.emulator.faults.all()}
    lines = []
    for number, times in sorted(struck.items()):
        fault = known.get(number)
        if fault is None or fault.probability < 1:
            why = "strikes by chance" if fault else "is switched off by now"
            raise Refusal(
                f"Fault {number} struck in this story and {why}: its test would end otherwise. "
                "Replay the story without faults, and save that.",
                409,
            )
        lines.append(_line(session, fault, times))
    return lines


def _line(session: Session, fault: Fault, struck: int) -> str:
    target = fault.target
    if target.startswith(FUNCTION):
        target = session.shown_name(target.removeprefix(FUNCTION))
    settings: dict[str, Any] = {}
    if fault.kind in (DELAY, REORDER):
        settings["milliseconds"] = fault.milliseconds
    if fault.kind == ERROR:
        own = {"code": fault.code, "status": fault.status}
        settings |= {name: value for name, value in own.items() if value}
        if fault.message != MESSAGE:
            settings["message"] = fault.message
    if fault.times is not None:
        settings["times"] = struck
    told = "".join(f", {name}={value!r}" for name, value in settings.items())
    return f"offline.faults.{fault.kind}({target!r}{told})"
