"""XML documents by shape: results written for query and rest-xml, bodies read for rest-xml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree import ElementTree as ET

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import scalars
from chalice_offline.protocols.shapes import ShapeCompiler, entry_names, wire_name

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


class XmlWriters(ShapeCompiler[XmlWriter]):
    """Writes values of output shapes as elements."""

    def later(self, structures: dict[str, Any], name: str) -> XmlWriter:
        """Stand in for a structure within itself."""

        def write(value: Any, element: str, out: list[str]) -> None:
            structures[name](value, element, out)

        return write

    def leaf(self, shape: Any) -> XmlWriter:
        """Compile a scalar."""
        if shape.type_name in ("string", "character"):

            def write_text(value: Any, element: str, out: list[str]) -> None:
                out.append(f"<{element}>{escape(str(value))}</{element}>")

            return write_text
        timestamp_format = shape.serialization.get("timestampFormat", "iso8601")
        text_of = scalars.text_writer(shape.type_name, timestamp_format)

        def write(value: Any, element: str, out: list[str]) -> None:
            out.append(f"<{element}>{text_of(value)}</{element}>")

        return write

    def structure(self, shape: Any) -> XmlWriter:
        """Compile a structure: its members within, or as attributes of, one element."""
        write_members = self.members(shape.members)
        attributes = _attributes_writer(shape)

        def write(value: Any, element: str, out: list[str]) -> None:
            out.append(f"<{element}{attributes(value) if attributes else ''}>")
            write_members(value, out)
            out.append(f"</{element}>")

        return write

    def members(self, members: dict[str, Any]) -> Callable[[Any, list[str]], None]:
        """Return the writer of a structure's members, in the model's order; None is left out."""
        table = [
            (name, wire_name(name, shape), self.compile(shape))
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

    def list_(self, shape: Any) -> XmlWriter:
        """Compile a list: an element with its members, or the members alone."""
        write_member = self.compile(shape.member)
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

    def map_(self, shape: Any) -> XmlWriter:
        """Compile a map: an element with its entries, or the entries alone."""
        key_name, value_name = entry_names(shape)
        write_value = self.compile(shape.value)

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


class XmlReaders(ShapeCompiler[XmlReader]):
    """Turns elements into values of input shapes."""

    def leaf(self, shape: Any) -> XmlReader:
        """Compile a scalar."""
        value_of = scalars.text_reader(shape.type_name)

        def read(element: ET.Element) -> Any:
            if len(element):
                raise malformed_xml()
            try:
                return value_of(element.text or "")
            except ValueError as error:
                raise malformed_xml() from error

        return read

    def structure(self, shape: Any) -> XmlReader:
        """Compile a structure: its members are children, or attributes of the element."""
        attributes = {
            member.serialization.get("name", name).rpartition(":")[2]: name
            for name, member in shape.members.items()
            if member.serialization.get("xmlAttribute")
        }
        read_children = self.members(
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

    def members(self, members: dict[str, Any]) -> XmlReader:
        """Return the reader of an element whose children are the given members."""
        table = [
            (name, shape.serialization.get("name", name), self._of_children(shape))
            for name, shape in members.items()
            if not shape.serialization.get("location")
        ]

        def read(element: ET.Element) -> dict[str, Any]:
            children: dict[str, list[ET.Element]] = {}
            for child in element:
                children.setdefault(local_name(child), []).append(child)
            return {
                name: read_member(children[tag])
                for name, tag, read_member in table
                if tag in children
            }

        return read

    def list_(self, shape: Any) -> XmlReader:
        """Compile a list: the children of its element are its members."""
        return self._items(shape)

    def map_(self, shape: Any) -> XmlReader:
        """Compile a map: the children of its element are its entries."""
        return self._entries(shape)

    def _of_children(self, shape: Any) -> Callable[[list[ET.Element]], Any]:
        """Return the reader of a member's elements: all of a flattened one's, else the last."""
        if shape.serialization.get("flattened"):
            return self._items(shape) if shape.type_name == "list" else self._entries(shape)
        read = self.compile(shape)
        return lambda elements: read(elements[-1])

    def _items(self, shape: Any) -> Callable[[Iterable[ET.Element]], Any]:
        read_member = self.compile(shape.member)
        return lambda elements: [read_member(element) for element in elements]

    def _entries(self, shape: Any) -> Callable[[Iterable[ET.Element]], dict[str, Any]]:
        key_name, value_name = entry_names(shape)
        read_value = self.compile(shape.value)

        def read(entries: Iterable[ET.Element]) -> dict[str, Any]:
            result = {}
            for entry in entries:
                parts = {local_name(part): part for part in entry}
                if key_name not in parts or value_name not in parts:
                    raise malformed_xml()
                result[parts[key_name].text or ""] = read_value(parts[value_name])
            return result

        return read
