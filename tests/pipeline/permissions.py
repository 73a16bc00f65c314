"""What handlers were seen calling, in IAM's words, and what their policies allow."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.journal import Entry
    from simulators.street import Street

PROJECT = Path(__file__).resolve().parents[2]
ACCOUNT = "us-east-1:000000000000"
API_HANDLER = "api_handler"

# What Lambda itself does with the function's role: its log, and its event source mapping (AWS
# Lambda developer guide, "Lambda execution role" and "Amazon SQS event source mapping").
LOG_ACTIONS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
MAPPING_ACTIONS = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}

DECIDED = [
    f"arn:aws:states:{ACCOUNT}:stateMachine:{name}" for name in ("store-onboarding", "break-glass")
]

# What permission is called where it is not called as the operation (Amazon S3 user guide,
# "Required permissions for Amazon S3 API operations").
S3_ACTIONS = {"ListObjectsV2": "ListBucket", "HeadObject": "GetObject", "CopyObject": "PutObject"}

Call = tuple[str, str]  # action, ARN
Allowance = tuple[str, str]  # action, ARN pattern


# ---- what was called -----------------------------------------------------------------------------


def calls_by_handler(street: Street) -> dict[str, set[Call]]:
    """Return every AWS call a handler made, by its Chalice name."""
    entries = {entry.number: entry for entry in street.offline.journal.entries()}
    found: dict[str, set[Call]] = {}
    for entry in entries.values():
        if entry.kind != "call" or not entry.causes:
            continue
        cause = entries[entry.causes[0]]
        if cause.kind != "run":
            continue
        name = cause.subject.removeprefix("order-middleware-local").lstrip("-") or API_HANDLER
        if name == "access_use" and entry.subject.startswith("sqs."):
            continue  # made in the session of a role of its own
        found.setdefault(name, set()).update(_calls(entry))
    return found


def _calls(entry: Entry) -> Iterator[Call]:
    service, operation = entry.subject.split(".")
    detail = entry.detail
    if service == "events":
        for item in detail["Entries"]:
            bus = item.get("EventBusName", "default").rpartition("/")[2]
            yield "events:PutEvents", f"arn:aws:events:{ACCOUNT}:event-bus/{bus}"
    elif service == "sqs":
        queue = detail.get("QueueName") or detail["QueueUrl"].rpartition("/")[2]
        # A batch asks for the leave to send a message (SQS developer guide, "API permissions").
        yield f"sqs:{operation.removesuffix('Batch')}", f"arn:aws:sqs:{ACCOUNT}:{queue}"
    elif service == "dynamodb":
        for action, table in _table_actions(operation, dict(detail)):
            yield f"dynamodb:{action}", f"arn:aws:dynamodb:{ACCOUNT}:table/{table}"
    elif service == "s3":
        yield from _file_actions(operation, dict(detail))
    elif service == "sns":
        yield f"sns:{operation}", detail["TopicArn"]
    elif service == "stepfunctions":
        # A task's token does not say whose it is; people decide for both machines.
        machines = [detail["stateMachineArn"]] if "stateMachineArn" in detail else DECIDED
        yield from ((f"states:{operation}", machine) for machine in machines)
    elif service in ELSEWHERE:
        yield from ELSEWHERE[service](operation, dict(detail))
    elif service == "secretsmanager":
        secret = json.loads(detail["body"])["SecretId"]
        yield (
            f"secretsmanager:{operation}",
            f"arn:aws:secretsmanager:{ACCOUNT}:secret:{secret}-AbCdEf",
        )
    elif service == "sesv2":
        sender = json.loads(detail["body"])["FromEmailAddress"]
        yield "ses:SendEmail", f"arn:aws:ses:{ACCOUNT}:identity/{sender}"
    else:
        yield f"{service}:{operation}", "*"


def _of_lambda(_operation: str, detail: dict[str, Any]) -> Iterator[Call]:
    yield "lambda:InvokeFunction", detail["FunctionName"]


def _of_scheduler(operation: str, detail: dict[str, Any]) -> Iterator[Call]:
    yield f"scheduler:{operation}", f"arn:aws:scheduler:{ACCOUNT}:schedule/default/{detail['Name']}"
    yield "iam:PassRole", detail["Target"]["RoleArn"]


def _of_sts(operation: str, detail: dict[str, Any]) -> Iterator[Call]:
    yield f"sts:{operation}", parse_qs(bytes(detail["body"]).decode())["RoleArn"][0]


ELSEWHERE = {"lambda": _of_lambda, "scheduler": _of_scheduler, "sts": _of_sts}


def _file_actions(operation: str, detail: dict[str, Any]) -> Iterator[Call]:
    path = f"{detail['Bucket']}/{detail['Key']}" if "Key" in detail else detail["Bucket"]
    yield f"s3:{S3_ACTIONS.get(operation, operation)}", f"arn:aws:s3:::{path}"
    # Else what is not there would be forbidden (HeadObject, GetObject: "Permissions"), and a
    # partner's table of columns that is forbidden must not pass for none.
    if operation == "HeadObject" or "/settlements/columns/" in path:
        yield "s3:ListBucket", f"arn:aws:s3:::{detail['Bucket']}"
    if operation == "CopyObject":
        yield "s3:GetObject", f"arn:aws:s3:::{detail['CopySource']}"


def _table_actions(operation: str, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return what DynamoDB asks permission for: a transaction asks for each of its actions."""
    if "TransactItems" in body:
        for item in body["TransactItems"]:
            ((action, request),) = item.items()
            yield f"{action}Item", request["TableName"]  # Put -> PutItem, and so on
    elif "RequestItems" in body:
        yield from ((operation, table) for table in body["RequestItems"])
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield operation, body["TableName"] + index


# ---- what is allowed -----------------------------------------------------------------------------


def allowances(stage: str, handler: str) -> set[Allowance]:
    """Return what a handler's policy in a stage allows."""
    config = json.loads((PROJECT / ".chalice/config.json").read_text())
    settings = config["lambda_functions"][handler] | (
        config["stages"][stage].get("lambda_functions", {}).get(handler, {})
    )
    assert settings["autogen_policy"] is False
    policy = json.loads((PROJECT / ".chalice" / settings["iam_policy_file"]).read_text())
    return {
        (action, resource)
        for statement in policy["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allows(allowance: Allowance, call: Call) -> bool:
    return allowance[0] == call[0] and fnmatchcase(call[1], allowance[1])


def is_lambdas_own(allowance: Allowance) -> bool:
    return allowance[0] in LOG_ACTIONS | MAPPING_ACTIONS
