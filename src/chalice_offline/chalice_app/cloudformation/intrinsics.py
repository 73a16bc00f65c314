"""CloudFormation's intrinsic functions.

Source: AWS CloudFormation user guide, "Intrinsic function reference" and "Pseudo parameters
reference".
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SUB_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """A template says something that cannot be resolved; the text names what."""


class NoValue:
    """What `Ref: AWS::NoValue` leaves behind: the property is as if it had not been written."""


NO_VALUE = NoValue()


class Intrinsics:
    """Resolves values of one template.

    `reference(name)` gives what `Ref` gives, `attribute(resource, name)` what `Fn::GetAtt` gives.
    """

    def __init__(
        self,
        template: dict[str, Any],
        reference: Callable[[str], Any],
        attribute: Callable[[str, str], Any],
        region: str,
    ) -> None:
        self._template = template
        self._reference = reference
        self._attribute = attribute
        self._region = region
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda value: base64.b64encode(
                str(self.resolve(value)).encode()
            ).decode(),
            "Fn::ToJsonString": self._to_json_string,
            "Fn::GetAZs": lambda _value: [f"{self._region}{zone}" for zone in "abc"],
            "Fn::Equals": self._equals,
            "Fn::And": lambda values: all(self._truth(value) for value in values),
            "Fn::Or": lambda values: any(self._truth(value) for value in values),
            "Fn::Not": lambda values: not self._truth(values[0]),
        }

    def resolve(self, value: Any) -> Any:
        """Return `value` with every intrinsic function in it replaced by what it stands for."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in self._functions:
                return self._called(name, argument)
            if name.startswith("Fn::"):
                raise TemplateError(f"{name} is not supported")
        resolved = {name: self.resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Return whether a condition of the template holds."""
        conditions = self._template.get("Conditions", {})
        if not isinstance(name, str) or name not in conditions:
            raise TemplateError(f"there is no condition {name}")
        return self._truth(conditions[name])

    def _called(self, name: str, argument: Any) -> Any:
        """Return what a function gives; an argument of another shape is the template's mistake."""
        try:
            return self._functions[name](argument)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            given = json.dumps(argument)
            shown = f"{given[:100]}…" if len(given) > 100 else given
            raise TemplateError(f"{name} cannot take {shown}") from error

    def _truth(self, value: Any) -> bool:
        if isinstance(value, dict) and "Condition" in value:
            return self.condition(value["Condition"])
        return bool(self.resolve(value))

    def _ref(self, name: str) -> Any:
        return NO_VALUE if name == "AWS::NoValue" else self._reference(name)

    def _get_att(self, argument: Any) -> Any:
        resource, _, name = (
            argument.partition(".")
            if isinstance(argument, str)
            else (argument[0], ".", str(self.resolve(argument[1])))
        )
        return self._attribute(resource, name)

    def _sub(self, argument: Any) -> str:
        text, variables = argument if isinstance(argument, list) else (argument, {})
        values = {name: self.resolve(value) for name, value in variables.items()}

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in values:
                return str(values[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _SUB_VARIABLE.sub(replace, text)

    def _join(self, argument: list[Any]) -> str:
        separator, items = argument
        return str(separator).join(str(item) for item in self.resolve(items))

    def _select(self, argument: list[Any]) -> Any:
        index, items = int(self.resolve(argument[0])), self.resolve(argument[1])
        return items[index]

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.resolve(argument[1])).split(argument[0])

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self.condition(condition) else otherwise)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, top, second = (self.resolve(part) for part in argument[:3])
        try:
            return self._template["Mappings"][name][top][second]
        except KeyError:
            raise TemplateError(f"Mappings has no {name}.{top}.{second}") from None

    def _to_json_string(self, argument: Any) -> str:
        return json.dumps(self.resolve(argument), separators=(",", ":"))

    def _equals(self, argument: list[Any]) -> bool:
        left, right = (self.resolve(side) for side in argument)
        return bool(left == right)


def names_in(value: Any) -> list[str]:
    """Return the names a value refers to, in the order in which they stand in it."""
    if isinstance(value, list):
        return [name for item in value for name in names_in(item)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for key, item in value.items():
        if key == "Ref":
            found.append(str(item))
        elif key == "Fn::GetAtt":
            named = item[0] if isinstance(item, list) and item else item
            found.append(str(named).partition(".")[0])
        elif key == "Fn::Sub":
            text = item[0] if isinstance(item, list) and item else item
            found += [
                name.partition(".")[0]
                for literal, name in _SUB_VARIABLE.findall(str(text))
                if not literal
            ]
            found += names_in(item[1:]) if isinstance(item, list) else []
        else:
            found += names_in(item)
    return found
