"""Which bytes of an object a GET or HEAD asks for: a range, or a part of a multipart upload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.services.s3.errors import invalid_argument, invalid_request
from chalice_offline.services.s3.limits import MOST_PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.s3.object_version import ObjectVersion

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_MOST_DIGITS = 20
_COPY_RANGE = re.compile(r"bytes=(\d+)-(\d+)", re.ASCII)


class Span(NamedTuple):
    """Bytes from `start`, `length` of them."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """Return the header field that tells it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def span_of(request: Mapping[str, Any], version: ObjectVersion) -> Span | None:
    """Return what a request asks for, None for the whole object; raises AwsError (416)."""
    number = request.get("PartNumber")
    if number is not None:
        check_part_number(number)
    if "Range" not in request:
        return None if number is None else _part(number, version)
    if number is not None:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")
    return read_range(request["Range"], version.size)


def check_part_number(number: int) -> None:
    """Refuse what is no number of any part."""
    if not 1 <= number <= MOST_PARTS:
        raise invalid_argument(
            f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive",
            "partNumber",
            str(number),
        )


def read_range(text: str, size: int) -> Span | None:
    """Return the range, None when it is not understood: S3 then sends everything."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or (not found[1] and not found[2]):
        return None
    if not found[1]:
        length = min(_number(found[2]), size)
        start, end = size - length, size - 1
        if length == 0:
            raise _unsatisfiable(text, size)
    else:
        start = _number(found[1])
        end = min(_number(found[2]), size - 1) if found[2] else size - 1
        if found[2] and _number(found[2]) < start:
            return None
    if start >= size:
        raise _unsatisfiable(text, size)
    return Span(start, end - start + 1)


def read_copy_range(text: str, size: int) -> Span:
    """Return the range of an UploadPartCopy, which must lie inside the source."""
    found = _COPY_RANGE.fullmatch(text)
    if found is None or _number(found[1]) > _number(found[2]):
        raise AwsError(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
            "and last are the zero-based offsets of the first and last bytes to copy",
            fields={"ArgumentName": "x-amz-copy-source-range", "ArgumentValue": text},
        )
    start, end = _number(found[1]), _number(found[2])
    if start >= size:
        raise invalid_request("The specified copy range is invalid for the source object size")
    if end >= size:
        raise AwsError(
            "InvalidArgument",
            f"Range specified is not valid for source object of size: {size}",
            fields={"ArgumentName": "x-amz-copy-source-range", "ArgumentValue": text},
        )
    return Span(start, end - start + 1)


def _number(digits: str) -> int:
    """Return a number, at most one that no object reaches: Python reads 4,300 digits only."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < _MOST_DIGITS else 10**_MOST_DIGITS


def _part(number: int, version: ObjectVersion) -> Span:
    if not version.parts:
        if number == 1:
            return Span(0, version.size)
        raise _no_such_part(number, 1)
    start = 0
    for at, (_, size, *_rest) in enumerate(version.parts, start=1):
        if at == number:
            return Span(start, size)
        start += size
    raise _no_such_part(number, len(version.parts))


def _no_such_part(number: int, count: int) -> AwsError:
    return AwsError(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        status=416,
        fields={"ActualPartCount": count, "PartNumberRequested": number},
    )


def _unsatisfiable(text: str, size: int) -> AwsError:
    return AwsError(
        "InvalidRange",
        "The requested range is not satisfiable",
        status=416,
        fields={"ActualObjectSize": size, "RangeRequested": text},
    )
