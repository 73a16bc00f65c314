"""Transforms: what a template is turned into before it is one.

Source: user guide, "Transform reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.errors import (
    not_emulated,
    template_error,
    validation_error,
)
from chalice_offline.services.cloudformation.language_extensions import unrolled
from chalice_offline.services.cloudformation.serverless import without_serverless
from chalice_offline.services.cloudformation.template_text import check_depth, read_template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERVERLESS = "AWS::Serverless-2016-10-31"
EXTENSIONS = "AWS::LanguageExtensions"
INCLUDE = "AWS::Include"


def declared_transforms(content: dict[str, Any]) -> list[str]:
    """Return the names of the transforms that a template asks for."""
    declared = content.get("Transform", [])
    listed = declared if isinstance(declared, list) else [declared]
    return [_name_of(one) for one in listed]


def expanded(
    content: dict[str, Any],
    parameters: Mapping[str, Any],
    region: str,
    read: Callable[[str], str],
) -> dict[str, Any]:
    """Return the template after its transforms; raises ValidationError.

    `read(location)` returns the text at an s3:// location, for AWS::Include.
    """
    names = declared_transforms(content)
    content = {name: section for name, section in content.items() if name != "Transform"}
    content = _with_inclusions(content, read)
    for name in names:
        if name == EXTENSIONS:
            content = unrolled(content, parameters)
        elif name == SERVERLESS:
            content = without_serverless({**content, "Transform": SERVERLESS}, parameters, region)
        elif name != INCLUDE:
            raise not_emulated(
                f"chalice-offline runs no macros: the template's transform {name} was not applied, "
                "and nothing was changed."
            )
    check_depth(content)
    return content


def _name_of(declared: Any) -> str:
    name = declared.get("Name") if isinstance(declared, dict) else declared
    if not isinstance(name, str):
        raise validation_error("Key Name of transform definition must be a string.")
    return name


def _with_inclusions(value: Any, read: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_with_inclusions(item, read) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, item in value.items():
        if name != "Fn::Transform":
            result[name] = _with_inclusions(item, read)
            continue
        if not isinstance(item, dict) or _name_of(item) != INCLUDE:
            raise template_error("Fn::Transform can only include: macros are not run offline")
        location = item.get("Parameters", {}).get("Location")
        result.update(read_template(read(str(location))))
    return result
