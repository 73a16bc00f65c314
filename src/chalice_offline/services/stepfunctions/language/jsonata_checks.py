"""What is wrong with the JSONata expressions of a state, before anything runs.

The codes and texts are those AWS answers ValidateStateMachineDefinition with, as measured by others
(github.com/floci-io/floci, issues 2670 and 2745).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language import jsonata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Wrong = tuple[str, str, str]

INVALID = "INVALID_JSONATA_EXPRESSION"
UNSUPPORTED = "UNSUPPORTED_JSONATA_EXPRESSION"
# Blocks of states within a state are checked on their own.
_INNER = frozenset({"Branches", "ItemProcessor", "Iterator"})
_PARTS = ("lhs", "rhs", "expression", "condition", "then", "_else")
_LISTS = ("arguments", "expressions")


def check_expressions(state: Mapping[str, Any], place: str) -> Iterator[Wrong]:
    """Return codes, messages and places of expressions AWS refuses."""
    for name, value in state.items():
        if name not in _INNER:
            yield from _check(value, f"{place}/{name}")


def _check(value: Any, place: str) -> Iterator[Wrong]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _check(member, f"{place}/{name}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _check(item, f"{place}[{position}]")
    elif jsonata.is_expression(value):
        tree, message = jsonata.parsed(value)
        if message:
            yield INVALID, message, place
        for name in dict.fromkeys(_bare_names(tree)):
            message = f"Reference to '{name}' at the top level is not supported."
            yield UNSUPPORTED, message, place


def _bare_names(node: Any) -> Iterator[str]:
    """Return names that would be looked up in a context item: there is none.

    Only the first step of a path is at the top level. What is inside of functions and predicates
    has another context.
    """
    kind = getattr(node, "type", None)
    if kind is None or kind == "lambda":
        return
    if kind == "path":
        first = node.steps[0]
        if first.type == "name":
            yield first.value
        else:
            yield from _bare_names(first)
        return
    for part in _PARTS:
        yield from _bare_names(getattr(node, part, None))
    for part in _LISTS:
        for inner in getattr(node, part, None) or ():
            yield from _bare_names(inner)
    for pair in getattr(node, "lhs_object", None) or ():
        for inner in pair:
            yield from _bare_names(inner)
