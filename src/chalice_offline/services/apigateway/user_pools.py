"""Requests with a token of a Cognito user pool.

Source: AWS, "Control access to REST APIs using Amazon Cognito user pools as an authorizer", and
Amazon Cognito, "Verifying JSON web tokens".
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.exchange import GatewayFailure
from chalice_offline.services.apigateway.mappings import request_value
from chalice_offline.services.common.web_tokens import WebToken, web_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Result
    from chalice_offline.services.apigateway.exchange import Exchange
    from chalice_offline.services.apigateway.rest_api import Described

_log = logging.getLogger(__name__)
_EXPIRED = "The incoming token has expired"


def check_token(
    exchange: Exchange,
    authorizer: Described,
    go_on: Callable[[], None],
    give_up: Callable[[Any], None],
) -> None:
    """Call `go_on` once the token is a pool's, else raise or call `give_up`(failure)."""
    source = authorizer.get("identitySource") or "method.request.header.Authorization"
    values = request_value(exchange, source)
    token = web_token(values[-1].removeprefix("Bearer ")) if values else None
    if token is None:
        raise failures.unauthorized()
    pool = _pool_of(token, authorizer)
    _check_claims(exchange, authorizer, token)
    known = exchange.gateway.pool_keys.get(pool)
    if known is not None:
        _check_signature(token, known)
        _let_in(exchange, token)
        go_on()
        return

    def answered(pending: Pending[Result]) -> None:
        try:
            keys = pending.result()["keys"]
        except AwsError as error:
            _believe(exchange, pool, error)
        else:
            exchange.gateway.pool_keys[pool] = keys
            try:
                _check_signature(token, keys)
            except GatewayFailure as failure:
                give_up(failure)
                return
        _let_in(exchange, token)
        go_on()

    _ask_for_keys(exchange, pool).then(answered)


def _pool_of(token: WebToken, authorizer: Described) -> str:
    """Return the ARN of the pool that the token says it is of; one of the authorizer's."""
    pools: list[str] = authorizer.get("providerARNs", [])
    issuer = token.claims.get("iss")
    for arn in pools:
        region, pool_id = parse_arn(arn).region, arn.rpartition("/")[2]
        if issuer == f"https://cognito-idp.{region}.amazonaws.com/{pool_id}":
            return arn
    if issuer is None and len(pools) == 1:
        return pools[0]
    raise failures.unauthorized()


def _check_claims(exchange: Exchange, authorizer: Described, token: WebToken) -> None:
    claims = token.claims
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires * 1000 <= exchange.call.now_ms:
        raise failures.unauthorized(_EXPIRED)
    scopes = exchange.taken.method.get("authorizationScopes")
    if scopes:  # then it is to be an access token
        if not set(scopes) & set(str(claims.get("scope", "")).split()):
            raise failures.unauthorized()
    elif claims.get("token_use", "id") != "id":
        raise failures.unauthorized()
    expression = authorizer.get("identityValidationExpression")
    if expression and not re.fullmatch(expression, str(claims.get("aud", ""))):
        raise failures.unauthorized()


def _check_signature(token: WebToken, keys: list[dict[str, Any]]) -> None:
    if not token.is_signed_by(keys):
        raise failures.unauthorized()


def _ask_for_keys(exchange: Exchange, pool: str) -> Pending[Result]:
    arn = parse_arn(pool)
    keys: Pending[Result] = Pending()
    try:
        reply = exchange.gateway.kernel.deliver(
            "cognito-idp",
            "JsonWebKeySet",
            {"UserPoolId": pool.rpartition("/")[2]},
            account_id=exchange.api.account_id,
            region=arn.region,
            causes=exchange.causes,
            principal="apigateway.amazonaws.com",
        )
    except AwsError as error:
        keys.fail(error)
        return keys
    if isinstance(reply, Pending):
        return reply
    keys.resolve(reply)
    return keys


def _believe(exchange: Exchange, pool: str, error: AwsError) -> None:
    """There is no such pool here, so nobody can say who signed its tokens; tests make their own."""
    if pool not in exchange.gateway.pools_told:
        exchange.gateway.pools_told.add(pool)
        _log.warning(
            "the keys of user pool %s are not to be had (%s): its tokens are believed unchecked",
            pool,
            error.message or error.code,
        )


def _let_in(exchange: Exchange, token: WebToken) -> None:
    exchange.authorizer = {"claims": {k: claim(v) for k, v in token.claims.items()}}


def claim(value: Any) -> str:
    """Return a claim as events have it: texts, lists joined by commas."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
