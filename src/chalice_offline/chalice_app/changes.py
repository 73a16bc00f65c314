"""Steps that are taken together or not at all."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Changes:
    """What was done so far and how to take it back; and what is left for when all went well.

    As in a stack update of CloudFormation: whatever is deleted is deleted at the end, for it could
    not be brought back.
    """

    def __init__(self) -> None:
        self._back: list[tuple[str, Callable[[], object]]] = []
        self._cleanup: list[tuple[str, Callable[[], object]]] = []

    def back(self, what: str, step: Callable[[], object]) -> None:
        """Note how to take back what is done next, or was done just now."""
        self._back.append((what, step))

    def cleanup(self, what: str, step: Callable[[], object]) -> None:
        """Note what is to be deleted once everything else has gone well."""
        self._cleanup.append((what, step))

    def roll_back(self) -> None:
        """Take everything back, the latest first."""
        _take("taking back", self._back, logging.INFO)  # what was half made may not be there

    def commit(self) -> None:
        """Delete what is left to delete, what depends on others first."""
        _take("deleting", self._cleanup, logging.WARNING)


def _take(doing: str, steps: list[tuple[str, Callable[[], object]]], level: int) -> None:
    for what, step in reversed(steps):
        try:
            step()
        except AwsError as error:
            # Gone by other hands, or a bucket that is not empty: CloudFormation goes on, too.
            _log.log(level, "%s %s: %s", doing, what, error.message)
    steps.clear()
