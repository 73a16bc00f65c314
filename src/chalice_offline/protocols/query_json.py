"""JSON replies of the query protocol, for clients that send `Accept: application/json`.

Recorded from SQS (2020 to 2024): the XML document's wrappers become objects, names stand in
alphabetical order, an absent member is null. Names are those of AWS's own model and not of the
XML: "messages" and "queueUrls" where the XML has elements Message and QueueUrl. A map of SQS is
a list of {"Name", "Value"} objects.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chalice_offline.protocols import query, replies
from chalice_offline.protocols.json_body import JsonWriters, dump_document
from chalice_offline.protocols.service_models import model_for
from chalice_offline.protocols.sqs_query import MAP_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.http import HttpResponse
    from chalice_offline.protocols.json_body import Writer
    from chalice_offline.protocols.target import Target

_CONTENT_TYPE = "application/json"
# Members of results whose names in these replies differ from the model's (recorded).
_SQS_MEMBERS = {
    "ListQueuesResult": {"QueueUrls": "queueUrls"},
    "ReceiveMessageResult": {"Messages": "messages"},
}


def serialize(target: Target, result: dict[str, Any], request_id: str) -> HttpResponse:
    """Return the reply that carries an operation's result."""
    name = target.operation or ""
    wrapper, write = _result_writer(target.service, name)
    document: dict[str, Any] = {"ResponseMetadata": {"RequestId": request_id}}
    if wrapper and write:
        written = write(result)
        names = _SQS_MEMBERS.get(wrapper, {}) if target.service == "sqs" else {}
        document[wrapper] = {names.get(member, member): item for member, item in written.items()}
    return _reply(200, {f"{name}Response": dict(sorted(document.items()))}, request_id)


def serialize_error(model: Any, _target: Target, error: AwsError, request_id: str) -> HttpResponse:
    """Return the error in the words of the query protocol.

    A request without an action is answered before its headers count: in XML (recorded).
    """
    if query.names_no_operation(error):
        return query.unknown_operation(request_id)
    parts = query.error_parts(model, error)
    described = {
        **error.fields,
        "Code": parts.code,
        "Message": parts.message,
        "Type": parts.fault,
    }
    return _reply(parts.status, {"Error": described, "RequestId": request_id}, request_id)


def _reply(status: int, document: dict[str, Any], request_id: str) -> HttpResponse:
    headers = {"x-amzn-requestid": request_id}
    return replies.reply(status, dump_document(document), _CONTENT_TYPE, headers)


@cache
def _result_writer(service: str, operation: str) -> tuple[str, Writer | None]:
    """Return the name of an operation's result and its writer; "" when it has no result."""
    output = model_for(service, "query").operation_model(operation).output_shape
    if output is None:
        return "", None
    writers = _NullingWriters(MAP_NAMES if service == "sqs" else {})
    wrapper = output.serialization.get("resultWrapper", f"{operation}Result")
    return wrapper, writers.members(output.members)


class _NullingWriters(JsonWriters):
    """Writes every member a shape has, in order of name, null where the value has none."""

    def __init__(self, entry_names: dict[str, tuple[str, str, str]]) -> None:
        super().__init__()
        self._entry_names = entry_names

    def members(self, members: dict[str, Any]) -> Writer:
        table = [(name, self.compile(members[name])) for name in sorted(members)]

        def write(value: dict[str, Any]) -> dict[str, Any]:
            get = value.get
            return {
                name: None if (item := get(name)) is None else write_member(item)
                for name, write_member in table
            }

        return write

    def map_(self, shape: Any) -> Callable[[Any], Any]:
        if shape.name not in self._entry_names:
            return super().map_(shape)
        _, key_name, value_name = self._entry_names[shape.name]
        write_value = self.compile(shape.value)
        return lambda value: [
            {key_name: key, value_name: write_value(item)}
            for key, item in value.items()
            if item is not None
        ]
