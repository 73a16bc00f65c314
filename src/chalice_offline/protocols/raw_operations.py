"""Operations that AWS has and botocore's models lack: they get the request, and make the reply.

The request's one member is `Request`, an HttpRequest; the result's one member is `Response`, an
HttpResponse.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from chalice_offline.protocols.codec import Codec

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

NAMES = {"s3": frozenset({"GetWebsiteDocument", "OptionsObject", "PostObject"})}
_WEBSITE_MARKS = (".s3-website.", ".s3-website-")
CODEC = Codec(
    lambda request: {"Request": request},
    lambda result, _request_id: result["Response"],
)


def website_operation(service: str, request: HttpRequest) -> str | None:
    """Return the operation of a request to a bucket's website, whose paths no model describes."""
    if service != "s3":
        return None
    return "GetWebsiteDocument" if _is_website(request.host) else None


@lru_cache(maxsize=256)
def _is_website(host: str) -> bool:
    return any(mark in host for mark in _WEBSITE_MARKS)


def operation_for(service: str, request: HttpRequest) -> str | None:
    """Return the operation a request without a route of the model asks for, or None."""
    if service != "s3":
        return None
    if request.method == "OPTIONS":
        return "OptionsObject"
    # A POST to a bucket that names no operation is a form, or was meant to be one.
    return "PostObject" if request.method == "POST" and not request.query else None
