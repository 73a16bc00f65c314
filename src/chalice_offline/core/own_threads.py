"""Threads that the code of a function starts: a handler, or a module while it is imported."""

from __future__ import annotations

from contextvars import ContextVar

#: Whether the present thread is one of them. The thread that runs the handler itself is not.
started_by_code: ContextVar[bool] = ContextVar("started_by_code", default=False)
