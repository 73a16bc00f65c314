"""Lambda's operations, and the service made of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.lambda_ import (
    aliases,
    code_signing_configs,
    concurrency,
    deployment,
    functions,
    invocation,
    invoke_configs,
    permissions,
    provisioned_concurrency_configs,
    recursion,
    tags,
    uploads,
    versions,
)
from chalice_offline.services.lambda_.event_source_mappings import mappings
from chalice_offline.services.lambda_.layers import layer_policies, layer_versions
from chalice_offline.services.lambda_.renewal import neighbour_reset, renewed
from chalice_offline.services.lambda_.state import LambdaState
from chalice_offline.services.lambda_.urls import function_urls, url_requests

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
    "PublishVersion": versions.publish_version,
    "ListVersionsByFunction": versions.list_versions_by_function,
    "CreateAlias": aliases.create_alias,
    "GetAlias": aliases.get_alias,
    "UpdateAlias": aliases.update_alias,
    "DeleteAlias": aliases.delete_alias,
    "ListAliases": aliases.list_aliases,
    "PublishLayerVersion": layer_versions.publish_layer_version,
    "GetLayerVersion": layer_versions.get_layer_version,
    "GetLayerVersionByArn": layer_versions.get_layer_version_by_arn,
    "DeleteLayerVersion": layer_versions.delete_layer_version,
    "ListLayers": layer_versions.list_layers,
    "ListLayerVersions": layer_versions.list_layer_versions,
    "AddLayerVersionPermission": layer_policies.add_layer_version_permission,
    "GetLayerVersionPolicy": layer_policies.get_layer_version_policy,
    "RemoveLayerVersionPermission": layer_policies.remove_layer_version_permission,
    "PutFunctionConcurrency": concurrency.put_function_concurrency,
    "GetFunctionConcurrency": concurrency.get_function_concurrency,
    "DeleteFunctionConcurrency": concurrency.delete_function_concurrency,
    "GetAccountSettings": concurrency.get_account_settings,
    "PutProvisionedConcurrencyConfig": provisioned_concurrency_configs.put_config,
    "GetProvisionedConcurrencyConfig": provisioned_concurrency_configs.get_config,
    "DeleteProvisionedConcurrencyConfig": provisioned_concurrency_configs.delete_config,
    "ListProvisionedConcurrencyConfigs": provisioned_concurrency_configs.list_configs,
    "CreateFunctionUrlConfig": function_urls.create_function_url_config,
    "GetFunctionUrlConfig": function_urls.get_function_url_config,
    "UpdateFunctionUrlConfig": function_urls.update_function_url_config,
    "DeleteFunctionUrlConfig": function_urls.delete_function_url_config,
    "ListFunctionUrlConfigs": function_urls.list_function_url_configs,
    "InvokeFunctionUrl": url_requests.invoke_function_url,
    "CreateCodeSigningConfig": code_signing_configs.create_code_signing_config,
    "GetCodeSigningConfig": code_signing_configs.get_code_signing_config,
    "UpdateCodeSigningConfig": code_signing_configs.update_code_signing_config,
    "DeleteCodeSigningConfig": code_signing_configs.delete_code_signing_config,
    "ListCodeSigningConfigs": code_signing_configs.list_code_signing_configs,
    "ListFunctionsByCodeSigningConfig": code_signing_configs.list_functions_by_code_signing_config,
    "PutFunctionCodeSigningConfig": code_signing_configs.put_function_code_signing_config,
    "GetFunctionCodeSigningConfig": code_signing_configs.get_function_code_signing_config,
    "DeleteFunctionCodeSigningConfig": code_signing_configs.delete_function_code_signing_config,
    "PutFunctionRecursionConfig": recursion.put_function_recursion_config,
    "GetFunctionRecursionConfig": recursion.get_function_recursion_config,
    "PutFunctionEventInvokeConfig": invoke_configs.put_function_event_invoke_config,
    "UpdateFunctionEventInvokeConfig": invoke_configs.update_function_event_invoke_config,
    "GetFunctionEventInvokeConfig": invoke_configs.get_function_event_invoke_config,
    "DeleteFunctionEventInvokeConfig": invoke_configs.delete_function_event_invoke_config,
    "ListFunctionEventInvokeConfigs": invoke_configs.list_function_event_invoke_configs,
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

# A run under way has its timeout, whatever becomes of its function.
_OUTLASTING = frozenset({"runs"})


def service(kernel: Kernel) -> Service:
    """Return Lambda without functions."""
    state = LambdaState(kernel)
    return Service(
        "lambda",
        state,
        OPERATIONS,
        pages={uploads.PACKAGES_PATH: partial(uploads.package_page, state)},
        preparations={"logs": state.logs.write},
        renew=renewed,
        outlasting=_OUTLASTING,
        neighbour_reset=neighbour_reset,
    )
