"""A published message and its attributes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.sns.errors import invalid_message_attribute
from chalice_offline.services.sns.limits import ATTRIBUTE_NAME_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

MessageAttributes = dict[str, dict[str, Any]]

# Recorded: "String.  prefixed." is a type, "String." and "Stringprefixed" are not.
_DATA_TYPE = re.compile(r"(String|Number|Binary)(?:\..+)?", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NAME_CHARACTER = re.compile(r"[A-Za-z0-9_.-]")


@dataclass(slots=True, eq=False)
class Message:
    """One publication as every subscription sees it.

    `text` is the Message parameter, `by_protocol` its string members when MessageStructure is
    json, `signatures` those made so far, by text. `entry` is the journal entry of the call that
    published it.
    """

    message_id: str
    topic_arn: str
    text: str
    published_ms: int
    entry: int
    service_url: str
    subject: str | None = None
    by_protocol: Mapping[str, str] | None = None
    attributes: MessageAttributes = field(default_factory=dict)
    group_id: str = ""
    deduplication_id: str = ""
    sequence_number: str = ""
    trace_header: str = ""
    signature_version: str = "1"
    signatures: dict[str, str] = field(default_factory=dict)

    def text_for(self, protocol: str) -> str:
        """Return the message for one protocol."""
        if self.by_protocol is None:
            return self.text
        return self.by_protocol.get(protocol, self.by_protocol.get("default", ""))

    def filter_values(self) -> dict[str, Any]:
        """Return the attributes as a filter policy compares them.

        Developer guide, "Subscription filter policies": Binary is left out, a Number compares
        as a number, any element of a String.Array may match.
        """
        values: dict[str, Any] = {}
        for name, attribute in self.attributes.items():
            data_type = attribute["DataType"]
            if data_type == "String.Array":
                values[name] = _json_array(attribute["StringValue"])
            elif data_type.startswith("Number"):
                values[name] = _number(attribute["StringValue"])
            elif data_type.startswith("String"):
                values[name] = attribute["StringValue"]
        return values


def size_of(text: str, attributes: MessageAttributes) -> int:
    """Return what counts against the size limit: body, attribute names, types and values."""
    total = len(text.encode(errors="replace"))
    for name, attribute in attributes.items():
        total += len(name.encode()) + len(attribute["DataType"].encode())
        total += len(attribute.get("StringValue", "").encode())
        total += len(attribute.get("BinaryValue", b""))
    return total


def well_formed(text: str) -> str:
    """Return a text with "?" for surrogates that stand alone, as Java encodes them.

    JSON's escapes can spell them, UTF-8 cannot.
    """
    return text if text.isascii() else text.encode(errors="replace").decode()


def check_attributes(attributes: MessageAttributes) -> None:
    """Raise what AWS says about the first attribute it does not take (texts recorded)."""
    for name, attribute in attributes.items():
        _check_name(name)
        _check_value(name, attribute)


def _check_name(name: str) -> None:
    if len(name.encode()) > ATTRIBUTE_NAME_BYTES_MAX:
        raise invalid_message_attribute(
            "Length of message attribute name must be less than 256 bytes."
        )
    for place, position in (("starting", 0), ("ending", -1)):
        if name[position:][:1] == ".":
            raise invalid_message_attribute(
                f"Invalid message attribute name {place} with character '.' was found."
            )
    for previous, character in zip(" " + name, name, strict=False):
        if not _NAME_CHARACTER.fullmatch(character):
            raise invalid_message_attribute(
                f"Invalid non-alphanumeric character '#x{ord(character):X}' was found in the "
                "message attribute name. Can only include alphanumeric characters, hyphens, "
                "underscores, or dots."
            )
        if previous == character == ".":
            raise invalid_message_attribute(
                "Message attribute name can not have successive '.' character."
            )


def _check_value(name: str, attribute: dict[str, Any]) -> None:
    data_type = attribute["DataType"]
    kind = _DATA_TYPE.fullmatch(data_type)
    if kind is None:
        raise invalid_message_attribute(
            f"The message attribute '{name}' has an invalid message attribute type, the set of "
            "supported type prefixes is Binary, Number, and String."
        )
    has_value = "StringValue" in attribute or "BinaryValue" in attribute
    value_field = "Binary" if kind[1] == "Binary" else "String"
    value = attribute.get(f"{value_field}Value")
    if has_value and value is None:
        raise invalid_message_attribute(
            f"The message attribute '{name}' with type '{data_type}' must use field "
            f"'{value_field}'."
        )
    if not value:
        raise invalid_message_attribute(
            f"The message attribute '{name}' must contain non-empty message attribute value for "
            f"message attribute type '{data_type}'."
        )
    if kind[1] == "Number" and not _NUMBER.fullmatch(value):
        raise invalid_message_attribute(
            f"Could not cast message attribute '{name}' value to number."
        )


def _json_array(text: str) -> Any:
    """Return the elements of a String.Array; a value that is none compares as its text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, list) else text


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
