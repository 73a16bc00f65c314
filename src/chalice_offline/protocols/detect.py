"""Which service and operation a request is for, judged as AWS's own front doors would.

In this order: the addresses of what users built (`app_addresses`), the `X-Amz-Target` header, the
service named in the signature, the host name, `Action=` in form or query string, the path, else S3
(any path may be a bucket and a key). A name in the signature that is no service's ("sqs_query")
decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, unquote

from chalice_offline.core.errors import AwsError
from chalice_offline.protocols import (
    app_addresses,
    catalogue,
    raw_operations,
    rest_routing,
    sqs_query,
)
from chalice_offline.protocols.cbor_rpc import CONTENT_TYPE as CBOR_CONTENT_TYPE
from chalice_offline.protocols.cbor_rpc import RPC_V2
from chalice_offline.protocols.form import decode_pairs
from chalice_offline.protocols.service_models import has_operation
from chalice_offline.protocols.target import Target

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

DEFAULT_REGION = "us-east-1"
# Services whose paths are routed here by their model; others are routed where they are served.
_ROUTED = frozenset({"apigateway", "apigatewayv2", "lambda", "scheduler", "s3"})

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d", re.ASCII)
_LAMBDA_PATH = re.compile(
    r"/20\d\d-\d\d-\d\d/(?:functions|event-source-mappings|layers|tags|account-settings"
    r"|code-signing-configs|event-source-mappings|account-limits)(?:/|$)"
)
# What a user pool tells of itself without a signature; no bucket has such a name.
_USER_POOL_PAGE = re.compile(r"/[a-z0-9-]+_[0-9A-Za-z]+/\.well-known/[\w.-]+$", re.ASCII)
_RPC_PATH = re.compile(r"/service/([^/]+)/operation/(\w+)", re.ASCII)
_BODY_ACTION = re.compile(rb"(?:^|&)Action=(\w+)(?:&|$)", re.ASCII)
_BODY_VERSION = re.compile(rb"(?:^|&)Version=([\w-]+)(?:&|$)", re.ASCII)
_HOST_SUFFIXES = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".api.aws",
    ".localhost.localstack.cloud",
    ".localhost",
)
# (name in the signature, start of the path) -> another service that signs with the same name
_SAME_NAME_BY_PATH = (
    ("ses", "/v2/email", "sesv2"),
    ("apigateway", "/v2/", "apigatewayv2"),
    ("s3", "/v20180820/", "s3control"),
)


class _Scope(NamedTuple):
    """Who signed, for where and for which service; empty where the request does not say."""

    access_key: str = ""
    region: str = ""
    name: str = ""


_NOBODY = _Scope()


def detect(request: HttpRequest) -> Target:
    """Return what the request is for.

    `operation` is None for services without their own route table here. Raises AwsError when
    the request names an operation or service that no model of this botocore knows.
    """
    scope = _scope(request)
    app = app_addresses.target_of(request, scope.access_key, DEFAULT_REGION)
    if app is not None:
        return app
    target_header = dict.get(request.headers, "x-amz-target")
    if target_header:
        target = _json_target(target_header, scope)
        is_cbor = _content_type(request).startswith(CBOR_CONTENT_TYPE)
        return replace(target, protocol="cbor") if is_cbor else target
    rpc = _RPC_PATH.match(request.path) if "smithy-protocol" in request.headers else None
    if rpc:
        return replace(_json_target(f"{rpc[1]}.{rpc[2]}", scope), protocol=RPC_V2)
    found = _by_signature(request, scope) or _by_address(request, scope)
    if found is not None:
        return found
    if scope.name:
        text = f"The service '{scope.name}' named in the signature is not known to botocore."
        raise AwsError("UnknownService", text, status=501)
    return _for_service("s3", request, scope)


@lru_cache(maxsize=1024)
def _json_target(header: str, scope: _Scope) -> Target:
    prefix, _, operation = header.rpartition(".")
    hint = catalogue.service_for_name(scope.name) if scope.name else None
    service = catalogue.service_for_target_prefix(prefix, hint)
    if service is None:
        raise AwsError("UnknownOperationException", "", status=404)
    return Target(service, operation, "json", scope.access_key, scope.region or DEFAULT_REGION)


def _by_signature(request: HttpRequest, scope: _Scope) -> Target | None:
    if not scope.name:
        return None
    path = request.path
    for name, start, service in _SAME_NAME_BY_PATH:
        if scope.name == name and path.startswith(start):
            return _for_service(service, request, scope)
    named = catalogue.service_for_name(scope.name)
    return _for_service(named, request, scope) if named else None


def _by_address(request: HttpRequest, scope: _Scope) -> Target | None:
    host = _host_parts(request.host)
    scope = scope._replace(region=scope.region or host.region)
    if host.service:
        return _for_service(host.service, request, scope)
    action, version = _action(request)
    if action:
        service = _service_for_action(action, version, request.path)
        return _query_target(service, action, request, scope)
    if _LAMBDA_PATH.match(request.path):
        return _for_service("lambda", request, scope)
    if _USER_POOL_PAGE.match(request.path):
        return _for_service("cognito-idp", request, scope)
    if _is_bare_queue_url(request, scope):
        return _query_target("sqs", None, request, scope)
    return None


def _is_bare_queue_url(request: HttpRequest, scope: _Scope) -> bool:
    """Whether a QueueUrl was opened as it stands, in a browser for example.

    Signed requests are not looked at: an old presigned URL of S3 names no service either.
    """
    if scope.access_key or request.method not in ("GET", "POST"):
        return False
    return sqs_query.is_queue_path(request.path)


def _for_service(service: str, request: HttpRequest, scope: _Scope) -> Target:
    protocol = catalogue.protocol_of(service)
    if protocol in ("rest-json", "rest-xml"):
        if service not in _ROUTED:
            return _target(service, None, scope)
        operation = raw_operations.website_operation(service, request)
        if operation is None:
            operation = rest_routing.operation_for(service, request)
        if operation is None:
            operation = raw_operations.operation_for(service, request)
        return _target(service, operation, scope)
    action, version = _action(request)
    if action is None and protocol == "json" and "json" in _content_type(request):
        return _target(service, None, scope)
    if action and version and not has_operation(service, action):
        # elb and elbv2, rds and docdb: one name in the signature, told apart by version.
        service = _same_name_with_version(service, action, version)
    return _query_target(service, action, request, scope)


def _query_target(service: str, action: str | None, request: HttpRequest, scope: _Scope) -> Target:
    region = scope.region or DEFAULT_REGION
    as_json = "application/json" in (request.headers.get("accept") or "").lower()
    return Target(service, action, "query", scope.access_key, region, replies_in_json=as_json)


@lru_cache(maxsize=1024)
def _target(service: str, operation: str | None, scope: _Scope) -> Target:
    protocol = catalogue.protocol_of(service)
    return Target(service, operation, protocol, scope.access_key, scope.region or DEFAULT_REGION)


def _content_type(request: HttpRequest) -> str:
    return dict.get(request.headers, "content-type") or ""


# --- who signed -----------------------------------------------------------------------------


def _scope(request: HttpRequest) -> _Scope:
    header = dict.get(request.headers, "authorization")
    if header:
        start = header.find("Credential=")
        if start >= 0:
            return _credential_scope(header[start + 11 :].partition(",")[0].strip())
        if header.startswith("AWS "):  # S3's signature version 2
            return _Scope(header[4:].partition(":")[0], "", "s3")
        return _Scope()
    query = request.query
    if "X-Amz-Credential" in query:
        credential = parse_qs(query).get("X-Amz-Credential", [""])[0]
        return _credential_scope(credential)
    if "AWSAccessKeyId=" in query:
        return _Scope(parse_qs(query).get("AWSAccessKeyId", [""])[0])
    return _NOBODY


@lru_cache(maxsize=1024)
def _credential_scope(credential: str) -> _Scope:
    parts = unquote(credential).split("/")
    if len(parts) >= 5:
        return _Scope("/".join(parts[:-4]), parts[-3], parts[-2])
    if len(parts) == 4:  # signature version 4A signs for all regions
        return _Scope(parts[0], "", parts[2])
    return _Scope(parts[0])


# --- what was asked -------------------------------------------------------------------------


class _Action(NamedTuple):
    action: str | None
    version: str | None


def _action(request: HttpRequest) -> tuple[str | None, str | None]:
    """Return `Action` and `Version` from the query string or a form body."""
    in_query = _query_fields(request.query)
    if in_query.action or not request.body or not _may_be_form(request):
        return in_query
    # The names are found without decoding the whole form, which may be a megabyte.
    action = _BODY_ACTION.search(request.body)
    if action is None:
        return in_query
    version = _BODY_VERSION.search(request.body)
    return _Action(action[1].decode(), version[1].decode() if version else in_query.version)


@lru_cache(maxsize=256)
def _query_fields(query: str) -> _Action:
    if "Action=" not in query:
        return _Action(None, None)
    pairs = dict(decode_pairs(query))
    return _Action(pairs.get("Action") or None, pairs.get("Version"))


def _may_be_form(request: HttpRequest) -> bool:
    if not request.body:
        return True
    content_type = _content_type(request)
    return not content_type or content_type.startswith("application/x-www-form-urlencoded")


def _service_for_action(action: str, version: str | None, path: str) -> str:
    candidates: tuple[str, ...] = ("sqs", "sns")
    if version is not None:
        named = ("sqs",) if version == "2012-11-05" else catalogue.services_for_version(version)
        candidates = named or candidates
    elif path.count("/") < 2:
        candidates = ("sns", "sqs", "sts", "iam", "cloudformation", "ses", "ec2")
    for service in candidates:
        if has_operation(service, action):
            return service
    raise sqs_query.invalid_action(action)


def _same_name_with_version(service: str, action: str, version: str) -> str:
    name = catalogue.signing_name(service)
    for candidate in catalogue.services_for_version(version):
        if catalogue.signing_name(candidate) == name and has_operation(candidate, action):
            return candidate
    return service


# --- where it was sent ----------------------------------------------------------------------


class _Host(NamedTuple):
    service: str = ""
    region: str = ""


@lru_cache(maxsize=256)
def _host_parts(host: str) -> _Host:
    """Read service and region from hosts like `us-east-1.queue.amazonaws.com`."""
    name = host.rpartition("@")[2].lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    suffix = next((suffix for suffix in _HOST_SUFFIXES if name.endswith(suffix)), None)
    if suffix is None:
        return _Host()
    labels = name.removesuffix(suffix).split(".")
    region = next((label for label in reversed(labels) if _REGION.fullmatch(label)), "")
    rest = [label for label in labels if label != region and label not in ("dualstack", "")]
    if "s3" in rest or any(label.startswith("s3-") for label in rest):
        return _Host("s3", region)
    if not rest:
        return _Host("", region)
    if rest[-1] == "queue":
        return _Host("sqs", region)
    return _Host(catalogue.service_for_name(rest[-1]) or "", region)
