"""A request's header fields, one by one, and what is asked of them again and again.

Most clients say the same in each request. So what follows from the fields is known for the latest
few, and whoever keeps them, as the journal does, keeps the same objects then.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: names as the client spelled them, with their values; both may repeat
Fields = tuple[tuple[str, str], ...]

#: heads of which anything is remembered, each of at most 64 KB
HEADS_KEPT = 32


def as_fields(pairs: Fields | Iterable[Iterable[str]]) -> Fields:
    """Return names with their values as fields: what comes from JSON are lists of lists.

    A tuple is a door's, and stays the same object.
    """
    return pairs if isinstance(pairs, tuple) else tuple((name, value) for name, value in pairs)


@lru_cache(maxsize=HEADS_KEPT)
def decoded(sent: tuple[tuple[bytes, bytes], ...]) -> Fields:
    """Return fields as text (RFC 9110, section 5.5: octets beyond ASCII mean nothing)."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in sent)


@lru_cache(maxsize=HEADS_KEPT)
def characters(fields: Fields) -> int:
    """Return how many characters names and values have."""
    return sum(len(name) + len(value) for name, value in fields)
