"""rest-xml: XML bodies, errors as S3 writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.utf8 import utf8
from chalice_offline.protocols import error_codes, replies, rest, s3_documents, xml_body
from chalice_offline.protocols.s3_ids import host_id_of, s3_request_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
    from chalice_offline.protocols.codec import Codec
    from chalice_offline.protocols.target import Target

_CONTENT_TYPE = "application/xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_MODIFIED = 304
_S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class _XmlBodies:
    protocol = "rest-xml"
    content_type = _CONTENT_TYPE
    refused_body = s3_documents.REFUSED_BODY

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._readers = xml_body.XmlReaders()
        self._writers = xml_body.XmlWriters()

    @staticmethod
    def id_headers(request_id: str) -> dict[str, str]:
        return {
            "x-amz-request-id": s3_request_id(request_id),
            "x-amz-id-2": host_id_of(request_id),
            "server": "AmazonS3",
        }

    @staticmethod
    def fields(request: HttpRequest) -> Headers:
        return (
            s3_documents.fields_of_link(request)
            if "Signature=" in request.url
            else (request.headers)
        )

    @staticmethod
    def unreadable(name: str, shape: Any, text: str) -> AwsError | None:
        return s3_documents.unreadable(name, shape, text)

    def members_reader(self, members: dict[str, Any]) -> Callable[[bytes], dict[str, Any]]:
        read = self._readers.members(members)
        return lambda body: read(xml_body.load_document(body)) if body else {}

    def payload_reader(self, shape: Any) -> Callable[[bytes], Any]:
        read = self._readers.compile(shape)
        return lambda body: read(xml_body.load_document(body))

    def members_writer(
        self, operation: Any, members: dict[str, Any]
    ) -> Callable[[dict[str, Any]], bytes]:
        if operation.name == s3_documents.LOCATION_OPERATION:
            return s3_documents.location_writer(_DECLARATION, self._namespace)
        root = s3_documents.ROOTS.get(operation.name, operation.output_shape.name)
        first = s3_documents.FIRST.get(operation.name, ())
        last = s3_documents.LAST.get(operation.name, ())
        middle = [name for name in members if name not in last]
        ordered = {name: members[name] for name in (*first, *middle, *last)}
        return self._document_writer(root, self._writers.members(ordered))

    def payload_writer(self, name: str, shape: Any) -> Callable[[Any], bytes]:
        root = shape.serialization.get("name", name)
        return self._document_writer(root, self._writers.members(shape.members))

    def _document_writer(
        self, root: str, write: Callable[[Any, list[str]], None]
    ) -> Callable[[Any], bytes]:
        start = f'{_DECLARATION}<{root} xmlns="{self._namespace}">'

        def write_document(value: Any) -> bytes:
            out = [start]
            write(value, out)
            out.append(f"</{root}>")
            return utf8("".join(out))

        return write_document


def compile_codec(model: Any, operation: str) -> Codec:
    """Compile one operation of a rest-xml service."""
    namespace = model.metadata.get("xmlNamespace", _S3_NAMESPACE)
    return rest.compile_codec(model, operation, _XmlBodies(namespace))


def serialize_error(model: Any, _target: Target, error: AwsError, request_id: str) -> HttpResponse:
    """Return the error as S3's `<Error>`; `fields` follow the message (BucketName, Key, …)."""
    shape = replies.error_shape(model, error.code)
    status = error_codes.S3_STATUS.get(error.code) or replies.error_status(shape, error)
    headers = {**_XmlBodies.id_headers(request_id), **error.headers}
    if status == _NOT_MODIFIED:
        return replies.reply(status, b"", "", headers)
    elements = {
        "Code": error.code,
        "Message": error.message,
        **error.fields,
        "RequestId": headers["x-amz-request-id"],
        "HostId": headers["x-amz-id-2"],
    }
    written = "".join(
        f"<{name}>{xml_body.escape(str(value))}</{name}>" for name, value in elements.items()
    )
    body = utf8(f"{_DECLARATION}<Error>{written}</Error>")
    return replies.reply(status, body, _CONTENT_TYPE, headers)
