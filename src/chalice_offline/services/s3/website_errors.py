"""The page by which a website says what went wrong, as recorded on AWS."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING

from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.protocols.s3_ids import host_id_of, s3_request_id

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError

_NOT_MODIFIED = 304


def error_page(error: AwsError, request_id: str, second: AwsError | None = None) -> HttpResponse:
    """Return the page for an error; `second` is why the site's own page cannot be shown."""
    status = HTTPStatus(error.status or 400)
    ids = {"RequestId": s3_request_id(request_id), "HostId": host_id_of(request_id)}
    headers = Headers(
        [
            ("x-amz-request-id", ids["RequestId"]),
            ("x-amz-id-2", ids["HostId"]),
            ("server", "AmazonS3"),
        ]
    )
    if status == _NOT_MODIFIED:
        headers.update(error.headers or {})
        return HttpResponse(status, headers)
    title = f"{status.value} {status.phrase}"
    lines = [
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>",
        *_list(error, ids),
    ]
    if second is not None:
        lines.append(
            "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>"
        )
        lines += _list(second, {})
    lines.append("<hr/>\n</body>\n</html>\n")
    headers["x-amz-error-code"] = error.code
    headers["x-amz-error-message"] = error.message
    headers["content-type"] = "text/html; charset=utf-8"
    return HttpResponse(status, headers, "\n".join(lines).encode("utf-8", "replace"))


def _list(error: AwsError, ids: dict[str, str]) -> list[str]:
    told = {"Code": error.code, "Message": error.message, **(error.fields or {}), **ids}
    items = [f"<li>{name}: {escape(str(value), quote=False)}</li>" for name, value in told.items()]
    return ["<ul>", *items, "</ul>"]
