"""The operations that make, change and list event source mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.event_source_mappings import lifecycle, states
from chalice_offline.services.lambda_.event_source_mappings.description import describe
from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
from chalice_offline.services.lambda_.event_source_mappings.settings import (
    changed_settings,
    check_destination_kind,
    first_settings,
)
from chalice_offline.services.lambda_.event_source_mappings.sources import check_source, source_of
from chalice_offline.services.lambda_.event_source_mappings.starting import (
    first_progress,
    open_progress,
)
from chalice_offline.services.lambda_.event_source_mappings.stream_source import StreamSource
from chalice_offline.services.lambda_.function import LATEST
from chalice_offline.services.lambda_.references import reference_of
from chalice_offline.services.lambda_.tag_rules import checked_tags

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.references import Reference
    from chalice_offline.services.lambda_.state import LambdaState


def create_event_source_mapping(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Let a queue or stream invoke a function."""
    source = source_of(request)
    check_destination_kind(source, request)  # before the function (recorded)
    function, qualifier = _function(lambda_, context, request)
    settings = first_settings(source, request, context.now_ms)
    tags = checked_tags({}, request.get("Tags", {}))
    _check_is_new(lambda_, source, function, qualifier)
    check_source(lambda_.kernel, context, source, function)
    mapping = Mapping(
        uuid=lambda_.kernel.ids.uuid(),
        source=source,
        function=function,
        settings=settings,
        modified_ms=context.now_ms,
        enabled=request.get("Enabled", True),
        qualifier=qualifier,
        tags=tags,
    )
    if mapping.is_stream:
        stream = StreamSource(lambda_.kernel, source)
        open_progress(lambda_.kernel, stream, mapping)
        if mapping.enabled and not mapping.progress:  # LATEST is what is latest now
            mapping.progress = first_progress(stream, settings, context.now_ms)
        mapping.keep_progress()
    lambda_.mappings[mapping.uuid] = mapping
    return _begin(lambda_, context, mapping, "create" if mapping.enabled else "create disabled")


def get_event_source_mapping(
    lambda_: LambdaState, _context: CallContext, request: Request
) -> Result:
    """Describe a mapping."""
    return describe(_find_mapping(lambda_, request["UUID"]))


def list_event_source_mappings(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """List the mappings of the caller's account and region, by source or function if asked.

    A function that is not there has no mappings; to ask for them is no error (recorded).
    """
    wanted = None
    if request.get("FunctionName"):
        wanted = reference_of(request["FunctionName"], context)
    found = [
        mapping
        for mapping in lambda_.mappings.values()
        if _place(mapping.function) == (context.account_id, context.region)
        and request.get("EventSourceArn", mapping.source_arn) == mapping.source_arn
        and (wanted is None or _invokes(mapping, wanted))
    ]
    start = _start_of_page(request.get("Marker", "0"))
    end = start + min(request.get("MaxItems", limits.MAPPINGS_LISTED), limits.MAPPINGS_LISTED)
    result: Result = {"EventSourceMappings": [describe(mapping) for mapping in found[start:end]]}
    if end < len(found):
        result["NextMarker"] = str(end)
    return result


def update_event_source_mapping(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Change a mapping, or switch it on or off."""
    mapping = _find_mapping(lambda_, request["UUID"])
    enabled = request.get("Enabled", mapping.enabled)
    change = {(False, True): "enable", (True, False): "disable"}.get(
        (mapping.enabled, enabled), "update"
    )
    states.begun(mapping.state, change)  # refused before anything is looked at
    function, qualifier = mapping.function, mapping.qualifier
    if request.get("FunctionName"):
        function, qualifier = _function(lambda_, context, request)
        if (function, qualifier) != (mapping.function, mapping.qualifier):
            _check_is_new(lambda_, mapping.source, function, qualifier)
    settings = changed_settings(mapping.settings, mapping.source, request)
    if mapping.stored is not None and (function, qualifier) != (
        mapping.function,
        mapping.qualifier,
    ):
        mapping.stored.forget()
        mapping.stored = None  # the new function's, when the stream is read again
    mapping.function, mapping.qualifier = function, qualifier
    mapping.settings, mapping.enabled = settings, enabled
    mapping.modified_ms = context.now_ms
    return _begin(lambda_, context, mapping, change)


def delete_event_source_mapping(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Remove a mapping; what it has received and not handled returns to the queue."""
    mapping = _find_mapping(lambda_, request["UUID"])
    return _begin(lambda_, context, mapping, "delete")


def _begin(lambda_: LambdaState, context: CallContext, mapping: Mapping, change: str) -> Result:
    """Begin a change; the reply shows it beginning, also where it is over at once."""
    state = states.begun(mapping.state, change)
    described = describe(mapping) | {"State": state}
    lifecycle.begin(lambda_, mapping, change, at_once=bool(context.principal))
    return described


def _function(lambda_: LambdaState, context: CallContext, request: Request) -> tuple[Function, str]:
    """Return what a mapping invokes: the function, and the version or alias if one was named."""
    try:
        reference = reference_of(request["FunctionName"], context)
        function, _ = lambda_.find_version(reference)
    except AwsError as error:
        raise invalid_parameter("Function does not exist") from error
    return function, reference.qualifier


def _invokes(mapping: Mapping, wanted: Reference) -> bool:
    function = mapping.function.settings
    found = (function.account_id, function.region, function.name)
    return found == wanted.key and wanted.qualifier in ("", mapping.qualifier or LATEST)


def _find_mapping(lambda_: LambdaState, uuid: str) -> Mapping:
    try:
        return lambda_.mappings[uuid]
    except KeyError:
        raise resource_not_found("The resource you requested does not exist.") from None


def _place(function: Function) -> tuple[str, str]:
    return function.settings.account_id, function.settings.region


def _start_of_page(marker: str) -> int:
    if not marker.isdigit():
        raise invalid_parameter("Invalid Marker.")
    return int(marker)


def _check_is_new(lambda_: LambdaState, source: Arn, function: Function, qualifier: str) -> None:
    for mapping in lambda_.mappings.values():
        invoked = mapping.function.arn, mapping.qualifier
        if mapping.source == source and invoked == (function.arn, qualifier):
            raise _already_exists(mapping)


def _already_exists(mapping: Mapping) -> AwsError:
    source, function = f'(" {mapping.source_arn} ")', f'(" {mapping.function.settings.name} ")'
    # AWS has two wordings (recorded).
    text = (
        f"The event source arn {source} and function {function} provided mapping already exists."
        if mapping.is_stream
        else f"An event source mapping with SQS arn {source} and function {function} already "
        "exists."
    )
    return AwsError(
        "ResourceConflictException",
        f"{text} Please update or delete the existing mapping with UUID {mapping.uuid}",
        status=409,
        fields={"Type": "User"},
    )
