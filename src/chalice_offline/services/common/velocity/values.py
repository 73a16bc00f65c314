"""Values in a template: what Java's strings, lists and maps can do, and how they are written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.velocity.syntax import TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable


class JsonList(list[Any]):
    """A list out of a JSON document, which is written as JSON (recorded)."""


@dataclass(slots=True)
class Tool:
    """An object with methods and members: $input, $util."""

    methods: dict[str, Callable[..., Any]]
    members: dict[str, Any] = field(default_factory=dict)


def written(value: Any) -> str:
    """Return a value as Java writes it: {a=b}, [a, b], true."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, JsonList):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(one) for one in value) + "]"
    return str(value)


def call(value: Any, name: str, arguments: list[Any]) -> Any:
    """Call a method of a value; None for one that it has not."""
    if isinstance(value, Tool):
        method = value.methods.get(name)
        table: dict[str, Callable[..., Any]] = {}
    else:
        table = _methods_of(value)
        method = table.get(name)
    if method is None:
        return None
    try:
        return method(*arguments) if isinstance(value, Tool) else method(value, *arguments)
    except (TypeError, ValueError, LookupError, re.error) as error:
        raise TemplateError(f"{name}: {error}") from error


def member(value: Any, name: str) -> Any:
    """Return `.name` of a value: an entry of a map, or what getName() and name() give."""
    if isinstance(value, dict):
        found = value.get(name)
        if found is None and name in ("size", "empty"):
            return call(value, "isEmpty" if name == "empty" else "size", [])
        return found
    if isinstance(value, Tool):
        return value.members.get(name)
    if name in ("size", "length") and isinstance(value, list | str):
        return len(value)
    return None


def item(value: Any, index: Any) -> Any:
    """Return `[index]` of a value; None where there is none."""
    if isinstance(value, dict):
        return value.get(index)
    if isinstance(value, list) and isinstance(index, int) and -len(value) <= index < len(value):
        return value[index]
    return None


def entry(key: Any, value: Any) -> Tool:
    """Return an entry of a map, as entrySet() has them."""
    members = {"key": key, "value": value}
    return Tool({"getKey": lambda: key, "getValue": lambda: value}, members)


def _methods_of(value: Any) -> dict[str, Callable[..., Any]]:
    for kind, methods in _METHODS:
        if isinstance(value, kind):
            return methods
    return _ANY


def _put(target: dict[Any, Any], key: Any, value: Any) -> Any:
    before = target.get(key)
    target[key] = value
    return before


def _put_all(target: dict[Any, Any], more: dict[Any, Any]) -> str:
    target.update(more)
    return ""


def _add(target: list[Any], *values: Any) -> bool:
    if len(values) == 2:
        target.insert(values[0], values[1])
    else:
        target.append(values[0])
    return True


def _set(target: list[Any], index: int, value: Any) -> Any:
    before, target[index] = target[index], value
    return before


def _replacement(text: str) -> str:
    """Return a Java replacement ($1) as Python has it."""
    return re.sub(r"\$(\d)", r"\\\1", text)


def _split(text: str, pattern: str, limit: int = 0) -> list[str]:
    parts = re.split(pattern, text, maxsplit=max(limit - 1, 0))
    while limit == 0 and parts and not parts[-1]:  # as Java does
        parts.pop()
    return parts


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


_ANY: dict[str, Callable[..., Any]] = {
    "toString": written,
    "equals": lambda value, other: value == other,
    "hashCode": lambda value: sum(map(ord, written(value))),
    "intValue": int,
}
_STRING: dict[str, Callable[..., Any]] = _ANY | {
    "length": len,
    "isEmpty": lambda text: not text,
    "substring": _substring,
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "indexOf": str.find,
    "lastIndexOf": str.rfind,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "trim": str.strip,
    "replace": lambda text, old, new: text.replace(old, new),
    "replaceAll": lambda text, pattern, new: re.sub(pattern, _replacement(new), text),
    "replaceFirst": lambda text, pattern, new: re.sub(pattern, _replacement(new), text, count=1),
    "matches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
    "split": _split,
    "concat": lambda text, more: text + more,
    "charAt": lambda text, index: text[index],
    "equalsIgnoreCase": lambda text, other: text.lower() == other.lower(),
}
_LIST: dict[str, Callable[..., Any]] = _ANY | {
    "size": len,
    "isEmpty": lambda items: not items,
    "get": lambda items, index: items[index],
    "contains": lambda items, value: value in items,
    "indexOf": lambda items, value: items.index(value) if value in items else -1,
    "add": _add,
    "addAll": lambda items, more: items.extend(more) or True,
    "set": _set,
    "remove": lambda items, index: items.pop(index),
    "iterator": list,
    "subList": lambda items, start, end: items[start:end],
}
_MAP: dict[str, Callable[..., Any]] = _ANY | {
    "get": lambda entries, key: entries.get(key),
    "getOrDefault": lambda entries, key, other: entries.get(key, other),
    "put": _put,
    "putAll": _put_all,
    "remove": lambda entries, key: entries.pop(key, None),
    "size": len,
    "isEmpty": lambda entries: not entries,
    "containsKey": lambda entries, key: key in entries,
    "containsValue": lambda entries, value: value in entries.values(),
    "keySet": list,
    "values": lambda entries: list(entries.values()),
    "entrySet": lambda entries: [entry(key, value) for key, value in entries.items()],
}
_METHODS: tuple[tuple[type, dict[str, Callable[..., Any]]], ...] = (
    (str, _STRING),
    (list, _LIST),
    (dict, _MAP),
)
