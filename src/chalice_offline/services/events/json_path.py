"""The part of JSONPath that InputPath and InputPathsMap take.

$ and then any of .key  ['key']  ["key"]  [0]  [*]  .*   (API reference, InputTransformer).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

_STEP = re.compile(
    r"\.(?P<key>[^.\[\]*'\"\s]+)|\[(?P<index>[0-9]{1,9})\]"
    r"|\['(?P<single>[^']*)'\]|\[\"(?P<double>[^\"]*)\"\]|(?P<every>\[\*\]|\.\*)"
)
_EVERY: Final = object()
MISSING: Final = object()


class JsonPathError(ValueError):
    """Text that is no path."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A compiled path."""

    steps: tuple[object, ...]

    def find(self, document: Any) -> Any:
        """Return what stands at the path, or MISSING; with a `*` the list of all there is."""
        found = [document]
        is_list = False
        for step in self.steps:
            if step is _EVERY:
                is_list = True
                found = [item for value in found for item in _children(value)]
            else:
                found = [item for value in found if (item := _child(value, step)) is not MISSING]
        if is_list:
            return found
        return found[0] if found else MISSING


def parse_json_path(text: str) -> JsonPath:
    """Compile a path; raises JsonPathError."""
    if not text.startswith("$"):
        raise JsonPathError(text)
    steps: list[object] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise JsonPathError(text)
        steps.append(_step(match))
        position = match.end()
    return JsonPath(tuple(steps))


def _step(match: re.Match[str]) -> object:
    if match["every"] is not None:
        return _EVERY
    if match["index"] is not None:
        return int(match["index"])
    return next(match[name] for name in ("key", "single", "double") if match[name] is not None)


def _child(value: Any, step: object) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    return value.get(step, MISSING) if isinstance(value, dict) else MISSING


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
