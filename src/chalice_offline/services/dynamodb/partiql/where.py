"""A WHERE clause with its values: as a condition, as a key, as a plan for reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.condition_checks import check_leaf
from chalice_offline.services.dynamodb.expressions.conditions import (
    CompiledCondition,
    Condition,
    compiled_test,
)
from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.key_conditions import (
    AttributeCondition,
    KeyCondition,
)
from chalice_offline.services.dynamodb.expressions.syntax import (
    And,
    Between,
    Call,
    Comparison,
    In,
    Or,
    Path,
    ValueReference,
    leaves_of,
    operands_of,
    paths_in,
)
from chalice_offline.services.dynamodb.values.attribute_values import equal, type_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.dynamodb.expressions.key_conditions import KeyAttribute
    from chalice_offline.services.dynamodb.expressions.placeholders import Binding
    from chalice_offline.services.dynamodb.expressions.syntax import ConditionNode, Operand
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

MAX_DECOMPOSED_READS = 50

_RANGES = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Where:
    """The condition of one statement."""

    node: ConditionNode
    values: Mapping[str, AttributeValue]

    def check(self, binding: Binding) -> None:
        """Raise AwsError("ValidationException") for operands of the wrong types."""
        try:
            for leaf in leaves_of(self.node):
                for check in check_leaf(leaf, binding):
                    check(self.values)
        except ExpressionError as error:
            raise validation(str(error)) from error

    def condition(self) -> Condition:
        """Return all of it as a condition on an item."""
        return self._condition(self.node)

    def _condition(self, node: ConditionNode) -> Condition:
        paths = [path for leaf in leaves_of(node) for path in paths_in(operands_of(leaf))]
        compiled = CompiledCondition(compiled_test(node), tuple(dict.fromkeys(paths)), ())
        return Condition(compiled, self.values)

    def key(
        self, hash_key: KeyAttribute, range_key: KeyAttribute | None
    ) -> tuple[Item, Condition | None]:
        """Return the one key that is asked for, and the rest of the condition.

        Raises AwsError("ValidationException") when it is not the key of exactly one item.
        """
        wanted = [key.name for key in (hash_key, range_key) if key is not None]
        key: Item = {}
        rest: list[ConditionNode] = []
        for part in _conjuncts(self.node):
            found = self._equality(part)
            if found is None or found[0] not in wanted:
                rest.append(part)
                continue
            name, value = found
            if name in key and not equal(key[name], value):
                raise validation(
                    f"Multiple conditions on same key {name}. "
                    "Only single item Update/Insert/Delete are supported"
                )
            key[name] = value
        if len(key) != len(wanted):
            raise missing_key()
        condition = self._condition(And(tuple(rest))) if rest else None
        return {name: key[name] for name in wanted}, condition

    def key_conditions(
        self, hash_key: KeyAttribute, range_key: KeyAttribute | None
    ) -> tuple[KeyCondition, ...]:
        """Return the queries that find what is asked for; none when it takes a scan.

        Raises AwsError("ValidationException") for keys of the wrong type, overlapping ones, and
        more queries than AWS makes of one statement.
        """
        found = self._queries(self.node, hash_key, range_key)
        if found is None:
            return ()
        if len(found) > MAX_DECOMPOSED_READS:
            raise validation("Too many decomposed read operations for a given query.")
        for position, one in enumerate(found):
            if any(_overlap(one, other) for other in found[:position]):
                raise validation(
                    "Overlapping conditions with range keys are not supported in where clause"
                )
        return tuple(found)

    def _queries(
        self, node: ConditionNode, hash_key: KeyAttribute, range_key: KeyAttribute | None
    ) -> list[KeyCondition] | None:
        if isinstance(node, Or):
            branches = [self._queries(part, hash_key, range_key) for part in node.parts]
            if any(branch is None for branch in branches):
                return None
            return [query for branch in branches for query in branch or ()]
        parts = _conjuncts(node)
        hash_values = next(filter(None, (self._choices(part, hash_key) for part in parts)), None)
        if hash_values is None:
            return None
        ranges: list[AttributeCondition | None] = [None]
        if range_key is not None:
            found = (self._ranges(part, range_key) for part in parts)
            ranges = next(filter(None, found), ranges)
        return [KeyCondition(value, wanted) for value in hash_values for wanted in ranges]

    def _equality(self, node: ConditionNode) -> tuple[str, AttributeValue] | None:
        """Return name and value of `name = value`."""
        if isinstance(node, Comparison) and node.operator == "=":
            for path, value in ((node.left, node.right), (node.right, node.left)):
                if _is_name(path) and isinstance(value, ValueReference):
                    assert isinstance(path, Path)
                    return str(path.parts[0]), self.values[value.name]
        return None

    def _choices(self, node: ConditionNode, key: KeyAttribute) -> list[AttributeValue] | None:
        """Return the values that `key = v`, `key IN [v]` or several of these with OR allow."""
        if isinstance(node, Or):
            branches = [self._choices(part, key) for part in node.parts]
            if any(branch is None for branch in branches):
                return None
            return [value for branch in branches for value in branch or ()]
        if isinstance(node, In):
            if not _is_name(node.operand, key.name):
                return None
            references = [one for one in node.choices if isinstance(one, ValueReference)]
            if len(references) != len(node.choices):
                return None
            return [self._typed(self.values[one.name], key) for one in references]
        found = self._equality(node)
        if found is None or found[0] != key.name:
            return None
        return [self._typed(found[1], key)]

    def _ranges(
        self, node: ConditionNode, key: KeyAttribute
    ) -> list[AttributeCondition | None] | None:
        """Return the ranges of a range key that a condition on it allows."""
        choices = self._choices(node, key)
        if choices is not None:
            return [AttributeCondition("EQ", (value,)) for value in choices]
        operator, values = _range_operands(node, key.name)
        references = [one for one in values if isinstance(one, ValueReference)]
        if not operator or len(references) != len(values):
            return None
        typed = [self._typed(self.values[one.name], key) for one in references]
        return [AttributeCondition(operator, tuple(typed))]

    @staticmethod
    def _typed(value: AttributeValue, key: KeyAttribute) -> AttributeValue:
        if type_of(value) != key.type:
            raise validation(
                "Key attribute's data type should match its data type in table's schema: "
                f"Key {key.name}"
            )
        return value


def missing_key() -> AwsError:
    """Return the error for a write that does not say which item it means."""
    return validation("Where clause does not contain a mandatory equality on all key attributes")


def _range_operands(node: ConditionNode, name: str) -> tuple[str, tuple[Operand, ...]]:
    """Return AWS's comparison operator of a condition on this attribute, and its operands."""
    if isinstance(node, Comparison) and node.operator in _RANGES:
        if _is_name(node.left, name):
            return _RANGES[node.operator], (node.right,)
        if _is_name(node.right, name):
            return _RANGES[_MIRRORED[node.operator]], (node.left,)
    elif isinstance(node, Between):
        if _is_name(node.operand, name):
            return "BETWEEN", (node.low, node.high)
    elif isinstance(node, Call) and node.function == "begins_with":
        first, *rest = node.arguments
        if _is_name(first, name):
            return "BEGINS_WITH", tuple(rest)
    return "", ()


def _conjuncts(node: ConditionNode) -> tuple[ConditionNode, ...]:
    return node.parts if isinstance(node, And) else (node,)


def _is_name(operand: object, name: str | None = None) -> bool:
    """Whether an operand is a top-level attribute (of this name)."""
    if not isinstance(operand, Path) or len(operand.parts) != 1:
        return False
    return name is None or operand.parts[0] == name


def _overlap(one: KeyCondition, other: KeyCondition) -> bool:
    start, end = one.bounds()
    other_start, other_end = other.bounds()
    return (end is None or other_start < end) and (other_end is None or start < other_end)
