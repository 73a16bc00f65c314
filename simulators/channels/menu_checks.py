"""What partners' simulators ask of every menu: fields of their kinds, ids that lead somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulators.wsgi import BodyError

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def objects(data: Json, name: str) -> list[Json]:
    """Return member `name` as a list of objects; BodyError else."""
    value = data.get(name)
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BodyError(f"{name} must be a list of objects")
    return value


def member(data: Json, name: str) -> Json:
    """Return member `name` as an object; BodyError else."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise BodyError(f"{name} must be an object")
    return value


def text(data: Json, name: str) -> str:
    """Return member `name` as text that is not empty; BodyError else."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise BodyError(f"{name} is required")
    return value


def whole(data: Json, name: str) -> int:
    """Return member `name` as a whole number of at least 0; BodyError else."""
    value = data.get(name)
    if type(value) is not int or value < 0:
        raise BodyError(f"{name} must be a whole number")
    return value


def ids(data: Json, name: str) -> list[str]:
    """Return member `name` as a list of texts; BodyError else."""
    value = data.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BodyError(f"{name} must be a list of ids")
    return value


def unique(entries: Iterable[Json], what: str, name: str = "id") -> set[str]:
    """Return the ids of entries; BodyError when one has none, or two have one."""
    found = [text(entry, name) for entry in entries]
    if len(set(found)) != len(found):
        raise BodyError(f"two {what} have one id")
    return set(found)


def known(wanted: Iterable[str], there: set[str], what: str) -> None:
    """Raise BodyError when an id leads nowhere."""
    if lost := set(wanted) - there:
        raise BodyError(f"{what} {min(lost)} does not exist")


def minute(value: Any, name: str) -> int:
    """Return a time of day as 09:30, in minutes; BodyError else."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise BodyError(f"{name} must be a time as HH:MM")
    return int(found[1]) * 60 + int(found[2])
