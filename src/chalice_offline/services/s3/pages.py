"""Pages of keys: prefixes, delimiters and where the last page ended, as all listings share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.limits import MOST_LISTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.s3.object_version import ObjectVersion

_URL = "url"
# What S3 leaves unencoded in listings with encoding-type=url (recorded on AWS).
_SAFE = "/*"
_LARGEST_COUNT = 2_147_483_647


def count_of(request: Mapping[str, Any], member: str, parameter: str) -> int:
    """Return how many entries a page may have."""
    asked = request.get(member, MOST_LISTED)
    if not 0 <= asked <= _LARGEST_COUNT:
        raise invalid_argument(
            f"Argument {parameter} must be an integer between 0 and {_LARGEST_COUNT}",
            parameter,
            str(asked),
        )
    return int(min(asked, MOST_LISTED))


def check_encoding(request: Mapping[str, Any]) -> bool:
    """Return whether keys are told percent-encoded."""
    encoding = request.get("EncodingType")
    if encoding is None:
        return False
    if encoding != _URL:
        raise invalid_argument(
            "Invalid Encoding Method specified in Request", "encoding-type", encoding
        )
    return True


def told_key(key: str | None, *, encoded: bool) -> str | None:
    """Return a key, prefix or marker as a listing tells it."""
    return quote(key, safe=_SAFE) if key and encoded else key


def raw(text: str) -> bytes:
    """Return a key as it is ordered: by its bytes in UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def after_prefix(prefix: bytes) -> bytes | None:
    """Return the first key behind all that start with `prefix`; None when there is no end."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else None


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """Return what a key is rolled up into, None when it stands for itself."""
    if not delimiter:
        return None
    at = key.find(delimiter, len(prefix))
    return None if at < 0 else key[: at + len(delimiter)]


def told_algorithm(version: ObjectVersion) -> dict[str, Any]:
    """Return which checksum a listed object has."""
    if not version.checksums:
        return {}
    return {
        "ChecksumAlgorithm": list(version.checksums),
        "ChecksumType": version.checksum_type,
    }
