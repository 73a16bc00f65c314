"""The tables of what is sold out, of checkouts and of published menus, in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.stock import ItemStock

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Stock:
    """What is off, by store and item; written as the table writes it."""

    items: dict[tuple[str, str], ItemStock] = field(default_factory=dict)

    def get(self, store_id: str, item_id: str) -> ItemStock | None:
        return self.items.get((store_id, item_id))

    def of_store(self, store_id: str) -> dict[str, ItemStock]:
        return {item: s for (store, item), s in self.items.items() if store == store_id}

    def save(self, stock: ItemStock) -> ItemStock:
        known = self.items.get((stock.store_id, stock.item_id))
        if (known.revision if known else 0) != stock.revision:
            raise VersionConflict(stock.key)
        written = replace(stock, revision=stock.revision + 1)
        assert ItemStock.from_dict(json.loads(json.dumps(written.to_dict()))) == written
        self.items[stock.store_id, stock.item_id] = written
        return written

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        for stock in self.items.values():
            due_ms = stock.due_ms(now_ms - 20_000)
            if due_ms is not None and due_ms <= now_ms:
                yield stock.key, ""


@dataclass
class Menus:
    """Versions of menus in memory; the items are those of `stores`."""

    stores: Any
    listed: dict[str, dict[str, None]] = field(default_factory=dict)

    def begin(self, store_id: str, version: str) -> None:
        self.listed.setdefault(store_id, {})[version] = None

    def keep_content(self, store_id: str, version: str, content: bytes) -> None:
        """Nobody publishes here."""

    def versions(self, store_id: str) -> list[str]:
        return list(self.listed.get(store_id, {}))

    def items(self, store_id: str, version: str) -> dict[str, tuple[str, str, str]]:
        known = self.stores.items.get(f"{store_id}#{version}", {})
        return {id_: ("", "", pos_id) for id_, pos_id in known.items()}

    def set_end(self, store_id: str, version: str, expires_at: int | None) -> None:
        self.listed[store_id].pop(version, None)


class Publications:
    """No menu is published here."""

    def of_store(self, store_id: str) -> dict[str, Any]:
        return {}

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        return iter(())


class Checkouts:
    """No checkouts."""

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        return iter(())
