"""CloudFormation's intrinsic functions.

Source: AWS CloudFormation user guide, "Intrinsic function reference", "Condition functions" and
"Pseudo parameters reference".
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import (
    format_error,
    template_error,
    validation_error,
)
from chalice_offline.services.cloudformation.functions_in import VARIABLE
from chalice_offline.services.cloudformation.inputs import NO_VALUE
from chalice_offline.services.cloudformation.property_text import text
from chalice_offline.services.cloudformation.readable import readable
from chalice_offline.services.cloudformation.unknown import Unknown, is_unknown, joined, later

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.cloudformation.inputs import Inputs
    from chalice_offline.services.cloudformation.resource import Resource
    from chalice_offline.services.cloudformation.template import Template

_JOIN = (
    "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
    "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be "
    "joined."
)
_SPLIT = (
    "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be "
    "split or a function that returns a string to be split."
)
_SELECT = "Fn::Select requires a list argument with two elements: an integer index and a list"
_SUB = (
    "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
    "first argument, and an optional second argument to specify a mapping of values to replace in "
    "the string"
)
_GET_ATT = (
    "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
    "attribute"
)


class Intrinsics:
    """Resolves values of one template, with one stack's inputs and the resources there are."""

    def __init__(
        self,
        template: Template,
        inputs: Inputs,
        resources: Mapping[str, Resource],
        properties: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        """Prepare; `properties` are those of the resources, which may be asked for, too."""
        self._template = template
        self._inputs = inputs
        self._resources = resources
        self._properties: Mapping[str, dict[str, Any]] = {} if properties is None else properties
        self._truths: dict[str, bool] = {}
        self._under_way: list[str] = []
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::And": self._and,
            "Fn::Base64": self._base64,
            "Fn::Cidr": self._cidr,
            "Fn::Equals": self._equals,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": self._get_azs,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::Join": self._join,
            "Fn::Length": self._length,
            "Fn::Not": self._not,
            "Fn::Or": self._or,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": self._to_json_string,
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
                raise template_error(f"{name} is not supported")
        resolved = {name: self.resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Return whether a condition of the template holds."""
        if not isinstance(name, str):
            raise template_error(f"{json.dumps(name)} names no condition")
        if name in self._truths:
            return self._truths[name]
        if name not in self._template.conditions:
            raise format_error(
                f"Unresolved dependencies [{name}]. Cannot reference resources in "
                "the Conditions block of the template"
            )
        if name in self._under_way:
            listed = ", ".join(self._under_way)
            raise format_error(f"Circular dependencies for conditions: [{listed}]")
        self._under_way.append(name)
        self._truths[name] = self._truth(self._template.conditions[name])
        self._under_way.pop()
        return self._truths[name]

    def is_included(self, name: str) -> bool:
        """Whether a resource's or output's own condition holds."""
        owner = self._template.resources.get(name) or self._template.outputs.get(name) or {}
        return "Condition" not in owner or self.condition(owner["Condition"])

    def _called(self, name: str, argument: Any) -> Any:
        """Return what a function gives; an argument of another shape is the template's mistake."""
        try:
            return self._functions[name](argument)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            given = json.dumps(argument)
            shown = f"{given[:100]}…" if len(given) > 100 else given
            raise template_error(f"{name} cannot take {shown}") from error

    # ---- references ------------------------------------------------------------------------------

    def _ref(self, name: Any) -> Any:
        if not isinstance(name, str):
            raise template_error("every Ref object must have a single String value.")
        if name in self._resources:
            return self._resources[name].reference
        if name in self._inputs.parameters:
            return self._inputs.parameters[name]
        found = self._inputs.pseudo_parameter(name)
        if found is None:
            raise self._unresolved(name)
        return found

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) < 2 or not all(parts):
            raise template_error(_GET_ATT)
        name = parts[0]
        attribute = ".".join(text(self.resolve(part)) for part in parts[1:])
        if not isinstance(name, str) or name not in self._resources:
            raise self._unresolved(str(name))
        attributes = self._resources[name].attributes
        if attribute not in attributes:
            kind = self._template.kind(name)
            value = readable(kind, self._properties.get(name, {}), attribute)
            if value is not None:
                return value
            raise validation_error(
                f"Template error: resource {name} ({kind}) does not support attribute type "
                f"{attribute} in Fn::GetAtt"
            )
        return attributes[attribute]

    def _unresolved(self, name: str) -> Exception:
        return format_error(
            f"Unresolved resource dependencies [{name}] in the Resources block of the template"
        )

    def _import_value(self, argument: Any) -> Any:
        name = self.resolve(argument)
        if is_unknown(name):
            return later(f"ImportValue {name}")
        value = self._inputs.exported(text(name))
        if value is None:
            raise validation_error(f"No export named {name} found.")
        return value

    def _find_in_map(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            raise template_error("Fn::FindInMap requires a list argument with three elements")
        name, top, second = (text(self.resolve(part)) for part in argument[:3])
        try:
            return self.resolve(self._template.mappings[name][top][second])
        except KeyError:
            if len(argument) == 4 and "DefaultValue" in argument[3]:
                return self.resolve(argument[3]["DefaultValue"])
            raise template_error(f"Unable to get mapping for {name}::{top}::{second}") from None

    # ---- texts and lists -------------------------------------------------------------------------

    def _sub(self, argument: Any) -> str:
        template, variables = argument, {}
        if isinstance(argument, list):
            if len(argument) != 2:
                raise template_error(_SUB)
            template, variables = argument
        if not isinstance(template, str) or not isinstance(variables, dict):
            raise template_error(_SUB)
        values = {name: self.resolve(value) for name, value in variables.items()}
        pieces: list[str] = []
        end = 0
        for match in VARIABLE.finditer(template):
            pieces.append(template[end : match.start()])
            end = match.end()
            literal, name = match.groups()
            pieces.append(f"${{{name}}}" if literal else self._variable(name, values))
        result = joined([*pieces, template[end:]])
        if len(result) > limits.EXPANDED_CHARACTERS:
            raise template_error("Fn::Sub made a text that is too long")
        return result

    def _variable(self, name: str, values: dict[str, Any]) -> str:
        if name in values:
            value = values[name]
        elif "." in name:
            value = self._get_att(name)
        else:
            value = self._ref(name)
        return value if isinstance(value, str) else text(value)

    def _join(self, argument: Any) -> str:
        if not isinstance(argument, list) or len(argument) != 2:
            raise template_error(_JOIN)
        separator, items = argument[0], self.resolve(argument[1])
        if isinstance(items, Unknown):
            return items
        if not isinstance(separator, str) or not isinstance(items, list):
            raise template_error(_JOIN)
        result = joined(
            [item if isinstance(item, str) else text(item) for item in items], separator
        )
        return later(f"Join {result}") if isinstance(result, Unknown) else result

    def _select(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2:
            raise template_error(_SELECT)
        index, items = self.resolve(argument[0]), self.resolve(argument[1])
        if isinstance(items, Unknown) or isinstance(index, Unknown):
            return later(f"Select {index} {items}")
        if isinstance(items, str):
            items = items.split(",")  # a CommaDelimitedList
        if not isinstance(items, list) or re.fullmatch(r"-?\d{1,9}", text(index)) is None:
            raise template_error(_SELECT)
        if not 0 <= int(index) < len(items):
            if isinstance(argument[1], list):  # seen at once (recorded)
                raise template_error(_SELECT)
            raise template_error(f"Fn::Select cannot select nonexistent value at index {index}")
        return items[int(index)]

    def _split(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2:
            raise template_error(_SPLIT)
        separator, source = argument[0], self.resolve(argument[1])
        if isinstance(source, Unknown):
            return later(f"Split {source}")
        if not isinstance(separator, str) or not separator or not isinstance(source, str):
            raise template_error(_SPLIT)
        return source.split(separator)

    def _base64(self, argument: Any) -> str:
        value = self.resolve(argument)
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, str):
            raise template_error("every Fn::Base64 object must have a String-typed value.")
        return base64.b64encode(value.encode()).decode()

    def _to_json_string(self, argument: Any) -> str:
        value = self.resolve(argument)
        encoded = json.dumps(value, separators=(",", ":"))
        return Unknown(encoded) if is_unknown(value) else encoded

    def _length(self, argument: Any) -> Any:
        value = self.resolve(argument)
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, list):
            raise template_error("Fn::Length requires a list")
        return len(value)

    def _get_azs(self, argument: Any) -> list[str]:
        region = self.resolve(argument) or self._inputs.region
        return [f"{region}{zone}" for zone in "abc"]

    def _cidr(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) not in (2, 3):
            raise template_error("every Fn::Cidr object requires two or three parameters")
        values = [self.resolve(part) for part in argument]
        if is_unknown(values):
            return later(f"Cidr {values}")
        block, count, *bits = (text(value) for value in values)
        try:
            network = ipaddress.ip_network(block)
            free = int(bits[0]) if bits else (8 if network.version == 4 else 64)
            parts = network.subnets(new_prefix=network.max_prefixlen - free)
            subnets = [str(subnet) for subnet, _ in zip(parts, range(int(count)), strict=False)]
        except ValueError as error:
            raise template_error(f"Fn::Cidr: {error}") from error
        if len(subnets) < int(count):
            raise template_error(f"Fn::Cidr: {block} has no room for {count} blocks")
        return subnets

    # ---- conditions ------------------------------------------------------------------------------

    def _truth(self, value: Any) -> bool:
        if isinstance(value, dict) and value.keys() == {"Condition"}:
            return self.condition(value["Condition"])
        return text(self.resolve(value)) == "true"

    def _truths_of(self, name: str, values: Any) -> list[bool]:
        if not isinstance(values, list) or not 2 <= len(values) <= 10:
            raise template_error(
                f"every {name} object requires a list of at least 2 and at most 10 boolean "
                "parameters."
            )
        return [self._truth(value) for value in values]

    def _and(self, argument: Any) -> bool:
        return all(self._truths_of("Fn::And", argument))

    def _or(self, argument: Any) -> bool:
        return any(self._truths_of("Fn::Or", argument))

    def _not(self, argument: Any) -> bool:
        if not isinstance(argument, list) or len(argument) != 1:
            raise template_error("every Fn::Not object requires one boolean parameter.")
        return not self._truth(argument[0])

    def _equals(self, argument: Any) -> bool:
        if not isinstance(argument, list) or len(argument) != 2:
            raise template_error("every Fn::Equals object requires a list of 2 string parameters.")
        left, right = (self.resolve(side) for side in argument)
        return text(left) == text(right)

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            raise template_error("Fn::If requires a list argument with three elements")
        name, then, otherwise = argument
        if not isinstance(name, str) or name not in self._template.conditions:
            raise template_error(f"unresolved condition dependency {name} in Fn::If")
        return self.resolve(then if self.condition(name) else otherwise)
