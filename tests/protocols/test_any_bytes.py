"""Whatever arrives, the answer is an AWS error or parameters, never a crash."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, detect, operation_names, parse, serialize_error

OPERATIONS = [
    (service, protocol, operation)
    for service, protocol in [
        ("sqs", "json"),
        ("sqs", "query"),
        ("sns", "query"),
        ("events", "json"),
        ("scheduler", "rest-json"),
        ("lambda", "rest-json"),
    ]
    for operation in operation_names(service)
] + [("s3", "rest-xml", "PutBucketNotificationConfiguration")]


def member_names():
    """Names that models know, and some that none does."""
    return st.sampled_from(
        [
            "QueueUrl",
            "Entries",
            "Attributes",
            "Attribute",
            "MessageAttributes",
            "MessageAttribute",
            "Name",
            "Value",
            "Id",
            "Time",
            "Targets",
            "Target",
            "FunctionName",
            "BatchSize",
            "Environment",
            "member",
            "entry",
            "1",
            "2",
            "٣",
            "nonsense",
            "",
        ]
    )


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(member_names(), inner, max_size=4),
    max_leaves=12,
)


def forms():
    """Forms of dotted names."""
    name = st.lists(member_names(), min_size=1, max_size=5).map(".".join)
    pair = st.tuples(name, st.text(max_size=8)).map(lambda p: f"{p[0]}={quote(p[1])}")
    return st.lists(pair, max_size=6).map("&".join).map(str.encode)


def elements():
    """XML of known and unknown elements."""
    tag = st.sampled_from(
        ["NotificationConfiguration", "QueueConfiguration", "Filter", "S3Key", "FilterRule", "Id"]
    )
    return st.recursive(
        st.text(alphabet="ab <&", max_size=4),
        lambda inner: st.tuples(tag, st.lists(inner, max_size=3)).map(
            lambda item: f"<{item[0]}>{''.join(item[1])}</{item[0]}>"
        ),
        max_leaves=8,
    ).map(str.encode)


BODIES = (
    st.binary(max_size=40)
    | JSON_VALUES.map(json.dumps).map(str.encode)
    | st.dictionaries(member_names(), JSON_VALUES).map(json.dumps).map(str.encode)
    | forms()
    | elements()
)


def answer(target, request):
    """Parse, and write the error if there is one; nothing else may be raised."""
    try:
        return parse(target, request)
    except AwsError as error:
        return serialize_error(target, error, "req-1").body


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(OPERATIONS), BODIES, st.text(alphabet="ab/%=&.1é ", max_size=12))
def test_any_body_gets_an_answer(operation, body, query):
    """Every operation survives every body."""
    service, protocol, name = operation
    request = HttpRequest("POST", f"http://127.0.0.1/x?{query}", Headers(), body)
    target = Target(service, name, protocol)
    assert answer(target, request) is not None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]),
    st.text(alphabet="ab/%=&?.-_1:", max_size=24),
    st.dictionaries(
        st.sampled_from(["authorization", "x-amz-target", "content-type", "host"]),
        st.sampled_from(
            [
                "AWS4-HMAC-SHA256 Credential=A/2/r/sqs/aws4_request",
                "AWS4-HMAC-SHA256 Credential=A/2/r/lambda/aws4_request",
                "AWS4-HMAC-SHA256 Credential=////",
                "AWS key:signature",
                "AWSEvents.PutEvents",
                "AmazonSQS.",
                "..",
                "application/x-amz-json-1.1",
                "b.s3.eu-west-1.amazonaws.com",
                "[::1]:80",
                "",
            ]
        ),
    ),
    BODIES,
)
def test_any_request_is_detected_or_refused(method, path, headers, body):
    """Finding out what is meant never crashes, and what was found can be parsed or refused."""
    request = HttpRequest(method, f"http://127.0.0.1/{path}", Headers(headers.items()), body)
    try:
        target = detect(request)
    except AwsError as error:
        assert serialize_error(None, error, "req-1").body
        return
    assert answer(target, request) is not None
