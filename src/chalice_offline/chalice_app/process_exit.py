"""A handler that ends its process.

On AWS every function has a process of its own, and `os._exit` ends just that. Here it would take
everything else along, so inside a run it becomes an exception that the run ends with.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from chalice_offline.chalice_app.process_patches import is_replaced, replace
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


def end_forked(process_id: int) -> None:
    """End the present process, if it is one that a handler forked and that comes out of it as well.

    It has the emulator's sockets, and would answer the clients whom the handler's process answers.
    """
    if os.getpid() == process_id:
        return
    error = sys.exc_info()[1]
    failed = None if error is None else 1
    status: object = error.code if isinstance(error, SystemExit) else failed
    os._exit(status & 0xFF if isinstance(status, int) else int(status is not None))


def watch_exits() -> None:
    """Catch `os._exit`, `os.abort` and signals to oneself when a handler uses them."""
    if is_replaced(os, "_exit"):
        return
    process_id = os.getpid()

    def is_ours() -> bool:
        # A process that a handler forked ends for real.
        return present_run.get() is not None and os.getpid() == process_id

    really_leave, really_abort = os._exit, os.abort

    def leave(status: int) -> NoReturn:
        if is_ours():
            raise ProcessExited(exit_reason(status))
        really_leave(status)

    def abort() -> NoReturn:
        if is_ours():
            raise ProcessExited(_signal_reason(signal.SIGABRT))
        really_abort()

    replace(os, "_exit", leave)
    replace(os, "abort", abort)
    for module, name, own in _SENDERS:
        if hasattr(module, name):  # not all of them on Windows
            replace(module, name, _sender(getattr(module, name), own, is_ours))


def _sender(
    send: Callable[..., None], own: Callable[[], Any], is_ours: Callable[[], bool]
) -> Callable[..., None]:
    """Return `send(*to, signal)`, which ends the handler when it would end this process."""

    def sent(*arguments: int) -> None:
        *to, number = arguments
        if to == ([] if own is _nobody else [own()]) and number in _DEADLY and is_ours():
            raise ProcessExited(_signal_reason(number))
        send(*arguments)

    return sent


def _nobody() -> None:
    """A signal that is sent to oneself names nobody."""


# Who sends a signal, and what it names when it means this process.
_SENDERS: list[tuple[Any, str, Callable[[], Any]]] = [
    (os, "kill", os.getpid),
    (os, "killpg", getattr(os, "getpgrp", _nobody)),
    (signal, "raise_signal", _nobody),
    (signal, "pthread_kill", threading.get_ident),
]
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
