"""Where commands write: letters that a terminal has not got, pipes that nobody reads any more."""

from __future__ import annotations

import contextlib
import os
import select
import stat
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a shell reports of a program that a signal ended: 128 and its number (SIGPIPE, SIGINT).
READER_GONE = 141
INTERRUPTED = 130


class ReaderGoneError(Exception):
    """Whoever read what is written has gone: `… | head`."""


def write_every_letter() -> None:
    """Have letters that the terminal's encoding has not got spelled out, as on standard error."""
    reconfigure: Any = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def told_of_closed_pipes() -> Iterator[None]:
    """Tell a pipe that nobody reads from any other broken one."""
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def leave_output_unread() -> None:
    """Let what is still to be written go nowhere: Python would complain of it at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
        with contextlib.suppress(OSError, ValueError):
            if _is_unread(stream.fileno()):
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def end_with_reader() -> None:
    """End the program when nobody reads its output any more, also while it has nothing to write.

    A shell waits for it until then: `runs --follow | head -3` would seem to hang.
    """
    try:
        output = sys.stdout.fileno()
        is_pipe = stat.S_ISFIFO(os.fstat(output).st_mode)
    except (OSError, ValueError):
        return
    if is_pipe and hasattr(select, "poll"):
        threading.Thread(target=_wait_for_end, args=(output,), daemon=True).start()


def _wait_for_end(output: int) -> None:
    waiting = select.poll()
    waiting.register(output, 0)  # only that it is broken, which is always told
    waiting.poll()
    os._exit(READER_GONE)


def _is_unread(output: int) -> bool:
    if not hasattr(select, "poll"):
        return True
    looking = select.poll()
    looking.register(output, 0)
    return bool(looking.poll(0))
