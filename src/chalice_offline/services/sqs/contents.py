"""What a message may contain. Texts are AWS's; "[REC]" marks the recorded ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.errors import invalid_parameter, invalid_value, missing_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Request

# SendMessage, MessageBody: #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ALLOWED_TEXT = (
    "the set of allowed characters is #x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] | "
    "[#x10000 to #x10FFFF]"
)
_TOKEN = re.compile(rf"[!-~]{{1,{limits.GROUP_ID_LENGTH}}}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_RESERVED_PREFIXES = ("aws.", "amazon.")
_TYPES = ("String", "Number", "Binary")
_TRACE_HEADER = "AWSTraceHeader"


def check_body(body: str) -> None:
    """Raise AwsError for an empty body or one with characters SQS does not carry."""
    if not body:
        raise missing_parameter("MessageBody")  # [REC]
    found = _FORBIDDEN.search(body)
    if found is not None:
        text = f"Invalid binary character '{_hex(found)}' was found in the message body"
        raise AwsError("InvalidMessageContents", f"{text}, {_ALLOWED_TEXT}")


def check_token(parameter: str, value: str) -> None:
    """Raise AwsError unless `value` is 1 to 128 alphanumeric or punctuation characters."""
    if _TOKEN.fullmatch(value) is None:
        allowed = "can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise invalid_value(parameter, value, f"{parameter} {allowed}")  # [REC]


def check_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise AwsError for message attributes SQS refuses."""
    if len(attributes) > limits.MESSAGE_ATTRIBUTES:
        raise invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{limits.MESSAGE_ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        _check_name(name)
        _check_type(name, attribute)
        _check_value(name, attribute)


def stored_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return checked attributes with nothing but their type and the value that counts."""
    return {
        name: {value_key(attribute): attribute[value_key(attribute)], "DataType": kind}
        for name, attribute in attributes.items()
        if (kind := attribute["DataType"])
    }


def value_key(attribute: Mapping[str, Any]) -> str:
    """Return the member that holds an attribute's value: its type decides."""
    is_binary = attribute["DataType"].partition(".")[0] == "Binary"
    return "BinaryValue" if is_binary else "StringValue"


def trace_header(system_attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Return AWSTraceHeader, the only system attribute a sender may set, or ""."""
    for name, attribute in system_attributes.items():
        if name != _TRACE_HEADER:
            raise invalid_parameter(f"Message system attribute name '{name}' is invalid.")
        if attribute.get("DataType") != "String" or not attribute.get("StringValue"):
            raise invalid_parameter(
                f"Message (system) attribute '{name}' must contain a non-empty value of type "
                "'String'."
            )
    given = system_attributes.get(_TRACE_HEADER)
    return given["StringValue"] if given else ""


def size_bytes(request: Request) -> int:
    """Return the size that counts: body, and names, types and values of the attributes."""
    body: str = request["MessageBody"]
    size = len(body) if body.isascii() else _length(body)
    for name, attribute in (request.get("MessageAttributes") or {}).items():
        size += _length(name) + _length(attribute.get("DataType") or "")
        size += _length(attribute.get("StringValue") or "")
        size += len(attribute.get("BinaryValue") or b"")
    return size


def _length(text: str) -> int:
    # A batch is measured before its entries are checked: anything must do.
    return len(text.encode("utf-8", "surrogatepass"))


def _check_name(name: str) -> None:
    lowered = name.lower()
    if lowered.startswith(_RESERVED_PREFIXES):
        raise invalid_parameter(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. "
            "These strings are reserved for internal use."
        )
    if len(name) > limits.ATTRIBUTE_NAME_LENGTH:
        raise invalid_parameter(
            f"Length of message attribute name must be less than {limits.ATTRIBUTE_NAME_LENGTH} "
            "bytes."
        )
    # Letters beyond ASCII pass [REC], whatever the Developer Guide says.
    shaped = name and not name.startswith(".") and not name.endswith(".") and ".." not in name
    if not shaped or not all(letter.isalnum() or letter in "_-." for letter in name):
        raise invalid_parameter(
            f"Invalid attribute name '{name}': it can contain A-Z, a-z, 0-9, underscore (_), "
            "hyphen (-), and period (.) characters, and can't start or end with a period or have "
            "periods in succession."
        )


def _check_type(name: str, attribute: Mapping[str, Any]) -> None:
    kind = attribute.get("DataType")
    if not kind:
        raise invalid_parameter(
            f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    if kind.partition(".")[0] not in _TYPES or _FORBIDDEN.search(kind):
        raise invalid_parameter(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the "
            "following supported type prefixes: Binary, Number, String."
        )
    if len(kind) > limits.ATTRIBUTE_TYPE_LENGTH:
        raise invalid_parameter(
            f"Length of message attribute type must be less than {limits.ATTRIBUTE_TYPE_LENGTH} "
            "bytes."
        )
    if attribute.get("StringListValues") or attribute.get("BinaryListValues"):
        raise AwsError(
            "UnsupportedOperation",
            "Message attribute list values in SendMessage operation are not supported.",
        )


def _check_value(name: str, attribute: Mapping[str, Any]) -> None:
    kind = attribute["DataType"].partition(".")[0]
    value = attribute.get(value_key(attribute))
    if not value:
        needed = "Binary" if kind == "Binary" else "String"
        raise invalid_parameter(  # [REC]
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{needed}'."
        )
    if kind == "Binary":
        return
    found = _FORBIDDEN.search(value)
    if found is not None:
        raise invalid_parameter(
            f"Invalid binary character '{_hex(found)}' was found in the value of message (user) "
            f"attribute '{name}', {_ALLOWED_TEXT}"
        )
    if kind == "Number" and _NUMBER.fullmatch(value) is None:
        raise invalid_parameter(
            f"Can't cast the value of message (user) attribute '{name}' to a number."
        )


def _hex(found: re.Match[str]) -> str:
    return f"#x{ord(found[0]):X}"
