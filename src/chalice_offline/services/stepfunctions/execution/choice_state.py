"""Choice: the first rule that is met decides which state is next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language import jsonata
from chalice_offline.services.stepfunctions.language.choices import holds
from chalice_offline.services.stepfunctions.language.failures import NO_CHOICE, StateFailure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


def perform_choice(run: StateRun) -> None:
    """Leave by the first rule that is met, else by Default."""
    sources = run.sources.with_data(run.input)
    for position, rule in enumerate(run.definition["Choices"]):
        if run.is_jsonata:
            met = _condition(run, rule, position)
        else:
            met = holds(rule, sources)
        if met:
            run.succeed(run.input, rule=rule)
            return
    if "Default" not in run.definition:
        cause = (
            f"Failed to transition out of the state '{run.name}'. The state does not point to a "
            "next state."
        )
        raise StateFailure(NO_CHOICE, cause, in_place=True)
    fields = {name: run.definition[name] for name in ("Assign", "Output") if name in run.definition}
    run.succeed(run.input, rule={**fields, "Next": run.definition["Default"]})


def _condition(run: StateRun, rule: Mapping[str, Any], position: int) -> bool:
    condition = rule["Condition"]
    if not jsonata.is_expression(condition):
        return condition is True
    location = f"Choices[{position}]/Condition"
    value = jsonata.evaluate(condition, run.sources, location)
    met: bool = jsonata.expect(value, condition, location, bool)
    return met
