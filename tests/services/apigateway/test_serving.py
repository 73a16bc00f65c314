"""The data plane: proxy events, refusals, authorizers, keys, validation, integrations."""

from __future__ import annotations

import json
from typing import Any

from tests.services.apigateway.conftest import function_uri, mock, proxy


def test_proxy_event_has_api_gateways_fields(aws: Any, serve: Any) -> None:
    """A function gets resource, path, parameters, headers, body and the whole request context."""
    events: list[Any] = []
    arn = aws.function("items", lambda event: events.append(event) or {"statusCode": 201})
    api = serve({"paths": {"/items/{kind}": {"post": proxy(arn)}}})
    reply = api.request("POST", "/items/a%20b?q=1&q=2", b"{}", Content_Type="application/json")
    assert reply.status == 201
    assert reply.headers["content-type"] == "application/json"
    (event,) = events
    context = event.pop("requestContext")
    assert event["resource"] == "/items/{kind}"
    assert event["pathParameters"] == {"kind": "a%20b"}
    assert event["queryStringParameters"] == {"q": "2"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"]}
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == ("{}", False, None)
    assert context["apiId"] == api.id
    assert context["stage"] == "dev"
    assert context["path"] == "/dev/items/a%20b"
    assert context["requestId"] == reply.headers["x-amzn-requestid"]
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert {"accountId", "domainName", "requestTimeEpoch", "resourceId"} <= context.keys()


def test_header_fields_are_handed_on_as_they_came(aws: Any, serve: Any) -> None:
    """Names of one's own as they are spelled, known ones as API Gateway does, values one by one."""
    events: list[Any] = []
    arn = aws.function("items", lambda event: events.append(event) or {"statusCode": 200})
    api = serve({"paths": {"/": {"get": proxy(arn)}}})
    api.request("GET", "/", **{"tEsT-hEAD": "v", "content-TYPE": "text/plain", "TEST-head": "w"})
    (event,) = events
    assert event["headers"]["tEsT-hEAD"] == "w"
    assert event["multiValueHeaders"]["tEsT-hEAD"] == ["v", "w"]
    assert event["headers"]["Content-Type"] == "text/plain"


def test_parameters_of_a_query_are_the_same_with_and_without_encoding(aws: Any, serve: Any) -> None:
    """A name without a value has an empty one, only the first "=" parts, "&&" is no parameter."""
    events: list[Any] = []
    arn = aws.function("items", lambda event: events.append(event) or {"statusCode": 200})
    api = serve({"paths": {"/": {"get": proxy(arn)}}})
    api.request("GET", "/?a=&b&a=2&&c=x==1&=d")
    api.request("GET", "/?a=&b&%61=2&&c=x%3D=1&=d")
    api.request("GET", "/?a=1+2")
    plain, encoded, spaced = (event["multiValueQueryStringParameters"] for event in events)
    assert plain == encoded == {"a": ["", "2"], "b": [""], "c": ["x==1"], "": ["d"]}
    assert spaced == {"a": ["1 2"]}


def test_an_edge_optimized_api_answers_through_cloudfront(serve: Any) -> None:
    """Replies and refusals carry its header fields; those of a regional API do not."""
    api = serve({"paths": {"/menu": {"get": mock("{}")}}})
    found, missing = api.request("GET", "/menu"), api.request("GET", "/none")
    assert found.headers["x-cache"] == "Miss from cloudfront"
    assert found.headers["via"].endswith(".cloudfront.net (CloudFront)")
    assert len(found.headers["x-amz-cf-id"]) == 56
    assert missing.headers["x-cache"] == "Error from cloudfront"
    assert missing.headers["x-amz-cf-id"] != found.headers["x-amz-cf-id"]
    change = {"op": "replace", "path": "/endpointConfiguration/types/EDGE", "value": "REGIONAL"}
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=[change])
    regional = api.request("GET", "/menu").headers
    assert {"via", "x-amz-cf-id", "x-amz-cf-pop", "x-cache"}.isdisjoint(regional)


