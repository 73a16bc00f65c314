"""A table: its definition, and its items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.tables.table_definition import TableDefinition

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.items.item_store import Items


@dataclass
class Table(TableDefinition):
    """A table with the items in it."""

    items: Items = field(init=False, repr=False)
