"""Python's garbage collector, at rest while modules are imported."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def at_rest() -> Iterator[None]:
    """Let it rest for a while; where it is switched off it stays so.

    What imports make is there to stay: to look through it again and again, a hundred times in all
    of our modules, is a tenth of a small test run, and finds nothing.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
