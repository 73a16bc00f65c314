"""Pages of keys: prefixes, delimiters and where the last page ended, as all listings share them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from chalice_offline.services.s3.errors import invalid_argument
from chalice_offline.services.s3.limits import MOST_LISTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.core.kernel import Result
    from chalice_offline.services.s3.object_version import ObjectVersion

T = TypeVar("T")

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


def start_of(prefix: str, delimiter: str, marker: str, behind: bytes) -> bytes:
    """Return the first key of a page; `behind` is the first one after its marker, if it has one.

    A marker within what a delimiter rolls up is behind all of that: the page before told it.
    """
    start = raw(prefix)
    if not marker:
        return start
    rolled = common_prefix(marker, prefix, delimiter) if marker.startswith(prefix) else None
    beyond = None if rolled is None else after_prefix(raw(rolled))
    return max(start, behind if beyond is None else beyond)


@dataclass(slots=True)
class Page(Generic[T]):
    """One page of a listing; `last` is the entry or common prefix it ended with."""

    entries: list[T] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: T | str | None = None
    truncated: bool = False

    def told(self, request: Mapping[str, Any], *, encoded: bool) -> Result:
        """Return what all listings tell of a page, whatever is listed."""
        told: Result = {
            "Prefix": told_key(request.get("Prefix", ""), encoded=encoded),
            "IsTruncated": self.truncated,
            "CommonPrefixes": [
                {"Prefix": told_key(prefix, encoded=encoded)} for prefix in self.prefixes
            ]
            or None,
        }
        if request.get("Delimiter"):
            told["Delimiter"] = told_key(request["Delimiter"], encoded=encoded)
        if encoded:
            told["EncodingType"] = _URL
        return told


def read_page(
    found: Iterator[T],
    key_of: Callable[[T], str],
    jump: Callable[[bytes], Iterator[T]],
    prefix: str,
    delimiter: str,
    most: int,
) -> Page[T]:
    """Return the first entries and common prefixes, at most `most` of both.

    `jump` gives the entries from a key on: what a common prefix rolls up is not read.
    """
    page: Page[T] = Page()
    if most == 0:
        return page
    while (entry := next(found, None)) is not None:
        if len(page.entries) + len(page.prefixes) == most:
            page.truncated = True
            break
        rolled = common_prefix(key_of(entry), prefix, delimiter)
        if rolled is None:
            page.entries.append(entry)
            page.last = entry
            continue
        page.prefixes.append(rolled)
        page.last = rolled
        behind = after_prefix(raw(rolled))
        if behind is None:
            break
        found = jump(behind)
    return page


def told_algorithm(version: ObjectVersion) -> dict[str, Any]:
    """Return which checksum a listed object has."""
    if not version.checksums:
        return {}
    return {
        "ChecksumAlgorithm": list(version.checksums),
        "ChecksumType": version.checksum_type,
    }
