"""Requests to AWS services, as API Gateway writes and signs them.

They are read by the same model-driven protocols that a client's requests are, and reach the
service through the kernel like any neighbour's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.protocols import catalogue, detect, parse, serialize, serialize_error
from chalice_offline.protocols.service_models import load_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Kernel, Reply, Result

_ARN = re.compile(r"arn:[\w-]+:apigateway:([\w-]+):([\w.-]+):(path|action)/(.*)", re.DOTALL)
# The names that URIs and signatures have for services whose botocore name is another.
_NAMES = {"states": "stepfunctions"}


class NoSuchTargetError(ValueError):
    """A URI that names no service, or a request that names no operation of it."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request to the service that `uri` names: arn:aws:apigateway:region:service:path/…."""

    uri: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    account_id: str
    causes: tuple[int, ...]


def send_signed(kernel: Kernel, request: Signed, answered: Callable[[HttpResponse], None]) -> None:
    """Send a request; `answered` gets the service's reply, errors too. Raises NoSuchTargetError."""
    found = _ARN.fullmatch(request.uri)
    if found is None:
        raise NoSuchTargetError(request.uri)
    region, name, kind, rest = found.groups()
    host, _, signed = name.rpartition(".")
    sent = _http_request(request, (region, signed, kind, rest), host)
    request_id = kernel.ids.uuid()
    target = None
    try:
        target = detect(sent)
        parameters = parse(target, sent)
        if target.operation is None:
            raise NoSuchTargetError(request.uri)
        reply: Reply = kernel.deliver(
            target.service,
            target.operation,
            parameters,
            account_id=request.account_id,
            region=region,
            causes=request.causes,
            principal="apigateway.amazonaws.com",
        )
    except AwsError as error:
        answered(serialize_error(target, error, request_id))
        return
    if not isinstance(reply, Pending):
        answered(serialize(target, reply, request_id))
        return

    def settled(pending: Pending[Result]) -> None:
        try:
            response = serialize(target, pending.result(), request_id)
        except AwsError as error:
            response = serialize_error(target, error, request_id)
        answered(response)

    reply.then(settled)


def _http_request(request: Signed, place: tuple[str, str, str, str], host: str) -> HttpRequest:
    region, signed, kind, rest = place
    headers = Headers(request.headers.items())
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=apigateway/20200101/{region}/{signed}/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )
    body, path = request.body, rest
    if kind == "action":
        action, _, query = rest.partition("?")
        service = catalogue.service_for_name(_NAMES.get(signed, signed)) or signed
        path, body = _action(service, action, query, headers, request)
    domain = f"{signed}.{region}.amazonaws.com"
    url = f"https://{f'{host}.' if host else ''}{domain}/{path.lstrip('/')}"
    headers["host"] = f"{f'{host}.' if host else ''}{domain}"
    return HttpRequest(request.method, url, headers, body)


def _action(
    service: str, action: str, query: str, headers: Headers, request: Signed
) -> tuple[str, bytes]:
    """Return path and body of a call by name: a target header, or Action= in a form."""
    metadata = load_service(service).metadata
    action, _, more = action.partition("&")  # action/GetParameter&Name=x
    query = "&".join(filter(None, (more, query)))
    if "x-amz-target" in headers and "json" in (headers.get("content-type") or ""):
        return "", request.body  # a template says itself what is called
    if "targetPrefix" in metadata:
        headers["x-amz-target"] = f"{metadata['targetPrefix']}.{action}"
        if metadata.get("protocol") == "json" or metadata.get("jsonVersion"):
            headers["content-type"] = f"application/x-amz-json-{metadata.get('jsonVersion', '1.0')}"
            body = request.body
            if query and not body:
                body = json.dumps(dict(parse_qsl(query))).encode()
            return "", body
    headers.pop("x-amz-target", None)
    named = urlencode({"Action": action, "Version": metadata["apiVersion"]})
    headers["content-type"] = "application/x-www-form-urlencoded"
    form = request.body.decode("utf-8", "replace")
    parts = [named, query, form if "=" in form and not form.startswith("{") else ""]
    return "", "&".join(filter(None, parts)).encode()
