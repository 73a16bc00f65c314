"""What each type of state does, and the events it leaves."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

PASS = {"Type": "Pass", "End": True}


def test_a_pass_state_hands_on_what_its_paths_choose(workflows: Any, definition: Any) -> None:
    """InputPath, Parameters, ResultPath and OutputPath apply in this order."""
    state = {
        "Type": "Pass",
        "InputPath": "$.order",
        "Parameters": {"id.$": "$.id", "at.$": "$$.State.Name", "all.$": "States.Array($.id, 1)"},
        "ResultPath": "$.seen.here",
        "OutputPath": "$.seen",
    }
    found = workflows.run(definition(state), {"order": {"id": "o-1"}, "kept": 1})
    assert found["output"] == {"here": {"id": "o-1", "at": "First", "all": ["o-1", 1]}}


def test_history_of_a_pass_state(workflows: Any, definition: Any) -> None:
    """Each event names the one before it, the first state's entry none."""
    arn = workflows.start(definition({"Type": "Pass"}))
    workflows.aws.settle()
    assert workflows.history(arn) == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "PassStateEntered"),
        (3, 2, "PassStateExited"),
        (4, 3, "ExecutionSucceeded"),
    ]


def test_three_days_pass_at_once(workflows: Any, definition: Any) -> None:
    """A wait of three days ends three days later, in no time."""
    found = workflows.run(definition({"Type": "Wait", "Seconds": 3 * 24 * 3600}))
    if found["status"] == "RUNNING":
        workflows.aws.advance(seconds=3 * 24 * 3600)
        found = workflows.describe(found["executionArn"])
    assert found["status"] == "SUCCEEDED"
    assert (found["stopDate"] - found["startDate"]).total_seconds() == 3 * 24 * 3600


@pytest.mark.parametrize(
    ("rule", "data", "taken"),
    [
        ({"Variable": "$.n", "NumericGreaterThan": 5}, {"n": 6}, True),
        ({"Variable": "$.n", "NumericGreaterThan": 5}, {"n": "6"}, False),
        ({"Variable": "$.s", "StringMatches": "a*\\*"}, {"s": "abc*"}, True),
        ({"Variable": "$.x", "IsPresent": False}, {}, True),
        ({"Not": {"Variable": "$.b", "BooleanEquals": True}}, {"b": False}, True),
        ({"Variable": "$.a", "StringEqualsPath": "$.b"}, {"a": "x", "b": "x"}, True),
        (
            {"Variable": "$.t", "TimestampLessThan": "2026-01-01T00:00:00Z"},
            {"t": "2026-01-01T00:30:00+01:00"},
            True,
        ),
    ],
)
def test_a_choice_takes_the_first_rule_that_is_met(
    workflows: Any, definition: Any, rule: dict[str, Any], data: Any, taken: bool
) -> None:
    """Comparisons look at the kind of a value as well."""
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"}
    yes, no = {**PASS, "Result": True}, {**PASS, "Result": False}
    assert workflows.run(definition(choice, Yes=yes, No=no), data)["output"] is taken


def test_a_choice_without_a_way_out_fails(workflows: Any, definition: Any) -> None:
    """No rule and no Default: States.NoChoiceMatched."""
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Yes"}],
    }
    found = workflows.run(definition(choice, Yes=PASS))
    assert (found["status"], found["error"]) == ("FAILED", "States.NoChoiceMatched")


def test_branches_run_at_the_same_time(workflows: Any, definition: Any) -> None:
    """Branches that wait ten and five seconds take ten; results are in the order of branches."""
    branches = [
        {
            "StartAt": f"W{seconds}",
            "States": {
                f"W{seconds}": {"Type": "Wait", "Seconds": seconds, "Next": f"P{seconds}"},
                f"P{seconds}": {**PASS, "Result": seconds},
            },
        }
        for seconds in (10, 5)
    ]
    found = workflows.run(definition({"Type": "Parallel", "Branches": branches}))
    assert found["output"] == [10, 5]
    assert (found["stopDate"] - found["startDate"]).total_seconds() == 10


def test_a_failed_branch_is_caught_and_the_others_end(workflows: Any, definition: Any) -> None:
    """Catch sees error and cause; a branch that waits for an hour does not hold anybody up."""
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    state = {
        "Type": "Parallel",
        "Branches": [failing, waiting],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.why", "Next": "Told"}],
    }
    found = workflows.run(definition(state, Told=PASS), {"kept": True})
    assert found["output"] == {"kept": True, "why": {"Error": "E", "Cause": "C"}}
    assert (found["stopDate"] - found["startDate"]).total_seconds() == 0


