"""The JSON protocols 1.0 and 1.1: `X-Amz-Target` names the operation, the body is one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import error_codes, replies
from chalice_offline.protocols.codec import Codec
from chalice_offline.protocols.dynamodb_body import DynamoDbReaders
from chalice_offline.protocols.event_stream import event_stream_member, event_stream_reply
from chalice_offline.protocols.json_body import (
    JsonReaders,
    JsonWriters,
    dump_document,
    load_document,
)
from chalice_offline.protocols.validation import validator

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.protocols.target import Target

_DYNAMODB = ("dynamodb", "dynamodbstreams")
_DENIED = "AccessDeniedException"


def compile_codec(model: Any, operation: str) -> Codec:
    """Compile one operation of a service that speaks JSON."""
    shapes = model.operation_model(operation)
    service = model.service_name
    content_type = _content_type(model)
    readers = DynamoDbReaders() if service in _DYNAMODB else JsonReaders()
    read = readers.compile(shapes.input_shape) if shapes.input_shape else dict
    output = shapes.output_shape
    write = JsonWriters().compile(output) if output else None
    stream = event_stream_member(output)
    write_event = JsonWriters().compile(output.members[stream]) if stream else None
    validate = validator(service, "json", shapes.input_shape)
    # Where the model has no reply DynamoDB sends no body (ScyllaDB's tests, verified on AWS).
    nothing = b"" if service == "dynamodb" else b"{}"

    def parse(request: HttpRequest) -> dict[str, Any]:
        document = load_document(request.body)
        if document.__class__ is not dict:
            raise AwsError("SerializationException", "Expected structure or null")
        params: dict[str, Any] = read(document)
        validate(params)
        return params

    def serialize(result: dict[str, Any], request_id: str) -> HttpResponse:
        if stream is not None and write_event is not None:
            feed = result[stream]
            return event_stream_reply(feed, write_event, dump_document, content_type, request_id)
        body = (dump_document(write(result)) if result else b"{}") if write else nothing
        return replies.reply(200, body, content_type, {"x-amzn-requestid": request_id})

    return Codec(parse, serialize)


def serialize_error(model: Any, target: Target, error: AwsError, request_id: str) -> HttpResponse:
    """Return the error as a JSON object with `__type`, and SQS's header for older clients."""
    status, document, headers = error_document(model, target, error, request_id)
    return replies.reply(status, dump_document(document), _content_type(model), headers)


def error_document(
    model: Any, _target: Target, error: AwsError, request_id: str
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return status, members and header fields of an error's reply."""
    service = model.service_name
    name = error.code
    headers = {"x-amzn-requestid": request_id}
    if service == "sqs":
        name = error_codes.SQS_SHAPES.get(name, name)
        fault = "Sender" if error.sender_fault else "Receiver"
        legacy = error_codes.SQS_LEGACY_CODES.get(name, name)
        headers["x-amzn-query-error"] = f"{legacy};{fault}"
    shape = replies.error_shape(model, name)
    document = {"__type": _type_name(service, name), **error.fields}
    if error.message or name not in error_codes.FRAMEWORK_CODES:
        document[_message_member(shape, service, name)] = error.message
    status = error_codes.SQS_STATUS.get(name) if service == "sqs" else None
    return status or replies.error_status(shape, error), document, headers


def _content_type(model: Any) -> str:
    return f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.0')}"


def _type_name(service: str, name: str) -> str:
    if name in error_codes.FRAMEWORK_CODES:
        return f"{error_codes.FRAMEWORK_NAMESPACE}#{name}"
    if service in _DYNAMODB and name in error_codes.DYNAMODB_NAMESPACES:
        return f"{error_codes.DYNAMODB_NAMESPACES[name]}#{name}"
    namespace = error_codes.JSON_NAMESPACES.get(service)
    return f"{namespace}#{name}" if namespace else name


def _message_member(shape: Any, service: str, name: str) -> str:
    if name in error_codes.FRAMEWORK_CODES or (service, name) == ("dynamodb", _DENIED):
        return "Message"
    return replies.message_member(shape)
