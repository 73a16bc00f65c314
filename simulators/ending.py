"""How a program ends that has started others: nothing of it stays behind."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
"""The exit status of a program that was told to end, as shells have it."""


def end_by_signals() -> None:
    """Have SIGTERM, and Ctrl-C also where a shell had it ignored, raise KeyboardInterrupt."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
