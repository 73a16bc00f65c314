"""Tags: read from a list, a header or a form, and judged."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.tags import counted, is_reserved
from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.limits import (
    BUCKET_TAGS,
    OBJECT_TAGS,
    TAG_KEY_CHARACTERS,
    TAG_VALUE_CHARACTERS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# S3 user guide, "Categorizing your storage using tags".
_ALLOWED = re.compile(r"[\w\s.:/=+\-@]*")
_HEADER = "x-amz-tagging"
_AT_CREATION = (
    'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. '
    'Remove "aws:" from your tag keys and try again.'
)
_NONE: Mapping[str, str] = MappingProxyType({})


def tags_of(
    tag_set: Iterable[Mapping[str, str]],
    *,
    of_bucket: bool = False,
    of_new_bucket: bool = False,
    system: Mapping[str, str] | None = _NONE,
) -> dict[str, str]:
    """Return the tags of a request's TagSet; raises AwsError for what is no tag.

    `system` are the tags of AWS's own that may be among them, with these values; None: any, for an
    AWS service puts them.
    """
    tags: dict[str, str] = {}
    for tag in tag_set:
        allowed = system is None or system.get(tag["Key"]) == tag["Value"]
        if is_reserved(tag["Key"]) and not allowed and of_new_bucket:
            raise AwsError("InvalidTag", _AT_CREATION)
        if is_reserved(tag["Key"]) and not allowed:
            raise _system_tag(tag["Key"], of_bucket=of_bucket)
        key, value = tag["Key"], tag["Value"]
        if key in tags:
            raise AwsError(
                "InvalidTag",
                "Cannot provide multiple Tags with the same key",
                fields={"TagKey": key},
            )
        _check(key, value)
        tags[key] = value
    if counted(tags) > (BUCKET_TAGS if of_bucket or of_new_bucket else OBJECT_TAGS):
        text = (
            f"Bucket tag count cannot be greater than {BUCKET_TAGS}"
            if of_bucket or of_new_bucket
            else f"Object tags cannot be greater than {OBJECT_TAGS}"
        )
        raise AwsError("BadRequest", text)
    return tags


def tags_of_header(text: str) -> dict[str, str]:
    """Return the tags of the header field x-amz-tagging: `a=1&b=2`, percent-encoded."""
    try:
        if any(part.count("=") > 1 for part in text.split("&")):
            raise ValueError(text)
        pairs = parse_qsl(text, keep_blank_values=True)
    except ValueError:
        pairs = None
    if pairs is None or len(dict(pairs)) != len(pairs):
        raise invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
            "parameters without tag name duplicates.",
            _HEADER,
            text,
        )
    return tags_of({"Key": key, "Value": value} for key, value in pairs)


def system_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return those of a bucket's tags that are AWS's own: whoever has the bucket keeps them."""
    return {key: value for key, value in tags.items() if is_reserved(key)}


def tag_set_of(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return tags as a result's TagSet."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _check(key: str, value: str) -> None:
    if not 0 < len(key) <= TAG_KEY_CHARACTERS or not _ALLOWED.fullmatch(key):
        raise AwsError(
            "InvalidTag", "The TagKey you have provided is invalid", fields={"TagKey": key}
        )
    if len(value) > TAG_VALUE_CHARACTERS or not _ALLOWED.fullmatch(value):
        raise AwsError(
            "InvalidTag",
            "The TagValue you have provided is invalid",
            fields={"TagKey": key, "TagValue": value},
        )


def _system_tag(key: str, *, of_bucket: bool) -> AwsError:
    if of_bucket:
        return AwsError(
            "InvalidTag",
            "System tags cannot be added/updated by requester",
            fields={"TagKey": key},
        )
    return AwsError(
        "InvalidTag", "Your TagKey cannot be prefixed with aws:", fields={"TagKey": key}
    )
