"""Finds the compiled form of an operation, compiling it when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import (
    app_addresses,
    cbor_rpc,
    json_rpc,
    query,
    query_json,
    raw_operations,
    rest_json,
    rest_xml,
    sqs_query,
)
from chalice_offline.protocols.service_models import has_operation, model_for

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.protocols.codec import Codec
    from chalice_offline.protocols.target import Target

_PROTOCOLS: dict[str, Any] = {
    "json": json_rpc,
    "cbor": cbor_rpc,
    "query": query,
    "rest-json": rest_json,
    "rest-xml": rest_xml,
}
# Services that speak RPC v2 CBOR are all delegated: only what we refuse is said in it.
_ERRORS = _PROTOCOLS | {cbor_rpc.RPC_V2: cbor_rpc}
# Pure functions of botocore's models, so keeping them changes no reply.
_CODECS: dict[tuple[str, str, str | None], Codec] = {}


def parse(target: Target, request: HttpRequest) -> dict[str, Any]:
    """Return the operation's parameters with AWS's own keys, checked against the model.

    Timestamps come as aware datetimes, blobs as bytes; members the model does not know are
    left out. Raises AwsError for an unknown operation, a malformed body, a wrong type, a
    missing member or a broken constraint, in the service's own words.
    """
    codec = _CODECS.get((target.service, target.protocol, target.operation))
    if codec is None:
        codec = _compile(target)
    try:
        return codec.parse(request)
    except RecursionError as error:
        raise AwsError("SerializationException", "The request is nested too deeply.") from error


def serialize(target: Target, result: dict[str, Any], request_id: str) -> HttpResponse:
    """Return the reply that carries an operation's result.

    Members that are None are left out. Timestamps may be datetimes or epoch seconds.
    """
    if target.replies_in_json:
        return query_json.serialize(target, result, request_id)
    codec = _CODECS.get((target.service, target.protocol, target.operation))
    if codec is None:
        codec = _compile(target)
    return codec.serialize(result, request_id)


def serialize_error(target: Target | None, error: AwsError, request_id: str) -> HttpResponse:
    """Return the reply that carries an error, in the words of the target's protocol.

    Without a target (the request could not be understood at all) it is a plain XML error.
    """
    if target is None:
        return query.serialize_error(None, None, error, request_id)
    if target.protocol == app_addresses.APP:
        return app_addresses.serialize_error(target, error)
    protocol = query_json if target.replies_in_json else _ERRORS.get(target.protocol, json_rpc)
    model = model_for(target.service, target.protocol)
    response: HttpResponse = protocol.serialize_error(model, target, error, request_id)
    return response


def _compile(target: Target) -> Codec:
    operation = target.operation
    if target.protocol == app_addresses.APP:
        return app_addresses.CODEC
    if operation in raw_operations.NAMES.get(target.service, ()):
        return raw_operations.CODEC
    if operation is None or not has_operation(target.service, operation):
        raise _unknown_operation(target)
    protocol = _PROTOCOLS.get(target.protocol)
    if protocol is None:
        text = f"The protocol {target.protocol} is not supported."
        raise AwsError("UnsupportedOperation", text, status=501)
    codec: Codec = protocol.compile_codec(model_for(target.service, target.protocol), operation)
    _CODECS[target.service, target.protocol, operation] = codec
    return codec


def _unknown_operation(target: Target) -> AwsError:
    if target.protocol == "rest-xml":
        return AwsError(
            "MethodNotAllowed", "The specified method is not allowed against this resource."
        )
    if target.protocol != "query" or target.operation is None:
        # DynamoDB's status is its own (ScyllaDB's tests, verified on AWS).
        status = 400 if target.service in {"dynamodb", "dynamodbstreams"} else 404
        return AwsError("UnknownOperationException", "", status=status)
    if target.service == "sqs":
        return sqs_query.invalid_action(target.operation)
    version = model_for(target.service, target.protocol).metadata["apiVersion"]
    text = f"Could not find operation {target.operation} for version {version}"
    return AwsError("InvalidAction", text)
