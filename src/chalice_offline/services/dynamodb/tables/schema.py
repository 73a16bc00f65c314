"""Keys and indexes of a table: what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Document = dict[str, Any]


@dataclass(frozen=True)
class KeySchema:
    """The attributes of a key, in order, and the type of each (S, N or B).

    A table's key has one attribute of each kind, or no range; a global index's up to four.
    """

    hash: tuple[str, ...]
    range: tuple[str, ...]
    types: Mapping[str, str]

    @classmethod
    def read(cls, elements: Sequence[Document], types: Mapping[str, str]) -> KeySchema:
        """Take AWS's KeySchema apart."""
        by_kind: dict[str, list[str]] = {"HASH": [], "RANGE": []}
        for element in elements:
            by_kind[element["KeyType"]].append(element["AttributeName"])
        names = by_kind["HASH"] + by_kind["RANGE"]
        return cls(
            tuple(by_kind["HASH"]), tuple(by_kind["RANGE"]), {name: types[name] for name in names}
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All attributes of the key, hash first."""
        return self.hash + self.range

    @cached_property
    def typed_names(self) -> tuple[tuple[str, str], ...]:
        """All attributes of the key with their types."""
        return tuple((name, self.types[name]) for name in self.names)

    def describe(self) -> list[Document]:
        """Return it as AWS's KeySchema."""
        return [{"AttributeName": name, "KeyType": "HASH"} for name in self.hash] + [
            {"AttributeName": name, "KeyType": "RANGE"} for name in self.range
        ]


@dataclass
class Index:
    """A secondary index. `throughput` are read and write units, of a global one."""

    name: str
    key: KeySchema
    projection: Document
    is_global: bool
    throughput: Document
    # Keys of the table: every entry carries them.
    table_key: KeySchema
    item_count: int = 0
    size_bytes: int = 0

    @property
    def kind(self) -> str:
        """How AWS calls the list it stands in."""
        return "GlobalSecondaryIndexes" if self.is_global else "LocalSecondaryIndexes"

    @property
    def projects_all(self) -> bool:
        """Whether its entries are whole items."""
        return bool(self.projection["ProjectionType"] == "ALL")

    @cached_property
    def projected(self) -> frozenset[str]:
        """The attributes its entries have, unless it is all."""
        return frozenset(
            self.key.names
            + self.table_key.names
            + tuple(self.projection.get("NonKeyAttributes", ()))
        )

    def project(self, item: Document) -> Document:
        """Return the part of an item that stands in the index."""
        if self.projects_all:
            return item
        wanted = self.projected
        return {name: value for name, value in item.items() if name in wanted}

    def save(self) -> Document:
        """Return what is kept of it."""
        return {
            "IndexName": self.name,
            "KeySchema": self.key.describe(),
            "Projection": self.projection,
            "Global": self.is_global,
            "Throughput": self.throughput,
        }
