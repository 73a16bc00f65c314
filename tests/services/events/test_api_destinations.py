"""Connections and API destinations: CRUD, secrets, and the requests they make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.transports.gateway import Gateway

if TYPE_CHECKING:
    from .conftest import World

BASIC = {"BasicAuthParameters": {"Username": "user", "Password": "pass"}}
API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}}
OAUTH = {
    "OAuthParameters": {
        "AuthorizationEndpoint": "https://login.example.com/token",
        "ClientParameters": {"ClientID": "id", "ClientSecret": "secret"},
        "HttpMethod": "POST",
        "OAuthHttpParameters": {
            "BodyParameters": [{"Key": "scope", "Value": "orders"}],
            "HeaderParameters": [{"Key": "X-Tenant", "Value": "t"}],
            "QueryStringParameters": [{"Key": "v", "Value": "2"}],
        },
    }
}


class Outside:
    """The world outside: records requests, answers from a list, 200 when it is empty."""

    def __init__(self, world: World) -> None:
        self.requests: list[HttpRequest] = []
        self.replies: list[HttpResponse | OSError] = []
        self.times: list[int] = []
        self._driver = world.aws.driver
        self._driver.send_request = self._answer

    def _answer(self, request: HttpRequest, timeout_ms: int) -> HttpResponse:
        assert timeout_ms == 5_000
        self.requests.append(request)
        self.times.append(self._driver.clock.now_ms())
        if urlsplit(request.url).netloc == "login.example.com":
            return HttpResponse(200, body=b'{"access_token": "token"}')
        reply = self.replies.pop(0) if self.replies else HttpResponse(200)
        if isinstance(reply, OSError):
            raise reply
        return reply


def connect(world: World, kind: str, parameters: dict[str, Any], **settings: Any) -> str:
    """Make the connection `c` and return its ARN."""
    reply = world.events.create_connection(
        Name="c", AuthorizationType=kind, AuthParameters=parameters, **settings
    )
    return str(reply["ConnectionArn"])


def destination(world: World, connection_arn: str, **settings: Any) -> str:
    """Make the API destination `d` and return its ARN."""
    whole = {
        "HttpMethod": "POST",
        "InvocationEndpoint": "https://pos.example.com/orders",
        "ConnectionArn": connection_arn,
        **settings,
    }
    reply = world.events.create_api_destination(Name="d", **whole)
    return str(reply["ApiDestinationArn"])


@pytest.mark.parametrize(
    ("kind", "parameters", "shown", "secret"),
    [
        (
            "BASIC",
            BASIC,
            {"BasicAuthParameters": {"Username": "user"}},
            {"username": "user", "password": "pass"},
        ),
        (
            "API_KEY",
            {**API_KEY, "InvocationHttpParameters": {}},
            {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key"}, "InvocationHttpParameters": {}},
            {"api_key_name": "X-Key", "api_key_value": "k", "invocation_http_parameters": {}},
        ),
    ],
)
def test_connection_keeps_its_secret_in_secrets_manager(
    world: World, kind: str, parameters: Any, shown: Any, secret: Any
) -> None:
    """DescribeConnection hides it, Secrets Manager has it, deleting takes it away."""
    connect(world, kind, parameters)
    described = world.events.describe_connection(Name="c")
    assert described["ConnectionState"] == "AUTHORIZED"
    assert described["AuthParameters"] == shown
    secrets = world.aws.client("secretsmanager")
    stored = secrets.get_secret_value(SecretId=described["SecretArn"])
    assert json.loads(stored["SecretString"]) == secret
    assert stored["Name"].startswith("events!connection/c/")
    assert world.events.delete_connection(Name="c")["ConnectionState"] == "DELETING"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.describe_secret(SecretId=described["SecretArn"])
    text = r"Failed to describe the connection\(s\). Connection 'c' does not exist."
    with pytest.raises(ClientError, match=text):
        world.events.describe_connection(Name="c")


def test_update_connection_renews_the_secret(world: World) -> None:
    """The secret keeps its ARN and gets a new version."""
    connect(world, "BASIC", BASIC)
    arn = world.events.describe_connection(Name="c")["SecretArn"]
    world.events.update_connection(
        Name="c",
        AuthorizationType="BASIC",
        AuthParameters={"BasicAuthParameters": {"Username": "new", "Password": "word"}},
    )
    described = world.events.describe_connection(Name="c")
    assert described["SecretArn"] == arn
    assert described["AuthParameters"] == {"BasicAuthParameters": {"Username": "new"}}
    stored = world.aws.client("secretsmanager").get_secret_value(SecretId=arn)
    assert json.loads(stored["SecretString"]) == {"username": "new", "password": "word"}


def test_connection_values_are_shown_unless_secret(world: World) -> None:
    """IsValueSecret decides whether DescribeConnection shows a value."""
    body = [
        {"Key": "open", "Value": "1", "IsValueSecret": False},
        {"Key": "closed", "Value": "2", "IsValueSecret": True},
    ]
    connect(world, "BASIC", {**BASIC, "InvocationHttpParameters": {"BodyParameters": body}})
    described = world.events.describe_connection(Name="c")["AuthParameters"]
    assert described["InvocationHttpParameters"]["BodyParameters"] == [
        {"Key": "open", "Value": "1", "IsValueSecret": False},
        {"Key": "closed", "IsValueSecret": True},
    ]


def test_connection_errors(world: World) -> None:
    """A taken name, parameters of another kind."""
    connect(world, "BASIC", BASIC)
    with pytest.raises(ClientError, match="Connection c already exists"):
        connect(world, "BASIC", BASIC)
    with pytest.raises(ClientError, match="OAuthParameters must be specified"):
        world.events.create_connection(
            Name="x", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters=BASIC
        )


def test_api_destination_life(world: World) -> None:
    """Made on a connection, described, listed, updated, deleted."""
    connection_arn = connect(world, "BASIC", BASIC)
    arn = destination(world, connection_arn, Description="d")
    described = world.events.describe_api_destination(Name="d")
    assert described["ApiDestinationArn"] == arn
    assert described["ApiDestinationState"] == "ACTIVE"
    assert described["InvocationRateLimitPerSecond"] == 300
    world.events.update_api_destination(Name="d", HttpMethod="PUT")
    (listed,) = world.events.list_api_destinations(ConnectionArn=connection_arn)["ApiDestinations"]
    assert listed["HttpMethod"] == "PUT"
    assert "Description" not in listed
    world.events.deauthorize_connection(Name="c")
    assert world.events.describe_api_destination(Name="d")["ApiDestinationState"] == "INACTIVE"
    world.events.delete_api_destination(Name="d")
    text = r"Failed to describe the api-destination\(s\). An api-destination 'd' does not exist."
    with pytest.raises(ClientError, match=text):
        world.events.describe_api_destination(Name="d")


def test_api_destination_needs_a_connection_that_exists(world: World) -> None:
    """An unknown connection is named."""
    arn = connect(world, "BASIC", BASIC)
    with pytest.raises(ClientError, match="Connection 'gone' does not exist"):
        destination(world, arn.replace("connection/c/", "connection/gone/"))


def test_api_destination_sends_the_event(world: World) -> None:
    """One request with EventBridge's headers, the connection's parameters winning."""
    outside = Outside(world)
    extra = {
        "HeaderParameters": [{"Key": "X-Both", "Value": "connection"}],
        "QueryStringParameters": [{"Key": "both", "Value": "connection"}],
        "BodyParameters": [{"Key": "tenant", "Value": "t"}],
    }
    connection_arn = connect(world, "BASIC", {**BASIC, "InvocationHttpParameters": extra})
    arn = destination(world, connection_arn, InvocationEndpoint="https://pos.example.com/*/orders")
    world.rule(
        {
            "Arn": arn,
            "InputPath": "$.detail",
            "HttpParameters": {
                "PathParameterValues": ["store 1"],
                "HeaderParameters": {"X-Both": "target", "X-Own": "target"},
                "QueryStringParameters": {"both": "target", "own": "target"},
            },
        }
    )
    world.put({"n": 1})
    world.aws.settle()
    (request,) = outside.requests
    assert request.method == "POST"
    assert urlsplit(request.url).path == "/store%201/orders"
    assert parse_qs(request.query) == {"both": ["connection"], "own": ["target"]}
    assert json.loads(request.body) == {"n": 1, "tenant": "t"}
    assert request.headers["x-both"] == "connection"
    assert request.headers["x-own"] == "target"
    assert request.headers["authorization"] == "Basic dXNlcjpwYXNz"
    assert request.headers["user-agent"] == "Amazon/EventBridge/ApiDestinations"
    assert request.headers["content-type"] == "application/json; charset=utf-8"


def test_api_destination_with_an_api_key(world: World) -> None:
    """The key goes into the header it names."""
    outside = Outside(world)
    world.rule(destination(world, connect(world, "API_KEY", API_KEY), HttpMethod="GET"))
    world.put()
    world.aws.settle()
    (request,) = outside.requests
    assert (request.method, request.headers["x-key"], request.body) == ("GET", "k", b"")


def test_oauth_connection_is_authorized_in_the_background(world: World) -> None:
    """The token is fetched with the client's credentials and then used."""
    outside = Outside(world)
    connection_arn = connect(world, "OAUTH_CLIENT_CREDENTIALS", OAUTH)
    assert world.events.describe_connection(Name="c")["ConnectionState"] == "AUTHORIZING"
    world.aws.settle()
    assert world.events.describe_connection(Name="c")["ConnectionState"] == "AUTHORIZED"
    login = outside.requests[0]
    assert login.url == "https://login.example.com/token?v=2"
    assert login.headers["x-tenant"] == "t"
    assert json.loads(login.body) == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": "secret",
        "scope": "orders",
    }
    world.rule(destination(world, connection_arn))
    world.put()
    world.put()
    world.aws.settle()
    assert [request.headers.get("authorization") for request in outside.requests] == [
        None,
        "Bearer token",
        "Bearer token",
    ]