def test_unknown_route_is_403(serve: Any) -> None:
    """No such path or method: Missing Authentication Token; no such stage: Forbidden."""
    api = serve({"paths": {"/": {"get": mock("{}")}}})
    for method, path in (("GET", "/nowhere"), ("POST", "/")):
        reply = api.request(method, path)
        assert (reply.status, reply.json) == (403, {"message": "Missing Authentication Token"})
        assert reply.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_what_a_function_may_not_answer_is_502(aws: Any, serve: Any) -> None:
    """Errors and malformed responses are the same to the client."""

    def handler(event: Any) -> Any:
        kind = event["pathParameters"]["kind"]
        if kind == "error":
            raise RuntimeError
        return {"text": "hello", "member": {"statuscode": 200}, "status": {"statusCode": "x"}}[kind]

    arn = aws.function("bad", handler)
    api = serve({"paths": {"/{kind}": {"get": proxy(arn)}}})
    for kind in ("error", "text", "member", "status"):
        reply = api.request("GET", f"/{kind}")
        assert (reply.status, reply.json) == (502, {"message": "Internal server error"})


def test_static_path_before_variable_before_greedy(serve: Any) -> None:
    """The most specific resource that has the method answers."""
    api = serve(
        {
            "paths": {
                "/a/b": {"get": mock('"static"')},
                "/a/{x}": {"get": mock('"variable $input.params("x")"')},
                "/{all+}": {"any": {}, "x-amazon-apigateway-any-method": mock('"greedy"')},
            }
        }
    )
    assert api.request("GET", "/a/b").json == "static"
    assert api.request("GET", "/a/c").json == "variable c"
    assert api.request("POST", "/a/b").json == "greedy"
    assert api.request("GET", "/x/y/z").json == "greedy"


def test_token_authorizer_allows_denies_and_is_remembered(aws: Any, serve: Any) -> None:
    """Allow passes its context on, Deny is 403, no token 401; answers are kept for the TTL."""
    asked: list[str] = []

    def decide(event: Any) -> Any:
        asked.append(event["authorizationToken"])
        effect = "Allow" if event["authorizationToken"] == "yes" else "Deny"
        statement = {
            "Effect": effect,
            "Action": "execute-api:Invoke",
            "Resource": event["methodArn"],
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {"principalId": "me", "policyDocument": policy, "context": {"level": 7}}

    authorizer = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": function_uri(aws.function("decide", decide)),
            "authorizerResultTtlInSeconds": 60,
        },
    }
    method = mock('"$context.authorizer.principalId $context.authorizer.level"')
    api = serve(
        {
            "securityDefinitions": {"own": authorizer},
            "paths": {"/": {"get": method | {"security": [{"own": []}]}}},
        }
    )
    assert api.request("GET", "/", Authorization="yes").json == "me 7"
    assert api.request("GET", "/", Authorization="yes").json == "me 7"
    assert asked == ["yes"]
    denied = api.request("GET", "/", Authorization="no")
    assert denied.status == 403
    assert "explicit deny" in denied.json["Message"]
    missing = api.request("GET", "/")
    assert (missing.status, missing.json) == (401, {"message": "Unauthorized"})
    aws.advance(seconds=61)
    api.request("GET", "/", Authorization="yes")
    assert asked == ["yes", "no", "yes"]


def test_api_key_and_usage_plan(aws: Any, serve: Any) -> None:
    """Without a key of a plan of this stage it is 403; over its rate 429, until time passes."""
    api = serve(
        {
            "securityDefinitions": {
                "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}
            },
            "paths": {"/": {"get": mock('"in"') | {"security": [{"api_key": []}]}}},
        }
    )
    gateway = api.gateway
    refused = api.request("GET", "/")
    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
    key = gateway.create_api_key(name="k", enabled=True, value="0123456789" * 2)
    plan = gateway.create_usage_plan(
        name="p",
        apiStages=[{"apiId": api.id, "stage": "dev"}],
        throttle={"rateLimit": 1, "burstLimit": 1},
    )
    assert api.request("GET", "/", x_api_key=key["value"]).status == 403
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert api.request("GET", "/", x_api_key=key["value"]).status == 200
    throttled = api.request("GET", "/", x_api_key=key["value"])
    assert (throttled.status, throttled.json) == (429, {"message": "Too Many Requests"})
    aws.advance(seconds=1)
    assert api.request("GET", "/", x_api_key=key["value"]).status == 200


