"""A handler that ends its process.

On AWS every function has a process of its own, and `os._exit` ends just that. Here it would take
everything else along, so inside a run it becomes an exception that the run ends with.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any, NoReturn

from chalice_offline.transports.present_run import present_run

if TYPE_CHECKING:
    from collections.abc import Callable


class ProcessExited(BaseException):
    """The process of a function ended; `reason` says how, as Lambda does ("" for status 0)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def exit_reason(status: object) -> str:
    """Return Lambda's words for an exit status as `sys.exit` takes it."""
    code = status if isinstance(status, int) else int(status is not None)
    return f"exit status {code & 0xFF}" if code & 0xFF else ""


def watch_exits() -> None:
    """Catch `os._exit`, `os.abort` and signals to oneself when a handler uses them."""
    if _is_watched():
        return
    real = {name: getattr(os, name) for name in ("_exit", "abort", "kill")}
    process_id = os.getpid()

    def is_ours() -> bool:
        # A process that a handler forked ends for real.
        return present_run.get() is not None and os.getpid() == process_id

    def leave(status: int) -> NoReturn:
        if is_ours():
            raise ProcessExited(exit_reason(status))
        real["_exit"](status)
        raise AssertionError("os._exit returned")

    def abort() -> NoReturn:
        if is_ours():
            raise ProcessExited(_signal_reason(signal.SIGABRT))
        real["abort"]()
        raise AssertionError("os.abort returned")

    def kill(process: int, number: int, /) -> None:
        if process == process_id and number in _DEADLY and is_ours():
            raise ProcessExited(_signal_reason(number))
        real["kill"](process, number)

    _replace({"_exit": leave, "abort": abort, "kill": kill})


_MARK = "_chalice_offline_watches"
_DEADLY = (signal.SIGABRT, signal.SIGINT, signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM)
# As Go spells them, in which Lambda's supervisor is written.
_SIGNAL_WORDS = {
    signal.SIGABRT: "aborted",
    signal.SIGINT: "interrupt",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
}


def _signal_reason(number: int) -> str:
    return f"signal: {_SIGNAL_WORDS[signal.Signals(number)]}"


def _is_watched() -> bool:
    return hasattr(os._exit, _MARK)


def _replace(functions: dict[str, Callable[..., Any]]) -> None:
    for name, function in functions.items():
        setattr(function, _MARK, True)
        setattr(os, name, function)
