"""Who may make a request: JWT, IAM and Lambda authorizers.

Source: AWS, "Control access to HTTP APIs with JWT authorizers", "… with AWS Lambda authorizers",
"Create a WebSocket API with a Lambda REQUEST authorizer".
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.services.apigatewayv2 import replies
from chalice_offline.services.apigatewayv2.functions import function_of, invoke
from chalice_offline.services.apigatewayv2.http_events import lambda_event
from chalice_offline.services.common.callers import access_key_in, caller_of
from chalice_offline.services.common.invoke_policies import effect
from chalice_offline.services.common.web_tokens import WebToken, web_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Result
    from chalice_offline.services.apigatewayv2.api import Described
    from chalice_offline.services.apigatewayv2.exchange import Exchange

    GoOn = Callable[[], None]
    GiveUp = Callable[[replies.Refused], None]
    EventOf = Callable[[Exchange, Described], dict[str, Any]]

_log = logging.getLogger(__name__)
_COGNITO = re.compile(r"https://cognito-idp\.([\w-]+)\.amazonaws\.com/([\w-]+)")
_KEYS_TIMEOUT_MS = 5_000


def authorize(exchange: Exchange, go_on: GoOn, give_up: GiveUp, event_of: EventOf) -> None:
    """Call `go_on` once the request may be made, else raise or call `give_up`."""
    kind = exchange.route.get("AuthorizationType", "NONE")
    if kind == "AWS_IAM":
        _check_signature(exchange)
    elif kind in ("JWT", "CUSTOM"):
        authorizer = exchange.snapshot.authorizers.get(exchange.route.get("AuthorizerId", ""))
        if authorizer is None:
            raise replies.failed()
        step = _check_token if kind == "JWT" else _ask
        step(exchange, authorizer, go_on, give_up, event_of)
        return
    go_on()


def request_event(exchange: Exchange, authorizer: Described) -> dict[str, Any]:
    """Return the event of an HTTP API's Lambda authorizer."""
    version = authorizer.get("AuthorizerPayloadFormatVersion", "1.0")
    event = lambda_event(exchange, version)
    event.pop("body", None)
    event.pop("isBase64Encoded", None)
    sources = [_source(exchange, one) for one in authorizer.get("IdentitySource", [])]
    if version == "2.0":
        return {
            **event,
            "type": "REQUEST",
            "routeArn": exchange.arn,
            "identitySource": sources,
        }
    return {
        **event,
        "type": "REQUEST",
        "methodArn": exchange.arn,
        "identitySource": ",".join(sources),
        "authorizationToken": ",".join(sources),
    }


def _check_signature(exchange: Exchange) -> None:
    key = access_key_in(exchange.header("authorization"))
    if not key and "X-Amz-Signature" not in exchange.query:
        raise replies.forbidden()
    api = exchange.api
    kernel = exchange.apis.kernel
    caller = caller_of(kernel, key, api.account_id, api.region, (exchange.call.entry,))
    exchange.authorizer = {"iam": caller.described()}


# ---- tokens -------------------------------------------------------------------------------


def _check_token(
    exchange: Exchange,
    authorizer: Described,
    go_on: GoOn,
    give_up: GiveUp,
    event_of: EventOf,
) -> None:
    del event_of
    given = _source(exchange, next(iter(authorizer.get("IdentitySource", [])), ""))
    if not given:
        raise replies.unauthorized("Bearer")
    token = web_token(given.removeprefix("Bearer ").strip())
    settings = authorizer["JwtConfiguration"]
    if token is None:
        raise _invalid("the token is not a JWT")
    _check_claims(exchange, token, settings)

    def known(keys: list[dict[str, Any]] | None) -> None:
        if keys is not None and not token.is_signed_by(keys):
            give_up(_invalid("signing method or key is invalid"))
            return
        scopes = set(str(token.claims.get("scope") or token.claims.get("scp") or "").split())
        wanted = exchange.route.get("AuthorizationScopes")
        if wanted and not scopes & set(wanted):
            challenge = f'Bearer scope="{" ".join(wanted)}" error="insufficient_scope"'
            give_up(replies.Refused(403, "Forbidden", [("www-authenticate", challenge)]))
            return
        claims = {name: _claim(value) for name, value in token.claims.items()}
        exchange.authorizer = {"jwt": {"claims": claims, "scopes": wanted}}
        go_on()

    _keys(exchange, settings["Issuer"], known)


def _invalid(why: str) -> replies.Refused:
    challenge = f'Bearer scope="" error="invalid_token" error_description="{why}"'
    return replies.unauthorized(challenge)


def _check_claims(exchange: Exchange, token: WebToken, settings: Described) -> None:
    claims, now_s = token.claims, exchange.call.now_ms / 1000
    if claims.get("iss") != settings["Issuer"]:
        raise _invalid("the token's issuer does not match")
    told = claims.get("aud", claims.get("client_id"))
    audience = set(told if isinstance(told, list) else [told])
    if not audience & set(settings.get("Audience", [])):
        raise _invalid("the token does not have a valid audience")
    expires, begins = claims.get("exp"), claims.get("nbf")
    if not isinstance(expires, int | float) or expires <= now_s:
        raise _invalid("the token has expired")
    if isinstance(begins, int | float) and begins > now_s:
        raise _invalid("the token is not valid yet")


