"""Gives a store other hours, as whoever writes its menu file does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulators.street import Street


def sell_within(street: Street, hours: dict[str, Any]) -> None:
    """Upload the first store's menu file with hours, and wait for its import."""
    menu = next(iter(street.world.generator.menu_files().values()))
    street.upload(menu | {"hours": hours})
    street.settle()
    street.go(seconds=15, step=5)