def test_oauth_token_is_renewed_after_a_401(world: World) -> None:
    """The target's refusal leads to a new token and another try."""
    outside = Outside(world)
    outside.replies = [HttpResponse(401)]
    world.rule(destination(world, connect(world, "OAUTH_CLIENT_CREDENTIALS", OAUTH)))
    world.put()
    world.aws.settle()
    hosts = [urlsplit(request.url).netloc.partition(".")[0] for request in outside.requests]
    assert hosts == ["login", "pos", "login", "pos"]


@pytest.mark.parametrize(
    ("reply", "attempts", "code"),
    [
        (HttpResponse(404), 1, "SDK_CLIENT_ERROR"),
        (HttpResponse(301), 1, "SDK_CLIENT_ERROR"),
        (HttpResponse(500), 3, "ERROR_FROM_TARGET"),
        (HttpResponse(409), 3, "ERROR_FROM_TARGET"),
        (HttpResponse(429), 3, "THROTTLING"),
        (OSError("no route to host"), 3, "CONNECTION_FAILURE"),
    ],
)
def test_api_destination_failures(world: World, reply: Any, attempts: int, code: str) -> None:
    """Some answers are tried again, others end at once; either way a dead letter says why."""
    outside = Outside(world)
    outside.replies = [reply] * 3
    dead = world.catcher("dead")
    world.rule(
        {
            "Arn": destination(world, connect(world, "BASIC", BASIC)),
            "RetryPolicy": {"MaximumRetryAttempts": 2},
            "DeadLetterConfig": {"Arn": dead.arn},
        }
    )
    world.put()
    world.aws.settle()
    assert len(outside.requests) == attempts
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == code


