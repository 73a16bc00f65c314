"""What Chalice's decorators have no words for: settings under "beyond_chalice" in config.json.

    "lambda_functions": {"submit": {"beyond_chalice": {
        "EventSourceMapping": {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
        "EventInvokeConfig": {"MaximumRetryAttempts": 0,
                              "DestinationConfig": {"OnFailure": {"Destination": "sqs:lost"}}}
    }}}

The parts and their members are AWS's own, as its API takes them, so AWS's documentation is theirs.
Where an ARN is wanted, "sqs:NAME", "sns:NAME" or "lambda:NAME" stands for one in the app's account
and region. What a stage says of a function goes over what stands beside the stages, part by part.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice.config import Config

    from chalice_offline.chalice_app.project_file import ProjectFile

KEY = "beyond_chalice"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the operation whose members it takes, without those that the decorator gives.

    `sources` are the event sources it is for, by the names of Chalice's classes; none: for all.
    """

    service: str
    operation: str
    given: frozenset[str]
    sources: frozenset[str] = frozenset()
    decorators: str = ""


_MAPPED = frozenset({"SQSEventConfig", "KinesisEventConfig", "DynamoDBEventConfig"})

PARTS: Final[Mapping[str, Part]] = {
    "EventSourceMapping": Part(
        "lambda",
        "UpdateEventSourceMapping",
        frozenset({"UUID", "FunctionName", "Enabled"}),
        _MAPPED,
        "on_sqs_message, on_kinesis_record and on_dynamodb_record",
    ),
    "EventInvokeConfig": Part(
        "lambda", "PutFunctionEventInvokeConfig", frozenset({"FunctionName", "Qualifier"})
    ),
    "DeadLetterConfig": Part("lambda", "UpdateFunctionConfiguration", frozenset()),
    "Subscription": Part(
        "sns",
        "SetSubscriptionAttributes",
        frozenset(),
        frozenset({"SNSEventConfig"}),
        "on_sns_message",
    ),
    "Rule": Part(
        "events",
        "PutRule",
        frozenset({"Name", "EventPattern", "ScheduleExpression", "RoleArn", "Tags"}),
        frozenset({"CloudWatchEventConfig", "ScheduledEventConfig"}),
        "on_cw_event and schedule",
    ),
    "Notification": Part(
        "s3",
        "PutBucketNotificationConfiguration",
        frozenset(),
        frozenset({"S3EventConfig"}),
        "on_s3_event",
    ),
}
# Attributes of a subscription that make sense for a function (SNS API reference, Subscribe).
_SUBSCRIPTION = frozenset({"FilterPolicy", "FilterPolicyScope", "RedrivePolicy"})
_FILTER = frozenset({"Prefix", "Suffix"})
_SHORT_ARN = re.compile(r"(sqs|sns|lambda):([^:]+)")


@dataclass(frozen=True, slots=True)
class Beyond:
    """The settings of one function: by part, as they stand in config.json."""

    parts: dict[str, Any] = field(default_factory=dict)

    def resolved(self, account_id: str, region: str) -> Beyond:
        """Return the same with whole ARNs where short ones stand."""
        return Beyond(_with_arns(self.parts, account_id, region))

    @property
    def mapping(self) -> dict[str, Any]:
        """What goes into an event source mapping."""
        return dict(self.parts.get("EventSourceMapping", {}))

    @property
    def subscription(self) -> dict[str, str]:
        """A subscription's attributes, as SNS takes them."""
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in self.parts.get("Subscription", {}).items()
        }

    @property
    def rule(self) -> dict[str, Any]:
        """What goes into a rule."""
        return dict(self.parts.get("Rule", {}))

    @property
    def filters(self) -> list[dict[str, str]]:
        """The prefixes and suffixes of a bucket's notifications; several, in place of one."""
        return list(self.parts.get("Notification", []))

    @property
    def invoke_config(self) -> dict[str, Any]:
        """How asynchronous invocations go on."""
        return dict(self.parts.get("EventInvokeConfig", {}))

    @property
    def dead_letter_arn(self) -> str:
        """Where events go that no try could handle; "" for nowhere."""
        return str(self.parts.get("DeadLetterConfig", {}).get("TargetArn", ""))


