"""An ExclusiveStartKey: where the next page starts, and what AWS refuses in it.

The texts and their order are those of dynalite's and ScyllaDB's tests, recorded from AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.errors import key_mismatch, validation
from chalice_offline.services.dynamodb.items.keys import check_key, stored_key
from chalice_offline.services.dynamodb.values.attribute_values import (
    check_item,
    check_value,
    described,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.dynamodb.tables.schema import Index, KeySchema
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item

_INVALID = "The provided starting key is invalid"
_SAID_AS_IT_IS = (
    "contains duplicates",
    "number set",
    "numeric value",
    "significant digits",
    "number with magnitude",
)


def check_starting_values(request: Mapping[str, Any]) -> None:
    """Refuse an ExclusiveStartKey with values that nothing can have.

    AWS says what is wrong with numbers and duplicates as it is.
    """
    try:
        check_item(request.get("ExclusiveStartKey") or {})
    except AwsError as error:
        if any(words in error.message for words in _SAID_AS_IT_IS):
            raise
        raise validation(f"{_INVALID}: {error.message}") from error


class StartingKey:
    """An ExclusiveStartKey of one table or index: the attributes of both keys, and no others.

    A query asks `check_attribute` for each key attribute as it comes to the condition on it, then
    `position`; a scan does the same without conditions.
    """

    def __init__(self, table: Table, index: Index | None, given: Item) -> None:
        """Take a request's key, whose values were checked."""
        self._table = table
        self._index = index
        self._given = given

    @property
    def _key(self) -> KeySchema:
        """The key of what is read."""
        return self._table.key if self._index is None else self._index.key

    def check_count(self) -> None:
        """Refuse more attributes than the keys have, or fewer."""
        if len(self._given) != len({*self._table.key.names, *self._key.names}):
            raise validation(_INVALID)

    def check_attribute(self, name: str) -> None:
        """Refuse a key attribute that is missing, or has another type than it has in its key."""
        value = self._given.get(name)
        if value is None:
            raise validation(_INVALID)
        if self._key.types[name] not in value:
            raise key_mismatch()

    def check_attributes(self) -> None:
        """Check all attributes of the key of what is read."""
        for name in self._key.names:
            self.check_attribute(name)

    def check_restartable(self) -> None:
        """Refuse to go on in a partition that has one item at most."""
        if self._index is None and not self._key.range:
            shown = ", ".join(
                f"{name}=AttributeValue: {described(value)}" for name, value in self._given.items()
            )
            raise validation(
                f"The provided exclusive start key is invalid: ExclusiveStartKey: {{{shown}}}"
            )

    def values(self, names: tuple[str, ...]) -> list[Any]:
        """Return the values of attributes that were checked."""
        return [check_value(self._given[name]) for name in names]

    def position(self) -> bytes:
        """Return the stored key that it names; refuses one that no item of the table can have."""
        names = self._table.key.names
        whole = self._given if self._index is None else _part(self._given, names)
        try:
            key = check_key(self._table, whole)
        except AwsError as error:
            raise validation(f"{_INVALID}: {error.message}") from error
        position = stored_key(self._table.key, key)
        if self._index is None:
            return position
        entry = dict(zip(self._key.names, self.values(self._key.names), strict=True))
        return stored_key(self._key, entry) + position


def _part(item: Item, names: tuple[str, ...]) -> Item:
    return {name: item[name] for name in names if name in item}
