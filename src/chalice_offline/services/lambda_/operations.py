"""Lambda's operations, and the service made of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.lambda_ import (
    concurrency,
    deployment,
    functions,
    invocation,
    invoke_configs,
    permissions,
    recursion,
    tags,
    uploads,
)
from chalice_offline.services.lambda_.event_source_mappings import mappings
from chalice_offline.services.lambda_.state import LambdaState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    "Invoke": invocation.invoke,
    "CreateFunction": deployment.create_function,
    "DeleteFunction": deployment.delete_function,
    "UpdateFunctionCode": deployment.update_function_code,
    "UpdateFunctionConfiguration": deployment.update_function_configuration,
    "GetFunction": functions.get_function,
    "GetFunctionConfiguration": functions.get_function_configuration,
    "ListFunctions": functions.list_functions,
    "PutFunctionConcurrency": concurrency.put_function_concurrency,
    "GetFunctionConcurrency": concurrency.get_function_concurrency,
    "DeleteFunctionConcurrency": concurrency.delete_function_concurrency,
    "GetAccountSettings": concurrency.get_account_settings,
    "PutFunctionRecursionConfig": recursion.put_function_recursion_config,
    "GetFunctionRecursionConfig": recursion.get_function_recursion_config,
    "PutFunctionEventInvokeConfig": invoke_configs.put_function_event_invoke_config,
    "UpdateFunctionEventInvokeConfig": invoke_configs.update_function_event_invoke_config,
    "GetFunctionEventInvokeConfig": invoke_configs.get_function_event_invoke_config,
    "DeleteFunctionEventInvokeConfig": invoke_configs.delete_function_event_invoke_config,
    "AddPermission": permissions.add_permission,
    "RemovePermission": permissions.remove_permission,
    "GetPolicy": permissions.get_policy,
    "ListTags": tags.list_tags,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "CreateEventSourceMapping": mappings.create_event_source_mapping,
    "GetEventSourceMapping": mappings.get_event_source_mapping,
    "ListEventSourceMappings": mappings.list_event_source_mappings,
    "UpdateEventSourceMapping": mappings.update_event_source_mapping,
    "DeleteEventSourceMapping": mappings.delete_event_source_mapping,
}


def service(kernel: Kernel) -> Service:
    """Return Lambda without functions."""
    state = LambdaState(kernel)
    return Service(
        "lambda",
        state,
        OPERATIONS,
        pages={uploads.PACKAGES_PATH: partial(uploads.package_page, state)},
        preparations={"logs": state.logs.write},
    )
