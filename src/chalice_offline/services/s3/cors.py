"""CORS: preflight requests, and the header fields that let a page read a reply.

User guide, "Using cross-origin resource sharing (CORS)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.protocols.rest_routing import path_parts
from chalice_offline.protocols.s3_ids import host_id_of, s3_request_id
from chalice_offline.services.s3.field_names import is_field_name

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State

_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
_METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")


def options_object(s3: S3State, context: CallContext, request: Request) -> Result:
    """Answer a preflight request: whether a page of that origin may send what it wants to."""
    http: HttpRequest = request["Request"]
    origin = http.headers.get("origin")
    method = http.headers.get("access-control-request-method")
    if not origin:
        raise AwsError(
            "BadRequest", "Insufficient information. Origin request header needed.", status=400
        )
    if method not in _METHODS:
        raise AwsError(
            "BadRequest", f"Invalid Access-Control-Request-Method: {method or 'null'}", status=400
        )
    wanted = _wanted(http)
    bucket = _bucket_of(s3, http)
    if bucket is None or "cors" not in bucket.settings:
        raise _forbidden(
            "CORSResponse: CORS is not enabled for this bucket."
            if bucket is not None
            else "CORSResponse: Bucket not found",
            method,
        )
    rule = _rule_for(bucket, origin, method, wanted)
    if rule is None:
        raise _forbidden(
            "CORSResponse: This CORS request is not allowed. This is usually because the "
            "evalution of Origin, request method / Access-Control-Request-Method or "
            "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
            method,
        )
    headers = Headers(
        [
            ("x-amz-request-id", s3_request_id(context.request_id)),
            ("x-amz-id-2", host_id_of(context.request_id)),
        ]
    )
    headers.update(_told(rule, origin))
    if wanted:
        headers["access-control-allow-headers"] = ", ".join(wanted)
    return {"Response": HttpResponse(200, headers)}


def _wanted(http: HttpRequest) -> list[str]:
    given = http.headers.get("access-control-request-headers") or ""
    names = [name.strip().lower() for name in given.split(",") if name.strip()]
    for name in names:
        if not is_field_name(name):
            raise AwsError(
                "BadRequest",
                f'Access-Control-Request-Headers "{name}" contains invalid character.',
                status=400,
            )
    return names


def complete(s3: S3State, request: HttpRequest, response: HttpResponse) -> None:
    """Add the bucket's region, and what its rules say to the page that asks."""
    if request.method in ("GET", "HEAD"):
        parts = path_parts("s3", request)
        if len(parts) == 1 and parts[0] in s3.buckets:
            response.headers["x-amz-bucket-region"] = s3.buckets[parts[0]].region
            response.headers.setdefault("content-type", "application/xml")
    origin = dict.get(request.headers, "origin")
    if not origin or request.method == "OPTIONS":
        return
    bucket = _bucket_of(s3, request)
    if bucket is None or "cors" not in bucket.settings:
        return
    rule = _rule_for(bucket, origin, request.method, [])
    if rule is not None:
        response.headers.update(_told(rule, origin))


def _bucket_of(s3: S3State, http: HttpRequest) -> Bucket | None:
    parts = path_parts("s3", http)
    return s3.buckets.get(parts[0]) if parts else None


def _rule_for(bucket: Bucket, origin: str, method: str, wanted: list[str]) -> dict[str, Any] | None:
    """Return the first rule that allows origin, method and header fields."""
    for rule in bucket.settings["cors"]["CORSRules"]:
        allowed = [name.lower() for name in rule.get("AllowedHeaders", ())]
        if (
            method in rule["AllowedMethods"]
            and any(_matches(pattern, origin) for pattern in rule["AllowedOrigins"])
            and all(any(_matches(pattern, name) for pattern in allowed) for name in wanted)
        ):
            found: dict[str, Any] = rule
            return found
    return None


def _matches(pattern: str, text: str) -> bool:
    start, star, end = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(start) + len(end) and text.startswith(start) and text.endswith(end)


def _told(rule: dict[str, Any], origin: str) -> dict[str, str]:
    anybody = "*" in rule["AllowedOrigins"]
    told = {
        "access-control-allow-origin": "*" if anybody else origin,
        "access-control-allow-methods": ", ".join(rule["AllowedMethods"]),
        "vary": _VARY,
    }
    if not anybody:
        told["access-control-allow-credentials"] = "true"
    if rule.get("ExposeHeaders"):
        told["access-control-expose-headers"] = ", ".join(rule["ExposeHeaders"])
    if rule.get("MaxAgeSeconds") is not None:
        told["access-control-max-age"] = str(rule["MaxAgeSeconds"])
    return told


def _forbidden(text: str, method: str) -> AwsError:
    kind = "BUCKET" if text.endswith("bucket.") or "not found" in text else "OBJECT"
    return AwsError(
        "AccessForbidden", text, status=403, fields={"Method": method, "ResourceType": kind}
    )
