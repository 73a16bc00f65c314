"""Stores and items that our shop does not sell at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.bootstrap import Services

FOR_LONG_MS = 365 * 86_400_000


def close(services: Services, name: str, until_ms: int | None) -> None:
    """Sell nothing of a store ("store-001") or an item ("store-001/cola") until then."""
    until = services.now_ms() + FOR_LONG_MS if until_ms is None else until_ms
    services.limits.open(_key(name), until)


def reopen(services: Services, name: str) -> None:
    """Sell it again."""
    services.limits.close(_key(name))


def closed(services: Services, channel_store_id: str, item_ids: Iterable[str]) -> list[str]:
    """Return what cannot be had now: the store's name, or items."""
    names = [channel_store_id, *(f"{channel_store_id}/{id_}" for id_ in item_ids)]
    now_ms = services.now_ms()
    found: list[str] = []
    for start in range(0, len(names), BATCH):
        keys = [_key(name) for name in names[start : start + BATCH]]
        circuits = services.limits.circuits(keys)
        found += [name for name, circuit in circuits.items() if now_ms < circuit.open_until_ms]
    return [name.removeprefix(PREFIX).rpartition("/")[2] for name in found]


PREFIX = "shop/"
BATCH = 100
"""AWS's limit for BatchGetItem."""


def _key(name: str) -> str:
    return PREFIX + name
