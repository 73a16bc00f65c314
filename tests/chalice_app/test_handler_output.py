"""What handlers print goes where it would have gone, a line at a time."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from chalice_offline.testing import Offline

if TYPE_CHECKING:
    import pytest

CODE = """
@app.lambda_function()
def speaks(event, context):
    print("one", "two")
    print("begun", end="", flush=True)
    print(" and", "ended")
    print("left", end="")
"""


class Pieces(io.StringIO):
    """Standard output that remembers what came in one piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


def test_a_line_is_written_in_one_piece(projects: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody else's gets between its words; what is flushed or left comes as it is."""
    screen = Pieces()
    monkeypatch.setattr(sys, "stdout", screen)
    with Offline(projects.write(CODE)) as offline:
        offline.invoke("speaks")
        monkeypatch.undo()
    assert screen.pieces == ["one two\n", "begun", " and ended\n", "left"]