def _claim(value: Any) -> str:
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def _keys(
    exchange: Exchange, issuer: str, known: Callable[[list[dict[str, Any]] | None], None]
) -> None:
    """Call `known` with the issuer's keys; with None when they are not to be had."""
    cache = exchange.apis.issuer_keys
    if issuer in cache:
        known(cache[issuer])
        return

    def have(keys: list[dict[str, Any]]) -> None:
        cache[issuer] = keys
        known(keys)

    pool = _COGNITO.fullmatch(issuer)
    if pool is not None:
        _ask_pool(exchange, issuer, (pool[1], pool[2]), have, known)
        return
    document = f"{issuer.rstrip('/')}/.well-known/openid-configuration"

    def discovered(found: dict[str, Any] | None) -> None:
        where = (found or {}).get("jwks_uri")
        if not isinstance(where, str):
            _believe(issuer, "it has no openid-configuration")
            known(None)
            return
        _fetch(exchange, where, fetched)

    def fetched(found: dict[str, Any] | None) -> None:
        keys = (found or {}).get("keys")
        if not isinstance(keys, list):
            _believe(issuer, "its keys cannot be read")
            known(None)
            return
        have(keys)

    _fetch(exchange, document, discovered)


def _ask_pool(
    exchange: Exchange,
    issuer: str,
    pool: tuple[str, str],
    have: Callable[[list[dict[str, Any]]], None],
    known: Callable[[None], None],
) -> None:
    region, pool_id = pool

    def answered(pending: Pending[Result]) -> None:
        try:
            have(pending.result()["keys"])
        except AwsError as error:
            _believe(issuer, error.message or error.code)
            known(None)

    keys: Pending[Result] = Pending()
    try:
        reply = exchange.apis.kernel.deliver(
            "cognito-idp",
            "JsonWebKeySet",
            {"UserPoolId": pool_id},
            account_id=exchange.api.account_id,
            region=region,
            causes=exchange.causes,
            principal="apigateway.amazonaws.com",
        )
    except AwsError as error:
        keys.fail(error)
    else:
        if isinstance(reply, Pending):
            reply.then(answered)
            return
        keys.resolve(reply)
    keys.then(answered)


def _believe(issuer: str, why: str) -> None:
    """Nobody can say who signed this issuer's tokens; tests make their own."""
    _log.warning("no keys of %s (%s): its tokens are believed unchecked", issuer, why)


def _fetch(exchange: Exchange, url: str, done: Callable[[dict[str, Any] | None], None]) -> None:
    def ended(response: HttpResponse | None, _reason: str) -> None:
        try:
            found = json.loads(response.body) if response and response.status == 200 else None
        except ValueError:
            found = None
        done(found if isinstance(found, dict) else None)

    request = HttpRequest("GET", url, Headers([("accept", "application/json")]), b"")
    exchange.apis.kernel.send_http(request, _KEYS_TIMEOUT_MS, ended, exchange.causes)


# ---- Lambda -------------------------------------------------------------------------------


def _ask(
    exchange: Exchange,
    authorizer: Described,
    go_on: GoOn,
    give_up: GiveUp,
    event_of: EventOf,
) -> None:
    sources = authorizer.get("IdentitySource", [])
    identity = [_source(exchange, one) for one in sources]
    if not all(identity):
        raise replies.unauthorized()
    lasts_ms = int(authorizer.get("AuthorizerResultTtlInSeconds") or 0) * 1000
    api, cache = exchange.api, exchange.apis.authorizations
    key = (api.id, exchange.stage_name, authorizer["AuthorizerId"], *identity)
    cached = cache.get(key) if lasts_ms and identity else None
    if cached is not None and cached[0] > exchange.call.now_ms:
        _apply(exchange, authorizer, cached[1])
        go_on()
        return

    def answered(pending: Pending[Result]) -> None:
        try:
            decision = _decision(pending.result())
            if lasts_ms and identity:
                cache[key] = (exchange.call.now_ms + lasts_ms, decision)
            _apply(exchange, authorizer, decision)
        except replies.Refused as refused:
            give_up(refused)
        except AwsError:
            give_up(replies.failed())
        else:
            go_on()

    function = function_of(authorizer["AuthorizerUri"], exchange.variables)
    event = event_of(exchange, authorizer)
    invoke(exchange.apis, api, function, event, exchange.causes).then(answered)


def _decision(result: Result) -> dict[str, Any]:
    try:
        answer = json.loads(result["Payload"])
    except ValueError as error:
        raise replies.failed() from error
    if "FunctionError" in result:
        if isinstance(answer, dict) and answer.get("errorMessage") == "Unauthorized":
            raise replies.unauthorized()
        raise replies.failed()
    if not isinstance(answer, dict):
        raise replies.failed()
    return answer


def _apply(exchange: Exchange, authorizer: Described, decision: dict[str, Any]) -> None:
    context = decision.get("context") or {}
    if authorizer.get("EnableSimpleResponses"):
        if decision.get("isAuthorized") is not True:
            raise replies.forbidden()
    else:
        policy = decision.get("policyDocument")
        if not isinstance(policy, dict):
            raise replies.failed()
        if effect(policy, exchange.arn) != "Allow":
            raise replies.forbidden()
    if not exchange.api.is_http:
        exchange.authorizer = {"principalId": decision.get("principalId"), **context}
        return
    exchange.authorizer = {"lambda": context} if context else {}


def _source(exchange: Exchange, expression: str) -> str:
    """Return the value that an identity source names; "" when it is not there."""
    for prefix in ("$request.header.", "route.request.header."):
        if expression.startswith(prefix):
            return exchange.header(expression.removeprefix(prefix).lower())
    for prefix in ("$request.querystring.", "route.request.querystring."):
        if expression.startswith(prefix):
            return ",".join(exchange.query.get(expression.removeprefix(prefix), []))
    if expression.startswith("$stageVariables."):
        return exchange.variables.get(expression.removeprefix("$stageVariables."), "")
    known = {
        "$context.identity.sourceIp": exchange.source_ip,
        "$context.httpMethod": exchange.method,
        "$context.path": exchange.shown_path,
        "$context.routeKey": str(exchange.route.get("RouteKey", "")),
    }
    return known.get(expression, "")
