"""Which names the values of a template refer to."""

from __future__ import annotations

import re
from typing import Any

#: `${Name}`, `${Name.Attribute}`, and `${!Literal}` in a Fn::Sub.
VARIABLE = re.compile(r"\$\{(!?)\s*([^}\s]+)\s*\}")


def names_in(value: Any) -> list[str]:
    """Return the names a value refers to, in the order in which they stand in it."""
    return [name for name, _ in references_in(value)]


def references_in(value: Any) -> list[tuple[str, str]]:
    """Return the names a value refers to, each with the attribute it asks for; "" for a Ref."""
    found: list[tuple[str, str]] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[tuple[str, str]]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                found.append((item, ""))
            elif key == "Fn::GetAtt" and isinstance(item, str):
                found.append(_split(item))
            elif key == "Fn::GetAtt" and isinstance(item, list) and item:
                if isinstance(item[0], str):  # else the function itself is wrong, not a name
                    found.append((item[0], ".".join(map(str, item[1:]))))
                _collect(item[1:], found)
            elif key == "Fn::Sub":
                found += _references_of_sub(item)
            else:
                _collect(item, found)


def _references_of_sub(argument: Any) -> list[tuple[str, str]]:
    has_variables = isinstance(argument, list) and len(argument) == 2
    text, variables = argument if has_variables else (argument, {})
    own = variables if isinstance(variables, dict) else {}
    named = [
        _split(name)
        for literal, name in VARIABLE.findall(str(text))
        if not literal and name not in own
    ]
    return named + references_in(variables)


def _split(named: str) -> tuple[str, str]:
    name, _, attribute = named.partition(".")
    return name, attribute