def beyond_of(config: Config, stage: str, function: str) -> Beyond:
    """Return the settings of a function in a stage."""
    parts: dict[str, Any] = {}
    for settings in _places(config.config_from_disk, stage):
        parts |= settings.get("lambda_functions", {}).get(function, {}).get(KEY, {})
    return Beyond(parts)


def check_beyond(file: ProjectFile, stage: str, sources: Mapping[str, str]) -> None:
    """Check the settings of the functions in `sources`: name to Chalice's class of event source.

    "" is a function without one. Raises ProjectError naming file, line, function and what is wrong.
    """
    for place, settings in zip(((), ("stages", stage)), _places(file.content, stage), strict=True):
        for name, source in sources.items():
            found = settings.get("lambda_functions", {}).get(name, {}).get(KEY)
            if found is None:
                continue
            where = (*place, "lambda_functions", name, KEY)
            if not isinstance(found, dict):
                raise file.error(f'"{KEY}" of {name} must be an object', *where)
            for part, value in found.items():
                problem = _problem(name, part, value, source)
                if problem:
                    raise file.error(problem, *where, part)


def _places(content: dict[str, Any], stage: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return content, content.get("stages", {}).get(stage, {})


def _problem(function: str, name: str, value: Any, source: str) -> str:
    part = PARTS.get(name)
    if part is None:
        return f"{function} has no setting {name!r}; there are {', '.join(PARTS)}"
    if part.sources and source not in part.sources:
        return f"{name} is for handlers of {part.decorators}, and {function} is none"
    return _CHECKS.get(name, _members)(name, part, value)


def _members(name: str, part: Part, value: Any) -> str:
    """Check a part against the request of its operation, in botocore's words."""
    from botocore.validate import ParamValidator

    from chalice_offline.protocols import load_service

    if not isinstance(value, dict):
        return f"{name} must be an object"
    taken = sorted(part.given.intersection(value))
    if taken:
        return f"{name} has {', '.join(taken)}, which the decorator or the name gives"
    shape = load_service(part.service).operation_model(part.operation).input_shape
    members = {"Name": "x", "UUID": "x" * 36, "FunctionName": "x"}
    known = {member: text for member, text in members.items() if member in shape.members}
    report = ParamValidator().validate(known | value, shape)
    return f"{name}: {' '.join(report.generate_report().split())}" if report.has_errors() else ""


def _subscription(name: str, _part: Part, value: Any) -> str:
    if not isinstance(value, dict):
        return f"{name} must be an object"
    unknown = sorted(set(value) - _SUBSCRIPTION)
    if unknown:
        return f"{name} has {', '.join(unknown)}; it takes {', '.join(sorted(_SUBSCRIPTION))}"
    return ""


def _notification(name: str, _part: Part, value: Any) -> str:
    fits = (
        isinstance(value, list)
        and value
        and all(
            isinstance(one, dict)
            and _FILTER.issuperset(one)
            and all(isinstance(text, str) for text in one.values())
            for one in value
        )
    )
    return "" if fits else f'{name} must be a list of objects with "Prefix" and "Suffix"'


def _dead_letter(name: str, _part: Part, value: Any) -> str:
    fits = isinstance(value, dict) and isinstance(value.get("TargetArn"), str) and len(value) == 1
    return "" if fits else f'{name} must be an object with one "TargetArn"'


_CHECKS: dict[str, Callable[[str, Part, Any], str]] = {
    "Subscription": _subscription,
    "Notification": _notification,
    "DeadLetterConfig": _dead_letter,
}


def _with_arns(value: Any, account_id: str, region: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _arn(item, account_id, region)
            if key in ("Destination", "TargetArn", "deadLetterTargetArn") and isinstance(item, str)
            else _with_arns(item, account_id, region)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_arns(item, account_id, region) for item in value]
    return value


def _arn(text: str, account_id: str, region: str) -> str:
    short = _SHORT_ARN.fullmatch(text)
    if short is None:
        return text
    service, name = short.groups()
    resource = f"function:{name}" if service == "lambda" else name
    return make_arn(service, region, account_id, resource)