def test_a_plan_can_limit_a_method_and_a_period(serve: Any) -> None:
    """The method's own rate before the plan's; a used up quota is 429 Limit Exceeded."""
    scheme = {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
    method = mock('"in"') | {"security": [{"api_key": []}]}
    paths = {"/slow": {"get": method}, "/fast": {"get": method}}
    api = serve({"securityDefinitions": scheme, "paths": paths})
    key = api.gateway.create_api_key(name="k", enabled=True)
    limit = {"/slow/GET": {"rateLimit": 1, "burstLimit": 1}}
    plan = api.gateway.create_usage_plan(
        name="p",
        apiStages=[{"apiId": api.id, "stage": "dev", "throttle": limit}],
        throttle={"rateLimit": 100, "burstLimit": 100},
        quota={"limit": 4, "period": "DAY"},
    )
    api.gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    asked = [
        api.request("GET", path, x_api_key=key["value"])
        for path in ("/slow", "/slow", "/fast", "/fast", "/fast", "/fast")
    ]
    assert [one.status for one in asked] == [200, 429, 200, 200, 200, 429]
    assert asked[1].json == {"message": "Too Many Requests"}
    assert asked[-1].json == {"message": "Limit Exceeded"}
    assert asked[-1].headers["x-amzn-errortype"] == "LimitExceededException"


def test_request_validation(serve: Any) -> None:
    """What a method requires and a request lacks is named; a body must fit its model."""
    method = mock('"fine"') | {
        "x-amazon-apigateway-request-validator": "all",
        "consumes": ["application/json"],
        "parameters": [
            {"in": "query", "name": "q", "required": True, "type": "string"},
            {"in": "body", "name": "Pet", "schema": {"$ref": "#/definitions/Pet"}},
        ],
    }
    api = serve(
        {
            "x-amazon-apigateway-request-validators": {
                "all": {"validateRequestBody": True, "validateRequestParameters": True}
            },
            "definitions": {"Pet": {"type": "object", "required": ["name"]}},
            "paths": {"/": {"post": method}},
        }
    )
    missing = api.request("POST", "/", b"{}")
    assert missing.status == 400
    assert missing.json == {"message": "Missing required request parameters: [q]"}
    wrong = api.request("POST", "/?q=1", b"{}")
    assert (wrong.status, wrong.json) == (400, {"message": "Invalid request body"})
    assert api.request("POST", "/?q=1", b'{"name": "Rex"}').json == "fine"


def test_integration_with_a_queue(aws: Any, serve: Any) -> None:
    """A request becomes a message, by a mapping template and SQS's own call."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    api = serve(
        {
            "paths": {
                "/": {
                    "post": {
                        "responses": {"200": {"description": ""}},
                        "x-amazon-apigateway-integration": {
                            "type": "aws",
                            "httpMethod": "POST",
                            "uri": "arn:aws:apigateway:us-east-1:sqs:path/000000000000/jobs",
                            "requestParameters": {
                                "integration.request.header.Content-Type": (
                                    "'application/x-www-form-urlencoded'"
                                )
                            },
                            "requestTemplates": {
                                "application/json": (
                                    "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
                                )
                            },
                            "responses": {"default": {"statusCode": "202"}},
                        },
                    }
                }
            }
        }
    )
    assert api.request("POST", "/", b'{"a": "b&c"}').status == 202
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"a": "b&c"}


def test_gateway_response_in_the_apis_own_words(serve: Any) -> None:
    """Status, headers and body of a refusal can be the API's."""
    api = serve({"paths": {"/": {"get": mock("{}")}}})
    api.gateway.put_gateway_response(
        restApiId=api.id,
        responseType="MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters={"gatewayresponse.header.X-Why": "'gone'"},
        responseTemplates={"application/json": '{"why": $context.error.messageString}'},
    )
    assert api.request("GET", "/x").status == 403  # not deployed yet
    api.deploy()
    reply = api.request("GET", "/x")
    assert (reply.status, reply.headers["x-why"]) == (404, "gone")
    assert reply.json == {"why": "Missing Authentication Token"}


def test_access_log_has_a_line_per_request(aws: Any, serve: Any) -> None:
    """A stage's access log is written to its log group in the stage's format."""
    api = serve({"paths": {"/": {"get": mock("{}")}}})
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="access")
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:access"
    changes = {"destinationArn": arn, "format": "$context.httpMethod $context.status"}
    api.gateway.update_stage(
        restApiId=api.id,
        stageName="dev",
        patchOperations=[
            {"op": "replace", "path": f"/accessLogSettings/{name}", "value": value}
            for name, value in changes.items()
        ],
    )
    api.request("GET", "/")
    events = logs.filter_log_events(logGroupName="access")["events"]
    assert [event["message"] for event in events] == ["GET 200"]


