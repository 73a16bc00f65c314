"""inspectionData of TestState: what the data looked like on its way through a state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun

_WITH_RESULT = ("result", "afterResultSelector", "afterResultPath")
# What AWS shows of each type of state in JSONPath (recorded).
_SHOWN = {
    "Pass": ("afterInputPath", "afterParameters", *_WITH_RESULT[1:]),
    "Task": ("afterInputPath", "afterParameters", *_WITH_RESULT),
    "Map": ("afterInputPath", "afterItemsPath", *_WITH_RESULT[1:]),
    "Parallel": _WITH_RESULT[1:],
}
_NUMBERS = ("maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage")


def spaced(value: Any) -> str:
    """Return a value as TestState writes it: with a space after commas and colons (recorded)."""
    return json.dumps(value, ensure_ascii=False)


def inspection_of(run: StateRun, data: Any) -> dict[str, Any]:
    """Return what was seen, as texts of JSON."""
    shown: dict[str, Any] = {"input": spaced(data)}
    seen = run.inspected
    for name in _names(run):
        if name in seen:
            shown[name] = spaced(seen[name])
    if "errorDetails" in seen:
        shown["errorDetails"] = seen["errorDetails"]
    if run.type == "Map":
        shown["maxConcurrency"] = 0
        shown.update({name: seen[name] for name in _NUMBERS if name in seen})
    variables = run.flow.variables.all()
    if variables:
        shown["variables"] = spaced(variables)
    return shown


def _names(run: StateRun) -> tuple[str, ...]:
    if run.is_jsonata:
        return ("afterArguments", "result") if run.type == "Task" else ()
    if run.type == "Pass" and "Result" in run.definition:
        return _WITH_RESULT
    return _SHOWN.get(run.type, ("afterInputPath",))
