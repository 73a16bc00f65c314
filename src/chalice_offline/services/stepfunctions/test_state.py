"""TestState: one state tried alone, with real tasks or mocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.pending import Pending
from chalice_offline.services.stepfunctions.errors import (
    invalid_definition,
    invalid_input,
    not_testable,
    validation_error,
)
from chalice_offline.services.stepfunctions.execution.frame import Frame
from chalice_offline.services.stepfunctions.execution.history import History
from chalice_offline.services.stepfunctions.execution.tried_state import TriedFlow, TriedRun
from chalice_offline.services.stepfunctions.inspection import inspection_of, spaced
from chalice_offline.services.stepfunctions.language.definition_checks import (
    check_state,
    check_text,
)
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse
from chalice_offline.services.stepfunctions.language.timestamps import spell
from chalice_offline.services.stepfunctions.mocked_results import mocked
from chalice_offline.services.stepfunctions.tested_context import checked_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState

_NAME = "StateName"


def test_state(sfn: StepFunctionsState, context: CallContext, request: Request) -> Reply:
    """Run one state to its first outcome."""
    name, state, language = _state(request)
    mock = request.get("mock") or {}
    _check(request, state, mock)
    configuration = request.get("stateConfiguration") or {}
    perform = mocked(mock, state, configuration.get("mapIterationFailureCount") or 0)
    data = _json(request.get("input"), {})
    given = checked_context(request.get("context"), state)
    frame = _frame(sfn, context, request, data, language)
    reply: Pending[Result] = Pending()

    def ended(outcome: dict[str, Any]) -> None:
        if reply.done:
            return
        shown = {**outcome}
        if "output" in shown:
            shown["output"] = spaced(shown["output"])
        if request.get("inspectionLevel", "INFO") != "INFO":
            shown["inspectionData"] = inspection_of(run, data)
        reply.resolve(shown)

    flow = TriedFlow(frame, context.entry, ended)
    flow.variables.assign(_json(request.get("variables"), {}))
    run = TriedRun(
        flow,
        name,
        state,
        data,
        frame.context,
        given=given,
        perform=perform,
        tries_before=configuration.get("retrierRetryCount", 0),
    )
    flow.run = run
    run.enter()
    return reply


def _state(request: Request) -> tuple[str, dict[str, Any], str]:
    """Return the state that is meant, its name and the query language around it."""
    text, wanted = request["definition"], request.get("stateName")
    try:
        definition = parse(text)
    except NotJson as error:
        raise invalid_definition(f"INVALID_JSON_DESCRIPTION: {error.message}") from error
    language = definition.get("QueryLanguage", "JSONPath")
    if wanted is None and "States" not in definition:
        found = check_state(definition, _NAME)
        if found:
            raise invalid_definition(", ".join(str(one) for one in found))
        return _NAME, definition, language
    _, wrong = check_text(text, is_express=False)
    if wrong:
        raise invalid_definition(", ".join(str(one) for one in wrong))
    state = _find(definition, wanted or definition["StartAt"])
    if state is None:
        raise validation_error("State not found in definition")
    return wanted or definition["StartAt"], state, language


def _find(block: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    states = block.get("States", {})
    if name in states:
        found: dict[str, Any] = states[name]
        return found
    for state in states.values():
        inner = [*state.get("Branches", ())]
        inner += [state[one] for one in ("ItemProcessor", "Iterator") if one in state]
        for one in inner:
            deeper = _find(one, name)
            if deeper is not None:
                return deeper
    return None


def _check(request: Request, state: Mapping[str, Any], mock: Mapping[str, Any]) -> None:
    if mock and request.get("revealSecrets"):
        raise validation_error("TestState does not support RevealSecrets when a mock is specified.")
    configuration = request.get("stateConfiguration") or {}
    failures = configuration.get("mapIterationFailureCount")
    if failures is not None and not mock:
        raise validation_error(
            "TestState does not support MapIterationFailureCount when a mock is not specified."
        )
    if not mock:
        if state["Type"] in ("Map", "Parallel"):
            raise not_testable()
        if state["Type"] == "Task" and not request.get("roleArn"):
            raise validation_error("RoleArn must be specified when testing a Task state")


def _json(text: str | None, default: Any) -> Any:
    if text is None:
        return default
    try:
        return parse(text)
    except NotJson as error:
        raise invalid_input(error.message) from error


def _frame(
    sfn: StepFunctionsState, context: CallContext, request: Request, data: Any, language: str
) -> Frame:
    ids = sfn.kernel.ids
    machine, name = ids.uuid(), ids.uuid()
    role = request.get("roleArn", "")
    home = (context.region, context.account_id)
    arn = make_arn("states", *home, f"express:{machine}:{name}")
    machine_arn = make_arn("states", *home, f"stateMachine:{machine}")
    execution = {
        "Id": arn,
        "Input": data,
        "Name": name,
        "RoleArn": role,
        "StartTime": spell(context.now_ms),
    }
    return Frame(
        kernel=sfn.kernel,
        history=History(sfn.kernel, keep=False),
        surroundings=sfn.surroundings,
        arn=arn,
        machine_arn=machine_arn,
        role_arn=role,
        account_id=context.account_id,
        region=context.region,
        context={
            "Execution": execution,
            "StateMachine": {"Id": machine_arn, "Name": machine},
        },
        query_language=language,
        is_express=False,
    )
