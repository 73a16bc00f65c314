"""Room for recursive expressions, and the process's recursion limit as it was afterwards.

jsonata-python sets the limit of the whole process to 10,000 when it is imported. What users run
beside us is to behave as it does alone, so the higher limit is there during evaluations only.
"""

from __future__ import annotations

import sys

# Under Python's own limit of 1,000 an expression may call itself some 80 times. One more than the
# package sets, so that a limit of somebody else's is told from ours.
_DEPTH = 10_001


class RoomForRecursion:
    """Within it the recursion limit is higher.

    Two emulators may evaluate in two threads at once. Then the first to leave lowers the limit for
    both, which only an expression that recurses deeply could notice; ours never stays behind.
    """

    def __init__(self) -> None:
        self._before = sys.getrecursionlimit()

    def __enter__(self) -> None:
        found = sys.getrecursionlimit()
        if found != _DEPTH:
            self._before = found
        sys.setrecursionlimit(max(found, _DEPTH))

    def __exit__(self, *_raised: object) -> None:
        sys.setrecursionlimit(self._before)
