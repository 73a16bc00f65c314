"""What statements ask for, with their parameters in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.expressions.paths import reader

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.expressions import Path, Update
    from chalice_offline.services.dynamodb.partiql.where import Where
    from chalice_offline.services.dynamodb.values.attribute_values import Item


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT. `paths` is None for "*"."""

    table: str
    index: str | None
    paths: tuple[Path, ...] | None
    where: Where | None
    order_by: tuple[tuple[str, bool], ...]  # name, and whether in descending order

    def project(self, item: Item) -> Item:
        """Return what was selected of an item: a nested value under the last name of its path."""
        if self.paths is None:
            return item
        columns = ((column_name(path), reader(path)(item)) for path in self.paths)
        return {name: value for name, value in columns if value is not None}


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT of one item, which is not to replace another one."""

    table: str
    item: Item
    ignore_duplicate: bool  # ON CONFLICT DO NOTHING


@dataclass(frozen=True, slots=True)
class UpdateItem:
    """UPDATE. `returning` is one of ReturnValues: "ALL_OLD", "UPDATED_NEW" …, or "NONE"."""

    table: str
    update: Update
    where: Where
    returning: str


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE. `returning` is "ALL_OLD" or "NONE"."""

    table: str
    where: Where
    returning: str


@dataclass(frozen=True, slots=True)
class Exists:
    """EXISTS(SELECT …): a condition check of a transaction."""

    select: Select


Statement = Select | Insert | UpdateItem | Delete | Exists


def column_name(path: Path) -> str:
    """Return the name that a selected path has in results: "k[0]" for m.k[0]."""
    name = ""
    for part in path.parts:
        name = f"{name}[{part}]" if isinstance(part, int) else part
    return name
