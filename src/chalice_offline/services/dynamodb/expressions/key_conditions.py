"""Key conditions: which hash key a query asks for, and which range of range keys.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
KeyConditionExpression and the legacy KeyConditions come down to the same: per attribute one of
AWS's comparison operators with its values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.services.dynamodb.errors import (
    invalid_values,
    validation,
)
from chalice_offline.services.dynamodb.expressions.condition_parser import (
    CACHED_EXPRESSIONS,
    parsed_condition,
)
from chalice_offline.services.dynamodb.expressions.conditions import resolved_condition
from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.placeholders import binding_key, binding_of
from chalice_offline.services.dynamodb.expressions.references import references_of
from chalice_offline.services.dynamodb.expressions.syntax import (
    And,
    Between,
    Call,
    Comparison,
    In,
    Not,
    Or,
    Path,
    ValueReference,
    operands_of,
)
from chalice_offline.services.dynamodb.values.attribute_values import type_of
from chalice_offline.services.dynamodb.values.key_encoding import (
    after_prefix,
    key_bytes,
    key_prefix_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.dynamodb.expressions.condition_checks import ValueCheck
    from chalice_offline.services.dynamodb.expressions.placeholders import (
        BindingKey,
        Placeholders,
    )
    from chalice_offline.services.dynamodb.expressions.syntax import (
        ConditionNode,
        Leaf,
        Operand,
    )
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue

_OPERATORS = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_MIRRORED = {"EQ": "EQ", "LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}
_INDEXABLE = frozenset({"EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"})


@dataclass(frozen=True, slots=True)
class AttributeCondition:
    """One of AWS's comparison operators with its values."""

    operator: str
    values: tuple[AttributeValue, ...]


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """A key attribute of a table or index, and its type: S, N or B."""

    name: str
    type: str


class Asked(NamedTuple):
    """One of AWS's comparison operators on an attribute, with references to its values."""

    name: str
    operator: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class CompiledKeyCondition:
    """An expression without its values: shared by all requests that differ in nothing else."""

    node: ConditionNode
    value_checks: tuple[ValueCheck, ...]

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """What it asks of each attribute; raises AwsError("ValidationException")."""
        asked: dict[str, Asked] = {}
        for leaf in _conjuncts(self.node):
            one = _asked(leaf)
            if one.name in asked:
                raise validation("KeyConditionExpressions must only contain one condition per key")
            asked[one.name] = one
        return tuple(asked.values())

    def attributes(self, values: Mapping[str, AttributeValue]) -> dict[str, AttributeCondition]:
        """Return what it asks of each attribute, with a request's values; raises as `asked`."""
        return {
            name: AttributeCondition(operator, tuple([values[one] for one in references]))
            for name, operator, references in self.asked
        }


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """What a query asks of the keys of one table or index."""

    hash_value: AttributeValue
    range: AttributeCondition | None

    def bounds(self) -> tuple[bytes, bytes | None]:
        """Return the first key of the range and the first behind it, as `key_bytes` has them.

        Keys are those of the hash attribute followed by the range attribute and, in an index,
        by whatever else makes them unique.
        """
        partition = key_bytes(self.hash_value)
        if self.range is None:
            return partition, after_prefix(partition)
        return range_within(partition, self.range)


def range_within(low: bytes, asked: AttributeCondition) -> tuple[bytes, bytes | None]:
    """Return the part of all keys that start with `low` in which the next attribute is as asked."""
    operator, values = asked.operator, asked.values
    if operator == "BEGINS_WITH":
        prefix = low + key_prefix_bytes(values[0])
        return prefix, after_prefix(prefix)
    first = low + key_bytes(values[0])
    if operator == "EQ":
        return first, after_prefix(first)
    if operator == "BETWEEN":
        return first, after_prefix(low + key_bytes(values[1]))
    if operator in {"LT", "LE"}:
        return low, first if operator == "LT" else after_prefix(first)
    start = first if operator == "GE" else after_prefix(first)
    assert start is not None, "keys do not end in 0xFF"
    return start, after_prefix(low)


