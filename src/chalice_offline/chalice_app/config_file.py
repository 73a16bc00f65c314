"""The shape of `.chalice/config.json`, checked before Chalice reads it.

Settings and where they may stand: Chalice documentation, "Configuration File".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.project_file import ProjectFile, read_project_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalice_offline.core.errors import ProjectError

CONFIG_FILE = ".chalice/config.json"

# AWS Lambda developer guide, "Lambda quotas".
LONGEST_TIMEOUT_SECONDS = 900
MEMORY_MB = range(128, 10_241)

# Chalice itself takes a setting that stands among the functions, and never looks at it.
_MAY_HOLD_SETTINGS = frozenset({"lambda_functions"})


def read_config_file(directory: Path) -> ProjectFile:
    """Read a project's configuration; ProjectError names file, line and what was expected."""
    least = json.dumps({"version": "2.0", "app_name": directory.name})
    why = f"a Chalice project has one, at least {least}"
    file = read_project_file(directory / CONFIG_FILE, what=why)
    if not isinstance(file.content.get("app_name"), str):
        raise file.error('"app_name" must be given, as a string', "app_name")
    _check_settings(file, file.content, ())
    for stage, settings in _objects(file, file.content, "stages", ()):
        _check_settings(file, settings, ("stages", stage))
    return file


def check_functions(file: ProjectFile, stage: str, names: list[str]) -> None:
    """Check that what `lambda_functions` holds under a function's name are settings.

    Under any other name Chalice looks at nothing, so "automatic_layer": true may stand there.
    """
    for place in ((), ("stages", stage)):
        settings = file.content
        for key in place:
            settings = settings.get(key, {})
        found = settings.get("lambda_functions", {})
        for name in names:
            if name in found and not isinstance(found[name], dict):
                raise file.error(
                    f'"lambda_functions" must map names to objects, and {name} is {found[name]!r}',
                    *place,
                    "lambda_functions",
                    name,
                )


def _check_settings(file: ProjectFile, settings: dict[str, Any], place: tuple[str, ...]) -> None:
    _check_values(file, settings, place)
    for name, of_function in _objects(file, settings, "lambda_functions", place):
        _check_values(file, of_function, (*place, "lambda_functions", name))


def _objects(
    file: ProjectFile, settings: dict[str, Any], key: str, place: tuple[str, ...]
) -> list[tuple[str, dict[str, Any]]]:
    found = settings.get(key, {})
    if not isinstance(found, dict):
        raise file.error(f'"{key}" must map names to objects', *place, key)
    if key in _MAY_HOLD_SETTINGS:
        found = {name: value for name, value in found.items() if isinstance(value, dict)}
    if not all(isinstance(value, dict) for value in found.values()):
        raise file.error(f'"{key}" must map names to objects', *place, key)
    return list(found.items())


def _check_values(file: ProjectFile, settings: dict[str, Any], place: tuple[str, ...]) -> None:
    for key, check in _CHECKS.items():
        value = settings.get(key)
        if value is not None and (problem := check(value)):
            raise _refusal(file, key, problem, place)


def _refusal(file: ProjectFile, key: str, problem: str, place: tuple[str, ...]) -> ProjectError:
    of = f" of {place[-1]}" if place else ""
    return file.error(f'"{key}"{of} {problem}', *place, key)


def _texts_by_name(value: Any) -> str:
    if not isinstance(value, dict):
        return "must map names to strings"
    for name, text in value.items():
        if not isinstance(text, str):
            return f"must map names to strings, and {name} is {text!r}"
    return ""


def _variables(value: Any) -> str:
    problem = _texts_by_name(value)
    if problem:
        return problem
    for name, text in value.items():
        if not name or "=" in name or "\0" in name + text or not _is_encodable(name + text):
            return f"holds {name!r}: {text!r}, which cannot be an environment variable"
    return ""


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole_number(value: Any, low: int, high: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return ""
    return f"is {value!r}; Lambda takes a whole number from {low} to {high}"


_CHECKS: dict[str, Callable[[Any], str]] = {
    "environment_variables": _variables,
    "tags": _texts_by_name,
    "lambda_timeout": lambda value: _whole_number(value, 1, LONGEST_TIMEOUT_SECONDS),
    "lambda_memory_size": lambda value: _whole_number(value, MEMORY_MB[0], MEMORY_MB[-1]),
    "reserved_concurrency": lambda value: _whole_number(value, 0, 1_000_000),
}
