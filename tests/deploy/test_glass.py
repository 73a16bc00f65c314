"""Who may read dead letters, and who may answer for people: what template and policies say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.iam.actions import Need
from chalice_offline.iam.policies import Verdict, verdict
from chalicelib import bootstrap
from chalicelib.adapters.functions import WAIT_SECONDS
from chalicelib.config import read_config
from tests.deploy.conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "arn:aws:iam::111111111111"
MAY_READ = ("role/order-middleware-break-glass", "role/order-middleware-redrive")
MAY_NOT = (
    "root",
    "user/ann",
    "role/Admin",
    "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_1",
    "role/order-middleware-dev-access_use",
    "role/order-middleware-dev-api_handler",
    "role/order-middleware-break-glass-end",
    "role/x/order-middleware-redrive",
)
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _resolved(value: Any) -> Any:
    """Return a part of the template as CloudFormation would on AWS."""
    if isinstance(value, list):
        return [_resolved(one) for one in value if one != {"Ref": "AWS::NoValue"}]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        return _resolved(value["Fn::If"][1])
    if "Fn::Sub" in value:
        text = str(value["Fn::Sub"]).replace("${AWS::Partition}", "aws")
        return text.replace("${AWS::AccountId}", "111111111111")
    if "Fn::GetAtt" in value or "Ref" in value:
        return "*"
    return {name: _resolved(one) for name, one in value.items()}


def _queue_policies(template: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the policy documents of each queue that letters end in."""
    found: dict[str, list[dict[str, Any]]] = {
        name: []
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::SQS::Queue" and name.endswith(("DeadLetters", "Undelivered"))
    }
    for one in template["Resources"].values():
        if one["Type"] == "AWS::SQS::QueuePolicy":
            for queue in one["Properties"]["Queues"]:
                if queue["Ref"] in found:
                    found[queue["Ref"]].append(_resolved(one["Properties"]["PolicyDocument"]))
    return found


def _facts(who: str) -> Callable[[str], list[str] | None]:
    known = {"aws:principalarn": [f"{ACCOUNT}:{who}"], "aws:securetransport": ["true"]}
    return lambda key: known.get(key.lower())


@pytest.mark.parametrize("action", ["sqs:ReceiveMessage", "sqs:StartMessageMoveTask"])
def test_dead_letters_are_read_through_the_glass_alone(
    template: dict[str, Any], action: str
) -> None:
    """Whoever has all rights of an administrator is denied, on every queue."""
    policies = _queue_policies(template)
    assert len(policies) > 10
    for name, documents in policies.items():
        assert len(documents) == 1, name  # a queue has one policy: the last one written wins
        need = Need(action, "arn:aws:sqs:us-east-1:111111111111:whatever-dead-letters")
        both = [{"Statement": [ALLOW_ALL]}, *documents]
        for who in MAY_READ:
            assert verdict(both, need, _facts(who)) is Verdict.ALLOWED, (name, who)
        for who in MAY_NOT:
            assert verdict(both, need, _facts(who)) is Verdict.DENIED, (name, who)


@pytest.mark.parametrize(
    "action", ["sqs:SetQueueAttributes", "sqs:DeleteQueue", "sqs:GetQueueAttributes"]
)
def test_glass_locks_nobody_out_of_the_queue(template: dict[str, Any], action: str) -> None:
    """An administrator can take the policy away, which CloudTrail notes.

    Of each queue's one policy; the same policy, were it to deny every action, would lock out.
    """
    policies = _queue_policies(template)
    assert len(policies) > 10
    need = Need(action, "arn:aws:sqs:us-east-1:111111111111:whatever-dead-letters")
    for name, documents in policies.items():
        (document,) = documents
        both = [{"Statement": [ALLOW_ALL]}, document]
        for who in (*MAY_READ, *MAY_NOT):
            assert verdict(both, need, _facts(who)) is Verdict.ALLOWED, (name, who)
        denying_all = [{**one, "Action": "sqs:*"} for one in document["Statement"]]
        locked = [{"Statement": [ALLOW_ALL]}, {"Statement": denying_all}]
        for who in MAY_NOT:
            assert verdict(locked, need, _facts(who)) is Verdict.DENIED, (name, who)


def test_role_for_redriving_may_send_to_whatever_gives_letters_up(
    template: dict[str, Any],
) -> None:
    """A queue that is new has dead letters that are redriven, too."""
    resources = template["Resources"]
    given_up = {
        name
        for name, one in resources.items()
        if one["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in one["Properties"]
    }
    (policy,) = resources["RedriveRole"]["Properties"]["Policies"]
    (sends,) = [
        statement
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in statement["Action"]
    ]
    assert {one["Fn::GetAtt"][0] for one in sends["Resource"]} == given_up


def _holders(action: str, resource: str) -> set[str]:
    """Return the functions whose policy allows an action on a resource."""
    need, facts = Need(action, resource), _facts("role/any")
    return {
        path.stem.removeprefix("policy-")
        for path in (PROJECT / ".chalice").glob("policy-*.json")
        if verdict([json.loads(path.read_text())], need, facts) is Verdict.ALLOWED
    }


def test_one_function_answers_for_people(template: dict[str, Any]) -> None:
    """It alone sends results of tasks, and writes decisions down; no role of the stack does."""
    machine = "arn:aws:states:us-east-1:111111111111:stateMachine:break-glass"
    assert _holders("states:SendTaskSuccess", machine) == {"api_handler"}
    assert _holders("states:GetExecutionHistory", machine) == set()
    table = "arn:aws:dynamodb:us-east-1:111111111111:table/approvals"
    assert _holders("dynamodb:UpdateItem", table) == {"api_handler"}
    assert _holders("dynamodb:PutItem", table) == {"access_ask", "onboarding_ask"}
    for name, one in template["Resources"].items():
        if one["Type"] == "AWS::IAM::Role":
            for policy in one["Properties"].get("Policies", []):
                document = _resolved(policy["PolicyDocument"])
                need = Need("states:SendTaskSuccess", machine)
                assert verdict([document], need, _facts("x")) is Verdict.NOT_ALLOWED, name


def test_caller_waits_for_as_long_as_a_look_may_take(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And asks once: else the function looks again while the first look is still going on."""
    timeouts = {name: one["lambda_timeout"] for name, one in config["lambda_functions"].items()}
    assert timeouts["access_use"] < WAIT_SECONDS < timeouts["api_handler"]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    environment = config["stages"]["local"]["environment_variables"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client = bootstrap.Services(read_config()).functions._client
    assert client.meta.config.read_timeout == WAIT_SECONDS
    assert client.meta.config.retries["total_max_attempts"] == 1
