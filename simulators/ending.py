"""How a program ends that has started others: nothing of it stays behind."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
"""The exit status of a program that was told to end, as shells have it."""


ENDING = (signal.SIGINT, signal.SIGTERM)


def end_by_signals() -> None:
    """Have SIGTERM, and Ctrl-C also where a shell had it ignored, raise KeyboardInterrupt, once.

    Who is told again while it ends would break off its ending: the processes that it has started
    would stay, and what it has to report would be lost.
    """
    for number in ENDING:
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
