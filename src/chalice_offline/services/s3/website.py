"""Static websites: a bucket's objects as pages, at `<bucket>.s3-website.<…>`.

User guide, "Hosting a static website using Amazon S3". What is read is read as anybody without
credentials: the bucket's policy or a list of the object has to allow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.protocols import Target, parse, serialize
from chalice_offline.protocols.rest_routing import bucket_in_host
from chalice_offline.services.s3.access import check_access
from chalice_offline.services.s3.errors import no_such_bucket, no_such_website
from chalice_offline.services.s3.read_object import read_object
from chalice_offline.services.s3.website_errors import error_page
from chalice_offline.services.s3.website_rules import redirect_by_rule

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State

_NOT_MODIFIED = 304
_GET_OBJECT = Target("s3", "GetObject", "rest-xml")


def get_website_document(s3: S3State, context: CallContext, request: Request) -> Result:
    """Answer a request to a website: a document, a redirect, or a page that says what is wrong."""
    http: HttpRequest = request["Request"]
    try:
        response = _Visit(s3, context, http).answer()
    except AwsError as error:
        response = error_page(error, context.request_id)
    if http.method == "HEAD":
        length = len(response.body) if response.file is None else response.file.length
        response.headers.setdefault("content-length", str(length))
        response.body, response.file = b"", None
    return {"Response": response}


class _Visit:
    """One request to a website."""

    def __init__(self, s3: S3State, context: CallContext, http: HttpRequest) -> None:
        name = bucket_in_host(http.host)
        bucket = s3.buckets.get(name)
        if bucket is None:
            raise no_such_bucket(name)
        if "website" not in bucket.settings:
            raise no_such_website(bucket.name)
        self._s3, self._context, self._http = s3, context, http
        self._bucket: Bucket = bucket
        self._site: dict[str, Any] = bucket.settings["website"]
        self._key = unquote(http.path[1:])

    def answer(self) -> HttpResponse:
        """Return the reply; raises AwsError for what ends in an error page of S3's own."""
        if self._http.method not in ("GET", "HEAD"):
            raise AwsError(
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
                status=405,
                fields={"Method": self._http.method, "ResourceType": "OBJECT"},
            )
        everything = self._site.get("RedirectAllRequestsTo")
        if everything is not None:
            return self._redirect(self._absolute(everything, self._key))
        ruled = self._by_rule(None)
        if ruled is not None:
            return ruled
        try:
            return self._document(self._with_index(self._key))
        except AwsError as error:
            return self._instead(error)

    def _with_index(self, key: str) -> str:
        suffix = self._site["IndexDocument"]["Suffix"]
        return f"{key}{suffix}" if not key or key.endswith("/") else key

    def _by_rule(self, status: int | None) -> HttpResponse | None:
        found = redirect_by_rule(self._site.get("RoutingRules", ()), self._key, status)
        if found is None:
            return None
        redirect, key = found
        code = int(redirect.get("HttpRedirectCode") or 301)
        return self._redirect(self._absolute(redirect, key), code)

    def _instead(self, error: AwsError) -> HttpResponse:
        """Return what is shown when a document cannot be: S3's order is index, rules, error."""
        if error.status == _NOT_MODIFIED:
            raise error
        if self._key and not self._key.endswith("/") and self._is_folder():
            return self._redirect(f"/{quote(self._key)}/", 302)
        ruled = self._by_rule(error.status)
        if ruled is not None:
            return ruled
        document = self._site.get("ErrorDocument")
        if document is None:
            raise error
        try:
            response = self._document(document["Key"], plain=True)
        except AwsError as second:
            return error_page(error, self._context.request_id, second)
        if response.status == 200:
            response.status = error.status or 400
        return response

    def _is_folder(self) -> bool:
        key = self._with_index(f"{self._key}/")
        newest = self._s3.objects(self._bucket).newest(key)
        return newest is not None and not newest.is_marker

    def _document(self, key: str, *, plain: bool = False) -> HttpResponse:
        """Return an object, or where its own redirect leads; `plain`: without range, conditions."""
        scheme, host, *_ = urlsplit(self._http.url)
        url = f"{scheme}://{host}/{quote(key)}"
        headers = Headers([("host", self._http.host)]) if plain else self._http.headers
        request = parse(_GET_OBJECT, self._http._replace(method="GET", url=url, headers=headers))
        check_access(self._s3, self._context, self._bucket, None, "GetObject", request)
        context = self._context._replace(http=None)  # what is asked for is in the request
        result = read_object(self._s3, context, self._bucket, request)
        location = result.get("WebsiteRedirectLocation")
        if location:
            return self._redirect(location)
        return serialize(_GET_OBJECT, result, self._context.request_id)

    def _absolute(self, redirect: dict[str, Any], key: str) -> str:
        scheme = redirect.get("Protocol") or urlsplit(self._http.url).scheme
        return f"{scheme}://{redirect.get('HostName') or self._http.host}/{quote(key)}"

    def _redirect(self, location: str, status: int = 301) -> HttpResponse:
        return HttpResponse(status, Headers([("location", location)]))
