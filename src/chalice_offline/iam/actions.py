"""Which actions on which resources an operation needs to be allowed.

Source: AWS Service Authorization Reference. Most operations need the action of their own name; the
tables hold the others. A resource that cannot be told from the request is "", which every pattern
of a policy fits: better no word than a wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Request = Mapping[str, Any]


class Place(NamedTuple):
    """The account and region that a request is for."""

    account_id: str
    region: str


class Need(NamedTuple):
    """An action that must be allowed on a resource."""

    action: str
    resource: str = ""


# Services whose actions begin with another name than botocore's.
_PREFIXES: Final[Mapping[str, str]] = {
    "dynamodbstreams": "dynamodb",
    "stepfunctions": "states",
    "sesv2": "ses",
    "apigatewaymanagementapi": "execute-api",
    "elbv2": "elasticloadbalancing",
}
# Operations that everybody may call.
_FREE: Final = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})

_S3_ACTIONS: Final[Mapping[str, str]] = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "SelectObjectContent": "GetObject",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
}


def needs(service: str, operation: str, request: Request, place: Place) -> list[Need]:
    """Return what a call needs; nothing for what everybody may do."""
    if (service, operation) in _FREE:
        return []
    special = _SERVICES.get(service)
    if special is not None:
        return list(special(operation, request, place))
    prefix = _PREFIXES.get(service, service)
    resource = _resource(service, request, place)
    return [Need(f"{prefix}:{operation}", resource)]


# ---- services whose actions are not simply their operations --------------------------------------


def _s3(operation: str, request: Request, _place: Place) -> Iterator[Need]:
    bucket = str(request.get("Bucket", ""))
    if operation == "DeleteObjects":
        for item in request["Delete"]["Objects"]:
            action = "DeleteObjectVersion" if item.get("VersionId") else "DeleteObject"
            yield Need(f"s3:{action}", f"arn:aws:s3:::{bucket}/{item['Key']}")
        return
    if operation in ("CopyObject", "UploadPartCopy"):
        source = request["CopySource"]
        if isinstance(source, dict):
            source = f"{source['Bucket']}/{source['Key']}"
        yield Need("s3:GetObject", f"arn:aws:s3:::{source.lstrip('/').partition('?')[0]}")
    action = _S3_ACTIONS.get(operation, operation)
    if request.get("VersionId") and action in ("GetObject", "DeleteObject"):
        action += "Version"
    where = f"{bucket}/{request['Key']}" if request.get("Key") else bucket
    yield Need(f"s3:{action}", f"arn:aws:s3:::{where}" if where else "*")


def _sqs(operation: str, request: Request, place: Place) -> Iterator[Need]:
    name = str(request.get("QueueName") or request.get("QueueUrl", "").rpartition("/")[2])
    resource = make_arn("sqs", place.region, place.account_id, name) if name else ""
    yield Need(f"sqs:{operation.removesuffix('Batch')}", resource)


def _events(operation: str, request: Request, place: Place) -> Iterator[Need]:
    if operation != "PutEvents":
        yield Need(f"events:{operation}")
        return
    for name in dict.fromkeys(entry.get("EventBusName", "default") for entry in request["Entries"]):
        arn = make_arn("events", place.region, place.account_id, f"event-bus/{name}")
        yield Need("events:PutEvents", name if name.startswith("arn:") else arn)


def _dynamodb(operation: str, request: Request, place: Place) -> Iterator[Need]:
    def table(name: str, index: str = "") -> str:
        arn = make_arn("dynamodb", place.region, place.account_id, f"table/{name}")
        arn = name if name.startswith("arn:") else arn
        return f"{arn}/index/{index}" if index else arn

    if "TransactItems" in request:
        for item in request["TransactItems"]:
            ((action, inner),) = item.items()
            yield Need(f"dynamodb:{action.removesuffix('Item')}Item", table(inner["TableName"]))
    elif "RequestItems" in request:
        for name in request["RequestItems"]:
            yield Need(f"dynamodb:{operation}", table(name))
    elif request.get("TableName"):
        where = table(request["TableName"], request.get("IndexName", ""))
        yield Need(f"dynamodb:{operation}", where)
    else:
        yield Need(f"dynamodb:{operation}", str(request.get("StreamArn", "")))


def _lambda(operation: str, request: Request, place: Place) -> Iterator[Need]:
    action = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}.get(operation, operation)
    name = str(request.get("FunctionName", ""))
    if name and not name.startswith("arn:"):
        name = make_arn("lambda", place.region, place.account_id, f"function:{name}")
    yield Need(f"lambda:{action}", name)


def _execute_api(_operation: str, request: Request, place: Place) -> Iterator[Need]:
    """A WebSocket API's connections are asked for by a path, {stage}/@connections/{id}."""
    path = "/".join(filter(None, (request.get("stage"), request["path"].lstrip("/"))))
    path = unquote(path)
    stage, _, rest = path.partition("/")
    where = f"{request['apiId']}/{stage}/{request['method']}/{rest}"
    arn = make_arn("execute-api", place.region, place.account_id, where)
    yield Need("execute-api:ManageConnections", arn)


_SERVICES: Final[Mapping[str, Callable[[str, Request, Place], Iterator[Need]]]] = {
    "s3": _s3,
    "sqs": _sqs,
    "events": _events,
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "execute-api": _execute_api,
}


# ---- resources of all others ---------------------------------------------------------------------

# The member that names the resource, and the form of its ARN when that is a name.
_NAMED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "sns": (("TopicArn", ""), ("TargetArn", ""), ("PhoneNumber", "*")),
    "kinesis": (("StreamARN", ""), ("StreamName", "stream/{}")),
    "dynamodbstreams": (("StreamArn", ""),),
    # Secrets Manager puts six characters behind a secret's name.
    "secretsmanager": (("SecretId", "secret:{}-??????"),),
    "ssm": (("Name", "parameter/{}"),),
    "stepfunctions": (("stateMachineArn", ""), ("executionArn", "")),
    "kms": (("KeyId", "key/{}"),),
    "firehose": (("DeliveryStreamName", "deliverystream/{}"),),
}


def _resource(service: str, request: Request, place: Place) -> str:
    for member, form in _NAMED.get(service, ()):
        value = str(request.get(member) or "")
        if value.startswith("arn:"):
            return value
        if value and form == "*":
            return form
        if value and form:
            resource = form.format(value.lstrip("/"))
            return make_arn(service, place.region, place.account_id, resource)
    return ""
