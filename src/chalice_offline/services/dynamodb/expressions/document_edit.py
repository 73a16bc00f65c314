"""Changes to one item, made on a copy that shares what does not change.

Positions in lists are those before the update, whatever the order of the actions is; elements
set behind the end of a list are appended, in the order of their positions.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.values.attribute_values import MAX_NESTING

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.dynamodb.expressions.syntax import Path
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

_REMOVED: Final[AttributeValue] = {}


class DocumentEdit:
    """The actions of one update on one item."""

    def __init__(self, item: Item) -> None:
        self._item = dict(item)
        # Maps and lists that are copies already, by where they are.
        self._copies: dict[tuple[str | int, ...], Any] = {(): self._item}
        self._appended: dict[tuple[str | int, ...], dict[int, AttributeValue]] = {}

    def set(self, path: Path, value: AttributeValue) -> None:
        """Put a value there. Raises AwsError when the document has no such place."""
        parent, last = self._parent(path), path.parts[-1]
        check_nesting(value, len(path.parts))
        if isinstance(parent, list):
            assert isinstance(last, int)
            if last < len(parent):
                parent[last] = value
            else:
                self._appended.setdefault(path.parts[:-1], {})[last] = value
        else:
            parent[last] = value

    def remove(self, path: Path) -> None:
        """Take away what is there; nothing there is fine. Raises AwsError as `set` does."""
        parent, last = self._parent(path), path.parts[-1]
        if isinstance(parent, list):
            assert isinstance(last, int)
            if last < len(parent):
                parent[last] = _REMOVED
        else:
            parent.pop(last, None)

    def get(self, path: Path) -> AttributeValue | None:
        """Return what is there now, None for nothing. Raises AwsError as `set` does."""
        parent, last = self._parent(path), path.parts[-1]
        if isinstance(parent, list):
            assert isinstance(last, int)
            return parent[last] if last < len(parent) else None
        value: AttributeValue | None = parent.get(last)
        return value

    def finish(self) -> Item:
        """Return the item after all actions."""
        for where, container in self._copies.items():
            if isinstance(container, list):
                appended = self._appended.get(where, {})
                container.extend(appended[position] for position in sorted(appended))
                container[:] = [one for one in container if one is not _REMOVED]
        return self._item

    def _parent(self, path: Path) -> Any:
        """Return the map's dict or the list that holds the path's last part, copied."""
        where: tuple[str | int, ...] = ()
        container: Any = self._item
        for part in path.parts[:-1]:
            below = (*where, part)
            copy = self._copies.get(below)
            if copy is None:
                copy = self._copied_child(container, part)
                self._copies[below] = copy
            where, container = below, copy
        if isinstance(container, dict) != isinstance(path.parts[-1], str):
            raise invalid_path()
        return container

    @staticmethod
    def _copied_child(container: Any, part: str | int) -> Any:
        """Replace the map or list below `container` by a copy, and return its content."""
        if isinstance(container, dict) != isinstance(part, str):
            raise invalid_path()
        if isinstance(container, dict):
            value = container.get(part)
        else:
            value = container[part] if part < len(container) else None  # type: ignore[operator]
        if not value or not ("M" in value or "L" in value):
            raise invalid_path()
        copy: Any = dict(value["M"]) if "M" in value else list(value["L"])
        container[part] = {"M" if "M" in value else "L": copy}
        return copy


def check_nesting(value: AttributeValue, level: int) -> None:
    """Raise AwsError for a value with lists or maps deeper than an item may have them.

    Each value on its own has been checked; what was to be found out is where an update puts it.
    """
    waiting = [(value, level)]
    while waiting:
        value, level = waiting.pop()
        inner = value["M"].values() if "M" in value else value.get("L")
        if inner is None:
            continue
        if level > MAX_NESTING:
            raise validation("Nesting Levels have exceeded supported limits")
        waiting.extend((one, level + 1) for one in inner)


def invalid_path() -> AwsError:
    """Return the error for a path that leads through something that is no map or list."""
    return validation("The document path provided in the update expression is invalid for update")
