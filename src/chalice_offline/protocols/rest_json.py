"""rest-json: JSON bodies, error type in a header field. Lambda and EventBridge Scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.protocols import error_codes, json_body, replies, rest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
    from chalice_offline.protocols.codec import Codec
    from chalice_offline.protocols.target import Target

_CONTENT_TYPE = "application/json"


class _JsonBodies:
    protocol = "rest-json"
    content_type = _CONTENT_TYPE
    refused_body = ""

    def __init__(self) -> None:
        self._readers = json_body.JsonReaders()
        self._writers = json_body.JsonWriters()

    @staticmethod
    def id_headers(request_id: str) -> dict[str, str]:
        return {"x-amzn-requestid": request_id}

    @staticmethod
    def fields(request: HttpRequest) -> Headers:
        return request.headers

    @staticmethod
    def unreadable(_name: str, shape: Any, _text: str) -> AwsError:
        return rest.not_converted(shape)

    def members_reader(self, members: dict[str, Any]) -> Callable[[bytes], dict[str, Any]]:
        return self._document_reader(self._readers.members(members))

    def payload_reader(self, shape: Any) -> Callable[[bytes], Any]:
        return self._document_reader(self._readers.compile(shape))

    @staticmethod
    def _document_reader(read: json_body.Reader) -> Callable[[bytes], Any]:
        return lambda body: read(json_body.load_document(body))

    def members_writer(
        self, _operation: Any, members: dict[str, Any]
    ) -> Callable[[dict[str, Any]], bytes]:
        write = self._writers.members(members)
        return lambda result: json_body.dump_document(write(result))

    def payload_writer(self, _name: str, shape: Any) -> Callable[[Any], bytes]:
        write = self._writers.compile(shape)
        return lambda value: json_body.dump_document(write(value))


def compile_codec(model: Any, operation: str) -> Codec:
    """Compile one operation of a rest-json service."""
    return rest.compile_codec(model, operation, _JsonBodies())


def serialize_error(model: Any, _target: Target, error: AwsError, request_id: str) -> HttpResponse:
    """Return the error as a JSON object, its type in `x-amzn-ErrorType`.

    Members the error shape places in header fields (Retry-After) go there.
    """
    shape = replies.error_shape(model, error.code)
    members = shape.members if shape is not None else {}
    document: dict[str, Any] = {}
    if "Type" in members:
        # Lambda's only spelling of whose fault it was (recorded: "User").
        document["Type"] = "Service" if replies.is_server_fault(shape, error) else "User"
    name = error.code
    framework = name in error_codes.FRAMEWORK_CODES
    document["Message" if framework else replies.message_member(shape)] = error.message
    headers = {"x-amzn-requestid": request_id, "x-amzn-errortype": name}
    for field, value in error.fields.items():
        member = members.get(field)
        if member is not None and member.serialization.get("location") == "header":
            headers[member.serialization["name"].lower()] = str(value)
        else:
            document[field] = value
    if document.get("Type", "") is None:  # this one does not say whose fault it was
        del document["Type"]
    status = replies.error_status(shape, error)
    body = json_body.dump_document(document)
    return replies.reply(status, body, _CONTENT_TYPE, headers)
