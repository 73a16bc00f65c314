"""The query protocol: parameters in a form or a query string, replies in XML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.core.utf8 import utf8
from chalice_offline.protocols import error_codes, form, replies, scalars, sqs_query
from chalice_offline.protocols.codec import Codec
from chalice_offline.protocols.shapes import ShapeCompiler, entry_names, wire_name
from chalice_offline.protocols.validation import validator
from chalice_offline.protocols.xml_body import XmlWriters, escape

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.protocols.target import Target

# A node of the form's tree: the text of a leaf, or the children by name.
Node = Any
NodeReader = Callable[[Node], Any]

_CONTENT_TYPE = "text/xml"


def compile_codec(model: Any, operation: str) -> Codec:
    """Compile one operation of a service that speaks the query protocol."""
    shapes = model.operation_model(operation)
    service = model.service_name
    read = _FormReaders().compile(shapes.input_shape) if shapes.input_shape else None
    validate = validator(service, "query", shapes.input_shape)
    takes_queue_url = service == "sqs" and "QueueUrl" in _members(shapes.input_shape)
    not_at_a_queue = service == "sqs" and operation in sqs_query.NOT_AT_A_QUEUE

    def parse(request: HttpRequest) -> dict[str, Any]:
        if not_at_a_queue and sqs_query.is_queue_path(request.path):
            raise sqs_query.invalid_action(operation)
        root = form.tree(request_pairs(request))
        params: dict[str, Any] = read(root) if read else {}
        if takes_queue_url and "QueueUrl" not in params and request.path.count("/") > 1:
            # Requests of old SDKs are addressed to the queue itself.
            params["QueueUrl"] = request.endpoint + request.path
        validate(params)
        return params

    return Codec(parse, _reply_writer(model, shapes))


def request_pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the parameters of a request, query string first, then the form body."""
    pairs = form.decode_pairs(request.query) if request.query else []
    if request.body:
        pairs += form.decode_pairs(form.form_text(request.body))
    return pairs


def _members(shape: Any) -> dict[str, Any]:
    return shape.members if shape is not None else {}


def _reply_writer(model: Any, shapes: Any) -> Callable[[dict[str, Any], str], HttpResponse]:
    name = shapes.name
    start = f'<?xml version="1.0"?><{name}Response xmlns="{model.metadata["xmlNamespace"]}">'
    output = shapes.output_shape
    write = XmlWriters().members(output.members) if output else None
    wrapper = output.serialization.get("resultWrapper") if output else None

    def serialize(result: dict[str, Any], request_id: str) -> HttpResponse:
        out: list[str] = []
        if write:
            write(result, out)
        content = "".join(out)
        if wrapper:
            content = f"<{wrapper}>{content}</{wrapper}>" if content else f"<{wrapper}/>"
        body = utf8(
            f"{start}{content}"
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{name}Response>"
        )
        return replies.reply(200, body, _CONTENT_TYPE, {"x-amzn-requestid": request_id})

    return serialize


class ErrorParts(NamedTuple):
    """What a query client is told of an error, in XML or in JSON."""

    status: int
    fault: str
    code: str
    message: str


def error_parts(model: Any, error: AwsError) -> ErrorParts:
    """Return an error under the service's query code; `model` is None for no known service."""
    service = model.service_name if model is not None else ""
    shape = replies.error_shape(model, error.code) if model is not None else None
    code = shape.error_code if shape is not None else error.code
    message = error.message
    status = replies.error_status(shape, error)
    if service == "sqs":
        name = error_codes.SQS_SHAPES.get(error.code, error.code)
        code = error_codes.SQS_LEGACY_CODES.get(name, name)
        status = error_codes.SQS_STATUS.get(name, status)
        message = error_codes.SQS_QUERY_MESSAGES.get(message, message)
    fault = "Receiver" if replies.is_server_fault(shape, error) else "Sender"
    return ErrorParts(status, fault, code, message)


