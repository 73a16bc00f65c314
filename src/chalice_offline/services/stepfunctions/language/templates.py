"""Payload templates: JSON in which keys that end in ".$" name where their value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.failures import runtime_failure
from chalice_offline.services.stepfunctions.language.intrinsics import call_intrinsic
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.language.paths import NoSuchValue

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.language.sources import Sources


def fill(template: Any, sources: Sources) -> Any:
    """Return a payload template with its values."""
    if isinstance(template, dict):
        return dict(_member(name, value, sources) for name, value in template.items())
    if isinstance(template, list):
        return [fill(item, sources) for item in template]
    return template


def _member(name: str, value: Any, sources: Sources) -> tuple[str, Any]:
    if name.endswith(".$"):
        return name[:-2], value_of(value, sources, name)
    return name, fill(value, sources)


def value_of(expression: str, sources: Sources, field: str) -> Any:
    """Return what a path or an intrinsic function gives; `field` is where it stands."""
    try:
        if expression.startswith("States."):
            return call_intrinsic(expression, sources)
        return sources.look_up(expression)
    except NoSuchValue as error:
        shown = compact(sources.data)
        raise runtime_failure(
            f"The JSONPath '{expression}' specified for the field '{field}' could not be "
            f"found in the input '{shown}'"
        ) from error


def path_value(path: str, sources: Sources) -> Any:
    """Return what InputPath, OutputPath and the like stand for; AWS words a miss as Jayway does."""
    try:
        return sources.look_up(path)
    except NoSuchValue as error:
        raise runtime_failure(f"Invalid path '{path}' : {error.reason}") from error
