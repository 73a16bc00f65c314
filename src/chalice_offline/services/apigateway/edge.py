"""CloudFront in front of an edge-optimized API: what it writes into every reply.

Source: AWS, "API endpoint types for REST APIs in API Gateway" (requests come in at the nearest
CloudFront point of presence), and header fields of recorded replies.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Reply
    from chalice_offline.services.apigateway.rest_api import RestApi

_POINT_OF_PRESENCE = "IAD12-P3"  # the nearest to the client; everybody is at home in Virginia
_ID_BYTES = 40  # 56 characters, as recorded
_DISTRIBUTION_DIGITS = 32
_ERRORS = 400
# What an integration says in these does not pass.
_REPLACED = frozenset({"x-amz-cf-id", "x-amz-cf-pop", "x-cache"})


def is_edge_optimized(api: RestApi) -> bool:
    """Whether requests to an API's own address go through CloudFront."""
    return "EDGE" in (api.described.get("endpointConfiguration") or {}).get("types", ())


def add_edge_fields(api: RestApi, request_id: str, reply: Reply) -> None:
    """Add CloudFront's header fields to a reply. It keeps nothing, so every request is a miss."""
    known = hashlib.blake2b(request_id.encode(), digest_size=_ID_BYTES).digest()
    outcome = "Error" if reply.status >= _ERRORS else "Miss"
    own = [
        ("Via", _via(api.id)),
        ("X-Amz-Cf-Id", base64.urlsafe_b64encode(known).decode()),
        ("X-Amz-Cf-Pop", _POINT_OF_PRESENCE),
        ("X-Cache", f"{outcome} from cloudfront"),
    ]
    reply.headers = [field for field in reply.headers if field[0].lower() not in _REPLACED] + own


@lru_cache(maxsize=256)
def _via(api_id: str) -> str:
    distribution = hashlib.sha256(api_id.encode()).hexdigest()[:_DISTRIBUTION_DIGITS]
    return f"1.1 {distribution}.cloudfront.net (CloudFront)"