def parse_key_condition(text: str, placeholders: Placeholders) -> CompiledKeyCondition:
    """Return a KeyConditionExpression whose syntax and types of operands are right.

    Raises AwsError("ValidationException") with AWS's text. Whether it can be a key condition is
    asked afterwards, with `attributes`, and whether those are the keys with `key_condition`.
    """
    try:
        names, values = references_of(parsed_condition, text)
        placeholders.use(names, values)
        compiled = compiled_key_condition(text, binding_key(placeholders, names, values))
        for check in compiled.value_checks:
            check(placeholders.values)
    except ExpressionError as error:
        raise error.as_aws_error("KeyConditionExpression") from error
    return compiled


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def compiled_key_condition(text: str, key: BindingKey) -> CompiledKeyCondition:
    """Return the expression for these names and types of values. Raises ExpressionError."""
    node, value_checks = resolved_condition(text, binding_of(key))
    return CompiledKeyCondition(node, tuple(value_checks))


def _invalid(text: str) -> AwsError:
    return validation(f"Invalid condition in KeyConditionExpression: {text}")


def _conjuncts(node: ConditionNode) -> list[Leaf]:
    found: list[Leaf] = []
    for part in node.parts if isinstance(node, And) else (node,):
        if isinstance(part, Or | Not | In):
            raise _invalid_operator(type(part).__name__.upper())
        assert not isinstance(part, And), "joined when it was parsed"
        found.append(part)
    return found


def _invalid_operator(operator: str) -> AwsError:
    return validation(f"Invalid operator used in KeyConditionExpression: {operator}")


def _asked(leaf: Leaf) -> Asked:
    operator = _operator(leaf)
    operands = operands_of(leaf)
    if not isinstance(leaf, Comparison) and isinstance(operands[0], ValueReference):
        shown = "begins_with" if isinstance(leaf, Call) else operator
        raise _invalid(f"{shown} operator must have the key attribute as its first operand")
    name = _only_name(operands)
    if isinstance(leaf, Comparison) and not isinstance(operands[0], Path):
        operator = _MIRRORED[operator]
    references = tuple([one.name for one in operands if isinstance(one, ValueReference)])
    return Asked(name, operator, references)


def _operator(leaf: Leaf) -> str:
    if isinstance(leaf, Comparison):
        if leaf.operator not in _OPERATORS:
            raise _invalid_operator(leaf.operator)
        return _OPERATORS[leaf.operator]
    if isinstance(leaf, Between):
        return "BETWEEN"
    assert isinstance(leaf, Call)
    if leaf.function != "begins_with":
        raise _invalid_operator(leaf.function)
    return "BEGINS_WITH"


def _only_name(operands: tuple[Operand, ...]) -> str:
    """Return the attribute that a condition is on; operands are judged from left to right."""
    name = ""
    for operand in operands:
        if isinstance(operand, Call):
            raise validation("KeyConditionExpressions cannot contain nested operations")
        if not isinstance(operand, Path):
            continue
        if name:
            raise _invalid("Multiple attribute names used in one condition")
        if len(operand.parts) > 1:
            raise validation("KeyConditionExpressions cannot have conditions on nested attributes")
        name = str(operand.parts[0])
    if not name:
        raise _invalid("No key attribute specified")
    return name


def key_condition(
    conditions: Mapping[str, AttributeCondition],
    hash_key: KeyAttribute,
    range_key: KeyAttribute | None,
    before: Callable[[str], None] | None = None,
) -> KeyCondition:
    """Return the conditions as one on the keys of a table or index.

    `before` is called with the name of each key attribute before the condition on it is looked at.
    Raises AwsError("ValidationException") when they are conditions on something else.
    """
    if not 1 <= len(conditions) <= 2:
        raise validation("Conditions can be of length 1 or 2 only")
    for key in (hash_key, range_key):
        if key is None:
            continue
        if before is not None:
            before(key.name)
        if range_key is None and len(conditions) > 1:
            raise validation("Query key condition not supported")
        condition = conditions.get(key.name)
        if condition is None:
            if key is hash_key or len(conditions) > 1:
                raise validation(f"Query condition missed key schema element: {key.name}")
            continue
        _check_key(key, condition, is_hash=key is hash_key)
    wanted = None if range_key is None else conditions.get(range_key.name)
    return KeyCondition(conditions[hash_key.name].values[0], wanted)


def _check_key(key: KeyAttribute, condition: AttributeCondition, *, is_hash: bool) -> None:
    if condition.operator not in _INDEXABLE:
        raise validation("Attempted conditional constraint is not an indexable operation")
    if any(type_of(value) != key.type for value in condition.values):
        raise invalid_values("Condition parameter type does not match schema type")
    if is_hash and condition.operator != "EQ":
        raise validation("Query key condition not supported")
