"""Data on its way through a state: InputPath to OutputPath, Arguments to Output, and Assign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language import jsonata, paths, templates
from chalice_offline.services.stepfunctions.language.failures import StateFailure, runtime_failure
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from chalice_offline.services.stepfunctions.language.sources import Sources

    class Run(Protocol):
        """A state under way, as far as data flow needs it."""

        name: str
        type: str
        raw: Any
        input: Any
        definition: Mapping[str, Any]
        is_jsonata: bool
        sources: Sources
        inspected: dict[str, Any]

        def check_size(self, value: Any, what: str = "") -> str:
            """Return a value as text; a failure when it is too long."""
            ...


_WITH_PARAMETERS = frozenset({"Pass", "Task", "Parallel"})
_WITH_RESULT = frozenset({"Pass", "Task", "Parallel", "Map"})
_WITH_ARGUMENTS = frozenset({"Task", "Parallel"})


@dataclass(frozen=True, slots=True)
class WayOut:
    """What a state hands on: its output, also as text, and the variables it assigns."""

    output: Any
    text: str
    assigned: Mapping[str, Any]


def way_in(run: Run) -> Any:
    """Return a state's effective input."""
    definition = run.definition
    if run.is_jsonata:
        if run.type in _WITH_ARGUMENTS and "Arguments" in definition:
            filled = jsonata.fill(definition["Arguments"], run.sources, "Arguments")
            run.inspected["afterArguments"] = filled
            return filled
        return run.raw
    data = _at(definition.get("InputPath", "$"), run.sources)
    run.inspected["afterInputPath"] = data
    if run.type in _WITH_PARAMETERS and "Parameters" in definition:
        data = templates.fill(definition["Parameters"], run.sources.with_data(data))
    run.inspected["afterParameters"] = data
    return data


def way_out(run: Run, result: Any, rule: Mapping[str, Any] | None) -> WayOut:
    """Return what a state hands on; `rule` is the choice rule that was met, if any."""
    if run.is_jsonata:
        return _jsonata_out(run, run.definition if rule is None else rule, result)
    return _jsonpath_out(run, result, rule)


def _jsonata_out(run: Run, fields: Mapping[str, Any], result: Any) -> WayOut:
    sources = run.sources
    run.inspected["result"] = result
    if run.type in _WITH_RESULT:
        sources = sources.with_states(result=result)
    assigned = jsonata.fill(fields.get("Assign", {}), sources, "Assign")
    if "Output" not in fields and fields is not run.definition:
        fields = run.definition
    output = result
    if "Output" in fields:
        output = jsonata.fill(fields["Output"], sources, "Output")
    return WayOut(output, run.check_size(output), assigned)


def _jsonpath_out(run: Run, result: Any, rule: Mapping[str, Any] | None) -> WayOut:
    definition = run.definition
    run.inspected["result"] = result
    if run.type in _WITH_RESULT and "ResultSelector" in definition:
        result = templates.fill(definition["ResultSelector"], run.sources.with_data(result))
    run.inspected["afterResultSelector"] = result
    fields = definition if rule is None else rule
    assigned = templates.fill(fields.get("Assign", {}), run.sources.with_data(result))
    output = result
    if run.type in _WITH_RESULT:
        output = _combined(run, definition, result)
        run.inspected["afterResultPath"] = output
    output = _at(definition.get("OutputPath", "$"), run.sources.with_data(output))
    return WayOut(output, run.check_size(output), assigned)


def _combined(run: Run, fields: Mapping[str, Any], result: Any) -> Any:
    path = fields.get("ResultPath", "$")
    if path is None:
        return run.raw
    if path == "$":
        return result
    return paths.write(path, run.raw, result)


def way_out_caught(run: Run, catcher: Mapping[str, Any], error_output: Mapping[str, Any]) -> WayOut:
    """Return what a state hands on to the state that a catcher names."""
    if run.is_jsonata:
        given = {name: value for name, value in error_output.items() if value is not None}
        sources = run.sources.with_states(errorOutput=given)
        assigned = jsonata.fill(catcher.get("Assign", {}), sources, "Catch/Assign")
        output: Any = given
        if "Output" in catcher:
            output = jsonata.fill(catcher["Output"], sources, "Catch/Output")
        return WayOut(output, compact(output), assigned)
    assigned = templates.fill(catcher.get("Assign", {}), run.sources.with_data(dict(error_output)))
    output = _combined(run, catcher, dict(error_output))
    return WayOut(output, compact(output), assigned)


def _at(path: str | None, sources: Sources) -> Any:
    if path == "$":
        return sources.data
    if path is None:
        return {}
    return templates.path_value(path, sources)


def number_at(path: str, field: str, sources: Sources, kind: str) -> Any:
    """Return the number a path leads to; `kind` is "integer" or "float", for the message."""
    value = templates.path_value(path, sources)
    wanted = (int,) if kind == "integer" else (int, float)
    if isinstance(value, str):
        value = _spelled(value, kind)
    if isinstance(value, bool) or not isinstance(value, wanted):
        shown = value if isinstance(value, str) else compact(value)
        raise runtime_failure(
            f'The {field} field refers to value "{shown}" which is not a valid {kind}: {path}'
        )
    return value


def _spelled(text: str, kind: str) -> int | float | str:
    """Return the number that a text spells (recorded: it is taken as one), else the text."""
    try:
        return int(text) if kind == "integer" else float(text)
    except ValueError:
        return text


def text_at(run: Run, field: str) -> str | None:
    """Return a Fail state's Error or Cause: given, as an expression, or by a path."""
    definition = run.definition
    if field in definition:
        value = definition[field]
        if run.is_jsonata and jsonata.is_expression(value):
            found = jsonata.evaluate(value, run.sources, field)
            text: str = jsonata.expect(found, value, field, str)
            return text
        given: str = value
        return given
    path = definition.get(f"{field}Path")
    if path is None:
        return None
    value = templates.value_of(path, run.sources, f"{field}Path")
    if not isinstance(value, str):
        raise StateFailure(
            "States.Runtime",
            f"The {field}Path parameter does not reference a string: {path}",
            in_place=True,
        )
    return value