def test_api_destination_honours_retry_after(world: World) -> None:
    """The next try waits as long as the endpoint asked."""
    outside = Outside(world)
    outside.replies = [HttpResponse(429, Headers([("Retry-After", "90")]))]
    world.rule(destination(world, connect(world, "BASIC", BASIC)))
    world.put()
    world.aws.settle()
    assert outside.times[1] - outside.times[0] == 90_000


def test_api_destination_that_is_gone(world: World) -> None:
    """A deleted destination is a missing resource; a deauthorized connection a permission."""
    arn = destination(world, connect(world, "BASIC", BASIC))
    world.rule(arn)
    world.events.deauthorize_connection(Name="c")
    world.put()
    assert len(world.notes("gave up: NO_PERMISSIONS")) == 1
    world.events.delete_api_destination(Name="d")
    world.put()
    assert len(world.notes("gave up: NO_RESOURCE")) == 1


def test_no_client_gets_a_connections_secrets(world: World) -> None:
    """What Step Functions asks for is no operation of any model: a request for it is refused."""
    connect(world, "API_KEY", API_KEY)
    request = HttpRequest(
        "POST",
        "http://events.us-east-1.amazonaws.com/",
        Headers(
            [
                ("host", "events.us-east-1.amazonaws.com"),
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "AWSEvents.RetrieveConnectionCredentials"),
            ]
        ),
        b"{}",
    )
    reply = Gateway(world.aws.emulator).handle(request)
    assert isinstance(reply, HttpResponse)
    assert reply.status == 404
    assert b"UnknownOperation" in reply.body
