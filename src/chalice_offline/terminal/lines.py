"""The lines that are not about a run's end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.trace import Trace, mask
from chalice_offline.trace.run_line import DIM, NAME_WIDTH, RED, YELLOW, clock_time, paint
from chalice_offline.trace.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.journal import Entry
    from chalice_offline.trace.story import Names


def try_line(following: Mapping[str, Any], now_ms: int, *, colour: bool) -> str:
    """Return when the event of a failed run is tried again, or where it goes instead."""
    due_ms = following["at_ms"]
    seconds = max(0, due_ms - now_ms) / 1000
    wait = f"in {round(seconds, 1 if seconds < 10 else None):g} s, at {clock_time(due_ms)}"
    some, letters = following["records"], following["dead_letters"]
    if letters:
        words = (
            f"{some} of its records: to {letters} {wait}" if some else f"goes to {letters} {wait}"
        )
    elif some:
        words = f"{some} of its records again {wait}"
    else:
        words = f"try {following['try']} {wait}"
    return f"{'':12}  {'':<{NAME_WIDTH}}  {paint(words, YELLOW, colour=colour)}"


def dead_letter_line(entry: Entry, story: int, names: Names, *, colour: bool) -> str:
    """Return that a message is in a dead-letter queue now."""
    source = parse_arn(str(entry.detail["SourceArn"])).resource
    source = names.get(source, source)
    target = parse_arn(str(entry.detail["DeadLetterTargetArn"])).resource
    count = entry.detail["ApproximateReceiveCount"]
    words = f"-> {target}: dead letter, received {count} times"
    return _line(entry, source, f"{words}  (chalice-offline queues {target})", story, RED, colour)


def note_line(entry: Entry, story: int, names: Names, *, colour: bool) -> str:
    """Return what went nowhere, and why."""
    return _line(entry, "", Trace.of_entries([entry], names).words(entry), story, YELLOW, colour)


def call_line(entry: Entry, story: int, names: Names, *, colour: bool) -> str:
    """Return what a client or a handler called."""
    return _line(entry, "", Trace.of_entries([entry], names).words(entry), story, DIM, colour)


def _line(entry: Entry, name: str, words: str, story: int, code: str, colour: bool) -> str:
    parts = [
        paint(clock_time(entry.at_ms), DIM, colour=colour),
        f"{name:<{NAME_WIDTH}}" if name else "",
        paint(visible(str(mask(words))), code, colour=colour),
        paint(f"story {story}", DIM, colour=colour),
    ]
    return "  ".join(part for part in parts if part)
