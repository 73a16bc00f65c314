"""The ids of S3's replies, both made of the one id a request has everywhere here."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

_REQUEST_ID_LENGTH = 16
_HOST_ID_BYTES = 56


def s3_request_id(request_id: str) -> str:
    """Return x-amz-request-id: 16 capital letters and digits."""
    return request_id.replace("-", "")[:_REQUEST_ID_LENGTH].upper()


@lru_cache(maxsize=64)
def host_id_of(request_id: str) -> str:
    """Return x-amz-id-2, which goes with the request's id."""
    digest = hashlib.blake2b(request_id.encode(), digest_size=_HOST_ID_BYTES).digest()
    return base64.b64encode(digest).decode()
