"""AWS::LanguageExtensions: loops. Its functions are the intrinsics' own.

Source: user guide, "Fn::ForEach".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import template_error

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOP = "Fn::ForEach::"


class _Budget:
    """How much loops may write, so that loops within loops come to an end."""

    def __init__(self) -> None:
        self.left = limits.EXPANDED_CHARACTERS

    def take(self, characters: int) -> None:
        self.left -= characters
        if self.left < 0:
            raise template_error("Fn::ForEach: the template grows too large")


def unrolled(content: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with its loops written out; raises ValidationError."""
    result: dict[str, Any] = _unrolled(content, {}, parameters, _Budget())
    return result


def _unrolled(
    value: Any, variables: dict[str, str], parameters: Mapping[str, Any], budget: _Budget
) -> Any:
    if isinstance(value, list):
        return [_unrolled(item, variables, parameters, budget) for item in value]
    if isinstance(value, str):
        return _replaced(value, variables, budget)
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in variables:
        return variables[value["Ref"]]
    result: dict[str, Any] = {}
    for name, item in value.items():
        if not name.startswith(_LOOP):
            result[_replaced(name, variables, budget)] = _unrolled(
                item, variables, parameters, budget
            )
            continue
        identifier, collection, body = _loop(name, item)
        for element in _elements(name, collection, variables, parameters):
            inner = variables | {identifier: element}
            result.update(_unrolled(body, inner, parameters, budget))
    return result


def _loop(name: str, item: Any) -> tuple[str, Any, dict[str, Any]]:
    fits = isinstance(item, list) and len(item) == 3 and isinstance(item[2], dict)
    if not fits or not isinstance(item[0], str):
        raise template_error(f"{name} layout is incorrect")
    return item[0], item[1], item[2]


def _elements(
    name: str, collection: Any, variables: dict[str, str], parameters: Mapping[str, Any]
) -> list[str]:
    if isinstance(collection, dict) and collection.keys() == {"Ref"}:
        collection = parameters.get(collection["Ref"])
    if not isinstance(collection, list):
        raise template_error(f"{name} could not resolve its collection")
    elements: list[str] = []
    for element in collection:
        if isinstance(element, dict) and element.keys() == {"Ref"}:
            element = variables.get(element["Ref"], parameters.get(element["Ref"]))
        elements += element if isinstance(element, list) else [str(element)]
    return elements


def _replaced(text: str, variables: dict[str, str], budget: _Budget) -> str:
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value)
        alphanumeric = "".join(c for c in value if c.isalnum())
        text = text.replace(f"&{{{name}}}", alphanumeric)
    budget.take(len(text))
    return text
