"""ProjectionExpression and AttributesToGet: the parts of an item that were asked for.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import invalid_values
from chalice_offline.services.dynamodb.expressions.condition_parser import CACHED_EXPRESSIONS
from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.operand_parser import OperandParser
from chalice_offline.services.dynamodb.expressions.paths import check_apart, check_levels, child
from chalice_offline.services.dynamodb.expressions.placeholders import binding_key, binding_of
from chalice_offline.services.dynamodb.expressions.references import references_of
from chalice_offline.services.dynamodb.expressions.syntax import Path
from chalice_offline.services.dynamodb.values.attribute_values import check_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.services.dynamodb.expressions.placeholders import (
        BindingKey,
        Placeholders,
    )
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

# Parts to keep, by name or position; None keeps what is there whole.
Tree = dict[str | int, "Tree | None"]


@dataclass(frozen=True, slots=True)
class Projection:
    """Paths to keep of an item."""

    paths: tuple[Path, ...]
    tree: Tree

    def apply(self, item: Item) -> Item:
        """Return what the item has of the paths, in the structure that it has there."""
        return _members(item, self.tree)

    @property
    def attribute_names(self) -> frozenset[str]:
        """The top-level attributes that any of the paths starts with."""
        return frozenset(str(path.parts[0]) for path in self.paths)


def projection_of(paths: Iterable[Path]) -> Projection:
    """Return the projection to these paths, which must not overlap."""
    kept = tuple(paths)
    tree: Tree = {}
    for path in kept:
        branch = tree
        for part in path.parts[:-1]:
            branch = _branch(branch, part)
        branch[path.parts[-1]] = None
    return Projection(kept, tree)


def _branch(tree: Tree, part: str | int) -> Tree:
    found = tree.setdefault(part, {})
    assert found is not None, "paths overlap"
    return found


def _members(members: Item, tree: Tree) -> Item:
    kept: Item = {}
    for part, below in tree.items():
        assert isinstance(part, str)
        value = members.get(part)
        if value is not None:
            value = _part_of(value, below)
        if value is not None:
            kept[part] = value
    return kept


def _part_of(value: AttributeValue, tree: Tree | None) -> AttributeValue | None:
    """Return what a value has of the tree; None when it has nothing of it."""
    if tree is None:
        return value
    if "M" in value:
        if not all(isinstance(part, str) for part in tree):
            return None
        members = _members(value["M"], tree)
        return {"M": members} if members else None
    elements = []
    for part in sorted(part for part in tree if isinstance(part, int)):
        element = child(value, part)
        if element is not None:
            element = _part_of(element, tree[part])
        if element is not None:
            elements.append(element)
    return {"L": elements} if elements else None


class _ProjectionParser(OperandParser):
    def parse(self) -> tuple[Path, ...]:
        paths = [self.path()]
        while self.tokens.at_symbol(","):
            self.tokens.take()
            paths.append(self.path())
        self.end()
        self.raise_problems()
        return tuple(paths)


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def _parsed(text: str) -> tuple[Path, ...]:
    return _ProjectionParser(text).parse()


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def _compiled(text: str, key: BindingKey) -> Projection:
    binding = binding_of(key)
    paths = [binding.path(path) for path in _parsed(text)]
    for path in paths:
        check_levels(path)
    check_apart(paths)
    return projection_of(paths)


def parse_projection(text: str, placeholders: Placeholders) -> Projection:
    """Return the projection of a ProjectionExpression.

    Raises AwsError("ValidationException") with AWS's text.
    """
    try:
        names, values = references_of(_parsed, text)
        placeholders.use(names, values)
        return _compiled(text, binding_key(placeholders, names, values))
    except ExpressionError as error:
        raise error.as_aws_error("ProjectionExpression") from error


def attributes_to_get(names: list[str]) -> Projection:
    """Return the projection of the legacy parameter AttributesToGet: top-level names only.

    Raises AwsError("ValidationException").
    """
    for position, name in enumerate(names):
        check_name(name)
        if name in names[:position]:
            raise invalid_values(f"Duplicate value in attribute name: {name}")
    return projection_of(Path((name,)) for name in names)