def test_a_map_iterates_in_order_with_one_at_a_time(workflows: Any, definition: Any) -> None:
    """ItemSelector sees index, value and the state's input."""
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 1,
        "ItemSelector": {
            "i.$": "$$.Map.Item.Index",
            "v.$": "$$.Map.Item.Value",
            "shop.$": "$.shop",
        },
        "ItemProcessor": {"StartAt": "P", "States": {"P": PASS}},
    }
    found = workflows.run(definition(state), {"items": ["a", "b"], "shop": "s"})
    assert found["output"] == [
        {"i": 0, "v": "a", "shop": "s"},
        {"i": 1, "v": "b", "shop": "s"},
    ]


def test_a_path_that_leads_nowhere_is_a_runtime_error(workflows: Any, definition: Any) -> None:
    """States.Runtime names the state, the event and the path; States.ALL does not catch it."""
    state = {
        "Type": "Parallel",
        "InputPath": "$.none",
        "Branches": [{"StartAt": "P", "States": {"P": PASS}}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Never"}],
    }
    found = workflows.run(definition(state, Never=PASS))
    assert found["error"] == "States.Runtime"
    assert found["cause"] == (
        "An error occurred while executing the state 'First' (entered at the event id #2). "
        "Invalid path '$.none' : No results for path: $['none']"
    )


def test_variables_are_assigned_and_seen_later(workflows: Any, definition: Any) -> None:
    """A variable of an outer scope is seen inside a Map."""
    first = {"Type": "Pass", "Assign": {"rate.$": "$.rate"}, "Next": "Each"}
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"v.$": "$$.Map.Item.Value", "r.$": "$rate"},
        "ItemProcessor": {"StartAt": "P", "States": {"P": PASS}},
        "End": True,
    }
    found = workflows.run(definition(first, Each=each), {"rate": 3, "items": [1]})
    assert found["output"] == [{"v": 1, "r": 3}]


def test_jsonata_computes_output_and_variables(workflows: Any, definition: Any) -> None:
    """Expressions see $states and variables; null stays null."""
    first = {
        "Type": "Pass",
        "Assign": {"total": "{% $sum($states.input.prices) %}"},
        "Output": {"n": "{% $count($states.input.prices) %}", "nothing": "{% null %}"},
        "Next": "Last",
    }
    last = {
        "Type": "Succeed",
        "Output": "{% $merge([$states.input, {'total': $total}]) %}",
    }
    machine = {"QueryLanguage": "JSONata", **definition(first, Last=last)}
    found = workflows.run(machine, {"prices": [1, 2.5]})
    assert found["output"] == {"n": 2, "nothing": None, "total": 3.5}


def test_jsonata_without_a_value_fails(workflows: Any, definition: Any) -> None:
    """An undefined result is an evaluation error with the field it stands in."""
    state = {"Type": "Pass", "Output": {"a": "{% $states.input.none %}"}}
    found = workflows.run({"QueryLanguage": "JSONata", **definition(state)})
    assert found["error"] == "States.QueryEvaluationError"
    assert "specified for the field 'Output/a' returned nothing (undefined)." in found["cause"]


def test_jsonata_leaves_the_recursion_limit_of_the_process(workflows: Any, definition: Any) -> None:
    """An expression may call itself often; the process's limit is what it was, failed or not."""
    before = sys.getrecursionlimit()
    recursive = "($f := function($n) { $n <= 1 ? 1 : 1 + $f($n - 1) }; $f(150))"
    for expression, status in ((recursive, "SUCCEEDED"), ("1 + 'a'", "FAILED")):
        state = {"Type": "Pass", "Output": f"{{% {expression} %}}"}
        found = workflows.run({"QueryLanguage": "JSONata", **definition(state)})
        assert found["status"] == status
        assert sys.getrecursionlimit() == before


def test_the_package_of_jsonata_changes_no_process() -> None:
    """In a new process, too, where the package is imported by the first expression."""
    program = (
        "import sys\n"
        "from chalice_offline.core.ids import Ids\n"
        "from chalice_offline.services.stepfunctions.language import jsonata\n"
        "from chalice_offline.services.stepfunctions.language.sources import Sources, Variables\n"
        "sys.setrecursionlimit(1234)\n"
        "ids = Ids(0)\n"
        "sources = Sources({}, {}, Variables(None), ids, lambda: 0, {})\n"
        "assert jsonata.evaluate('{% 1 + 1 %}', sources, 'Output') == 2\n"
        "assert 'jsonata' in sys.modules\n"
        "assert sys.getrecursionlimit() == 1234\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_endless_loop_ends_with_its_history(workflows: Any, definition: Any) -> None:
    """25,000 events end a Standard execution."""
    loop = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "Done"}],
        "Default": "First",
    }
    arn = workflows.start(definition(loop, Done={"Type": "Succeed"}))
    workflows.aws.settle()
    found = workflows.describe(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    last = workflows.client.get_execution_history(
        executionArn=arn, reverseOrder=True, maxResults=1
    )["events"]
    assert [(event["id"], event["type"]) for event in last] == [(25_000, "ExecutionFailed")]
