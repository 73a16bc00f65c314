"""XML documents by shape: results written for query and rest-xml, bodies read for rest-xml."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import scalars

# (value, element name, pieces of the document so far)
XmlWriter = Callable[[Any, str, list[str]], None]
XmlReader = Callable[[ET.Element], Any]

_SPECIAL = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"}


def escape(text: str) -> str:
    """Escape text for XML as AWS does; what XML 1.0 cannot carry becomes U+FFFD."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], "\ufffd"), text)


class XmlWriters:
    """Compiles the output shapes of one service model; a shape met again is reused."""

    def __init__(self) -> None:
        self._structures: dict[str, XmlWriter | None] = {}

    def members_writer(self, members: dict[str, Any]) -> Callable[[Any, list[str]], None]:
        """Return the writer of a structure's members, in the model's order; None is left out."""
        table = [
            (name, element_name(name, shape), self.writer(shape))
            for name, shape in members.items()
            if not shape.serialization.get("xmlAttribute")
        ]

        def write(value: Any, out: list[str]) -> None:
            get = value.get
            for name, element, write_member in table:
                item = get(name)
                if item is not None:
                    write_member(item, element, out)

        return write

    def writer(self, shape: Any) -> XmlWriter:
        """Return the function that writes a value of the shape as an element."""
        if shape.type_name == "structure":
            return self._structure(shape)
        if shape.type_name == "list":
            return self._list(shape)
        if shape.type_name == "map":
            return self._map(shape)
        return _scalar_writer(shape)

    def _structure(self, shape: Any) -> XmlWriter:
        if shape.name not in self._structures:
            self._structures[shape.name] = None
            self._structures[shape.name] = self._compile_structure(shape)
        return self._structures[shape.name] or self._late(shape.name)

    def _late(self, name: str) -> XmlWriter:
        def write(value: Any, element: str, out: list[str]) -> None:
            compiled = self._structures[name]
            assert compiled is not None
            compiled(value, element, out)

        return write

    def _compile_structure(self, shape: Any) -> XmlWriter:
        write_members = self.members_writer(shape.members)
        attributes = _attributes_writer(shape)

        def write(value: Any, element: str, out: list[str]) -> None:
            out.append(f"<{element}{attributes(value) if attributes else ''}>")
            write_members(value, out)
            out.append(f"</{element}>")

        return write

    def _list(self, shape: Any) -> XmlWriter:
        write_member = self.writer(shape.member)
        if shape.serialization.get("flattened"):

            def write_flattened(value: Any, element: str, out: list[str]) -> None:
                for item in value:
                    write_member(item, element, out)

            return write_flattened
        member_name = shape.member.serialization.get("name", "member")

        def write(value: Any, element: str, out: list[str]) -> None:
            out.append(f"<{element}>")
            for item in value:
                write_member(item, member_name, out)
            out.append(f"</{element}>")

        return write

    def _map(self, shape: Any) -> XmlWriter:
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        write_value = self.writer(shape.value)

        def write_entries(value: Any, element: str, out: list[str]) -> None:
            for key, item in value.items():
                if item is not None:
                    out.append(f"<{element}><{key_name}>{escape(str(key))}</{key_name}>")
                    write_value(item, value_name, out)
                    out.append(f"</{element}>")

        if shape.serialization.get("flattened"):
            return write_entries

        def write(value: Any, element: str, out: list[str]) -> None:
            out.append(f"<{element}>")
            write_entries(value, "entry", out)
            out.append(f"</{element}>")

        return write


def element_name(member: str, shape: Any) -> str:
    """Return the element a structure's member is carried in.

    A flattened list is its members, so their name counts before the list's.
    """
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        own = shape.member.serialization.get("name")
        if own:
            return str(own)
    return str(shape.serialization.get("name", member))


def _scalar_writer(shape: Any) -> XmlWriter:
    if shape.type_name in ("string", "character"):

        def write_text(value: Any, element: str, out: list[str]) -> None:
            out.append(f"<{element}>{escape(str(value))}</{element}>")

        return write_text
    type_name = shape.type_name
    timestamp_format = shape.serialization.get("timestampFormat", "iso8601")

    def write(value: Any, element: str, out: list[str]) -> None:
        text = scalars.scalar_text(value, type_name, timestamp_format)
        out.append(f"<{element}>{escape(text)}</{element}>")

    return write


def _attributes_writer(shape: Any) -> Callable[[Any], str] | None:
    table = [
        (name, member.serialization.get("name", name))
        for name, member in shape.members.items()
        if member.serialization.get("xmlAttribute")
    ]
    if not table:
        return None
    namespace = _namespace_attribute(shape)

    def attributes(value: Any) -> str:
        written = (
            f' {wire_name}="{escape(str(value[name]))}"'
            for name, wire_name in table
            if value.get(name) is not None
        )
        return namespace + "".join(written)

    return attributes


