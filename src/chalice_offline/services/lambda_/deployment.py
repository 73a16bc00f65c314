"""CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration and DeleteFunction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits, uploads
from chalice_offline.services.lambda_.description import as_created, configuration
from chalice_offline.services.lambda_.errors import (
    conflict,
    function_not_found,
    invalid_parameter,
    not_implemented,
    other_account,
)
from chalice_offline.services.lambda_.event_source_mappings import lifecycle
from chalice_offline.services.lambda_.function import (
    LATEST,
    Function,
    FunctionSettings,
    Upload,
    Version,
)
from chalice_offline.services.lambda_.function_states import (
    FunctionLife,
    FunctionState,
    UpdateStatus,
)
from chalice_offline.services.lambda_.layers.layer_choice import layers_of
from chalice_offline.services.lambda_.networks import with_vpc
from chalice_offline.services.lambda_.packages import package_of
from chalice_offline.services.lambda_.publishing import delete_version, publish
from chalice_offline.services.lambda_.references import reference_in, reference_of
from chalice_offline.services.lambda_.tag_rules import checked_tags

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def create_function(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Make a function of a zip file. The reply says Pending; it is Active right after.

    A runtime other than Python is stored and described; Invoke refuses to run it.
    """
    uploads.check_request(request)
    if not (request.get("Runtime") and request.get("Handler")):
        raise invalid_parameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )
    account_id, region, name = reference_of(request["FunctionName"], context).key
    if account_id != context.account_id:
        raise other_account()
    if len(name) > limits.FUNCTION_NAME_MAX:
        raise invalid_parameter(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy "
            "constraint: Member must have length less than or equal to "
            f"{limits.FUNCTION_NAME_MAX}"
        )
    settings = FunctionSettings(
        name,
        account_id,
        region,
        timeout_seconds=limits.TIMEOUT_SECONDS_DEFAULT,
        memory_mb=limits.MEMORY_MB_DEFAULT,
    )
    ids, layers = lambda_.kernel.ids, layers_of(lambda_, context, request.get("Layers", []))
    if lambda_.has(settings):
        raise conflict(f"Function already exist: {name}")
    tags = checked_tags({}, request.get("Tags", {}))
    package = package_of(lambda_.kernel, context, request["Code"], "CreateFunction")
    upload = Upload(package, request["Runtime"], request["Role"], ids.uuid(), layers=layers)
    function = Function(
        Version(LATEST, settings, context.now_ms, upload, life=FunctionLife(FunctionState.PENDING)),
        concurrency=lambda_.concurrency(account_id, region),
        tags=tags,
        logs=lambda_.logs,
    )
    uploads.apply(function, upload, _with_network(lambda_, context, request))
    lambda_.add(function)
    life = function.latest.life
    lambda_.kernel.at(context.now_ms, lambda: life.move_to(FunctionState.ACTIVE))
    lifecycle.resume(lambda_, function)
    described = configuration(function)
    upload.revision = ids.uuid()
    if request.get("Publish"):
        described["Version"] = publish(lambda_, function, context).number
    return described


def update_function_code(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Give an uploaded function another zip file; the next run imports it."""
    function = lambda_.find_function(request["FunctionName"], context)
    _check_no_update(function)
    revision = uploads.update_code(lambda_, function, context, request)
    if request.get("DryRun"):
        return configuration(function)
    if request.get("Publish"):
        return as_created(configuration(function, publish(lambda_, function, context)))
    return _under_way(lambda_, function, revision)


def update_function_configuration(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Change an uploaded function's settings; of a project's function only the dead-letter queue.

    Everything else of a project's function comes from its config.json.
    """
    function = lambda_.find_function(request["FunctionName"], context)
    if function.upload is None:
        return _update_project_function(function, context, request)
    _check_no_update(function)
    uploads.check_request(request)
    uploads.check_revision(function.upload, request)
    request = _with_network(lambda_, context, request)
    if "Layers" in request:
        function.upload.layers = layers_of(lambda_, context, request["Layers"])
    uploads.apply(function, function.upload, request)
    return _under_way(lambda_, function, uploads.changed(function, context, lambda_.kernel.ids))


def delete_function(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Delete an uploaded function, or one of its versions.

    Its mappings stay, and read nothing until it is there again. That a version is not there is no
    error (recorded).
    """
    reference = reference_in(request, context)
    if reference.qualifier == LATEST:
        raise invalid_parameter("$LATEST version cannot be deleted without deleting the function.")
    function = lambda_.function_or_none(reference)
    if function is None:
        raise function_not_found(reference.function_arn)
    if reference.qualifier:
        delete_version(function, reference.qualifier)
        return {"StatusCode": 204}
    uploads.require_upload(function)
    forget_function(lambda_, function.settings)
    return {"StatusCode": 204}


def forget_function(lambda_: LambdaState, settings: FunctionSettings) -> None:
    """Delete a function, also one of the project's own; its mappings stay, as on AWS."""
    function = lambda_.get(settings)
    if function is not None:
        lambda_.unregister(settings)
        lifecycle.suspend(lambda_, function)


def _update_project_function(function: Function, context: CallContext, request: Request) -> Result:
    others = set(request) - {"FunctionName", "DeadLetterConfig", "RevisionId"}
    if others:
        raise not_implemented(
            "chalice-offline takes these settings from .chalice/config.json: "
            + ", ".join(sorted(others))
        )
    if "DeadLetterConfig" in request:
        function.latest.dead_letter_arn = request["DeadLetterConfig"].get("TargetArn", "")
    function.latest.modified_ms = context.now_ms
    return configuration(function)


def _with_network(lambda_: LambdaState, context: CallContext, request: Request) -> Request:
    if not request.get("VpcConfig"):
        return request
    return request | {"VpcConfig": with_vpc(lambda_.kernel, context, request["VpcConfig"])}


def _check_no_update(function: Function) -> None:
    if function.latest.life.update is UpdateStatus.IN_PROGRESS:
        raise conflict(
            "The operation cannot be performed at this time. An update is in progress for "
            f"resource: {function.arn}"
        )


def _under_way(lambda_: LambdaState, function: Function, revision: str) -> Result:
    """Return the reply to an update: it is in progress, and done right after."""
    kernel, life = lambda_.kernel, function.latest.life
    if life.update is not UpdateStatus.IN_PROGRESS:
        life.update_is(UpdateStatus.IN_PROGRESS)
        kernel.at(kernel.now_ms, lambda: life.update_is(UpdateStatus.SUCCESSFUL))
    return configuration(function) | {"RevisionId": revision}
