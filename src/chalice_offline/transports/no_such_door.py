"""What a path below /_aws or /_localstack at which nothing is answers: which paths there are.

Status 404, as LocalStack has for both: tools try such a page to see whether it is there. LocalStack
takes /_aws/… for a bucket then, and says NoSuchBucket in XML, which tells nobody anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.names import nearest
from chalice_offline.protocols import bucket_in_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.core.http import HttpRequest
    from chalice_offline.protocols import Target

AWS_FOLDER = "/_aws"


def is_no_bucket(target: Target, request: HttpRequest) -> bool:
    """Whether a request that S3 would get is for a path of ours: no bucket can be named _aws."""
    path = request.path
    return (
        path.startswith(AWS_FOLDER)
        and path[len(AWS_FOLDER) :][:1] in ("", "/")
        and target.service == "s3"
        and not bucket_in_host(request.host)
    )


def no_such_door(request: HttpRequest, doors: Iterable[str]) -> HttpResponse:
    """Return a 404 that lists the doors that there are; to HEAD without a body."""
    known = sorted(doors)
    path = request.path
    answer = {"error": f"chalice-offline has no {path}.{nearest(path, known)}", "doors": known}
    headers = Headers([("content-type", "application/json")])
    body = b"" if request.method == "HEAD" else json.dumps(answer).encode()
    return HttpResponse(404, headers, body)
