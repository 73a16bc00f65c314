"""What moto draws from the operating system comes from our seed instead."""

from __future__ import annotations

import os
import sys
from typing import Any

# The modules of moto that draw ids from the system: shard iterators, upload ids, session tokens.
# The rest draws from `mock_random`, which is seeded as it is.
_DRAW_FROM_THE_SYSTEM = ("moto.sts.utils",)


class SeededOs:
    """The `os` module as those modules see it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    @staticmethod
    def urandom(size: int) -> bytes:
        """Return `size` bytes from moto's own seeded generator."""
        from moto.moto_api._internal import mock_random

        return bytes(mock_random.randbytes(size))


def seed_system_randomness() -> None:
    """Give those modules that are imported by now the seeded `os`."""
    for name in _DRAW_FROM_THE_SYSTEM:
        module: Any = sys.modules.get(name)
        if module is not None:
            module.os = SeededOs()
