"""When storage keeps what was written: after each input, or after several as one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.storage import Storage


class Commits:
    """The commits of one kernel's storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._is_held = False

    def make(self) -> None:
        """Keep what was written, unless more is to be kept with it."""
        if not self._is_held:
            self._storage.commit()

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Have everything within kept whole or not at all; for whoever has the kernel's lock."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            self._storage.commit()
