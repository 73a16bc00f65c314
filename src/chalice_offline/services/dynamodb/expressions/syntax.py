"""What a parsed expression is made of.

Nothing here knows the request: "#name" and ":value" are still references.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Path:
    """A document path: names ("#name" when it is a reference) and positions in lists."""

    parts: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ValueReference:
    """An expression attribute value; `name` has its colon."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Operand, ...]


Operand = Path | ValueReference | Call


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN low AND high`."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (choices)`."""

    operand: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: tuple[ConditionNode, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts."""

    parts: tuple[ConditionNode, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of the part."""

    part: ConditionNode


Leaf = Comparison | Between | In | Call
ConditionNode = Leaf | And | Or | Not


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right` or `left - right` on the right of a SET action."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class SetAction:
    """`path = value`."""

    path: Path
    value: Operand | Arithmetic


@dataclass(frozen=True, slots=True)
class RemoveAction:
    """REMOVE of one path."""

    path: Path


@dataclass(frozen=True, slots=True)
class SetOrNumberAction:
    """ADD or DELETE (`section`) of a value to or from what is at a path."""

    section: str
    path: Path
    value: ValueReference


Action = SetAction | RemoveAction | SetOrNumberAction


def operands_of(leaf: Leaf) -> tuple[Operand, ...]:
    """Return the operands of a condition that has no conditions inside, in their order."""
    if isinstance(leaf, Comparison):
        return (leaf.left, leaf.right)
    if isinstance(leaf, Between):
        return (leaf.operand, leaf.low, leaf.high)
    if isinstance(leaf, In):
        return (leaf.operand, *leaf.choices)
    return leaf.arguments


def leaves_of(node: ConditionNode) -> list[Leaf]:
    """Return the conditions that have no conditions inside, from left to right."""
    found: list[Leaf] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Not):
            waiting.append(node.part)
        elif isinstance(node, And | Or):
            waiting.extend(reversed(node.parts))
        else:
            found.append(node)
    return found


def paths_in(operands: tuple[Operand, ...]) -> list[Path]:
    """Return the paths among operands and, for functions, among their arguments."""
    found: list[Path] = []
    for operand in operands:
        if isinstance(operand, Path):
            found.append(operand)
        elif isinstance(operand, Call):
            found.extend(paths_in(operand.arguments))
    return found
