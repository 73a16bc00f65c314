"""Who may make a request: the authorizer step.

Source: AWS, "Use API Gateway Lambda authorizers".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.exchange import GatewayFailure
from chalice_offline.services.apigateway.lambda_event import ProxyEvent, lambda_function
from chalice_offline.services.apigateway.mappings import request_value, with_stage_variables
from chalice_offline.services.apigateway.user_pools import check_token, claim
from chalice_offline.services.common.callers import access_key_in, caller_of
from chalice_offline.services.common.invoke_policies import effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Result
    from chalice_offline.services.apigateway.exchange import Exchange
    from chalice_offline.services.apigateway.rest_api import Described

_EXPLICIT = "User is not authorized to access this resource with an explicit deny"
_IMPLICIT = "User is not authorized to access this resource"


def authorize(
    exchange: Exchange, go_on: Callable[[], None], give_up: Callable[[Any], None]
) -> None:
    """Call `go_on` once somebody may make the request, else raise or call `give_up`(failure)."""
    kind = exchange.taken.method.get("authorizationType", "NONE")
    authorizer = exchange.taken.authorizer
    if kind == "AWS_IAM":
        _check_signature(exchange)
    elif kind == "COGNITO_USER_POOLS" and authorizer is not None:
        check_token(exchange, authorizer, go_on, give_up)
        return
    elif kind == "CUSTOM" and authorizer is not None:
        _ask(exchange, authorizer, go_on, give_up)
        return
    go_on()


def _check_signature(exchange: Exchange) -> None:
    key = access_key_in(exchange.header("authorization") or "")
    if not key and "X-Amz-Signature" not in exchange.query:
        raise failures.missing_token()
    api = exchange.api
    kernel = exchange.gateway.kernel
    caller = caller_of(kernel, key, api.account_id, api.region, exchange.causes)
    exchange.identity |= {
        "accessKey": caller.access_key or None,
        "accountId": caller.account_id,
        "caller": caller.id,
        "user": caller.id,
        "userArn": caller.arn,
    }


# ---- Lambda -------------------------------------------------------------------------------


def _ask(
    exchange: Exchange,
    authorizer: Described,
    go_on: Callable[[], None],
    give_up: Callable[[Any], None],
) -> None:
    identity = _identity(exchange, authorizer)
    key = (exchange.api.id, exchange.stage_name, authorizer["id"], *identity)
    lasts_ms = int(authorizer.get("authorizerResultTtlInSeconds", 300)) * 1000
    cached = exchange.gateway.authorizations.get(key) if lasts_ms and identity else None
    if cached is not None and cached[0] > exchange.call.now_ms:
        _apply(exchange, cached[1])
        go_on()
        return
    event = authorizer_event(exchange, authorizer, identity)
    reply = ask_authorizer(exchange, authorizer, event)

    def answered(pending: Pending[Result]) -> None:
        try:
            decision = _decision(pending.result())
            if lasts_ms and identity:
                due = exchange.call.now_ms + lasts_ms
                exchange.gateway.authorizations[key] = (due, decision)
            _apply(exchange, decision)
        except GatewayFailure as failure:
            give_up(failure)
        except AwsError:
            give_up(failures.authorizer_failed())
        else:
            go_on()

    reply.then(answered)


def _identity(exchange: Exchange, authorizer: Described) -> tuple[str, ...]:
    sources = [
        one.strip() for one in authorizer.get("identitySource", "").split(",") if one.strip()
    ]
    values = [request_value(exchange, source) for source in sources]
    if any(not one or not one[-1] for one in values):
        raise failures.unauthorized()
    identity = tuple(one[-1] for one in values)
    expression = authorizer.get("identityValidationExpression")
    if expression and authorizer["type"] == "TOKEN" and not re.match(expression, identity[0]):
        raise failures.unauthorized()
    return identity


def authorizer_event(
    exchange: Exchange, authorizer: Described, identity: tuple[str, ...]
) -> dict[str, Any]:
    """Return the event of a Lambda authorizer."""
    if authorizer["type"] == "TOKEN":
        token = identity[0] if identity else ""
        return {
            "type": "TOKEN",
            "methodArn": exchange.method_arn,
            "authorizationToken": token,
        }
    event = ProxyEvent(exchange).document()
    del event["body"], event["isBase64Encoded"]
    return {"type": "REQUEST", "methodArn": exchange.method_arn} | event


def ask_authorizer(
    exchange: Exchange, authorizer: Described, event: dict[str, Any]
) -> Pending[Result]:
    """Invoke the function of an authorizer; raises GatewayFailure when that cannot be."""
    arn = lambda_function(with_stage_variables(authorizer["authorizerUri"], exchange.variables))
    settled: Pending[Result] = Pending()
    if not arn:
        raise failures.authorizer_misconfigured()
    try:
        reply = exchange.gateway.kernel.deliver(
            "lambda",
            "Invoke",
            {"FunctionName": arn, "Payload": json.dumps(event).encode()},
            account_id=exchange.api.account_id,
            region=exchange.api.region,
            causes=exchange.causes,
            principal="apigateway.amazonaws.com",
        )
    except AwsError as error:
        raise failures.authorizer_failed() from error
    if isinstance(reply, Pending):
        return reply
    settled.resolve(reply)
    return settled


def _decision(result: Result) -> dict[str, Any]:
    payload = result["Payload"]
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise failures.authorizer_misconfigured() from error
    if "FunctionError" in result:
        if isinstance(answer, dict) and answer.get("errorMessage") == "Unauthorized":
            raise failures.unauthorized()
        raise failures.authorizer_failed()
    if not isinstance(answer, dict) or not isinstance(answer.get("policyDocument"), dict):
        raise failures.authorizer_misconfigured()
    if not isinstance(answer.get("principalId"), str):
        raise failures.authorizer_misconfigured()
    context = answer.get("context") or {}
    if any(isinstance(value, dict | list) for value in context.values()):
        raise failures.authorizer_misconfigured()
    return answer


def _apply(exchange: Exchange, decision: dict[str, Any]) -> None:
    found = effect(decision["policyDocument"], exchange.method_arn)
    if found != "Allow":
        raise failures.access_denied(_EXPLICIT if found == "Deny" else _IMPLICIT)
    context = {k: claim(v) for k, v in (decision.get("context") or {}).items()}
    exchange.authorizer = {"principalId": decision["principalId"]} | context
    exchange.usage_key = str(decision.get("usageIdentifierKey") or "")