def _namespace_attribute(shape: Any) -> str:
    namespace = shape.serialization.get("xmlNamespace")
    if not namespace:
        return ""
    prefix = f":{namespace['prefix']}" if namespace.get("prefix") else ""
    return f' xmlns{prefix}="{namespace["uri"]}"'


def load_document(body: bytes) -> ET.Element:
    """Parse one XML document, namespaces kept. Raises AwsError("MalformedXML")."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise malformed_xml()
    try:
        return ET.fromstring(body.decode())  # noqa: S314 - documents with a DTD are refused above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise malformed_xml() from error


def malformed_xml() -> AwsError:
    """Return the error S3 gives for a body that is no XML, or not of the expected shape."""
    text = (
        "The XML you provided was not well-formed or did not validate against our published schema"
    )
    return AwsError("MalformedXML", text)


def local_name(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


class XmlReaders:
    """Compiles the input shapes of one service model; a shape met again is reused."""

    def __init__(self) -> None:
        self._structures: dict[str, XmlReader | None] = {}

    def reader(self, shape: Any) -> XmlReader:
        """Return the function that turns one element into a value of the shape."""
        if shape.type_name == "structure":
            return self._structure(shape)
        if shape.type_name == "list":
            return self._wrapped(self._items_reader(shape))
        if shape.type_name == "map":
            read_entries = self._entries_reader(shape)
            return lambda element: read_entries(list(element))
        return _scalar_reader(shape)

    def members_reader(self, members: dict[str, Any]) -> XmlReader:
        """Return the reader of an element whose children are the given members."""
        table = [
            (name, *self._member_reader(name, shape))
            for name, shape in members.items()
            if not shape.serialization.get("location")
        ]

        def read(element: ET.Element) -> dict[str, Any]:
            children: dict[str, list[ET.Element]] = {}
            for child in element:
                children.setdefault(local_name(child), []).append(child)
            return {
                name: read_member(children[wire_name])
                for name, wire_name, read_member in table
                if wire_name in children
            }

        return read

    def _member_reader(
        self, name: str, shape: Any
    ) -> tuple[str, Callable[[list[ET.Element]], Any]]:
        wire_name = shape.serialization.get("name", name)
        if shape.serialization.get("flattened"):
            if shape.type_name == "list":
                return wire_name, self._items_reader(shape)
            return wire_name, self._entries_reader(shape)
        read = self.reader(shape)
        return wire_name, lambda elements: read(elements[-1])

    def _structure(self, shape: Any) -> XmlReader:
        if shape.name not in self._structures:
            self._structures[shape.name] = None
            self._structures[shape.name] = self._compile_structure(shape)
        compiled = self._structures[shape.name]
        return compiled or self._late(shape.name)

    def _late(self, name: str) -> XmlReader:
        def read(element: ET.Element) -> Any:
            compiled = self._structures[name]
            assert compiled is not None
            return compiled(element)

        return read

    def _compile_structure(self, shape: Any) -> XmlReader:
        attributes = {
            member.serialization.get("name", name).rpartition(":")[2]: name
            for name, member in shape.members.items()
            if member.serialization.get("xmlAttribute")
        }
        read_children = self.members_reader(
            {
                name: member
                for name, member in shape.members.items()
                if not member.serialization.get("xmlAttribute")
            }
        )
        if not attributes:
            return read_children

        def read(element: ET.Element) -> dict[str, Any]:
            result = {
                attributes[key.rpartition("}")[2]]: value
                for key, value in element.attrib.items()
                if key.rpartition("}")[2] in attributes
            }
            result.update(read_children(element))
            return result

        return read

    def _items_reader(self, shape: Any) -> Callable[[list[ET.Element]], list[Any]]:
        read_member = self.reader(shape.member)
        return lambda elements: [read_member(element) for element in elements]

    @staticmethod
    def _wrapped(
        read_items: Callable[[list[ET.Element]], list[Any]],
    ) -> XmlReader:
        return lambda element: read_items(list(element))

    def _entries_reader(self, shape: Any) -> Callable[[list[ET.Element]], dict[str, Any]]:
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        read_value = self.reader(shape.value)

        def read(entries: list[ET.Element]) -> dict[str, Any]:
            result = {}
            for entry in entries:
                parts = {local_name(part): part for part in entry}
                if key_name not in parts or value_name not in parts:
                    raise malformed_xml()
                result[parts[key_name].text or ""] = read_value(parts[value_name])
            return result

        return read


def _scalar_reader(shape: Any) -> XmlReader:
    type_name = shape.type_name

    def read(element: ET.Element) -> Any:
        if len(element):
            raise malformed_xml()
        try:
            return scalars.scalar_from_text(element.text or "", type_name)
        except ValueError as error:
            raise malformed_xml() from error

    return read
