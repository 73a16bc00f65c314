"""What the app wrote to its logs: lines and, among them, metrics."""

from __future__ import annotations

import json
from typing import Any

Line = dict[str, Any]


def parsed(output: str) -> list[Line]:
    """Return every line; each one is a JSON object, or it would not be found by its fields."""
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def events(lines: list[Line]) -> list[Line]:
    """Return the lines that say what happened."""
    return [line for line in lines if "_aws" not in line]


def metrics(lines: list[Line]) -> list[Line]:
    """Return the lines in embedded metric format."""
    return [line for line in lines if "_aws" in line]
