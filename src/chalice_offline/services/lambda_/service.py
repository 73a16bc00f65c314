"""Lambda: the service, its state and its table of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.services.lambda_ import (
    deployment,
    functions,
    invocation,
    uploads,
)
from chalice_offline.services.lambda_.asynchronous import AsynchronousInvocations
from chalice_offline.services.lambda_.errors import function_not_found
from chalice_offline.services.lambda_.event_source_mappings import mappings
from chalice_offline.services.lambda_.event_source_mappings.stream_source import write_topic
from chalice_offline.services.lambda_.event_source_mappings.stream_writes import written_streams
from chalice_offline.services.lambda_.functions import Function
from chalice_offline.services.lambda_.logs import FunctionLogs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.kernel import Kernel, Operation
    from chalice_offline.services.lambda_.event_source_mappings.mappings import (
        Mapping as EventSourceMapping,
    )
    from chalice_offline.services.lambda_.functions import FunctionSettings

_Key = tuple[str, str, str]


class Lambda:
    """Functions by account, region and name, and the mappings that feed them."""

    name = "lambda"
    packages_path = uploads.PACKAGES_PATH
    operations: Mapping[str, Operation] = {
        "Invoke": invocation.invoke,
        "CreateFunction": deployment.create_function,
        "DeleteFunction": deployment.delete_function,
        "UpdateFunctionCode": deployment.update_function_code,
        "UpdateFunctionConfiguration": deployment.update_function_configuration,
        "GetFunction": functions.get_function,
        "GetFunctionConfiguration": functions.get_function_configuration,
        "ListFunctions": functions.list_functions,
        "PutFunctionConcurrency": functions.put_function_concurrency,
        "GetFunctionConcurrency": functions.get_function_concurrency,
        "DeleteFunctionConcurrency": functions.delete_function_concurrency,
        "PutFunctionEventInvokeConfig": functions.put_function_event_invoke_config,
        "UpdateFunctionEventInvokeConfig": functions.update_function_event_invoke_config,
        "GetFunctionEventInvokeConfig": functions.get_function_event_invoke_config,
        "DeleteFunctionEventInvokeConfig": functions.delete_function_event_invoke_config,
        "AddPermission": functions.add_permission,
        "RemovePermission": functions.remove_permission,
        "GetPolicy": functions.get_policy,
        "ListTags": functions.list_tags,
        "TagResource": functions.tag_resource,
        "UntagResource": functions.untag_resource,
        "CreateEventSourceMapping": mappings.create_event_source_mapping,
        "GetEventSourceMapping": mappings.get_event_source_mapping,
        "ListEventSourceMappings": mappings.list_event_source_mappings,
        "UpdateEventSourceMapping": mappings.update_event_source_mapping,
        "DeleteEventSourceMapping": mappings.delete_event_source_mapping,
    }

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.logs = FunctionLogs(kernel)
        self.asynchronous = AsynchronousInvocations(kernel)
        self.mappings: dict[str, EventSourceMapping] = {}
        self._functions: dict[_Key, Function] = {}

    def register(self, settings: FunctionSettings) -> None:
        """Make a function known, or give a known one new settings."""
        key = (settings.account_id, settings.region, settings.name)
        known = self._functions.get(key)
        if known is not None:
            known.settings = settings
            known.modified_ms = self.kernel.now_ms
            return
        self._functions[key] = Function(
            settings=settings,
            modified_ms=self.kernel.now_ms,
            reserved_concurrency=settings.reserved_concurrency,
            tags=dict(settings.tags),
            logs=self.logs,
        )

    def has(self, settings: FunctionSettings) -> bool:
        """Whether there is a function of that account, region and name."""
        return (settings.account_id, settings.region, settings.name) in self._functions

    def add(self, function: Function) -> None:
        """Take in a function that is new."""
        settings = function.settings
        self._functions[settings.account_id, settings.region, settings.name] = function

    def unregister(self, settings: FunctionSettings) -> None:
        """Forget a function the project no longer has, or that was deleted."""
        self._functions.pop((settings.account_id, settings.region, settings.name), None)

    def function(self, reference: str, context: CallContext) -> Function:
        """Return a function by name, partial ARN or ARN, with or without a qualifier.

        Raises ResourceNotFoundException when there is none.
        """
        account_id, region, name = self.resolve(reference, context)
        try:
            return self._functions[account_id, region, name]
        except KeyError:
            arn = make_arn("lambda", region, account_id, f"function:{name}")
            raise function_not_found(arn) from None

    def resolve(self, reference: str, context: CallContext) -> tuple[str, str, str]:
        """Return account, region and name that a function reference stands for."""
        return _resolve(reference, context)

    def functions_of(self, context: CallContext) -> list[Function]:
        """Return the functions of the caller's account and region, by name."""
        return [
            function
            for (account_id, region, _), function in sorted(self._functions.items(), key=_by_key)
            if (account_id, region) == (context.account_id, context.region)
        ]

    def all_functions(self) -> list[Function]:
        """Return every function, in the order in which they were registered."""
        return list(self._functions.values())

    def package_page(self, request: HttpRequest) -> HttpResponse:
        """Answer a request for the Code.Location of GetFunction with the function's zip file."""
        package = uploads.package_at(self.all_functions(), request)
        if package is None:
            return HttpResponse(404, Headers(), b"")
        return HttpResponse(200, Headers([("content-type", "application/zip")]), package)

    def observe(
        self, context: CallContext, operation: str, request: HttpRequest, response: HttpResponse
    ) -> None:
        """Hear of a delegated call to Kinesis or DynamoDB: a write wakes the stream mappings."""
        if response.status != 200 or operation not in _STREAM_WRITES:
            return
        target = request.headers.get("x-amz-target") or ""
        service = "kinesis" if target.startswith("Kinesis") else "dynamodb"
        if not any(mapping.service == service for mapping in self.mappings.values()):
            return
        for name in written_streams(request.body):
            topic = write_topic(service, context.account_id, context.region, name)
            self.kernel.set_origin(topic, context.entry)
            self.kernel.signal(f"{topic}:shards" if operation in _RESHARDS else topic)


_RESHARDS = frozenset({"SplitShard", "MergeShards", "UpdateShardCount"})
# The delegated operations after which a stream may hold something new.
_STREAM_WRITES = _RESHARDS | frozenset(
    {
        "PutRecord",
        "PutRecords",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
    }
)


def _by_key(item: tuple[_Key, Function]) -> _Key:
    return item[0]


def _resolve(reference: str, context: CallContext) -> _Key:
    """Return account, region and name of a function reference.

    Forms (AWS Lambda API reference, FunctionName): name, name:qualifier, account:function:name,
    arn:aws:lambda:region:account:function:name, each with or without a qualifier.
    """
    parts = reference.split(":")
    if "function" not in parts:
        return context.account_id, context.region, parts[0]
    position = parts.index("function")
    name = parts[position + 1] if position + 1 < len(parts) else ""
    account_id = parts[position - 1] if position else context.account_id
    region = parts[position - 2] if position > 1 and parts[0] == "arn" else context.region
    return account_id, region, name
