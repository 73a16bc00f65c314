"""How a mapping is described (recorded on AWS)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_.event_source_mappings import states

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping


def describe(mapping: Mapping) -> Result:
    """Return a mapping as Lambda describes it."""
    settings = mapping.settings
    described: Result = {
        "UUID": mapping.uuid,
        "BatchSize": settings.batch_size,
        "MaximumBatchingWindowInSeconds": settings.window_seconds,
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": mapping.function_arn,
        "EventSourceMappingArn": (
            f"{mapping.function.arn.split(':function:')[0]}:event-source-mapping:{mapping.uuid}"
        ),
        "LastModified": mapping.modified_ms / 1000,
        "State": mapping.state,
        "StateTransitionReason": "User action" if mapping.is_stream else "USER_INITIATED",
        "FunctionResponseTypes": (
            ["ReportBatchItemFailures"] if settings.reports_item_failures else []
        ),
        **settings.inert,
    }
    if settings.filter.criteria:
        described["FilterCriteria"] = settings.filter.criteria
    if settings.maximum_concurrency is not None:
        described["ScalingConfig"] = {"MaximumConcurrency": settings.maximum_concurrency}
    if mapping.is_stream:
        described |= _stream_settings(mapping)
    if mapping.problem and mapping.state == states.ENABLED:
        # A queue's mapping has no LastProcessingResult as long as all is well (recorded).
        described["LastProcessingResult"] = f"PROBLEM: {mapping.problem}"
    return described


def _stream_settings(mapping: Mapping) -> Result:
    settings = mapping.settings
    to = settings.on_failure_arn
    described: Result = {
        "StartingPosition": settings.position,
        "LastProcessingResult": mapping.last_result,
        "ParallelizationFactor": settings.parallelization,
        "MaximumRecordAgeInSeconds": settings.maximum_age_seconds,
        "MaximumRetryAttempts": settings.maximum_retries,
        "BisectBatchOnFunctionError": settings.bisects,
        "TumblingWindowInSeconds": settings.tumbling_seconds,
        "DestinationConfig": {"OnFailure": {"Destination": to} if to else {}},
    }
    if settings.position_seconds is not None:
        described["StartingPositionTimestamp"] = settings.position_seconds
    return described
