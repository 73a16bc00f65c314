"""One walk over a model's shapes for every format: each shape is compiled once into a function.

A format says what a leaf, a structure, a list and a map become; it asks `compile` for the shapes
within. Nothing is looked up in a model while a request is read or a reply is written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar, cast

# What a shape becomes: a function of the value and, in some formats, of where it is written.
Compiled = TypeVar("Compiled")


class ShapeCompiler(ABC, Generic[Compiled]):
    """Compiles the shapes of one service model; a structure met again is reused."""

    def __init__(self) -> None:
        self._structures: dict[str, Compiled] = {}
        self._begun: set[str] = set()

    def compile(self, shape: Any) -> Compiled:
        """Return what the format makes of a shape."""
        if shape.type_name == "structure":
            return self._structure_once(shape)
        if shape.type_name == "list":
            return self.list_(shape)
        if shape.type_name == "map":
            return self.map_(shape)
        return self.leaf(shape)

    @abstractmethod
    def leaf(self, shape: Any) -> Compiled:
        """Compile a string, number, boolean, timestamp or blob."""

    @abstractmethod
    def structure(self, shape: Any) -> Compiled:
        """Compile a structure."""

    @abstractmethod
    def list_(self, shape: Any) -> Compiled:
        """Compile a list."""

    @abstractmethod
    def map_(self, shape: Any) -> Compiled:
        """Compile a map."""

    def _structure_once(self, shape: Any) -> Compiled:
        name = shape.name
        if name not in self._structures:
            if name in self._begun:
                return self.later(cast("dict[str, Any]", self._structures), name)
            self._begun.add(name)
            self._structures[name] = self.structure(shape)
        return self._structures[name]

    def later(self, structures: dict[str, Any], name: str) -> Compiled:
        """Stand in for a structure that contains itself and is still being compiled.

        For functions of the value alone; a format whose functions take more says it anew.
        """

        def call(value: Any) -> Any:
            return structures[name](value)

        return cast("Compiled", call)


def wire_name(member: str, shape: Any) -> str:
    """Return the name a structure's member goes by in XML and forms.

    A flattened list is its members, so their name counts before the list's.
    """
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        own = shape.member.serialization.get("name")
        if own:
            return str(own)
    return str(shape.serialization.get("name", member))


def entry_names(shape: Any) -> tuple[str, str]:
    """Return the names of key and value in an entry of a map, in XML and forms."""
    return (
        shape.key.serialization.get("name", "key"),
        shape.value.serialization.get("name", "value"),
    )
