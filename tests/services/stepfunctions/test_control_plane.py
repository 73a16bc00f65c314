"""State machines, versions, aliases, executions by name, and what AWS refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/workflows"


def _refusal(call: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call()
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"),
        (
            json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
        ),
        (
            json.dumps({"StartAt": "A", "States": {"A": {"Type": "Nap", "End": True}}}),
            (
                "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: "
                "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type"
            ),
        ),
    ],
)
def test_a_wrong_definition_is_refused_with_diagnostics(
    workflows: Any, text: str, message: str
) -> None:
    """CreateStateMachine says what ValidateStateMachineDefinition says, and makes nothing."""
    create = lambda: workflows.client.create_state_machine(  # noqa: E731
        name="wrong", definition=text, roleArn=ROLE
    )
    wanted = f"Invalid State Machine Definition: '{message}'"
    assert _refusal(create) == ("InvalidDefinition", wanted)
    validated = workflows.client.validate_state_machine_definition(definition=text)
    assert validated["result"] == "FAIL"
    assert workflows.client.list_state_machines()["stateMachines"] == []


PASS = {"Type": "Pass", "End": True}
IF = {"Variable": "$.a", "IsNull": True, "Next": "B"}


def _one(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state}}


@pytest.mark.parametrize(
    ("states", "message"),
    [
        (
            {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}},
            "MISSING_END_STATE: Workflow has no terminal state at null",
        ),
        (
            {"A": PASS, "B": PASS},
            'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
        ),
        (
            {"A": {**PASS, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}, "B": PASS},
            "SCHEMA_VALIDATION_FAILED: Field 'Catch' is not supported at /States/A",
        ),
        (
            {"A": {"Type": "Parallel", "Branches": [_one(PASS)], "End": True}},
            "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/Branches[0]/States/A",
        ),
        (
            {"A": {**PASS, "Output": 1}},
            (
                "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field "
                "'Output' is only supported for the 'JSONata' QueryLanguage at /States/A"
            ),
        ),
        (
            {"A": {**PASS, "QueryLanguage": "JSONata", "Output": {"v": "{% phone & 'x' %}"}}},
            (
                "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not "
                "supported. at /States/A/Output/v"
            ),
        ),
        (
            {"A": {**PASS, "QueryLanguage": "JSONata", "Output": "{% $a[1,2) %}"}},
            'INVALID_JSONATA_EXPRESSION: Expected "]", got "," at /States/A/Output',
        ),
        (
            {"A": {"Type": "Choice", "Choices": [{"IsNull": True, "Next": "B"}]}, "B": PASS},
            (
                "SCHEMA_VALIDATION_FAILED: The field 'Variable' is required but was missing at "
                "/States/A/Choices[0]"
            ),
        ),
        (
            {"A": {"Type": "Choice", "Choices": [{"Not": IF}], "Default": "B"}, "B": PASS},
            (
                "SCHEMA_VALIDATION_FAILED: The field 'Next' is required but was missing at "
                "/States/A/Choices[0]"
            ),
        ),
    ],
)
def test_what_could_not_run_is_refused(
    workflows: Any, states: dict[str, Any], message: str
) -> None:
    """Loops without an end, states nobody reaches, fields of others, wrong expressions."""
    text = json.dumps({"StartAt": "A", "States": states})
    found = workflows.client.validate_state_machine_definition(definition=text)
    shown = [
        f"{one['code']}: {one['message']} at {one.get('location', 'null')}"
        for one in found["diagnostics"]
    ]
    assert shown == [message]


def test_the_same_name_and_input_is_the_same_execution(workflows: Any, definition: Any) -> None:
    """Another input under the name of an execution is refused."""
    machine = workflows.create(definition({"Type": "Wait", "Seconds": 60}))
    start = lambda text: workflows.client.start_execution(  # noqa: E731
        stateMachineArn=machine, name="n", input=text
    )
    assert start("{}")["executionArn"] == start("{}")["executionArn"]
    assert _refusal(lambda: start("[]"))[0] == "ExecutionAlreadyExists"


def test_versions_keep_their_definition_and_aliases_choose(workflows: Any, definition: Any) -> None:
    """An execution of an alias runs the version it points to."""
    client = workflows.client
    machine = workflows.create(definition({"Type": "Pass", "Result": 1}))
    first = client.publish_state_machine_version(stateMachineArn=machine)
    client.update_state_machine(
        stateMachineArn=machine,
        definition=json.dumps(definition({"Type": "Pass", "Result": 2})),
    )
    version = first["stateMachineVersionArn"]
    route = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = client.create_state_machine_alias(name="live", routingConfiguration=route)
    arn = alias["stateMachineAliasArn"]
    executions = [
        client.start_execution(stateMachineArn=target)["executionArn"] for target in (machine, arn)
    ]
    workflows.aws.settle()
    assert [workflows.describe(one)["output"] for one in executions] == [2, 1]
    delete = lambda: client.delete_state_machine_version(  # noqa: E731
        stateMachineVersionArn=version
    )
    assert _refusal(delete)[0] == "ConflictException"


def test_a_failed_execution_goes_on_where_it_failed(workflows: Any, definition: Any) -> None:
    """RedriveExecution runs the failed state again, not those before."""
    seen: list[str] = []

    def step(event: Any) -> Any:
        seen.append(event["step"])
        if event["step"] == "two" and seen.count("two") == 1:
            raise RuntimeError("once")
        return event

    arn = workflows.aws.function("step", step)
    task = {"Type": "Task", "Resource": arn}
    first = {**task, "Parameters": {"step": "one"}, "Next": "Second"}
    second = {**task, "Parameters": {"step": "two"}, "End": True}
    execution = workflows.start(definition(first, Second=second))
    workflows.aws.settle()
    assert workflows.describe(execution)["redriveStatus"] == "REDRIVABLE"
    workflows.client.redrive_execution(executionArn=execution)
    workflows.aws.settle()
    assert workflows.describe(execution)["status"] == "SUCCEEDED"
    assert seen == ["one", "two", "two"]


def test_express_answers_at_once(workflows: Any, definition: Any) -> None:
    """StartSyncExecution returns the output; an Express execution has no history to read."""
    machine = workflows.create(definition({"Type": "Pass", "Result": {"a": 1}}), type="EXPRESS")
    reply = workflows.client.start_sync_execution(stateMachineArn=machine)
    assert (reply["status"], json.loads(reply["output"])) == ("SUCCEEDED", {"a": 1})
    read = lambda: workflows.client.get_execution_history(  # noqa: E731
        executionArn=reply["executionArn"]
    )
    assert _refusal(read)[0] == "InvalidArn"


def test_a_rule_starts_executions(workflows: Any, definition: Any) -> None:
    """EventBridge hands the event to an execution."""
    events = workflows.aws.client("events")
    machine = workflows.create(definition({"Type": "Pass"}))
    events.put_rule(Name="r", EventPattern='{"source":["shop"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": machine, "RoleArn": ROLE}])
    entry = {"Source": "shop", "DetailType": "d", "Detail": '{"id":1}'}
    events.put_events(Entries=[entry])
    workflows.aws.settle()
    (listed,) = workflows.client.list_executions(stateMachineArn=machine)["executions"]
    assert workflows.describe(listed["executionArn"])["output"]["detail"] == {"id": 1}


def test_one_state_is_tried_alone(workflows: Any) -> None:
    """TestState gives the output and the next state, and shows a mock's way through."""
    state = {"Type": "Pass", "Result": {"a": 1}, "ResultPath": "$.got", "Next": "Other"}
    reply = workflows.client.test_state(
        definition=json.dumps(state), input='{"kept":1}', inspectionLevel="DEBUG"
    )
    assert (reply["status"], reply["nextState"]) == ("SUCCEEDED", "Other")
    assert json.loads(reply["output"]) == {"kept": 1, "got": {"a": 1}}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "End": True,
    }
    mocked = workflows.client.test_state(
        definition=json.dumps(task), mock={"errorOutput": {"error": "E", "cause": "C"}}
    )
    assert (mocked["status"], mocked["error"]) == ("RETRIABLE", "E")


