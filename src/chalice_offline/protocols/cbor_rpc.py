"""JSON 1.1 in CBOR: blobs are bytes and instants are tagged, the rest is the same.

`application/x-amz-cbor-1.1` is what AWS's Java SDK speaks to Kinesis; there the operation is named
as in JSON. RPC v2 CBOR (smithy.io, "Smithy RPC v2 CBOR protocol") names it in the path.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import cbor, json_rpc, replies, scalars
from chalice_offline.protocols.codec import Codec
from chalice_offline.protocols.event_stream import event_stream_member, event_stream_reply
from chalice_offline.protocols.json_body import JsonReaders, JsonWriters
from chalice_offline.protocols.validation import validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.protocols.target import Target

CONTENT_TYPE = "application/x-amz-cbor-1.1"
RPC_V2 = "smithy-rpc-v2-cbor"


def compile_codec(model: Any, operation: str) -> Codec:
    """Compile one operation."""
    shapes = model.operation_model(operation)
    read = _CborReaders().compile(shapes.input_shape) if shapes.input_shape else dict
    output = shapes.output_shape
    write = _CborWriters().compile(output) if output else None
    stream = event_stream_member(output)
    write_event = _CborWriters().compile(output.members[stream]) if stream else None
    validate = validator(model.service_name, "json", shapes.input_shape)

    def parse(request: HttpRequest) -> dict[str, Any]:
        document = cbor.load(request.body)
        if document.__class__ is not dict:
            raise AwsError("SerializationException", "Expected structure or null")
        params: dict[str, Any] = read(document)
        validate(params)
        return params

    def serialize(result: dict[str, Any], request_id: str) -> HttpResponse:
        if stream is not None and write_event is not None:
            feed = result[stream]
            return event_stream_reply(feed, write_event, cbor.dump, CONTENT_TYPE, request_id)
        body = cbor.dump(write(result) if write else {})
        return replies.reply(200, body, CONTENT_TYPE, {"x-amzn-requestid": request_id})

    return Codec(parse, serialize)


def serialize_error(model: Any, target: Target, error: AwsError, request_id: str) -> HttpResponse:
    """Return the error as in JSON, in CBOR."""
    status, document, headers = json_rpc.error_document(model, target, error, request_id)
    content_type = CONTENT_TYPE
    if target.protocol == RPC_V2:
        content_type = "application/cbor"
        headers["smithy-protocol"] = "rpc-v2-cbor"
    return replies.reply(status, cbor.dump(document), content_type, headers)


class _CborReaders(JsonReaders):
    """Turns CBOR values into values of input shapes."""

    def leaf(self, shape: Any) -> Callable[[Any], Any]:
        """Compile a scalar: bytes and instants need no reading."""
        read = super().leaf(shape)
        native = {"blob": bytes, "timestamp": datetime}.get(shape.type_name)
        if native is None:
            return read
        return lambda value: value if isinstance(value, native) else read(value)


class _CborWriters(JsonWriters):
    """Turns values of output shapes into CBOR values."""

    def leaf(self, shape: Any) -> Callable[[Any], Any]:
        """Compile a scalar."""
        if shape.type_name == "timestamp":
            return lambda value: cbor.Instant(round(scalars.epoch_seconds(value) * 1000))
        if shape.type_name == "blob":
            return lambda value: value.encode() if isinstance(value, str) else bytes(value)
        return super().leaf(shape)
