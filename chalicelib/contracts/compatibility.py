"""Whether two schemas of one version can stand for each other, whichever a consumer has.

Events of a version that are under way, archived or replayed must be valid by its newest schema,
and new events by every older one. So within a version a field may be added that is optional, and
texts for people may change: nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.contracts.schemas import Schema

FOR_PEOPLE = frozenset({"$id", "title", "description", "examples", "x-known-values"})
COMPARED_APART = frozenset({"properties", "required", "items", "additionalProperties", "type"})


def breaks(old: Schema, new: Schema, at: str = "data") -> list[str]:
    """Return what a consumer of the one would stumble over in an event of the other."""
    if _types(old) != _types(new):
        return [f"{at} was {_words(old)} and is {_words(new)} now"]
    found = [
        f"{at}: {keyword!r} has changed"
        for keyword in sorted({*old, *new} - FOR_PEOPLE - COMPARED_APART)
        if old.get(keyword) != new.get(keyword)
    ]
    for keyword in ("items", "additionalProperties"):
        found += _part(old.get(keyword), new.get(keyword), f"{at}[]")
    return found + _fields(old, new, at)


def _part(old: Schema | None, new: Schema | None, at: str) -> list[str]:
    if old is None and new is None:
        return []
    if old is None or new is None:
        return [f"{at}: what may be in it has changed"]
    return breaks(old, new, at)


def _fields(old: Schema, new: Schema, at: str) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    always, always_now = set(old.get("required", [])), set(new.get("required", []))
    found = []
    for name, schema in before.items():
        if name not in after:
            found.append(f"{at}.{name} was removed")
            continue
        found += breaks(schema, after[name], f"{at}.{name}")
        if (name in always) != (name in always_now):
            now = "optional" if name in always else "required"
            found.append(f"{at}.{name} has become {now}")
    found += [
        f"{at}.{name} is new and required: older events do not have it"
        for name in sorted(always_now - before.keys())
    ]
    return found


def _types(schema: Schema) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _words(schema: Schema) -> str:
    return " or ".join(sorted(_types(schema))) or "anything"
