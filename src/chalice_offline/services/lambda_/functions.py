"""Functions: what they are called, how they are set up, and the operations on them."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits, uploads
from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.logs import FunctionLogs, stream_name
from chalice_offline.services.lambda_.metrics import FunctionMetrics

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.service import Lambda
    from chalice_offline.services.lambda_.uploads import Upload


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """What a function is registered with; times in seconds, memory in MB."""

    name: str
    account_id: str
    region: str
    handler: str = "app.handler"
    timeout_seconds: int = 3
    memory_mb: int = 128
    variables: dict[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The function's unqualified ARN."""
        return make_arn("lambda", self.region, self.account_id, f"function:{self.name}")


@dataclass(slots=True)
class InvokeConfig:
    """How asynchronous invocations of a function are retried and where their results go."""

    maximum_retries: int = limits.MAXIMUM_RETRIES_DEFAULT
    maximum_age_seconds: int = limits.MAXIMUM_EVENT_AGE_SECONDS_DEFAULT
    destinations: dict[str, str] = field(default_factory=dict)  # "OnSuccess"/"OnFailure" -> ARN
    modified_ms: int = 0


@dataclass(slots=True)
class Function:
    """A function and its present state."""

    settings: FunctionSettings
    modified_ms: int
    reserved_concurrency: int | None
    tags: dict[str, str]
    logs: FunctionLogs
    running: int = 0
    dead_letter_arn: str = ""
    invoke_config: InvokeConfig | None = None
    permissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: FunctionMetrics = field(default_factory=FunctionMetrics)
    upload: Upload | None = None  # None: it is the project's own

    @property
    def arn(self) -> str:
        """The function's unqualified ARN."""
        return self.settings.arn

    @property
    def log_group(self) -> str:
        """The log group its output goes to."""
        default = f"/aws/lambda/{self.settings.name}"
        logging = self.upload.described.get("LoggingConfig", {}) if self.upload else {}
        return str(logging.get("LogGroup", default))

    @property
    def log_stream(self) -> str:
        """The log stream of its container, of which a changed function gets another."""
        container = _revision(f"{self.arn}{self.modified_ms}").replace("-", "")
        return stream_name(container, self.modified_ms)

    @property
    def at_capacity(self) -> bool:
        """Whether reserved concurrency leaves no room for one more run."""
        return self.reserved_concurrency is not None and self.running >= self.reserved_concurrency


# ---- operations ----------------------------------------------------------------------------------


def get_function(service: Lambda, context: CallContext, request: Request) -> Result:
    """Describe a function, its code's place and its tags."""
    function = service.function(request["FunctionName"], context)
    result: Result = {
        "Configuration": configuration(function),
        "Code": {"RepositoryType": "local", "Location": f"file:{function.settings.handler}"}
        if function.upload is None
        else {"RepositoryType": "S3", "Location": uploads.location(context, function)},
    }
    if function.tags:
        result["Tags"] = dict(function.tags)
    if function.reserved_concurrency is not None:
        result["Concurrency"] = _concurrency(function)
    return result


def get_function_configuration(service: Lambda, context: CallContext, request: Request) -> Result:
    """Describe a function's settings."""
    return configuration(service.function(request["FunctionName"], context))


def list_functions(service: Lambda, context: CallContext, _request: Request) -> Result:
    """List the functions of the caller's account and region."""
    return {"Functions": [configuration(f) for f in service.functions_of(context)]}


def put_function_concurrency(service: Lambda, context: CallContext, request: Request) -> Result:
    """Reserve concurrency; 0 stops the function from being run at all."""
    function = service.function(request["FunctionName"], context)
    function.reserved_concurrency = request["ReservedConcurrentExecutions"]
    service.kernel.signal(f"{function.arn}:idle")
    return _concurrency(function)


def get_function_concurrency(service: Lambda, context: CallContext, request: Request) -> Result:
    """Tell the reserved concurrency, if any."""
    return _concurrency(service.function(request["FunctionName"], context))


def delete_function_concurrency(service: Lambda, context: CallContext, request: Request) -> Result:
    """Give reserved concurrency back."""
    function = service.function(request["FunctionName"], context)
    function.reserved_concurrency = None
    service.kernel.signal(f"{function.arn}:idle")
    return {}


def put_function_event_invoke_config(
    service: Lambda, context: CallContext, request: Request
) -> Result:
    """Set how asynchronous invocations are retried and where results go; replaces what was set."""
    function = service.function(request["FunctionName"], context)
    function.invoke_config = InvokeConfig()
    return _change_invoke_config(function, function.invoke_config, context, request)


def update_function_event_invoke_config(
    service: Lambda, context: CallContext, request: Request
) -> Result:
    """Change only what the request names."""
    function = service.function(request["FunctionName"], context)
    return _change_invoke_config(function, _invoke_config(function), context, request)


def get_function_event_invoke_config(
    service: Lambda, context: CallContext, request: Request
) -> Result:
    """Tell how asynchronous invocations are set up."""
    function = service.function(request["FunctionName"], context)
    return _described_invoke_config(function, _invoke_config(function))


