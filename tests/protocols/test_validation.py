"""What AWS answers to requests its models refuse, in its own words."""

from __future__ import annotations

import json

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, parse

URL = "http://127.0.0.1:4566/"
QUEUE_URL = "http://127.0.0.1:4566/000000000000/q"
FAILED = "failed to satisfy constraint: Member must"


def refusal(service, operation, body, protocol="json", method="POST", url=URL):
    """Return (code, message) of the error that parsing raises."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(AwsError) as refused:
        parse(Target(service, operation, protocol), HttpRequest(method, url, Headers(), raw))
    return refused.value.code, refused.value.message


def test_missing_member_is_null():
    """A required member that is absent (recorded form)."""
    assert refusal("events", "PutEvents", {}) == (
        "ValidationException",
        f"1 validation error detected: Value null at 'entries' {FAILED} not be null",
    )


def test_too_long_list_shows_its_members_as_java_does():
    """PutEvents with eleven entries (recorded text, as far as the model knows the members)."""
    entries = [{"Source": "a", "DetailType": "b", "Detail": "{}"}] * 11
    code, message = refusal("events", "PutEvents", {"Entries": entries})
    assert code == "ValidationException"
    assert message.startswith(
        "1 validation error detected: Value '[PutEventsRequestEntry(time=null, source=a, "
        "resources=null, detailType=b, detail={}, eventBusName=null, traceHeader=null"
    )
    assert message.endswith(f"]' at 'entries' {FAILED} have length less than or equal to 10")


def test_nested_path_counts_from_one():
    """A target id with characters it must not have (recorded)."""
    body = {"Rule": "r", "Targets": [{"Id": "!@#$@!#$", "Arn": "arn:aws:sqs:x:1:q"}]}
    assert refusal("events", "PutTargets", body) == (
        "ValidationException",
        (
            "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' "
            f"{FAILED} satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
        ),
    )


def test_the_length_of_a_list_in_a_map_is_told_of_the_map():
    """BatchWriteItem with 26 requests, and with none (recorded form)."""
    put = {"PutRequest": {"Item": {"a": {"S": "1"}}}}
    for requests in ([put] * 26, []):
        body = {"RequestItems": {"orders": requests}}
        code, message = refusal("dynamodb", "BatchWriteItem", body)
        assert code == "ValidationException"
        assert message.startswith("1 validation error detected: Value '{orders=[")
        assert message.endswith(
            "]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy "
            "constraint: [Member must have length less than or equal to 25, Member must have "
            "length greater than or equal to 1]"
        )


def test_ten_violations_are_told_at_most():
    """CreateTable with six indexes that lack everything (recorded count)."""
    body = {
        "TableName": "orders",
        "AttributeDefinitions": [],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{}] * 6,
    }
    message = refusal("dynamodb", "CreateTable", body)[1]
    assert message.startswith("10 validation errors detected: Value null at ")
    assert message.count("failed to satisfy constraint") == 10


def test_all_violations_are_reported_in_model_order():
    """CreateConnection with three mistakes (recorded)."""
    name = "This should fail with two errors 123467890123412341234123412341234"
    body = {
        "Name": name,
        "AuthorizationType": "INVALID",
        "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}},
    }
    assert refusal("events", "CreateConnection", body) == (
        "ValidationException",
        (
            f"3 validation errors detected: Value '{name}' at 'name' {FAILED} satisfy regular "
            "expression pattern: [\\.\\-_A-Za-z0-9]+; "
            f"Value '{name}' at 'name' {FAILED} have length less than or equal to 64; "
            f"Value 'INVALID' at 'authorizationType' {FAILED} satisfy enum value set: "
            "[BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]"
        ),
    )


@pytest.mark.parametrize(
    ("body", "constraint"),
    [
        (
            {"StartingPosition": "invalid"},
            (
                "'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy "
                "enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
            ),
        ),
        (
            {"BatchSize": 0},
            (
                "'0' at 'batchSize' failed to satisfy constraint: Member must have value "
                "greater than or equal to 1"
            ),
        ),
    ],
)
def test_lambda_reports_values_out_of_range(body, constraint):
    """CreateEventSourceMapping (enum order recorded)."""
    url = f"{URL}2015-03-31/event-source-mappings"
    code, message = refusal(
        "lambda", "CreateEventSourceMapping", {"FunctionName": "f", **body}, "rest-json", url=url
    )
    assert (code, message) == (
        "ValidationException",
        f"1 validation error detected: Value {constraint}",
    )


def test_scalar_members_are_reported_on_their_list():
    """An architecture Lambda does not know (recorded, with a null rule the model lacks)."""
    url = f"{URL}2015-03-31/functions"
    body = {
        "FunctionName": "f",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {},
        "Architectures": ["X86_64"],
    }
    assert refusal("lambda", "CreateFunction", body, "rest-json", url=url)[1] == (
        "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
        "[x86_64, arm64], Member must not be null]"
    )


def test_runtime_newer_than_the_model_passes():
    """Lambda gains runtimes faster than botocore is updated."""
    body = {
        "FunctionName": "f",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {},
        "Runtime": "python9.9",
    }
    request = HttpRequest(
        "POST", f"{URL}2015-03-31/functions", Headers(), json.dumps(body).encode()
    )
    assert parse(Target("lambda", "CreateFunction", "rest-json"), request) == body


def test_sns_spells_it_validation_error():
    """A message attribute without its type (recorded), in a map in a list."""
    body = (
        b"Action=PublishBatch&TopicArn=t&PublishBatchRequestEntries.member.1.Id=1"
        b"&PublishBatchRequestEntries.member.1.Message=m"
        b"&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=attr1"
        b"&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.StringValue=v"
    )
    assert refusal("sns", "PublishBatch", body, "query") == (
        "ValidationError",
        (
            "1 validation error detected: Value null at "
            "'publishBatchRequestEntries.1.member.messageAttributes.attr1.member.dataType' "
            f"{FAILED} not be null"
        ),
    )


@pytest.mark.parametrize(
    ("operation", "body", "name"),
    [
        ("SendMessage", {"QueueUrl": QUEUE_URL}, "MessageBody"),
        ("SendMessage", {"MessageBody": "m"}, "QueueUrl"),
        (
            "SendMessageBatch",
            {"QueueUrl": QUEUE_URL, "Entries": [{"Id": "a", "MessageBody": "m"}, {"Id": "b"}]},
            "SendMessageBatchRequestEntry.2.MessageBody",
        ),
    ],
)
def test_sqs_names_the_missing_parameter(operation, body, name):
    """SQS has its own error for what is absent."""
    assert refusal("sqs", operation, body) == (
        "MissingRequiredParameterException",
        f"The request must contain the parameter {name}.",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"MessageBody": 5}, "NUMBER_VALUE can not be converted to a String"),
        ({"MessageBody": True}, "TRUE_VALUE can not be converted to a String"),
        ({"DelaySeconds": "5"}, "STRING_VALUE can not be converted to an Integer"),
        ({"DelaySeconds": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ({"DelaySeconds": 1.5}, "NUMBER_VALUE can not be converted to an Integer"),
        ({"MessageBody": {}}, "Start of structure or map found where not expected."),
        ({"MessageAttributes": []}, "Start of list found where not expected"),
    ],
)
def test_wrong_json_type_is_a_serialization_exception(body, message):
    """Values of another type are refused before the service sees them."""
    found = refusal("sqs", "SendMessage", {"QueueUrl": QUEUE_URL, "MessageBody": "m", **body})
    assert found == ("SerializationException", message)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"MessageBody": NaN}',
        b'{"MessageBody": "\\ud800"}',
        b"[" * 100_000,
        b'{"MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"%%"}}}',
    ],
)
def test_malformed_json_is_a_serialization_exception(body):
    """No body can break the server."""
    assert refusal("sqs", "SendMessage", body)[0] == "SerializationException"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"QueueUrl": "q", "MessageBody": "a\\ud800b"}', "MessageBody"),
        (
            b'{"Entries": [{"Id": "1"}, {"Id": "2", "MessageBody": "\\udc00"}]}',
            "Entries[1].MessageBody",
        ),
        (b'{"Item": {"\\ud800": {"S": "1"}}}', "Item.\\ud800"),
        (b'"\\ud800"', "The request"),
    ],
)
def test_half_a_surrogate_pair_is_refused_by_its_place(body, place):
    """boto3 sends it as an escape, and then nobody could be sent the message."""
    code, message = refusal("sqs", "SendMessage", body)[:2]
    assert code == "SerializationException"
    assert message == f"{place} holds half of a surrogate pair, which UTF-8 cannot spell."


@pytest.mark.parametrize(
    "body",
    [
        b"<NotificationConfiguration>",
        b"<NotificationConfiguration><QueueConfiguration/></NotificationConfiguration>",
        (
            b'<!DOCTYPE x [<!ENTITY e "boom">]><NotificationConfiguration>&e;'
            b"</NotificationConfiguration>"
        ),
        b"\xff\xfe",
        b"",
    ],
)
def test_malformed_xml_is_malformed(body):
    """S3 refuses truncated documents, documents with a DTD, and missing parts.

    It does so itself, once it has found the bucket.
    """
    target = Target("s3", "PutBucketNotificationConfiguration", "rest-xml")
    request = HttpRequest("PUT", f"{URL}bucket?notification", Headers(), body)
    parameters = parse(target, request)
    assert parameters["Bucket"] == "bucket"
    assert parameters["RefusedBody"] == (
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


@pytest.mark.parametrize("method", ["POST", "put", "get"])
def test_oauth_method_is_taken_in_either_case(method):
    """The method of a connection's OAuth endpoint (recorded: "put")."""
    parameters = {
        "ClientParameters": {"ClientID": "id", "ClientSecret": "secret"},
        "AuthorizationEndpoint": "https://example.com/token",
        "HttpMethod": method,
    }
    body = {
        "Name": "c",
        "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
        "AuthParameters": {"OAuthParameters": parameters},
    }
    target = Target("events", "CreateConnection", "json")
    request = HttpRequest("POST", URL, Headers(), json.dumps(body).encode())
    assert parse(target, request) == body
    parameters["HttpMethod"] = "DELETE"
    assert "[POST, PUT, GET]" in refusal("events", "CreateConnection", body)[1]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"TopicArn=%FF", "MalformedQueryString"),
        (b"TopicArn=t&MessageAttributes.entry.x.Name=a", "MalformedInput"),
        (b"TopicArn.deep=t", "MalformedInput"),
        (b"TopicArn=t&MessageAttributes.entry.1.Value.StringValue=a", "MalformedInput"),
    ],
)
def test_malformed_form_is_refused(body, code):
    """Forms that cannot be read as the operation's parameters."""
    assert refusal("sns", "Publish", b"Message=m&" + body, "query")[0] == code


@pytest.mark.parametrize(
    ("service", "protocol", "operation", "code"),
    [
        ("events", "json", "Fly", "UnknownOperationException"),
        ("scheduler", "rest-json", None, "UnknownOperationException"),
        ("sns", "query", "Fly", "InvalidAction"),
        ("sns", "query", None, "UnknownOperationException"),
        ("s3", "rest-xml", None, "MethodNotAllowed"),
    ],
)
def test_unknown_operation_is_refused(service, protocol, operation, code):
    """An operation no model has, in each protocol's words."""
    assert refusal(service, operation, b"", protocol)[0] == code


def test_unknown_members_are_ignored():
    """A newer SDK may send what this model does not know."""
    request = HttpRequest("POST", URL, Headers(), b'{"NamePrefix": "a", "Future": {"x": [1]}}')
    assert parse(Target("events", "ListRules", "json"), request) == {"NamePrefix": "a"}
