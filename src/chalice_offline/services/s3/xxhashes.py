"""XXH64, XXH3 and XXH128, which the standard library does not have, by the package xxhash."""

from __future__ import annotations

from typing import Protocol

from chalice_offline.core.errors import AwsError

_NAMES = {"XXHASH64": "xxh64", "XXHASH3": "xxh3_64", "XXHASH128": "xxh3_128"}


class Digest(Protocol):
    """What computes a digest piece by piece."""

    def update(self, data: bytes, /) -> object:
        """Take a piece."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all pieces."""
        ...


def new_xxhash(algorithm: str) -> Digest:
    """Return a digest with S3's seed, 0; an AwsError (501) where the package is not installed."""
    try:
        import xxhash
    except ImportError as error:
        raise AwsError(
            "NotImplemented",
            f"chalice-offline computes {algorithm} with the package xxhash: "
            "pip install 'chalice-offline[xxhash]'",
            status=501,
        ) from error
    made: Digest = getattr(xxhash, _NAMES[algorithm])()
    return made
