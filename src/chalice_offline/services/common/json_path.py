"""JSON paths as mapping templates and expressions use them: $.a.b[0]['c'], [*], ..name.

Source: AWS, "API Gateway mapping template and access logging variable reference" ($input.path).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"\.\.(?P<deep>[\w*-]+)|\.(?P<name>[\w*$@-]+)|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
    r"|\[(?P<index>-?\d+|\*)\]"
)
_ALL = "*"


def find(document: Any, path: str) -> Any:
    """Return what a path leads to; None where it leads nowhere."""
    steps = _steps(path)
    if steps is None:
        return None
    found, is_list = [document], False
    for kind, key in steps:
        is_list = is_list or kind == "deep" or key == _ALL
        found = [inner for one in found for inner in _step(one, kind, key)]
        if not found:
            return [] if is_list else None
    return found if is_list else found[0]


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[tuple[str, Any], ...] | None:
    path = path.strip().removeprefix("$")
    if path and path[0] not in ".[":
        path = f".{path}"
    steps: list[tuple[str, Any]] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            return None
        at = found.end()
        if found["deep"]:
            steps.append(("deep", found["deep"]))
        elif found["index"]:
            index = found["index"]
            steps.append(("index", _ALL if index == _ALL else int(index)))
        else:
            steps.append(("name", found["name"] or found["key"]))
    return tuple(steps)


def _step(value: Any, kind: str, key: Any) -> list[Any]:
    if kind == "deep":
        return _everywhere(value, key)
    if key == _ALL:
        if isinstance(value, dict):
            return list(value.values())
        return list(value) if isinstance(value, list) else []
    if kind == "name":
        return [value[key]] if isinstance(value, dict) and key in value else []
    inside = isinstance(value, list) and -len(value) <= key < len(value)
    return [value[key]] if inside else []


def _everywhere(value: Any, key: str) -> list[Any]:
    found = []
    if isinstance(value, dict):
        found = [one for name, one in value.items() if key in (name, _ALL)]
        inner = list(value.values())
    else:
        inner = value if isinstance(value, list) else []
    return found + [deeper for one in inner for deeper in _everywhere(one, key)]
