"""The checksums S3 checks and tells (user guide, "Checking object integrity in Amazon S3")."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.contents import pieces_of
from chalice_offline.services.s3.crc import CRC32, CRC32C, CRC64NVME, crc_of, joined
from chalice_offline.services.s3.errors import invalid_request
from chalice_offline.services.s3.xxhashes import Digest, new_xxhash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chalice_offline.services.s3.contents import Content

COMPOSITE, FULL_OBJECT = "COMPOSITE", "FULL_OBJECT"
# What S3 adds when the client sends none (since December 2024).
DEFAULT_ALGORITHM = "CRC64NVME"
_CRCS = {"CRC32": CRC32, "CRC32C": CRC32C, "CRC64NVME": CRC64NVME}
_DIGESTS = {
    "SHA1": hashlib.sha1,
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
    "MD5": hashlib.md5,
}
# The last five since April 2026.
_BYTES = {
    "CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32,
    "SHA512": 64, "MD5": 16, "XXHASH64": 8, "XXHASH3": 8, "XXHASH128": 16,
}  # fmt: skip
ALGORITHMS = tuple(_BYTES)
MEMBERS = {algorithm: f"Checksum{algorithm}" for algorithm in ALGORITHMS}
HEADERS = {f"x-amz-checksum-{algorithm.lower()}": algorithm for algorithm in ALGORITHMS}


def checksum_of(algorithm: str, content: Content) -> str:
    """Return a content's checksum in base64."""
    crc = _CRCS.get(algorithm)
    if crc is not None:
        return _crc_text(algorithm, crc_of(crc, pieces_of(content)))
    digest: Digest = _DIGESTS[algorithm]() if algorithm in _DIGESTS else new_xxhash(algorithm)
    for piece in pieces_of(content):
        digest.update(piece)
    return base64.b64encode(digest.digest()).decode()


def checksum_of_all(algorithm: str, contents: Iterable[Content]) -> str:
    """Return the checksum of contents one after another, by an algorithm that is a CRC."""
    pieces = (piece for content in contents for piece in pieces_of(content))
    return _crc_text(algorithm, crc_of(_CRCS[algorithm], pieces))


def composite_of(algorithm: str, texts: Sequence[str]) -> str:
    """Return the checksum of an object's parts' checksums, with their number."""
    raw = b"".join(base64.b64decode(text) for text in texts)
    return f"{checksum_of(algorithm, raw)}-{len(texts)}"


def full_object_of(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """Return the checksum of a whole object from (checksum, length) of its parts."""
    crc = _CRCS[algorithm]
    value = 0
    for text, length in parts:
        value = joined(crc, value, int.from_bytes(base64.b64decode(text), "big"), length)
    return _crc_text(algorithm, value)


def given_checksum(request: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the one (algorithm, base64) that a request brings, None when it brings none.

    Whether the text is a checksum at all is asked once it turns out to be another one.
    """
    given = [
        (algorithm, request[member]) for algorithm, member in MEMBERS.items() if member in request
    ]
    if len(given) > 1:
        raise invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    if not given:
        return None
    return given[0]


def check_spelling(algorithm: str, text: str) -> None:
    """Refuse a text that is no checksum of that kind; the "-3" of three parts is left to others."""
    try:
        raw = base64.b64decode(text.partition("-")[0], validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _BYTES[algorithm]:
        raise invalid_request(f"Value for x-amz-checksum-{algorithm.lower()} header is invalid.")


def check_algorithm(algorithm: str) -> None:
    """Refuse an algorithm that S3 has not got."""
    if algorithm not in _BYTES:
        raise invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid "
            f"types: [{', '.join(sorted(ALGORITHMS))}]"
        )


def takes_part_checksums(algorithm: str) -> str:
    """Return the checksum type that multipart uploads have when they ask for none."""
    return FULL_OBJECT if algorithm == DEFAULT_ALGORITHM else COMPOSITE


def check_type(algorithm: str, checksum_type: str) -> None:
    """Refuse what S3 does not have: of a whole object from its parts only CRCs, and the reverse."""
    wrong = (checksum_type == FULL_OBJECT and algorithm not in _CRCS) or (
        checksum_type == COMPOSITE and algorithm == DEFAULT_ALGORITHM
    )
    if wrong:
        raise invalid_request(
            f"The {checksum_type} checksum type cannot be used with the {algorithm.lower()} "
            "checksum algorithm."
        )


def told_checksums(checksums: Mapping[str, str]) -> dict[str, str]:
    """Return checksums as members of a result."""
    return {f"Checksum{algorithm}": text for algorithm, text in checksums.items()}


def _crc_text(algorithm: str, value: int) -> str:
    return base64.b64encode(value.to_bytes(_BYTES[algorithm], "big")).decode()
