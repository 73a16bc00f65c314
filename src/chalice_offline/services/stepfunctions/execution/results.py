"""The results of a Map Run without ResultWriter: as text, no longer than a state's may be."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.language.json_text import parse


class Results:
    """Texts of JSON by index. What could not leave the state anyway is let go of at once."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._bytes = 0
        self.are_too_long = False

    def add(self, index: int, text: str) -> None:
        """Keep a result; one of the same index replaces the one before (a redrive)."""
        if self.are_too_long:
            return
        before = self._texts.get(index)
        self._bytes += len(text.encode()) - (len(before.encode()) if before is not None else 0)
        self._texts[index] = text
        if self._bytes + len(self._texts) > limits.DATA_BYTES_MAX:
            self.are_too_long = True
            self._texts.clear()

    def take(self) -> list[Any]:
        """Return the values in the order of their indexes, and keep them no longer."""
        texts = [self._texts[index] for index in sorted(self._texts)]
        self._texts.clear()
        values: list[Any] = parse(f"[{','.join(texts)}]")
        return values