def serialize_error(
    model: Any, _target: Target | None, error: AwsError, request_id: str
) -> HttpResponse:
    """Return the error as `<ErrorResponse>`, with the service's query code."""
    if names_no_operation(error):
        return unknown_operation(request_id)
    parts = error_parts(model, error)
    namespace = model.metadata.get("xmlNamespace") if model is not None else None
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    fields = "".join(
        f"<{name}>{escape(str(value))}</{name}>" for name, value in error.fields.items()
    )
    body = utf8(
        f'<?xml version="1.0"?><ErrorResponse{xmlns}>'
        f"<Error><Type>{parts.fault}</Type><Code>{escape(parts.code)}</Code>"
        f"<Message>{escape(parts.message)}</Message>{fields}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return replies.reply(parts.status, body, _CONTENT_TYPE, {"x-amzn-requestid": request_id})


def names_no_operation(error: AwsError) -> bool:
    """Tell whether the request itself lacks what would name an operation."""
    return error.code == "UnknownOperationException"


def unknown_operation(request_id: str) -> HttpResponse:
    """Return the answer to a request without `Action`: a bare element and no type (recorded)."""
    body = b"<UnknownOperationException/>\n"
    return replies.reply(404, body, "", {"x-amzn-requestid": request_id})


def _malformed_input(text: str) -> AwsError:
    return AwsError("MalformedInput", text)


class _FormReaders(ShapeCompiler[NodeReader]):
    """Turns nodes of the form's tree into values of input shapes."""

    def leaf(self, shape: Any) -> NodeReader:
        """Compile a scalar."""
        type_name = shape.type_name
        value_of = scalars.text_reader(type_name)

        def read(node: Node) -> Any:
            if node.__class__ is not str:
                raise _malformed_input("Unexpected structure where a value is expected.")
            try:
                return value_of(node)
            except ValueError as error:
                raise _malformed_input(f"{node} can not be converted to {type_name}.") from error

        return read

    def structure(self, shape: Any) -> NodeReader:
        """Compile a structure."""
        table = [
            (name, wire_name(name, member), self.compile(member))
            for name, member in shape.members.items()
        ]
        # SQS takes MessageAttributes.1.Name for MessageAttribute.1.Name as well (recorded).
        table += [
            (name, name, read_member)
            for name, field, read_member in table
            if name == "MessageAttributes" and field != name
        ]

        def read(node: Node) -> dict[str, Any]:
            if node.__class__ is not dict:
                if node:
                    raise _malformed_input("Unexpected value where a structure is expected.")
                return {}
            get = node.get
            result = {}
            for name, field, read_member in table:
                item = get(field)
                if item is not None:
                    result[name] = read_member(item)
            return result

        return read

    def list_(self, shape: Any) -> NodeReader:
        """Compile a list."""
        read_member = self.compile(shape.member)
        flattened = shape.serialization.get("flattened")
        member_name = shape.member.serialization.get("name", "member")

        def read(node: Node) -> Any:
            if node.__class__ is not dict:
                if node:
                    raise _malformed_input("Start of list found where not expected.")
                return []
            if not flattened and member_name in node:
                node = node[member_name]
                if node.__class__ is not dict:
                    raise _malformed_input("Start of list found where not expected.")
            return [read_member(child) for child in form.numbered(node)]

        return read

    def map_(self, shape: Any) -> NodeReader:
        """Compile a map."""
        read_value = self.compile(shape.value)
        flattened = shape.serialization.get("flattened")
        key_name, value_name = entry_names(shape)

        def read(node: Node) -> dict[str, Any]:
            if not flattened and node.__class__ is dict:
                node = node.get("entry", "")
            if node.__class__ is not dict:
                return {}
            result = {}
            for entry in form.numbered(node):
                if entry.__class__ is not dict or entry.get(key_name).__class__ is not str:
                    raise _malformed_input("Unexpected map entry without a key.")
                result[entry[key_name]] = read_value(entry.get(value_name, ""))
            return result

        return read
