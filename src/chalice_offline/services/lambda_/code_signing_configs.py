"""Code signing configurations: stored, and told again. Nothing checks signatures here."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_.code_signing_config import CodeSigningConfig
from chalice_offline.services.lambda_.errors import conflict
from chalice_offline.services.lambda_.pages import page_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.ids import Ids
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState

_ID_CHARACTERS = string.ascii_lowercase + string.digits


def create_code_signing_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Make a configuration."""
    config_id = f"csc-{_suffix(lambda_.kernel.ids)}"
    config = CodeSigningConfig(
        config_id,
        make_arn("lambda", context.region, context.account_id, f"code-signing-config:{config_id}"),
        publishers=request["AllowedPublishers"],
        policies={"UntrustedArtifactOnDeployment": "Warn"} | request.get("CodeSigningPolicies", {}),
        description=request.get("Description", ""),
        modified_ms=context.now_ms,
    )
    lambda_.signing_configs[config.arn] = config
    return {"CodeSigningConfig": config.described()}


def get_code_signing_config(
    lambda_: LambdaState, _context: CallContext, request: Request
) -> Result:
    """Describe a configuration."""
    return {"CodeSigningConfig": _found(lambda_, request).described()}


def update_code_signing_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Change what a request names."""
    config = _found(lambda_, request)
    config.publishers = request.get("AllowedPublishers", config.publishers)
    config.policies = config.policies | request.get("CodeSigningPolicies", {})
    config.description = request.get("Description", config.description)
    config.modified_ms = context.now_ms
    return {"CodeSigningConfig": config.described()}


def delete_code_signing_config(
    lambda_: LambdaState, _context: CallContext, request: Request
) -> Result:
    """Delete a configuration that no function uses."""
    config = _found(lambda_, request)
    if any(one.signing_config_arn == config.arn for one in lambda_.all_functions()):
        raise conflict(f"The code signing configuration {config.arn} is used by a function.")
    del lambda_.signing_configs[config.arn]
    return {}


def list_code_signing_configs(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """List the configurations of the caller's account and region."""
    start = make_arn("lambda", context.region, context.account_id, "code-signing-config:")
    found = [one for arn, one in lambda_.signing_configs.items() if arn.startswith(start)]
    shown, more = page_of(found, lambda one: one.arn, request)
    return {"CodeSigningConfigs": [one.described() for one in shown]} | more


def list_functions_by_code_signing_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """List the functions that use a configuration."""
    config = _found(lambda_, request)
    users = [
        one.arn for one in lambda_.functions_of(context) if one.signing_config_arn == config.arn
    ]
    shown, more = page_of(users, str, request)
    return {"FunctionArns": shown} | more


def put_function_code_signing_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Let a function use a configuration."""
    arn = request["CodeSigningConfigArn"]
    if arn not in lambda_.signing_configs:
        raise AwsError(
            "CodeSigningConfigNotFoundException",
            "The code signing configuration cannot be found. Check that the provided configuration "
            f"is not deleted: {arn}.",
            status=404,
            fields={"Type": "User"},
        )
    function = lambda_.find_function(request["FunctionName"], context)
    function.signing_config_arn = arn
    return {"CodeSigningConfigArn": arn, "FunctionName": function.name}


def get_function_code_signing_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Tell which configuration a function uses, if any."""
    function = lambda_.find_function(request["FunctionName"], context)
    used: Result = {"CodeSigningConfigArn": function.signing_config_arn}
    return {"FunctionName": function.name} | used if used["CodeSigningConfigArn"] else {}


def delete_function_code_signing_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Let a function use none."""
    lambda_.find_function(request["FunctionName"], context).signing_config_arn = ""
    return {}


def _found(lambda_: LambdaState, request: Request) -> CodeSigningConfig:
    arn = request["CodeSigningConfigArn"]
    try:
        return lambda_.signing_configs[arn]
    except KeyError:
        raise AwsError(
            "ResourceNotFoundException",
            f"The Lambda code signing configuration {arn} can not be found.",
            fields={"Type": None},
        ) from None


def _suffix(ids: Ids) -> str:
    return "".join(_ID_CHARACTERS[ids.integer(0, len(_ID_CHARACTERS) - 1)] for _ in range(17))
