"""Document paths, resolved: reading through them, and AWS's notation for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.operand_parser import MAX_PATH_LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.services.dynamodb.expressions.syntax import Path
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item


def shown(path: Path) -> str:
    """Return a path as AWS writes it in messages: "[a, b, [0]]"."""
    parts = (f"[{part}]" if isinstance(part, int) else part for part in path.parts)
    return f"[{', '.join(parts)}]"


def check_levels(path: Path) -> None:
    """Raise ExpressionError for a path that goes deeper than items do."""
    if len(path.parts) > MAX_PATH_LEVELS:
        raise ExpressionError(
            f"The document path has too many nesting levels; nesting levels: {len(path.parts)}"
        )


def reader(path: Path) -> Callable[[Item], AttributeValue | None]:
    """Return the function that finds what is at a path; it returns None when nothing is."""
    head = path.parts[0]
    assert isinstance(head, str)
    rest = path.parts[1:]
    if not rest:
        return lambda item: item.get(head)

    def read(item: Item) -> AttributeValue | None:
        value = item.get(head)
        for part in rest:
            if value is None:
                return None
            value = child(value, part)
        return value

    return read


def child(value: AttributeValue, part: str | int) -> AttributeValue | None:
    """Return the member or element of a map or list; None when there is none."""
    found: AttributeValue | None
    if isinstance(part, str):
        found = value["M"].get(part) if "M" in value else None
    else:
        elements = value.get("L", ())
        found = elements[part] if part < len(elements) else None
    return found


def check_apart(paths: Iterable[Path]) -> None:
    """Raise ExpressionError for two paths that overlap, or that no item can have both of.

    Of a.b and a[1] one never exists: they conflict. Of a and a.b the first contains the second.
    """
    seen: list[Path] = []
    conflict: ExpressionError | None = None
    for path in paths:
        for earlier in seen:
            relation = _relation(earlier, path)
            if relation == "overlap":
                raise _not_apart(relation, earlier, path)
            if relation and conflict is None:
                conflict = _not_apart(relation, earlier, path)
        seen.append(path)
    if conflict is not None:
        raise conflict


def _relation(one: Path, other: Path) -> str:
    for mine, theirs in zip(one.parts, other.parts, strict=False):
        if type(mine) is not type(theirs):
            return "conflict"
        if mine != theirs:
            return ""
    return "overlap"


def _not_apart(relation: str, one: Path, other: Path) -> ExpressionError:
    return ExpressionError(
        f"Two document paths {relation} with each other; "
        "must remove or rewrite one of these paths; "
        f"path one: {shown(one)}, path two: {shown(other)}"
    )