def test_failures_are_logged_where_the_configuration_says(workflows: Any, definition: Any) -> None:
    """At level ERROR the failing state and the end are in the log group, nothing else."""
    logs = workflows.aws.client("logs")
    logs.create_log_group(logGroupName="/sfn")
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/sfn")["logGroups"]
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": group["arn"]}}
    machine = workflows.create(
        definition({"Type": "Pass", "Next": "F"}, F={"Type": "Fail", "Error": "E", "Cause": "C"}),
        loggingConfiguration={"level": "ERROR", "destinations": [destination]},
    )
    workflows.client.start_execution(stateMachineArn=machine)
    workflows.aws.settle()
    streams = logs.describe_log_streams(logGroupName="/sfn")["logStreams"]
    # AWS tries with a stream of its own whether it may write.
    (stream,) = [one for one in streams if one["logStreamName"].startswith("states/")]
    events = logs.get_log_events(logGroupName="/sfn", logStreamName=stream["logStreamName"])
    lines = [json.loads(event["message"]) for event in events["events"]]
    assert [line["type"] for line in lines] == ["FailStateEntered", "ExecutionFailed"]
    assert lines[1]["details"] == {"error": "E", "cause": "C"}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": ["x"]},
        {"Type": "Map", "ItemProcessor": 5, "End": True},
        {"Type": "Map", "ItemProcessor": _one(PASS), "Label": 5, "End": True},
        {"Type": "Parallel", "Branches": [5], "End": True},
        {"Type": "Choice", "Choices": {"a": 1}},
        {"Type": "Wait", "Seconds": "soon", "End": True},
        {"Type": "Map", "ItemProcessor": _one(PASS), "MaxConcurrency": 1.5, "End": True},
        {**PASS, "InputPath": "a"},
        {"Type": "Pass", "Next": ["A"]},
    ],
)
def test_values_of_another_kind_are_refused(workflows: Any, state: dict[str, Any]) -> None:
    """Whatever stands where something else belongs is a diagnostic and no crash."""
    text = json.dumps({"StartAt": "A", "States": {"A": state}})
    code, message = _refusal(
        lambda: workflows.client.create_state_machine(name="w", definition=text, roleArn=ROLE)
    )
    assert code == "InvalidDefinition"
    assert message.startswith("Invalid State Machine Definition: '")


def test_a_name_is_free_again_after_ninety_days(workflows: Any, definition: Any) -> None:
    """Until then another execution of that name is refused, also when the first has ended."""
    machine = workflows.create(definition({"Type": "Succeed"}))
    start = lambda: workflows.client.start_execution(  # noqa: E731
        stateMachineArn=machine, name="n"
    )
    start()
    workflows.aws.settle()
    assert _refusal(start)[0] == "ExecutionAlreadyExists"
    workflows.aws.advance(seconds=91 * 24 * 3600)
    start()
