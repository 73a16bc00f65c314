"""Conditions as functions of an item: ConditionExpression and FilterExpression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.expressions import operators
from chalice_offline.services.dynamodb.expressions.condition_checks import (
    check_leaf,
    resolved_leaf,
)
from chalice_offline.services.dynamodb.expressions.condition_parser import (
    CACHED_EXPRESSIONS,
    parsed_condition,
)
from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.paths import reader
from chalice_offline.services.dynamodb.expressions.placeholders import binding_key, binding_of
from chalice_offline.services.dynamodb.expressions.references import references_of
from chalice_offline.services.dynamodb.expressions.syntax import (
    And,
    Between,
    Comparison,
    In,
    Not,
    Or,
    Path,
    ValueReference,
    leaves_of,
    operands_of,
    paths_in,
)
from chalice_offline.services.dynamodb.values.attribute_values import type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.dynamodb.expressions.condition_checks import ValueCheck
    from chalice_offline.services.dynamodb.expressions.placeholders import (
        Binding,
        BindingKey,
        Placeholders,
    )
    from chalice_offline.services.dynamodb.expressions.syntax import (
        Call,
        ConditionNode,
        Leaf,
        Operand,
    )
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

    Values = Mapping[str, AttributeValue]
    Test = Callable[[Item, Values], bool]
    Read = Callable[[Item, Values], AttributeValue | None]


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """A condition without its values: shared by all requests that differ in nothing else."""

    test: Test
    paths: tuple[Path, ...]
    value_checks: tuple[ValueCheck, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of one request."""

    compiled: CompiledCondition
    values: Mapping[str, AttributeValue]

    def evaluate(self, item: Item) -> bool:
        """Whether the item (an empty one when there is none) fulfils the condition."""
        return self.compiled.test(item, self.values)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The document paths that the condition looks at."""
        return self.compiled.paths

    @property
    def attribute_names(self) -> frozenset[str]:
        """The top-level attributes that the condition looks at."""
        return frozenset(str(path.parts[0]) for path in self.paths)


def parse_condition(
    text: str, placeholders: Placeholders, parameter: str = "ConditionExpression"
) -> Condition:
    """Return the condition that `text`, given as this request parameter, stands for.

    Raises AwsError("ValidationException") with AWS's text.
    """
    try:
        names, values = references_of(parsed_condition, text)
        placeholders.use(names, values)
        compiled = compiled_condition(text, binding_key(placeholders, names, values))
        for check in compiled.value_checks:
            check(placeholders.values)
    except ExpressionError as error:
        raise error.as_aws_error(parameter) from error
    return Condition(compiled, placeholders.values)


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def compiled_condition(text: str, key: BindingKey) -> CompiledCondition:
    """Return the condition for these names and types of values. Raises ExpressionError."""
    node, value_checks = resolved_condition(text, binding_of(key))
    paths = [path for leaf in leaves_of(node) for path in paths_in(operands_of(leaf))]
    return CompiledCondition(compiled_test(node), tuple(dict.fromkeys(paths)), tuple(value_checks))


def resolved_condition(text: str, binding: Binding) -> tuple[ConditionNode, list[ValueCheck]]:
    """Return a condition with its names in place, and the checks that need its values.

    Raises ExpressionError.
    """
    value_checks: list[ValueCheck] = []
    leaves: dict[Leaf, Leaf] = {}
    for leaf in leaves_of(parsed_condition(text)):
        leaves[leaf] = resolved_leaf(leaf, binding)
        value_checks.extend(check_leaf(leaves[leaf], binding))
    return _with_leaves(parsed_condition(text), leaves), value_checks


def _with_leaves(node: ConditionNode, leaves: Mapping[Leaf, Leaf]) -> ConditionNode:
    # Depth is at most the number of operators, 300, one call each: Python's stack has room.
    if isinstance(node, Not):
        return Not(_with_leaves(node.part, leaves))
    if isinstance(node, And):
        return And(tuple([_with_leaves(part, leaves) for part in node.parts]))
    if isinstance(node, Or):
        return Or(tuple([_with_leaves(part, leaves) for part in node.parts]))
    return leaves[node]


def compiled_test(node: ConditionNode) -> Test:
    """Return the function that tests an item for a resolved condition."""
    if isinstance(node, Not):
        part = compiled_test(node.part)
        return lambda item, values: not part(item, values)
    if isinstance(node, And):
        return _all_of([compiled_test(part) for part in node.parts])
    if isinstance(node, Or):
        return _any_of([compiled_test(part) for part in node.parts])
    return _leaf_test(node)


def _all_of(parts: list[Test]) -> Test:
    def test(item: Item, values: Values) -> bool:
        for part in parts:  # noqa: SIM110 - a generator would take the stack twice per level
            if not part(item, values):
                return False
        return True

    return test


def _any_of(parts: list[Test]) -> Test:
    def test(item: Item, values: Values) -> bool:
        for part in parts:  # noqa: SIM110 - see above
            if part(item, values):
                return True
        return False

    return test


def _leaf_test(leaf: Leaf) -> Test:
    if isinstance(leaf, Comparison):
        return _comparison_test(leaf)
    if isinstance(leaf, Between):
        value, low, high = map(operand_reader, operands_of(leaf))
        return lambda item, values: operators.is_between(
            value(item, values), low(item, values), high(item, values)
        )
    if isinstance(leaf, In):
        value, *choices = map(operand_reader, operands_of(leaf))
        is_equal = operators.is_equal

        def is_in(item: Item, values: Values) -> bool:
            found = value(item, values)
            return any(is_equal(found, choice(item, values)) for choice in choices)

        return is_in
    return _call_test(leaf)


def _comparison_test(leaf: Comparison) -> Test:
    holds = operators.COMPARISONS[leaf.operator]
    left, right = operand_reader(leaf.left), operand_reader(leaf.right)
    return lambda item, values: holds(left(item, values), right(item, values))


def _call_test(call: Call) -> Test:
    first = operand_reader(call.arguments[0])
    if call.function == "attribute_exists":
        return lambda item, values: first(item, values) is not None
    if call.function == "attribute_not_exists":
        return lambda item, values: first(item, values) is None
    second = operand_reader(call.arguments[1])
    if call.function == "attribute_type":
        return lambda item, values: _is_of_type(first(item, values), second(item, values))
    function = {"begins_with": operators.begins_with, "contains": operators.contains}[call.function]
    return lambda item, values: function(first(item, values), second(item, values))


def _is_of_type(value: AttributeValue | None, wanted: AttributeValue | None) -> bool:
    return value is not None and wanted is not None and type_of(value) == wanted["S"]


def operand_reader(operand: Operand) -> Read:
    """Return the function that finds an operand's value; it returns None for a missing one."""
    if isinstance(operand, Path):
        read = reader(operand)
        if len(operand.parts) == 1:
            name: Any = operand.parts[0]
            return lambda item, values: item.get(name)  # noqa: ARG005 - the signature is fixed
        return lambda item, values: read(item)  # noqa: ARG005
    if isinstance(operand, ValueReference):
        reference = operand.name
        return lambda item, values: values[reference]  # noqa: ARG005
    inner = operand_reader(operand.arguments[0])
    return lambda item, values: operators.size(inner(item, values))
