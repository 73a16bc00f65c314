"""Authorizers of type COGNITO_USER_POOLS: tokens of an emulated pool, and others."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.services.apigateway.conftest import proxy


class Pool:
    """A user pool with one user, and the tokens of that user."""

    def __init__(self, aws: Any) -> None:
        cognito = aws.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="shop")["UserPool"]
        self.id, self.arn = pool["Id"], pool["Arn"]
        client = cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="app",
            ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        )["UserPoolClient"]
        self.client_id = client["ClientId"]
        cognito.admin_create_user(UserPoolId=self.id, Username="jane", MessageAction="SUPPRESS")
        cognito.admin_set_user_password(
            UserPoolId=self.id, Username="jane", Password="Secret-123", Permanent=True
        )
        self.tokens = cognito.admin_initiate_auth(
            UserPoolId=self.id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "jane", "PASSWORD": "Secret-123"},
        )["AuthenticationResult"]

    @property
    def token(self) -> str:
        return str(self.tokens["IdToken"])


@pytest.fixture
def pool(aws: Any) -> Pool:
    return Pool(aws)


def document(arn: str, pool_arn: str, **authorizer: Any) -> dict[str, Any]:
    """Return an API whose one route the pool's users may take."""
    said = {"type": "cognito_user_pools", "providerARNs": [pool_arn]} | authorizer
    return {
        "paths": {"/me": {"get": proxy(arn) | {"security": [{"users": []}]}}},
        "securityDefinitions": {
            "users": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "cognito_user_pools",
                "x-amazon-apigateway-authorizer": said,
            }
        },
    }


@pytest.fixture
def seen(aws: Any, pool: Pool, serve: Any) -> Any:
    """`seen(token)`: status and document of the route, and the claims its function saw."""
    events: list[Any] = []
    arn = aws.function("me", lambda event: events.append(event) or {"statusCode": 200})
    api = serve(document(arn, pool.arn))

    def ask(token: str) -> tuple[int, Any, Any]:
        events.clear()
        reply = api.request("GET", "/me", Authorization=token)
        claims = events[0]["requestContext"]["authorizer"]["claims"] if events else None
        return reply.status, reply.json if reply.body else None, claims

    return ask


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_a_token_of_the_pool_lets_in_with_its_claims(pool: Pool, seen: Any) -> None:
    """With and without "Bearer", and again with the keys known already."""
    for token in (pool.token, f"Bearer {pool.token}"):
        status, _, claims = seen(token)
        assert (status, claims["cognito:username"], claims["aud"]) == (200, "jane", pool.client_id)


def test_what_the_pool_did_not_sign_is_unauthorized(pool: Pool, seen: Any) -> None:
    """A changed claim, another key, no signature, an algorithm of one's own, no token at all."""
    header, claims, signature = pool.token.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = part(told | {"cognito:username": "root"})
    for token in (
        f"{header}.{forged}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}.{'A' * len(signature)}",
        f"{part({'alg': 'none', 'kid': 'dummy'})}.{claims}.",
        f"{part({'alg': 'RS256', 'kid': 'other'})}.{claims}.{signature}",
        "no token",
    ):
        assert seen(token) == (401, {"message": "Unauthorized"}, None)


def test_an_expired_token_is_said_to_be(aws: Any, pool: Pool, seen: Any) -> None:
    """An hour later."""
    aws.advance(seconds=3601)
    assert seen(pool.token) == (401, {"message": "The incoming token has expired"}, None)


def test_only_an_id_token_lets_in_where_no_scopes_are_asked_for(pool: Pool, seen: Any) -> None:
    """An access token is for methods with authorizationScopes."""
    assert seen(pool.tokens["AccessToken"])[0] == 401


def test_a_token_of_another_pool_is_unauthorized(aws: Any, pool: Pool, seen: Any) -> None:
    """Pools of one engine sign alike; the issuer tells them apart."""
    other = Pool(aws)
    assert other.id != pool.id
    assert seen(other.token)[0] == 401


def test_a_pool_that_is_not_here_is_believed_and_told(aws: Any, serve: Any, caplog: Any) -> None:
    """Nobody has its keys; the claims are looked at all the same."""
    arn = aws.function("me", lambda _event: {"statusCode": 200})
    pool_arn = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_nowhere"
    api = serve(document(arn, pool_arn))
    issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_nowhere"
    known = f"{part({'alg': 'RS256'})}.{part({'iss': issuer})}.c2ln"
    assert api.request("GET", "/me", Authorization=known).status == 200
    assert "us-east-1_nowhere" in caplog.text
    foreign = f"{part({})}.{part({'iss': issuer + 'x'})}.c2ln"
    assert api.request("GET", "/me", Authorization=foreign).status == 401
