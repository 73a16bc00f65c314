"""Array consistency: the values that match must come from the same elements of their arrays.

{"items": {"sku": ["b"], "count": [2]}} asks for one element of `items` that has both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chalice_offline.patterns.paths import Location

# A location without its indexes. Two locations of one shape are consistent only if equal, which
# spares a search through long arrays.
Shape: TypeAlias = tuple[str | None, ...]


def consistent(one: Location, other: Location) -> bool:
    """Whether two values can belong to one match: not from different elements of one array."""
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            return isinstance(mine, str) or isinstance(theirs, str)
    return True


def _shape(location: Location) -> Shape:
    return tuple(part if isinstance(part, str) else None for part in location)


class Locations:
    """A set of locations that finds those consistent with choices made so far."""

    __slots__ = ("_by_shape",)

    def __init__(self, locations: Iterable[Location]) -> None:
        self._by_shape: dict[Shape, dict[Location, None]] = {}
        for location in dict.fromkeys(locations):
            self._by_shape.setdefault(_shape(location), {})[location] = None

    def consistent_with(self, chosen: dict[Shape, Location]) -> Iterator[tuple[Shape, Location]]:
        """The locations that can be chosen next, each with its shape."""
        for shape, locations in self._by_shape.items():
            same = chosen.get(shape)
            if same is None:
                candidates: Iterable[Location] = locations
            else:
                candidates = (same,) if same in locations else ()
            for location in candidates:
                if all(consistent(location, earlier) for earlier in chosen.values()):
                    yield shape, location


class Choice(NamedTuple):
    """What one field offers: where its matching values are, and where any of its values are."""

    matching: Locations
    present: Locations
    absent_allowed: bool


def exists_together(choices: Sequence[Choice], chosen: dict[Shape, Location]) -> bool:
    """Whether every field can take a value, none from another element than those before it.

    A field that may be absent is absent when it has no value in the elements chosen so far, so
    the order of the fields matters, as it does in AWS's matcher.
    """
    if not choices:
        return True
    choice, rest = choices[0], choices[1:]
    if (
        choice.absent_allowed
        and next(choice.present.consistent_with(chosen), None) is None
        and exists_together(rest, chosen)
    ):
        return True
    return any(
        exists_together(rest, {**chosen, shape: location})
        for shape, location in choice.matching.consistent_with(chosen)
    )
