"""What all protocols' replies have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.http import Headers, HttpResponse

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError


def reply(
    status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Return a reply with its length; `headers` are the protocol's own fields, in lower case."""
    fields = {"content-type": content_type} if content_type else {}
    if status not in (204, 304):
        fields["content-length"] = str(len(body))
    if headers:
        fields.update(headers)
    return HttpResponse(status, Headers.folded(fields), body)


def error_shape(model: Any, code: str) -> Any:
    """Return the model's shape for an error's shape name or wire code, or None."""
    by_code = model.shape_for_error_code(code)
    if by_code is not None:
        return by_code
    if code in model.shape_names:
        shape = model.shape_for(code)
        return shape if shape.metadata.get("exception") else None
    return None


def error_status(shape: Any, error: AwsError) -> int:
    """Return the HTTP status the model gives to an error, else the error's own."""
    if shape is None:
        return error.status
    return int(shape.metadata.get("error", {}).get("httpStatusCode", error.status))


def is_server_fault(shape: Any, error: AwsError) -> bool:
    """Tell whether the service, not the caller, is to blame."""
    declared = shape.metadata.get("error", {}) if shape is not None else {}
    if "senderFault" in declared:
        return not declared["senderFault"]
    if "httpStatusCode" in declared:
        return bool(declared["httpStatusCode"] >= 500)
    return not error.sender_fault


def message_member(shape: Any) -> str:
    """Return how the error shape spells its message member."""
    if shape is not None:
        for name in ("Message", "message"):
            if name in shape.members:
                return name
    return "message"