def test_rule_sends_its_events_to_a_stage(aws: Any, serve: Any) -> None:
    """An EventBridge rule may have a method of an API as its target."""
    seen: list[Any] = []
    arn = aws.function("seen", lambda event: seen.append(json.loads(event["body"])) or {})
    api = serve({"paths": {"/test": {"post": proxy(arn)}}})
    events = aws.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"]}))
    target = f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/dev/POST/test"
    role = "arn:aws:iam::000000000000:role/r"
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": target, "RoleArn": role}])
    entry = {"Source": "shop", "DetailType": "placed", "Detail": '{"order": 1}'}
    events.put_events(Entries=[entry])
    aws.settle()
    assert [event["detail"] for event in seen] == [{"order": 1}]


def test_refusals_are_told_field_by_field(aws: Any, serve: Any) -> None:
    """Status, text, type of error and the ids that every reply of API Gateway has."""
    arn = aws.function("work", lambda _event: {"statusCode": 200})
    missing = arn.replace("work", "nobody")
    needs_id = [{"name": "id", "in": "query", "required": True, "type": "string"}]
    api = serve(
        {
            "x-amazon-apigateway-request-validators": {
                "params": {"validateRequestParameters": True, "validateRequestBody": False}
            },
            "paths": {
                "/work": {"post": proxy(arn)},
                "/key": {"get": proxy(arn) | {"security": [{"key": []}]}},
                "/gone": {"get": proxy(missing)},
                "/id": {
                    "get": proxy(arn)
                    | {"parameters": needs_id, "x-amazon-apigateway-request-validator": "params"}
                },
            },
            "securityDefinitions": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        }
    )
    for method, path, body, status, text, kind in (
        ("GET", "/none", b"", 403, "Missing Authentication Token", "MissingAuthenticationToken"),
        ("GET", "/key", b"", 403, "Forbidden", "Forbidden"),
        ("GET", "/gone", b"", 500, "Internal server error", "InternalServerError"),
        ("GET", "/id", b"", 400, "Missing required request parameters: [id]", "BadRequest"),
        ("POST", "/work", bytes(10 * 1024 * 1024 + 1), 413, "Request Too Long", "RequestTooLarge"),
    ):
        reply = api.request(method, path, body)
        assert (reply.status, reply.json) == (status, {"message": text})
        assert reply.headers["x-amzn-errortype"] == f"{kind}Exception"
        assert reply.headers["content-type"] == "application/json"
        assert {"x-amzn-requestid", "x-amz-apigw-id"} <= reply.headers.keys()


def test_default_gateway_responses_carry_cors(serve: Any) -> None:
    """What browsers need to read a refusal: header fields of DEFAULT_4XX, whatever refuses."""
    api = serve(
        {
            "x-amazon-apigateway-gateway-responses": {
                "DEFAULT_4XX": {
                    "responseParameters": {
                        "gatewayresponse.header.Access-Control-Allow-Origin": "'*'"
                    }
                }
            },
            "paths": {"/": {"get": mock("{}")}},
        }
    )
    reply = api.request("GET", "/none")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert (reply.status, reply.json) == (403, {"message": "Missing Authentication Token"})


def test_an_endpoint_without_a_host_is_the_apis_own_mistake(serve: Any) -> None:
    """A stage variable that is not set is empty; AWS then answers 500, and its log says why."""
    integration = {
        "type": "http_proxy",
        "httpMethod": "ANY",
        "uri": "https://${stageVariables.host}",
    }
    method = {"x-amazon-apigateway-integration": integration}
    api = serve({"paths": {"/": {"x-amazon-apigateway-any-method": method}}})
    reply = api.request("GET", "/")
    assert (reply.status, reply.json) == (500, {"message": "Internal server error"})
    assert reply.headers["x-amzn-errortype"] == "InternalServerErrorException"
    (root,) = api.gateway.get_resources(restApiId=api.id)["items"]
    tried = api.gateway.test_invoke_method(
        restApiId=api.id, resourceId=root["id"], httpMethod="DELETE"
    )
    assert tried["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    lines = [line.partition(" : ")[2] for line in tried["log"].split("\n")]
    assert lines[2] == "HTTP Method: DELETE, Resource Path: /"
    assert lines[-3:] == [
        "Execution failed due to configuration error: Invalid endpoint address",
        "Method completed with status: 500",
        "",
    ]
