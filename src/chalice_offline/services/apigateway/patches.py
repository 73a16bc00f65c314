"""Patch operations: what the Update… operations are asked for, as JSON Patch (RFC 6902).

A table says what a resource lets be changed: by path, the operations it takes and how its value is
read. "*" in a path stands for one segment, which may hold "/" as "~1".
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway.errors import bad_request, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Request

Values = dict[str, Any]
Read = "Callable[[str], Any]"


def text(value: str) -> str:
    """Read a text."""
    return value


def boolean(value: str) -> bool:
    """Read a boolean; what is not "true" is false (recorded)."""
    return value.lower() == "true"


def integer(value: str) -> int:
    """Read a whole number; raises AwsError for what is none."""
    try:
        return int(value)
    except ValueError as error:
        raise bad_request(f"Invalid value specified: {value}") from error


def number(value: str) -> float:
    """Read a number; raises AwsError for what is none."""
    try:
        return float(value)
    except ValueError as error:
        raise bad_request(f"Invalid value specified: {value}") from error


@dataclass(frozen=True, slots=True)
class Change:
    """What may be done at a path. `missing` is said when there is nothing to replace or remove."""

    read: Callable[[str], Any] = text
    operations: tuple[str, ...] = ("replace",)
    is_list: bool = False
    missing: str = ""


def entries(read: Callable[[str], Any] = text, missing: str = "") -> Change:
    """Return what may be done with an entry of a map."""
    return Change(read, ("add", "replace", "remove"), missing=missing)


LIST = Change(operations=("add", "remove", "replace"), is_list=True)


@dataclass(frozen=True, slots=True)
class Patchable:
    """A resource's table of changes, and how it words what is not in it.

    `lists_paths`: "Invalid patch path  '/x' specified for op …" with all that may be changed;
    else "Invalid patch path /x" (both recorded, of different resources).
    """

    changes: Mapping[str, Change]
    lists_paths: bool = True
    named: tuple[str, ...] = field(default=())

    def change(self, values: Values, request: Request) -> None:
        """Apply the patch operations of a request to `values`: all of them, or none."""
        changed = copy.deepcopy(values)
        self.apply(changed, request.get("patchOperations", []))
        values.clear()
        values.update(changed)

    def apply(self, values: Values, operations: list[dict[str, str]]) -> None:
        """Apply all of it to `values`, which the caller made a copy of; raises AwsError."""
        for operation in operations:
            self._apply(values, operation)

    def _apply(self, values: Values, operation: dict[str, str]) -> None:
        path, name = operation.get("path"), operation.get("op", "")
        if path is None:
            raise bad_request("Invalid patch path null")
        segments = split(path)
        change = self._change(segments)
        if change is None:
            raise self._unknown_path(path, name)
        if name not in change.operations:
            raise self._unsupported(path, name, change)
        value = operation.get("value")
        if change.is_list:
            _change_list(values, segments, name)
        elif name == "remove":
            _remove(values, segments, change)
        else:
            _put(values, segments, change, value, name)

    def _change(self, segments: list[str]) -> Change | None:
        for pattern, change in self.changes.items():
            wanted = pattern.strip("/").split("/")
            if len(wanted) == len(segments) and all(
                part in ("*", segment) for part, segment in zip(wanted, segments, strict=True)
            ):
                return change
        return None

    def _unknown_path(self, path: str, name: str) -> AwsError:
        if not self.lists_paths:
            return bad_request(f"Invalid patch path {path}")
        paths = self.named or tuple(self.changes)
        if name != "replace":
            return self._choose_supported(path, name)
        shown = ", ".join(paths)
        return bad_request(
            f"Invalid patch path  '{path}' specified for op '{name}'. Must be one of: [{shown}]"
        )

    def _unsupported(self, path: str, name: str, change: Change) -> AwsError:
        if self.lists_paths:
            return self._choose_supported(path, name)
        if change.is_list:
            return bad_request(
                "Invalid patch operation specified. Must be 'add'|'remove'|'replace'"
            )
        return bad_request(
            f"Invalid patch operation specified. Must be one of: [{', '.join(change.operations)}]"
        )

    @staticmethod
    def _choose_supported(path: str, name: str) -> AwsError:
        return bad_request(
            f"Invalid patch path  '{path}' specified for op '{name}'. "
            "Please choose supported operations"
        )


def split(path: str) -> list[str]:
    """Return the segments of a JSON pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.strip("/").split("/")]


def _parent(values: Values, segments: list[str], *, make: bool) -> Values:
    for segment in segments[:-1]:
        inner = values.get(segment)
        if not isinstance(inner, dict):
            inner = {}
            if make:
                values[segment] = inner
        values = inner
    return values


def _remove(values: Values, segments: list[str], change: Change) -> None:
    parent = _parent(values, segments, make=False)
    if segments[-1] not in parent and change.missing:
        raise not_found(change.missing)
    parent.pop(segments[-1], None)
    if len(segments) > 1 and not parent:
        values.pop(segments[0], None)


def _put(values: Values, segments: list[str], change: Change, value: str | None, name: str) -> None:
    parent = _parent(values, segments, make=True)
    if name == "replace" and change.missing and segments[-1] not in parent:
        raise not_found(change.missing)
    parent[segments[-1]] = change.read(value or "")


def _change_list(values: Values, segments: list[str], name: str) -> None:
    """Add to, remove from or replace in a list: its entry is the path's last segment."""
    present = list(_parent(values, segments, make=False).get("", ()))
    listed = list(values.get(segments[0], present))
    entry = segments[-1]
    if name == "add" and entry not in listed:
        listed.append(entry)
    elif name == "remove":
        listed = [one for one in listed if one != entry]
    values[segments[0]] = listed
