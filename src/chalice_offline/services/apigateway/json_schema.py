"""Checks a body against a model: JSON schema, draft 4, as far as API Gateway has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Schema = Any
_KINDS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


class SchemaCheck:
    """A schema, and how the models it refers to are found."""

    def __init__(self, root: Schema, model: Callable[[str], Schema]) -> None:
        """`model` gives a model's schema by its name; None when there is none."""
        self._root = root
        self._model = model

    def accepts(self, value: Any) -> bool:
        """Whether a value fits."""
        return self._fits(value, self._root)

    def _fits(self, value: Any, schema: Schema) -> bool:
        if not isinstance(schema, dict):
            return schema is not False
        if "$ref" in schema:
            found = self._referred(str(schema["$ref"]))
            return found is None or self._fits(value, found)
        return (
            _has_kind(value, schema.get("type"))
            and ("enum" not in schema or value in schema["enum"])
            and self._combined(value, schema)
            and (not isinstance(value, dict) or self._object(value, schema))
            and (not isinstance(value, list) or self._array(value, schema))
            and (not isinstance(value, str) or _text(value, schema))
            and (not _KINDS["number"](value) or _number(value, schema))
        )

    def _referred(self, reference: str) -> Schema:
        if not reference.startswith("#"):
            return self._model(reference.rpartition("/")[2])
        found = self._root
        for key in filter(None, reference.lstrip("#").split("/")):
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def _combined(self, value: Any, schema: dict[str, Any]) -> bool:
        def fitting(key: str) -> int:
            return sum(self._fits(value, one) for one in schema[key])

        return (
            ("allOf" not in schema or fitting("allOf") == len(schema["allOf"]))
            and ("anyOf" not in schema or fitting("anyOf") > 0)
            and ("oneOf" not in schema or fitting("oneOf") == 1)
            and ("not" not in schema or not self._fits(value, schema["not"]))
        )

    def _object(self, value: dict[str, Any], schema: dict[str, Any]) -> bool:
        properties = schema.get("properties") or {}
        patterns = schema.get("patternProperties") or {}
        more = schema.get("additionalProperties", True)
        if any(name not in value for name in _listed(schema.get("required"))):
            return False
        if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", 1e9):
            return False
        for name, one in value.items():
            rules = [properties[name]] if name in properties else []
            rules += [rule for pattern, rule in patterns.items() if re.search(pattern, name)]
            if any(not self._fits(one, rule) for rule in rules or [more]):
                return False
        return True

    def _array(self, value: list[Any], schema: dict[str, Any]) -> bool:
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 1e9):
            return False
        if schema.get("uniqueItems") and any(one in value[:i] for i, one in enumerate(value)):
            return False
        items = schema.get("items")
        if isinstance(items, list):
            return all(self._fits(one, rule) for one, rule in zip(value, items, strict=False))
        return items is None or all(self._fits(one, items) for one in value)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else []


def _has_kind(value: Any, kind: Any) -> bool:
    if kind is None:
        return True
    kinds = kind if isinstance(kind, list) else [kind]
    return any(one not in _KINDS or _KINDS[one](value) for one in kinds)


def _text(value: str, schema: dict[str, Any]) -> bool:
    pattern = schema.get("pattern")
    return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1e9) and (
        pattern is None or re.search(pattern, value) is not None
    )


def _number(value: float, schema: dict[str, Any]) -> bool:
    low, high = schema.get("minimum"), schema.get("maximum")
    step = schema.get("multipleOf")
    return (
        (low is None or (value > low if schema.get("exclusiveMinimum") is True else value >= low))
        and (
            high is None
            or (value < high if schema.get("exclusiveMaximum") is True else value <= high)
        )
        and (not step or value % step == 0)
    )
