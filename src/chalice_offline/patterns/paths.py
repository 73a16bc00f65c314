"""Where a pattern's field stands in an event, and which values the event has there.

A pattern names a field by its keys joined with dots. The event may spell the same name in any
mixture: {"a": {"b": 1}} and {"a.b": 1} both have a value at "a.b" (recorded, EventBridge and
SNS). Arrays on the way are looked through, nested ones too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

# The keys and array indexes that lead to an array element; () for a value outside of arrays of
# objects. Two values are in the same elements of all arrays they share unless their locations
# part at an index. The elements of an array of plain values share one location, as in
# aws/event-ruler, where such values match independently of each other.
Location: TypeAlias = tuple[str | int, ...]

Leaf: TypeAlias = tuple[Any, Location]


class FieldPath:
    """A dotted name, ready to be looked up in events."""

    __slots__ = ("_depth", "_steps", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        segments = name.split(".")
        self._depth = len(segments)
        # From each depth, every key that may stand there, and the depth it leads to.
        self._steps = tuple(
            tuple(
                (".".join(segments[start:end]), end) for end in range(start + 1, len(segments) + 1)
            )
            for start in range(len(segments))
        )

    def leaves(self, event: Mapping[str, Any]) -> list[Leaf]:
        """Every value the event has under this name; objects and empty arrays are no values."""
        found: list[Leaf] = []
        self._walk(event, 0, (), (), found)
        return found

    def _walk(
        self,
        node: Mapping[str, Any],
        depth: int,
        location: Location,
        element: Location,
        found: list[Leaf],
    ) -> None:
        for key, reached in self._steps[depth]:
            if key not in node:
                continue
            value = node[key]
            if isinstance(value, dict):
                if reached < self._depth:
                    self._walk(value, reached, (*location, key), element, found)
            elif isinstance(value, list):
                self._walk_array(value, reached, (*location, key), element, found)
            elif reached == self._depth:
                found.append((value, element))

    def _walk_array(
        self,
        array: list[Any],
        depth: int,
        location: Location,
        element: Location,
        found: list[Leaf],
    ) -> None:
        # Nested arrays are queued rather than entered: an event may nest them a thousand deep.
        waiting = [(array, location, element)]
        for values, place, around in waiting:
            for index, value in enumerate(values):
                if isinstance(value, dict):
                    if depth < self._depth:
                        inside = (*place, index)
                        self._walk(value, depth, inside, inside, found)
                elif isinstance(value, list):
                    inside = (*place, index)
                    waiting.append((value, inside, inside))
                elif depth == self._depth:
                    found.append((value, around))

    def describe_absence(self, event: Mapping[str, Any]) -> str:
        """Why `leaves` found nothing, as a clause about the event."""
        node: Any = event
        walked: list[str] = []
        depth = 0
        while isinstance(node, dict | Mapping) and depth < self._depth:
            step = next((step for step in self._steps[depth] if step[0] in node), None)
            if step is None:
                break
            node = node[step[0]]
            walked.append(step[0])
            depth = step[1]
        return self._dead_end(node, depth, ".".join(walked))

    def _dead_end(self, node: Any, depth: int, walked: str) -> str:
        if depth == self._depth and isinstance(node, Mapping):
            return "the event has an object there, and only values inside it can match"
        if depth == self._depth and isinstance(node, list):
            return "the event has an array without values there"
        if isinstance(node, str):
            return f'the event has a string at "{walked}", where an object was expected'
        if walked and not isinstance(node, Mapping | list):
            return f'the event has no object at "{walked}"'
        return "the event does not have it"
