"""Ids of versions and uploads: opaque to callers, and to us the way to where they are kept.

AWS's are 32 letters, digits, dots and underscores. The last eleven characters of ours are the
sequence number, so that one version among a hundred thousand is found without a search.
"""

from __future__ import annotations

import base64
import binascii
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.ids import Ids

VERSION_ID_LENGTH = 32
_RANDOM_BYTES = 15  # 20 characters
_RANDOM_LENGTH = 20
_NUMBER_LENGTH = 11
_BEYOND = 1 << 63  # sequence numbers are milliseconds since 1970, shifted by 20 bits
_LETTERS = string.ascii_letters + string.digits + "._"
_ALTERNATIVES = b"._"


def new_version_id(ids: Ids, sequence: int) -> str:
    """Return an id that names `sequence`."""
    random = ids.base64(_RANDOM_BYTES).replace("+", ".").replace("/", "_")
    number = base64.b64encode(sequence.to_bytes(8, "big"), _ALTERNATIVES).decode().rstrip("=")
    return f"{random}{_check_character(number)}{number}"


def is_version_id(text: str) -> bool:
    """Whether a text is an id that was given out here, as far as its form tells."""
    check = text[_RANDOM_LENGTH : _RANDOM_LENGTH + 1]
    return 0 < sequence_of(text) < _BEYOND and check == _check_character(text[-_NUMBER_LENGTH:])


def sequence_of(version_id: str) -> int:
    """Return the sequence number an id names; 0 when it is none of our ids."""
    if len(version_id) != VERSION_ID_LENGTH:
        return 0
    try:
        number = base64.b64decode(f"{version_id[-_NUMBER_LENGTH:]}=", _ALTERNATIVES, validate=True)
    except (binascii.Error, ValueError):
        return 0
    return int.from_bytes(number, "big")


def _check_character(number: str) -> str:
    """Return a character by which an id that was made up, or mistyped, is told."""
    return _LETTERS[sum(place * ord(c) for place, c in enumerate(number, start=1)) % len(_LETTERS)]
