"""Event source mappings: the operations that make, change and list them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import queue_url
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.event_source_mappings.filters import RecordFilter
from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
from chalice_offline.services.lambda_.event_source_mappings.sqs_mapping import SqsMapping
from chalice_offline.services.lambda_.event_source_mappings.stream_mapping import StreamMapping
from chalice_offline.services.lambda_.event_source_mappings.stream_source import stream_exists
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState


# ---- operations ----------------------------------------------------------------------------------


def create_event_source_mapping(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Let a queue or stream invoke a function."""
    function = lambda_.find_function(request["FunctionName"], context)
    source = _source(request)
    for mapping in lambda_.mappings.values():
        if mapping.source_arn == str(source) and mapping.function is function:
            raise _already_exists(mapping)
    mapping = Mapping(
        uuid=lambda_.kernel.ids.uuid(),
        source_arn=str(source),
        function=function,
        batch_size=_default_batch_size(source),
        window_seconds=0,
        maximum_concurrency=None,
        reports_batch_item_failures=False,
        filter=RecordFilter(None, source.service),
        stream={},
        modified_ms=context.now_ms,
        enabled=request.get("Enabled", True),
    )
    _apply(mapping, request)
    _check(mapping, source)
    _check_source(lambda_.kernel, mapping, source)
    lambda_.mappings[mapping.uuid] = mapping
    described = describe(mapping, "Creating" if mapping.enabled else "Disabled")
    _start(lambda_.kernel, mapping)
    return described


def get_event_source_mapping(
    lambda_: LambdaState, _context: CallContext, request: Request
) -> Result:
    """Describe a mapping."""
    return describe(_mapping(lambda_, request["UUID"]))