def delete_function_event_invoke_config(
    service: Lambda, context: CallContext, request: Request
) -> Result:
    """Return to the defaults."""
    function = service.function(request["FunctionName"], context)
    _invoke_config(function)
    function.invoke_config = None
    return {}


def add_permission(service: Lambda, context: CallContext, request: Request) -> Result:
    """Add a statement to the function's resource policy."""
    function = service.function(request["FunctionName"], context)
    statement_id = request["StatementId"]
    if statement_id in function.permissions:
        raise AwsError(
            "ResourceConflictException",
            f"The statement id ({statement_id}) provided already exists. Please provide a new "
            "statement id, or remove the existing statement.",
            fields={"Type": "User"},
        )
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": {"Service": principal} if "." in principal else {"AWS": principal},
        "Action": request["Action"],
        "Resource": function.arn,
    }
    conditions: dict[str, Any] = {}
    if "SourceAccount" in request:
        conditions["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    if "SourceArn" in request:
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    if conditions:
        statement["Condition"] = conditions
    function.permissions[statement_id] = statement
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


def remove_permission(service: Lambda, context: CallContext, request: Request) -> Result:
    """Remove a statement from the function's resource policy."""
    function = service.function(request["FunctionName"], context)
    if function.permissions.pop(request["StatementId"], None) is None:
        raise resource_not_found(
            f"Statement {request['StatementId']} is not found in resource policy."
        )
    return {}


def get_policy(service: Lambda, context: CallContext, request: Request) -> Result:
    """Return the function's resource policy."""
    function = service.function(request["FunctionName"], context)
    if not function.permissions:
        raise resource_not_found("The resource you requested does not exist.")
    statements = list(function.permissions.values())
    policy = json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})
    return {"Policy": policy, "RevisionId": _revision(policy)}


def list_tags(service: Lambda, context: CallContext, request: Request) -> Result:
    """Return a function's tags."""
    return {"Tags": dict(service.function(request["Resource"], context).tags)}


def tag_resource(service: Lambda, context: CallContext, request: Request) -> Result:
    """Add or replace tags."""
    service.function(request["Resource"], context).tags.update(request["Tags"])
    return {}


def untag_resource(service: Lambda, context: CallContext, request: Request) -> Result:
    """Remove tags."""
    tags = service.function(request["Resource"], context).tags
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


# ---- how a function is described -----------------------------------------------------------------


def configuration(function: Function) -> Result:
    """Return a function as GetFunctionConfiguration describes it."""
    settings = function.settings
    described: Result = {
        "FunctionName": settings.name,
        "FunctionArn": function.arn,
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{settings.account_id}:role/{settings.name}",
        "Handler": settings.handler,
        "CodeSize": 0,
        "CodeSha256": base64.b64encode(hashlib.sha256(function.arn.encode()).digest()).decode(),
        "Description": "",
        "Timeout": settings.timeout_seconds,
        "MemorySize": settings.memory_mb,
        "LastModified": _iso(function.modified_ms),
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": _revision(f"{function.arn}{function.modified_ms}"),
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
    }
    if settings.variables:
        described["Environment"] = {"Variables": dict(settings.variables)}
    if function.dead_letter_arn:
        described["DeadLetterConfig"] = {"TargetArn": function.dead_letter_arn}
    if function.upload is not None:
        described |= uploads.describe(function, function.upload)
    return described


def _iso(instant_ms: int) -> str:
    from datetime import UTC, datetime

    instant = datetime.fromtimestamp(instant_ms / 1000, UTC)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant_ms % 1000:03d}+0000"


def _revision(content: str) -> str:
    digest = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def _concurrency(function: Function) -> Result:
    if function.reserved_concurrency is None:
        return {}
    return {"ReservedConcurrentExecutions": function.reserved_concurrency}


def _invoke_config(function: Function) -> InvokeConfig:
    if function.invoke_config is None:
        raise resource_not_found(
            f"The function {function.arn}:$LATEST doesn't have an EventInvokeConfig"
        )
    return function.invoke_config


def _change_invoke_config(
    function: Function, config: InvokeConfig, context: CallContext, request: Request
) -> Result:
    settings = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"}
    if not settings & set(request):
        raise invalid_parameter(
            "You must specify at least one of error handling or destination setting."
        )
    config.maximum_retries = request.get("MaximumRetryAttempts", config.maximum_retries)
    config.maximum_age_seconds = request.get("MaximumEventAgeInSeconds", config.maximum_age_seconds)
    if "DestinationConfig" in request:
        config.destinations = {
            condition: request["DestinationConfig"][condition]["Destination"]
            for condition in ("OnSuccess", "OnFailure")
            if request["DestinationConfig"].get(condition, {}).get("Destination")
        }
    config.modified_ms = context.now_ms
    return _described_invoke_config(function, config)


def _described_invoke_config(function: Function, config: InvokeConfig) -> Result:
    return {
        "LastModified": config.modified_ms / 1000,
        "FunctionArn": f"{function.arn}:$LATEST",
        "MaximumRetryAttempts": config.maximum_retries,
        "MaximumEventAgeInSeconds": config.maximum_age_seconds,
        "DestinationConfig": {
            condition: {"Destination": config.destinations[condition]}
            if condition in config.destinations
            else {}
            for condition in ("OnSuccess", "OnFailure")
        },
    }
