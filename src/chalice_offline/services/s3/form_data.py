"""multipart/form-data as browsers and boto3's helpers send it (RFC 7578)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.storage import Blob
    from chalice_offline.services.s3.contents import Content

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(\w+\*?)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;\s]+))')
_FILE = "file"
_HEAD_BYTES = 64 * 1024  # fields before the file: at most 20 kB (API reference, "POST Object")


class FormUpload(NamedTuple):
    """A form: its fields by lower-case name, and its file if it has one."""

    fields: dict[str, str]
    content: Content | None
    filename: str | None
    content_type: str


def read_form(request: HttpRequest) -> FormUpload:
    """Return the form of a request; what follows the file is ignored, as S3 does."""
    found = _BOUNDARY.search(request.headers.get("content-type") or "")
    if found is None:
        raise _malformed()
    delimiter = b"--" + found[1].encode()
    upload = request.upload
    body = request.body if upload is None else upload.part(0, _HEAD_BYTES).read()
    fields: dict[str, str] = {}
    position = body.find(delimiter)
    if position < 0:
        raise _malformed()
    while True:
        position += len(delimiter)
        if body[position : position + 2] == b"--":
            return FormUpload(fields, None, None, "")
        head_end = body.find(b"\r\n\r\n", position)
        if head_end < 0:
            raise _malformed()
        name, filename, content_type = _head(body[position:head_end])
        start = head_end + 4
        if name == _FILE:
            content = _file(request, delimiter, start, upload)
            return FormUpload(fields, content, filename, content_type)
        end = body.find(b"\r\n" + delimiter, start)
        if end < 0:
            raise _malformed()
        fields[name] = body[start:end].decode("utf-8", "replace")
        position = end + 2


def _file(request: HttpRequest, delimiter: bytes, start: int, upload: Blob | None) -> Content:
    end_mark = b"\r\n" + delimiter
    if upload is None:
        end = request.body.find(end_mark, start)
        if end < 0:
            raise _malformed()
        return request.body[start:end]
    tail_length = min(upload.length - start, _HEAD_BYTES)
    tail_start = upload.length - tail_length
    at = upload.part(tail_start, tail_length).read().find(end_mark)
    if at < 0:
        raise _malformed()
    return upload.part(start, tail_start + at - start)


def _head(text: bytes) -> tuple[str, str | None, str]:
    name = content_type = ""
    filename: str | None = None
    for line in text.decode("utf-8", "replace").split("\r\n"):
        field, _, value = line.partition(":")
        if field.strip().lower() == "content-disposition":
            for key, quoted, plain in _PARAMETER.findall(value):
                # Of a path on Windows the backslashes are its own: browsers escape quotes only.
                unescaped = quoted.replace('\\"', '"') or plain
                if key.lower() == "name":
                    name = unescaped.lower()
                elif key.lower() == "filename":
                    filename = unescaped
        elif field.strip().lower() == "content-type":
            content_type = value.strip()
    return name, filename, content_type


def _malformed() -> AwsError:
    return AwsError(
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    )
