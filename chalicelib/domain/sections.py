"""How a menu is shown: its categories, and the groups of options that an item asks about.

An option is an item of the menu like any other, and may ask on: a combo asks for side and drink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.order import identifier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MOST_CATEGORIES = 200
MOST_GROUPS = 1_000
MOST_OPTIONS = 200
MOST_CHOICES = 100
MOST_NAME = 120
MOST_TEXT = 500
MOST_URL = 2_000
DEEPEST = 6
"""An option's options, and theirs: partners draw them as pages of their app."""

MOST_WRITTEN_OUT = 20_000
"""Lines of a menu in which every item has its options under it, as DoorDash wants it."""

ONLY = ("menu", "Menu")
"""Id and name of the one category of a file that has none."""


@dataclass(frozen=True, slots=True)
class Category:
    """A heading and the items under it, in their order."""

    id: str
    name: str
    items: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class ModifierGroup:
    """A question and its answers, of which between `least` and `most` are chosen."""

    id: str
    name: str
    options: tuple[str, ...]
    least: int = 0
    most: int = 1


def read_groups(value: object, items: Collection[str]) -> tuple[ModifierGroup, ...]:
    """Read a menu file's `modifier_groups`, or raise InvalidPayload; absent means none.

    [{"id", "name", "min": 0, "max": 1, "options": [an item's id, …]}]
    """
    groups = tuple(
        _group(entry, f"modifier_groups[{number}]", items)
        for number, entry in enumerate(_listed(value, "modifier_groups", MOST_GROUPS))
    )
    _check_once([group.id for group in groups], "modifier_groups")
    return groups


def read_categories(
    value: object, items: Sequence[str], options: Collection[str]
) -> tuple[Category, ...]:
    """Read a menu file's `categories`, or raise InvalidPayload.

    [{"id", "name", "description" (optional), "items": [an item's id, …]}]. A file without them has
    one, with every item that is no group's option.
    """
    if value is None:
        return (Category(*ONLY, tuple(id_ for id_ in items if id_ not in options)),)
    known = frozenset(items)
    categories = tuple(
        _category(entry, f"categories[{number}]", known)
        for number, entry in enumerate(_listed(value, "categories", MOST_CATEGORIES))
    )
    if not categories:
        raise InvalidPayload("categories is empty")
    _check_once([category.id for category in categories], "categories")
    return categories


def check_nesting(
    asked: Mapping[str, Sequence[str]], groups: Mapping[str, ModifierGroup], shown: Sequence[str]
) -> None:
    """Raise InvalidPayload when options lead back to themselves, too deep, or to too many lines.

    `asked` are the groups of each item, `shown` the items under categories.
    """
    measured: dict[str, tuple[int, int]] = {}

    def measure(item_id: str, path: tuple[str, ...]) -> tuple[int, int]:
        """Return how many lines an item is, and how deep."""
        if item_id in path:
            raise InvalidPayload(f"the options of item {item_id} lead back to it")
        if item_id not in measured:
            if len(path) > DEEPEST:
                raise InvalidPayload(f"the options of item {path[0]} nest too deep")
            below = [
                measure(id_, (*path, item_id))
                for group in asked.get(item_id, ())
                for id_ in groups[group].options
            ]
            lines = 1 + sum(size for size, _ in below)
            measured[item_id] = (lines, 1 + max((deep for _, deep in below), default=0))
        return measured[item_id]

    total = 0
    for item_id in shown:
        lines, deep = measure(item_id, ())
        if deep > DEEPEST + 1:
            raise InvalidPayload(f"the options of item {item_id} nest too deep")
        total += lines
    if total > MOST_WRITTEN_OUT:
        raise InvalidPayload(f"the menu has {total} lines when its options are written out")


def text_of(data: Mapping[str, Any], name: str, where: str, most: int = MOST_TEXT) -> str:
    """Return an optional text of an entry; InvalidPayload when it is none, or too long."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise InvalidPayload(f"{where}.{name} must be text of at most {most} characters")
    return value.strip()


def url_of(data: Mapping[str, Any], name: str, where: str) -> str:
    """Return an optional https URL of an entry; InvalidPayload when it is none."""
    url = text_of(data, name, where, MOST_URL)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if url and not (parts.scheme == "https" and parts.hostname and url.isascii()):
        raise InvalidPayload(f"{where}.{name} must be an https URL")
    return url


def ids_of(value: object, where: str, most: int, known: Collection[str], what: str) -> list[str]:
    """Return a list of ids, each of which is known; InvalidPayload names the first that is not."""
    found = [
        identifier(one, f"{where}[{number}]")
        for number, one in enumerate(_listed(value, where, most))
    ]
    for number, one in enumerate(found):
        if one not in known:
            raise InvalidPayload(f"{where}[{number}]: the menu has no {what} {one}")
    _check_once(found, where)
    return found


def _group(entry: object, where: str, items: Collection[str]) -> ModifierGroup:
    data = _object(entry, where)
    options = ids_of(data.get("options"), f"{where}.options", MOST_OPTIONS, items, "item")
    if not options:
        raise InvalidPayload(f"{where}.options is empty")
    least, most = data.get("min", 0), data.get("max", 1)
    if type(least) is not int or type(most) is not int or not 0 <= least <= most <= MOST_CHOICES:
        raise InvalidPayload(f"{where}: min and max must be numbers, 0 ≤ min ≤ max")
    if most == 0 or least > len(options):
        raise InvalidPayload(f"{where}: nobody can choose between min and max of its options")
    return ModifierGroup(
        identifier(data.get("id"), f"{where}.id"), _name(data, where), tuple(options), least, most
    )


def _category(entry: object, where: str, items: Collection[str]) -> Category:
    data = _object(entry, where)
    found = ids_of(data.get("items"), f"{where}.items", len(items), items, "item")
    if not found:
        raise InvalidPayload(f"{where}.items is empty")
    return Category(
        identifier(data.get("id"), f"{where}.id"),
        _name(data, where),
        tuple(found),
        text_of(data, "description", where),
    )


def _name(data: Mapping[str, Any], where: str) -> str:
    name = text_of(data, "name", where, MOST_NAME)
    if not name:
        raise InvalidPayload(f"{where}.name is missing")
    return name


def _object(entry: object, where: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise InvalidPayload(f"{where} must be an object")
    return entry


def _listed(value: object, where: str, most: int) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise InvalidPayload(f"{where} must be a list of at most {most}")
    return value


def _check_once(ids: Sequence[str], where: str) -> None:
    if len(set(ids)) != len(ids):
        raise InvalidPayload(f"{where} names one id twice")
