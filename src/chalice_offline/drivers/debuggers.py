"""Whether somebody is looking into this process, or one of its threads, with a debugger."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# pdb works in these modules while it waits for a command; its kin are built on them.
_DEBUGGERS = frozenset({"bdb", "pdb"})


def is_debugged(thread_id: int) -> bool:
    """Whether a debugger is attached to this process or has stopped the given thread."""
    return _is_attached() or any(_is_traced(frame) for frame in _frames(thread_id))


def _is_attached() -> bool:
    trace = sys.gettrace()
    if trace is not None and not _is_coverage(trace):
        return True
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    if monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None:
        return True
    return _is_pydevd_attached()


def _is_pydevd_attached() -> bool:
    """PyCharm and VS Code: loaded is not attached, debugpy may still be waiting for a client."""
    debugpy = sys.modules.get("debugpy")
    if debugpy is not None and hasattr(debugpy, "is_client_connected"):
        return bool(debugpy.is_client_connected())
    pydevd = sys.modules.get("pydevd")
    present = getattr(pydevd, "get_global_debugger", None)
    return present is not None and present() is not None


def _is_traced(frame: FrameType) -> bool:
    if frame.f_trace is not None and not _is_coverage(frame.f_trace):
        return True
    return frame.f_globals.get("__name__") in _DEBUGGERS


def _frames(thread_id: int) -> Iterator[FrameType]:
    frame = sys._current_frames().get(thread_id)  # noqa: SLF001 - documented, for just this
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_coverage(trace: object) -> bool:
    """coverage.py traces too and stops nothing."""
    names = (getattr(type(trace), "__module__", ""), getattr(trace, "__module__", ""))
    return any(str(name).partition(".")[0] == "coverage" for name in names)
