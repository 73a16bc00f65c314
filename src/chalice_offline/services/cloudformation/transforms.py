"""Transforms: what a template is turned into before it is one.

Those within come before those around them, and those at one place in their order; macros and AWS's
own alike. Source: user guide, "Transform reference", and for the order "Macro evaluation order".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.errors import (
    TransformError,
    format_error,
    not_emulated,
    validation_error,
)
from chalice_offline.services.cloudformation.language_extensions import unrolled
from chalice_offline.services.cloudformation.serverless import without_serverless
from chalice_offline.services.cloudformation.template_text import check_depth, read_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.services.cloudformation.steps import Steps

    Run = Callable[[str, dict[str, Any], Any], Steps[Any]]

SERVERLESS = "AWS::Serverless-2016-10-31"
EXTENSIONS = "AWS::LanguageExtensions"
INCLUDE = "AWS::Include"
_WITHIN = "Fn::Transform"


@dataclass(frozen=True, slots=True)
class Means:
    """What transforms may ask for.

    `read(location)` returns the text at an s3:// location, for AWS::Include. `run(name, params,
    fragment)` runs a macro. `resolve` returns a transform's parameters with their functions
    resolved.
    """

    parameters: Mapping[str, Any]
    region: str
    read: Callable[[str], str]
    run: Run
    resolve: Callable[[Any], Any]


def declared_transforms(content: dict[str, Any]) -> list[str]:
    """Return the names of the transforms that a template asks for as a whole."""
    return [_name_of(one) for one in _listed(content.get("Transform", []))]


def all_transforms(content: dict[str, Any]) -> list[str]:
    """Return the names of all transforms in a template, those of its parts first."""
    whole = {name: section for name, section in content.items() if name != "Transform"}
    return [*_names_within(whole), *declared_transforms(content)]


def is_macro(name: str) -> bool:
    """Whether a transform is a function of somebody's, and none of AWS's own."""
    return not name.startswith("AWS::")


def expanded(content: dict[str, Any], means: Means) -> Steps[dict[str, Any]]:
    """Return the template after its transforms; raises ValidationError or TransformError."""
    declared = _listed(content.get("Transform", []))
    content = {name: section for name, section in content.items() if name != "Transform"}
    content = yield from _parts(content, means)
    for one in declared:
        name = _name_of(one)
        if name == EXTENSIONS:
            content = unrolled(content, means.parameters)
        elif name == SERVERLESS:
            whole = {**content, "Transform": SERVERLESS}
            content = without_serverless(whole, means.parameters, means.region)
        elif name == INCLUDE:
            content = _joined(content, _included(_params_of(one, means), means))
        else:
            content = yield from _applied(one, content, means)
        if not isinstance(content, dict):
            raise format_error("unsupported structure.")
    check_depth(content)
    return content


def _parts(value: Any, means: Means) -> Steps[Any]:
    """Apply the transforms in the parts of a value, the innermost first."""
    if isinstance(value, list):
        items = list(value)
        for number, item in enumerate(value):
            items[number] = yield from _parts(item, means)
        return items
    if not isinstance(value, dict):
        return value
    fragment: Any = {}
    for name, item in value.items():
        if name != _WITHIN:
            fragment[name] = yield from _parts(item, means)
    for one in _listed(value.get(_WITHIN, [])):
        fragment = yield from _applied(one, fragment, means)
    return fragment


def _applied(declared: Any, fragment: Any, means: Means) -> Steps[Any]:
    """Return what one transform, AWS::Include or a macro, makes of what stands beside it."""
    name, params = _name_of(declared), _params_of(declared, means)
    if name == INCLUDE:
        if not isinstance(fragment, dict):
            raise TransformError(f"Transform {INCLUDE} failed with: it stands within no structure")
        return fragment | _included(params, means)
    if not is_macro(name):
        raise not_emulated(
            f"chalice-offline has no transform {name}: it was not applied, and nothing was changed."
        )
    return (yield from means.run(name, params, fragment))


def _included(params: dict[str, Any], means: Means) -> dict[str, Any]:
    """Return what AWS::Include reads."""
    location = params.get("Location")
    if not isinstance(location, str):
        raise TransformError(
            f"Transform {INCLUDE} failed with: The location parameter is not a valid S3 uri."
        )
    try:
        return read_template(means.read(location))
    except AwsError as error:
        said = error.message
        if error.code == "NoSuchBucket":
            bucket = location.removeprefix("s3://").partition("/")[0]
            said = f"S3 bucket [{bucket}] does not exist."
        raise TransformError(f"Transform {INCLUDE} failed with: {said}") from error


def _joined(content: dict[str, Any], included: dict[str, Any]) -> dict[str, Any]:
    """Put what is included into a whole template, section by section."""
    both = {
        name: content[name] | section
        for name, section in included.items()
        if isinstance(section, dict) and isinstance(content.get(name), dict)
    }
    return content | included | both


def _listed(declared: Any) -> list[Any]:
    return declared if isinstance(declared, list) else [declared]


def _name_of(declared: Any) -> str:
    name = declared.get("Name") if isinstance(declared, dict) else declared
    if not isinstance(name, str):
        raise validation_error("Key Name of transform definition must be a string.")
    return name


def _params_of(declared: Any, means: Means) -> dict[str, Any]:
    params = declared.get("Parameters", {}) if isinstance(declared, dict) else {}
    if not isinstance(params, dict):
        raise validation_error("Key Parameters of transform definition must be an object.")
    resolved: dict[str, Any] = means.resolve(params)
    return resolved


def _names_within(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _names_within(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == _WITHIN:
                yield from (_name_of(one) for one in _listed(item))
            else:
                yield from _names_within(item)
