"""The parts of a template.

Source: Apache Velocity Engine 1.7, "VTL Reference".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class TemplateError(Exception):
    """A template that cannot be read, or not be rendered."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step into a value: `.name`, `.name(…)` or `[…]`."""

    name: str = ""
    arguments: tuple[Any, ...] | None = None
    index: Any = None


@dataclass(frozen=True, slots=True)
class Reference:
    """`$name.step[…]`; `text` is how it stands in the template, shown where it has no value."""

    name: str
    steps: tuple[Step, ...]
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it stands."""

    value: Any


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text in double quotes, a template itself."""

    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """[a, b]; `is_range` is [a..b]."""

    items: tuple[Any, ...]
    is_range: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """{"a": b}."""

    items: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """left operator right; `left` is None for "!"."""

    operator: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Assignment:
    """#set($target = value)."""

    target: Reference
    value: Any


@dataclass(slots=True)
class Branches:
    """#if … #elseif … #else; a condition of None stands for else."""

    branches: list[tuple[Any, list[Any]]] = field(default_factory=list)


@dataclass(slots=True)
class Loop:
    """#foreach($name in items) body."""

    name: str
    items: Any
    body: list[Any]


@dataclass(frozen=True, slots=True)
class Leave:
    """#break or #stop."""

    everything: bool
