"""CloudFront in front of an edge-optimized API: what it writes into every reply.

Source: AWS, "API endpoint types for REST APIs in API Gateway" (requests come in at the nearest
CloudFront point of presence), and header fields of recorded replies.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Reply
    from chalice_offline.services.apigateway.rest_api import RestApi

_POINT_OF_PRESENCE = "IAD12-P3"  # the nearest to the client; everybody is at home in Virginia
_ID_BYTES = 40  # 56 characters, as recorded
_DISTRIBUTION_DIGITS = 32
_ERRORS = 400


def is_edge_optimized(api: RestApi) -> bool:
    """Whether requests to an API's own address go through CloudFront."""
    return "EDGE" in (api.described.get("endpointConfiguration") or {}).get("types", ())


def add_edge_fields(api: RestApi, request_id: str, reply: Reply) -> None:
    """Add CloudFront's header fields to a reply. It keeps nothing, so every request is a miss."""
    distribution = hashlib.sha256(api.id.encode()).hexdigest()[:_DISTRIBUTION_DIGITS]
    known = hashlib.sha512(request_id.encode()).digest()[:_ID_BYTES]
    outcome = "Error" if reply.status >= _ERRORS else "Miss"
    own = [
        ("Via", f"1.1 {distribution}.cloudfront.net (CloudFront)"),
        ("X-Amz-Cf-Id", base64.urlsafe_b64encode(known).decode()),
        ("X-Amz-Cf-Pop", _POINT_OF_PRESENCE),
        ("X-Cache", f"{outcome} from cloudfront"),
    ]
    names = {name.lower() for name, _ in own} - {"via"}
    reply.headers = [field for field in reply.headers if field[0].lower() not in names]
    reply.headers += own