def list_event_source_mappings(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """List the mappings of the caller's account and region, by source or function if asked."""
    wanted = (
        lambda_.find_function(request["FunctionName"], context)
        if request.get("FunctionName")
        else None
    )
    found = [
        describe(mapping)
        for mapping in lambda_.mappings.values()
        if mapping.function.settings.account_id == context.account_id
        and mapping.function.settings.region == context.region
        and request.get("EventSourceArn", mapping.source_arn) == mapping.source_arn
        and wanted in (None, mapping.function)
    ]
    return {"EventSourceMappings": found}


def update_event_source_mapping(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Change a mapping, or switch it on or off."""
    mapping = _mapping(lambda_, request["UUID"])
    wanted = replace(mapping, stream=dict(mapping.stream))
    if request.get("FunctionName"):
        wanted.function = lambda_.find_function(request["FunctionName"], context)
    wanted.enabled = request.get("Enabled", mapping.enabled)
    wanted.modified_ms = context.now_ms
    _apply(wanted, request)
    _check(wanted, parse_arn(wanted.source_arn))  # refused: the mapping goes on as it was
    state = {(False, True): "Enabling", (True, False): "Disabling"}.get(
        (mapping.enabled, wanted.enabled), "Updating"
    )
    _stop(mapping)
    lambda_.mappings[mapping.uuid] = wanted
    described = describe(wanted, state)
    _start(lambda_.kernel, wanted)
    return described


def delete_event_source_mapping(
    lambda_: LambdaState, _context: CallContext, request: Request
) -> Result:
    """Remove a mapping; what it has received and not handled returns to the queue."""
    mapping = _mapping(lambda_, request["UUID"])
    _stop(mapping)
    del lambda_.mappings[mapping.uuid]
    return describe(mapping, "Deleting")


# ---- when a function goes and comes -------------------------------------------------------------


def suspend(lambda_: LambdaState, function: Function) -> None:
    """Read nothing for a function that was deleted; its mappings stay, as on AWS."""
    for mapping in lambda_.mappings.values():
        if mapping.function is function:
            _stop(mapping)


def resume(lambda_: LambdaState, function: Function) -> None:
    """Let the mappings of a deleted function feed a new one of the same name."""
    for mapping in lambda_.mappings.values():
        if mapping.function.arn == function.arn:
            mapping.function = function
            _start(lambda_.kernel, mapping)


# ---- how a mapping is described ------------------------------------------------------------------


def describe(mapping: Mapping, state: str = "") -> Result:
    """Return a mapping as Lambda describes it (recorded on AWS)."""
    described: Result = {
        "UUID": mapping.uuid,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.window_seconds,
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": mapping.function.arn,
        "EventSourceMappingArn": (
            f"{mapping.function.arn.split(':function:')[0]}:event-source-mapping:{mapping.uuid}"
        ),
        "LastModified": mapping.modified_ms / 1000,
        "State": state or ("Enabled" if mapping.enabled else "Disabled"),
        "StateTransitionReason": ("USER_INITIATED" if mapping.service == "sqs" else "User action"),
        "FunctionResponseTypes": (
            ["ReportBatchItemFailures"] if mapping.reports_batch_item_failures else []
        ),
    }
    if mapping.filter.criteria:
        described["FilterCriteria"] = mapping.filter.criteria
    if mapping.maximum_concurrency is not None:
        described["ScalingConfig"] = {"MaximumConcurrency": mapping.maximum_concurrency}
    if mapping.service != "sqs":
        described |= {
            "LastProcessingResult": mapping.last_result,
            "ParallelizationFactor": 1,
            "MaximumRecordAgeInSeconds": -1,
            "MaximumRetryAttempts": -1,
            "BisectBatchOnFunctionError": False,
            "TumblingWindowInSeconds": 0,
            "DestinationConfig": {"OnFailure": {}},
        } | mapping.stream
    return described


# ---- within --------------------------------------------------------------------------------------

_STREAM_SETTINGS = (
    "StartingPosition",
    "StartingPositionTimestamp",
    "ParallelizationFactor",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "BisectBatchOnFunctionError",
    "TumblingWindowInSeconds",
    "DestinationConfig",
)


def _source(request: Request) -> Arn:
    text = request.get("EventSourceArn")
    if not text:
        raise invalid_parameter(
            "EventSourceArn is required: this emulator maps queues and streams."
        )
    try:
        source = parse_arn(text)
    except ValueError as error:
        raise invalid_parameter(f"Unrecognized event source: {error}") from error
    if source.service not in ("sqs", "kinesis", "dynamodb"):
        raise invalid_parameter(
            f"Unrecognized event source, must be kinesis, dynamodb or sqs: {text}"
        )
    return source


def _apply(mapping: Mapping, request: Request) -> None:
    mapping.batch_size = request.get("BatchSize", mapping.batch_size)
    mapping.window_seconds = request.get("MaximumBatchingWindowInSeconds", mapping.window_seconds)
    if "ScalingConfig" in request:
        mapping.maximum_concurrency = request["ScalingConfig"].get("MaximumConcurrency")
    if "FunctionResponseTypes" in request:
        types = request["FunctionResponseTypes"]
        mapping.reports_batch_item_failures = "ReportBatchItemFailures" in types
    if "FilterCriteria" in request:
        mapping.filter = RecordFilter(request["FilterCriteria"], mapping.service)
    mapping.stream |= {name: request[name] for name in _STREAM_SETTINGS if name in request}


def _check(mapping: Mapping, source: Arn) -> None:
    size, window = mapping.batch_size, mapping.window_seconds
    if not 0 <= window <= limits.WINDOW_SECONDS_MAX:
        raise invalid_parameter(
            f"Maximum batching window must be between 0 and {limits.WINDOW_SECONDS_MAX} seconds"
        )
    if source.service != "sqs":
        if not mapping.stream.get("StartingPosition"):
            raise invalid_parameter(
                "1 validation error detected: Value null at 'startingPosition' "
                "failed to satisfy constraint: Member must not be null."
            )
        if not 1 <= size <= limits.STREAM_BATCH_MAX:
            raise invalid_parameter(f"Batch size must be between 1 and {limits.STREAM_BATCH_MAX}")
        return
    concurrency = mapping.maximum_concurrency
    if concurrency is not None and concurrency not in limits.SQS_MAXIMUM_CONCURRENCY:
        raise invalid_parameter(
            f"MaximumConcurrency must be between {limits.SQS_MAXIMUM_CONCURRENCY[0]} and "
            f"{limits.SQS_MAXIMUM_CONCURRENCY[-1]}, and is {concurrency}"
        )
    fifo = source.resource.endswith(".fifo")
    if fifo and window:
        raise invalid_parameter("Batching window is not supported for FIFO queues")
    maximum = limits.SQS_BATCH_MAX_FIFO if fifo else limits.SQS_BATCH_MAX
    if not 1 <= size <= maximum:
        raise invalid_parameter(f"Batch size must be between 1 and {maximum} for this queue")
    if size > limits.SQS_BATCH_MAX_WITHOUT_WINDOW and not window:
        raise invalid_parameter(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )


def _check_source(kernel: Kernel, mapping: Mapping, source: Arn) -> None:
    """Make sure the source is there, and that a queue waits longer than the function may take."""
    if source.service != "sqs":
        if not stream_exists(kernel, source):
            raise invalid_parameter(f"Stream not found: {source}")
        return
    names = {"QueueUrl": queue_url(source), "AttributeNames": ["VisibilityTimeout"]}
    try:
        reply = kernel.deliver(
            "sqs",
            "GetQueueAttributes",
            names,
            account_id=source.account_id,
            region=source.region,
            causes=(),
            principal=PRINCIPAL,
        )
    except AwsError as error:
        raise invalid_parameter(
            "Error occurred while ReceiveMessage. SQS Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: "
            f"{error.message or 'The specified queue does not exist.'}"
        ) from error
    attributes = reply.get("Attributes", {}) if isinstance(reply, dict) else {}
    visibility = int(attributes.get("VisibilityTimeout", "0"))
    timeout = mapping.function.settings.timeout_seconds
    if visibility < timeout:
        raise invalid_parameter(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: "
            f"{timeout} seconds"
        )


def _default_batch_size(source: Arn) -> int:
    return limits.SQS_BATCH_DEFAULT if source.service == "sqs" else limits.STREAM_BATCH_DEFAULT


def _start(kernel: Kernel, mapping: Mapping) -> None:
    if not mapping.enabled:
        return
    receiver = SqsMapping if mapping.service == "sqs" else StreamMapping
    mapping.receiver = receiver(kernel, mapping)
    mapping.receiver.start()


def _stop(mapping: Mapping) -> None:
    if mapping.receiver is not None:
        mapping.receiver.stop()
        mapping.receiver = None


def _mapping(lambda_: LambdaState, uuid: str) -> Mapping:
    try:
        return lambda_.mappings[uuid]
    except KeyError:
        raise resource_not_found("The resource you requested does not exist.") from None


def _already_exists(mapping: Mapping) -> AwsError:
    source, function = f'(" {mapping.source_arn} ")', f'(" {mapping.function.settings.name} ")'
    # AWS has two wordings (recorded).
    text = (
        f"An event source mapping with SQS arn {source} and function {function} already exists."
        if mapping.service == "sqs"
        else f"The event source arn {source} and function {function} provided mapping already "
        "exists."
    )
    return AwsError(
        "ResourceConflictException",
        f"{text} Please update or delete the existing mapping with UUID {mapping.uuid}",
        fields={"Type": "User"},
    )
