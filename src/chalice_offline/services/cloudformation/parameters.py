"""The values of a template's parameters. Source: user guide, "Parameters section syntax"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.errors import format_error, validation_error
from chalice_offline.services.cloudformation.property_text import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.cloudformation.template import Template

MASKED = "****"

_STORED = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_LIST = re.compile(r"List<(.+)>")
_PLAIN = re.compile(r"String|Number|CommaDelimitedList|AWS::SSM::Parameter::Name|AWS::[\w:]+")


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """One parameter: what was given, and what it stands for (of a parameter in SSM: its value)."""

    given: str
    type: str
    is_hidden: bool = False
    resolved: str | None = None

    @property
    def reference(self) -> Any:
        """What `Ref` gives."""
        value = self.given if self.resolved is None else self.resolved
        stored = _STORED.fullmatch(self.type)
        kind = stored[1] if stored else self.type
        if kind == "CommaDelimitedList" or _LIST.fullmatch(kind):
            return [item.strip() for item in value.split(",")] if value else []
        return value

    def described(self, name: str) -> dict[str, str]:
        """Return it as DescribeStacks shows it."""
        shown = {"ParameterKey": name, "ParameterValue": MASKED if self.is_hidden else self.given}
        if self.resolved is not None:
            shown["ResolvedValue"] = MASKED if self.is_hidden else self.resolved
        return shown


def parameter_values(
    template: Template,
    given: list[dict[str, Any]],
    previous: Mapping[str, ParameterValue],
    stored: Callable[[str], str | None],
) -> dict[str, ParameterValue]:
    """Return the value of each parameter of the template.

    `given` is a request's Parameters, `previous` what the stack has now; `stored(name)` reads a
    parameter of SSM. Raises ValidationError.
    """
    texts = _texts(given, previous)
    unknown = [name for name in texts if name not in template.parameters]
    if unknown:
        raise validation_error(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    for name, declared in template.parameters.items():
        _check_declared(name, declared)
    missing = [
        name
        for name, declared in template.parameters.items()
        if name not in texts and "Default" not in declared
    ]
    if missing:
        raise validation_error(f"Parameters: [{', '.join(missing)}] must have values")
    values = {}
    for name, declared in template.parameters.items():
        value = texts[name] if name in texts else text(_default(declared))
        values[name] = _value(name, declared, value, stored)
    return values


def declared_parameters(template: Template) -> list[dict[str, Any]]:
    """Return the parameters as GetTemplateSummary and ValidateTemplate show them."""
    shown = []
    for name, declared in template.parameters.items():
        one: dict[str, Any] = {"ParameterKey": name, "NoEcho": _is_hidden(declared)}
        if "Default" in declared:
            one["DefaultValue"] = text(_default(declared))
        if "Description" in declared:
            one["Description"] = text(declared["Description"])
        shown.append(one)
    return shown


def transform_values(
    declared: Mapping[str, Any],
    given: list[dict[str, Any]],
    previous: Mapping[str, ParameterValue],
    stored: Callable[[str], str | None],
) -> dict[str, Any]:
    """Return what a transform is told of the parameters: what `Ref` will give, unchecked.

    The arguments are those of `parameter_values`; `declared` may still be of any shape.
    """
    shaped = {name: one for name, one in declared.items() if isinstance(one, dict)}
    values = {name: one["Default"] for name, one in shaped.items() if "Default" in one}
    values |= _texts(given, previous)
    for name, value in values.items():
        if isinstance(value, str):
            kind = text(shaped.get(name, {}).get("Type", ""))
            resolved = stored(value) if _STORED.fullmatch(kind) else None
            values[name] = ParameterValue(value, kind, resolved=resolved).reference
    return values


def _texts(given: list[dict[str, Any]], previous: Mapping[str, ParameterValue]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for one in given:
        name = str(one.get("ParameterKey", ""))
        if one.get("UsePreviousValue"):
            if name in previous:
                texts[name] = previous[name].given
        elif "ParameterValue" in one:
            texts[name] = text(one["ParameterValue"])
    return texts


def _check_declared(name: str, declared: dict[str, Any]) -> None:
    if "Type" not in declared:
        raise format_error(
            f"[/Parameters/{name}] Every Parameters object must contain a Type member."
        )
    kind = str(declared["Type"])
    inner = _STORED.fullmatch(kind)
    kind = inner[1] if inner else kind
    items = _LIST.fullmatch(kind)
    if _PLAIN.fullmatch(items[1] if items else kind) is None:
        raise format_error(f"Unrecognized parameter type: {declared['Type']}")


def _default(declared: dict[str, Any]) -> Any:
    default = declared["Default"]
    return ",".join(text(item) for item in default) if isinstance(default, list) else default


def _is_hidden(declared: dict[str, Any]) -> bool:
    return text(declared.get("NoEcho", False)) == "true"


def _value(
    name: str, declared: dict[str, Any], value: str, stored: Callable[[str], str | None]
) -> ParameterValue:
    kind = str(declared["Type"])
    resolved: str | None = None
    if _STORED.fullmatch(kind):
        resolved = stored(value)
        if resolved is None:
            raise validation_error(
                f"Unable to fetch parameters [{value}] from parameter store for this account."
            )
    _check(name, declared, value, kind)
    return ParameterValue(value, kind, _is_hidden(declared), resolved)


def _check(name: str, declared: dict[str, Any], value: str, kind: str) -> None:
    items = value.split(",") if kind in ("CommaDelimitedList", "List<Number>") else [value]
    allowed = declared.get("AllowedValues")
    if allowed is not None and any(i.strip() not in [text(a) for a in allowed] for i in items):
        raise validation_error(f"Parameter '{name}' must be one of AllowedValues")
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not all(_matches(name, str(pattern), item) for item in items):
        raise _constraint(name, declared, f"must match pattern {pattern}")
    if kind in ("Number", "List<Number>"):
        for item in items:
            _check_number(name, declared, item.strip())
    if "MinLength" in declared and len(value) < int(declared["MinLength"]):
        least = declared["MinLength"]
        raise _constraint(name, declared, f"must contain at least {least} characters")
    if "MaxLength" in declared and len(value) > int(declared["MaxLength"]):
        most = declared["MaxLength"]
        raise _constraint(name, declared, f"must contain at most {most} characters")


def _matches(name: str, pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error as error:
        raise format_error(f"AllowedPattern of parameter {name} is no pattern: {error}") from error


def _check_number(name: str, declared: dict[str, Any], value: str) -> None:
    try:
        number = float(value)
    except ValueError:
        raise validation_error(f"Parameter '{name}' must be a number.") from None
    if "MinValue" in declared and number < float(declared["MinValue"]):
        least = declared["MinValue"]
        raise _constraint(name, declared, f"must be a number not less than {least}")
    if "MaxValue" in declared and number > float(declared["MaxValue"]):
        most = declared["MaxValue"]
        raise _constraint(name, declared, f"must be a number not greater than {most}")


def _constraint(name: str, declared: dict[str, Any], otherwise: str) -> Exception:
    described = declared.get("ConstraintDescription")
    if described is not None:
        return validation_error(f"Parameter {name} failed to satisfy constraint: {described}")
    return validation_error(f"Parameter '{name}' {otherwise}")
