"""What a state machine is made of: checked, and as it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.errors import invalid_definition, invalid_logging
from chalice_offline.services.stepfunctions.language.definition_checks import check_text
from chalice_offline.services.stepfunctions.language.variable_references import references

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.stepfunctions.state_machine import Revision

OFF = {"level": "OFF", "includeExecutionData": False}


def checked_definition(text: str, *, is_express: bool) -> dict[str, Any]:
    """Return a definition; InvalidDefinition with AWS's diagnostics when it is none."""
    definition, found = check_text(text, is_express=is_express)
    if found:
        raise invalid_definition(", ".join(str(one) for one in found))
    return definition


def checked_logging(
    kernel: Kernel, context: CallContext, given: dict[str, Any] | None
) -> dict[str, Any]:
    """Return a logging configuration with its defaults; InvalidLoggingConfiguration if not."""
    if not given:
        return dict(OFF)
    configuration = {**OFF, **given}
    destinations = configuration.get("destinations", [])
    if len(destinations) > 1 or (configuration["level"] != "OFF" and len(destinations) != 1):
        raise invalid_logging("Must specify exactly one Log Destination.")
    for destination in destinations:
        arn = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        if not arn.startswith("arn:") or not arn.endswith(":*"):
            raise invalid_logging("Must specify exactly one Log Destination.")
        if not _has_group(kernel, context, arn):
            raise invalid_logging("Log Destination not found.")
    return configuration


def begin_logging(kernel: Kernel, context: CallContext, configuration: dict[str, Any]) -> None:
    """Make the stream that AWS makes to see whether it may write to the group (recorded)."""
    for destination in configuration.get("destinations", ()):
        names = {
            "logGroupName": destination["cloudWatchLogsLogGroup"]["logGroupArn"].split(":")[6],
            "logStreamName": "log_stream_created_by_aws_to_validate_log_delivery_subscriptions",
        }
        try:
            _call_logs(kernel, context, "CreateLogStream", names)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise


def describe_revision(revision: Revision) -> dict[str, Any]:
    """Return a revision's members as the Describe operations show them."""
    shown: dict[str, Any] = {
        "definition": revision.text,
        "roleArn": revision.role_arn,
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": revision.tracing,
    }
    if revision.revision_id:
        shown["revisionId"] = revision.revision_id
    named = references(revision.definition)
    if named:
        shown["variableReferences"] = named
    return shown


def _has_group(kernel: Kernel, context: CallContext, arn: str) -> bool:
    name = arn.split(":")[6]
    try:
        found = _call_logs(kernel, context, "DescribeLogGroups", {"logGroupNamePrefix": name})
    except AwsError:
        return False
    return any(group["logGroupName"] == name for group in found.get("logGroups", ()))


def _call_logs(kernel: Kernel, context: CallContext, operation: str, request: Request) -> Any:
    return kernel.deliver(
        "logs",
        operation,
        request,
        account_id=context.account_id,
        region=context.region,
        causes=(context.entry,),
        principal="states.amazonaws.com",
    )
