"""Which names the values of a template refer to."""

from __future__ import annotations

import re
from typing import Any

#: `${Name}`, `${Name.Attribute}`, and `${!Literal}` in a Fn::Sub.
VARIABLE = re.compile(r"\$\{(!?)\s*([^}\s]+)\s*\}")


def names_in(value: Any) -> list[str]:
    """Return the names a value refers to, in the order in which they stand in it."""
    found: list[str] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                found.append(item)
            elif key == "Fn::GetAtt" and isinstance(item, str):
                found.append(item.partition(".")[0])
            elif key == "Fn::GetAtt" and isinstance(item, list) and item:
                found.append(str(item[0]))
                _collect(item[1:], found)
            elif key == "Fn::Sub":
                found += _names_of_sub(item)
            else:
                _collect(item, found)


def _names_of_sub(argument: Any) -> list[str]:
    has_variables = isinstance(argument, list) and len(argument) == 2
    text, variables = argument if has_variables else (argument, {})
    own = variables if isinstance(variables, dict) else {}
    named = [
        name.partition(".")[0]
        for literal, name in VARIABLE.findall(str(text))
        if not literal and name not in own
    ]
    return named + names_in(variables)
