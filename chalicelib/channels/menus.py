"""What partners' modules are told of a menu, and what they tell of its upload."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.domain.hours import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.domain.sections import ModifierGroup
    from chalicelib.domain.store import Menu, MenuItem

NAME = "Menu"
"""What partners call a store's one menu. Partners that have several know it by this name."""

DAY_NAMES = dict(
    zip(
        WEEKDAYS,
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        strict=True,
    )
)
"""The days of the week as partners write them, by their names in our menu files."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """A menu for one partner, which calls the store `place`.

    `off` are items that are sold out now, and until when (None: nobody knows). `reference` is
    what we call this upload, `sent_ms` is when its first call was begun, `menu_id` what the partner
    called the menu the last time.
    """

    place: str
    menu: Menu
    reference: str
    now_ms: int
    menu_id: str = ""
    off: Mapping[str, int | None] = field(default_factory=dict)
    sent_ms: int = 0

    def items(self) -> list[MenuItem]:
        """Return what customers can come by: items under categories, and options below them."""
        by_id = {item.id: item for item in self.menu.items}
        groups = self.groups_by_id()
        found: dict[str, MenuItem] = {}
        waiting = [id_ for category in self.menu.categories for id_ in category.items]
        while waiting:
            item = by_id[waiting.pop(0)]
            if item.id not in found:
                found[item.id] = item
                waiting += [id_ for group in item.groups for id_ in groups[group].options]
        return list(found.values())

    def groups(self) -> list[ModifierGroup]:
        """Return the groups that such items ask about."""
        asked = {group for item in self.items() for group in item.groups}
        return [group for group in self.menu.groups if group.id in asked]

    def groups_by_id(self) -> dict[str, ModifierGroup]:
        """Return every group by its id."""
        return {group.id: group for group in self.menu.groups}

    def shown(self) -> set[str]:
        """Return the ids of items that stand under a category."""
        return {id_ for category in self.menu.categories for id_ in category.items}


@dataclass(frozen=True, slots=True)
class MenuReply:
    """A call was answered. `is_pending`: how the upload went will be told by a webhook.

    From `again_ms` on, what was sent is not true any more. `not_yet` says why this call has to be
    made again later: the partner is still at it.
    """

    menu_id: str = ""
    is_pending: bool = False
    again_ms: int | None = None
    not_yet: str = ""


@dataclass(frozen=True, slots=True)
class MenuResult:
    """How an upload went, by the partner's webhook. `may_pass`: the same may work later."""

    place: str
    why: str = ""
    reference: str = ""
    menu_id: str = ""
    may_pass: bool = False

    @property
    def is_done(self) -> bool:
        """Say whether the partner shows the menu."""
        return not self.why


if TYPE_CHECKING:
    MenuCall = Callable[[], MenuReply]
    """One call to a partner, which can be repeated."""
