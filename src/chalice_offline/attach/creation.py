"""Creating what may be there already: the reply is then that of what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    Document = dict[str, Any]
    Call = Callable[[str, str, Document], Document]

#: The codes with which each service says that a resource of this name exists.
_EXISTS = frozenset(
    {
        "ResourceAlreadyExistsException",
        "ResourceExistsException",
        "ResourceInUseException",
        "BucketAlreadyOwnedByYou",
        "BucketAlreadyExists",
    }
)
# DynamoDB has no code of its own for this (UpdateTimeToLive, "TimeToLive is already enabled").
_TIME_TO_LIVE_IS_ON = "already enabled"


def create_or_find(call: Call) -> Call:
    """Return a `call(service, operation, request)` for which creating twice is no error.

    What is there is left as it is, whatever the request says.
    """

    def create(service: str, operation: str, request: Document) -> Document:
        try:
            return call(service, operation, request)
        except AwsError as error:
            if operation == "UpdateTimeToLive" and _TIME_TO_LIVE_IS_ON in error.message:
                return {}
            if error.code not in _EXISTS or operation not in _FIND:
                raise
            return _FIND[operation](call, request)

    return create


def _bus(call: Call, request: Document) -> Document:
    found = call("events", "DescribeEventBus", {"Name": request["Name"]})
    return {"EventBusArn": found["Arn"]}


def _table(call: Call, request: Document) -> Document:
    found = call("dynamodb", "DescribeTable", {"TableName": request["TableName"]})
    return {"TableDescription": found["Table"]}


def _secret(call: Call, request: Document) -> Document:
    return call("secretsmanager", "DescribeSecret", {"SecretId": request["Name"]})


def _bucket(_call: Call, _request: Document) -> Document:
    return {}


_FIND: dict[str, Callable[[Call, Document], Document]] = {
    "CreateEventBus": _bus,
    "CreateTable": _table,
    "CreateSecret": _secret,
    "CreateBucket": _bucket,
}
