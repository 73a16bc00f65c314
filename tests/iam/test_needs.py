"""What a call needs, and what policies say of it."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.iam.actions import Need, Place, needs
from chalice_offline.iam.policies import Verdict, verdict

PLACE = Place("123456789012", "eu-west-1")
SQS = "arn:aws:sqs:eu-west-1:123456789012:jobs"
ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
ORDERS = {"TableName": "orders"}
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"


@pytest.mark.parametrize(
    ("service", "operation", "request_", "wanted"),
    [
        (
            "sqs",
            "SendMessageBatch",
            {"QueueUrl": "http://127.0.0.1:4566/queue/eu-west-1/123456789012/jobs"},
            [("sqs:SendMessage", SQS)],
        ),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, [("s3:GetObject", "arn:aws:s3:::b/k")]),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        (
            "s3",
            "CopyObject",
            {"Bucket": "b", "Key": "k", "CopySource": "a/x"},
            [("s3:GetObject", "arn:aws:s3:::a/x"), ("s3:PutObject", "arn:aws:s3:::b/k")],
        ),
        (
            "lambda",
            "Invoke",
            {"FunctionName": "f"},
            [("lambda:InvokeFunction", ARN.format("lambda", "function:f"))],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": ORDERS},
                    {"ConditionCheck": ORDERS},
                ]
            },
            [("dynamodb:PutItem", TABLE), ("dynamodb:ConditionCheckItem", TABLE)],
        ),
        (
            "dynamodb",
            "Query",
            {"TableName": "orders", "IndexName": "by_day"},
            [("dynamodb:Query", f"{TABLE}/index/by_day")],
        ),
        (
            "events",
            "PutEvents",
            {"Entries": [{"EventBusName": "orders"}, {"EventBusName": "orders"}, {}]},
            [
                ("events:PutEvents", "arn:aws:events:eu-west-1:123456789012:event-bus/orders"),
                ("events:PutEvents", "arn:aws:events:eu-west-1:123456789012:event-bus/default"),
            ],
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": "a/b"},
            [
                (
                    "secretsmanager:GetSecretValue",
                    ARN.format("secretsmanager", "secret:a/b-??????"),
                )
            ],
        ),
        ("stepfunctions", "SendTaskSuccess", {}, [("states:SendTaskSuccess", "")]),
        ("sts", "GetCallerIdentity", {}, []),
    ],
)
def test_an_operation_needs_actions_on_resources(
    service: str, operation: str, request_: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    """By AWS's Service Authorization Reference."""
    assert needs(service, operation, request_, PLACE) == [Need(*one) for one in wanted]


def _verdict(*statements: dict[str, Any], action: str = "sqs:SendMessage") -> Verdict:
    known = {"aws:RequestedRegion": ["eu-west-1"]}
    return verdict([{"Statement": list(statements)}], Need(action, SQS), known.get)


def test_policies_allow_by_patterns() -> None:
    """Actions in any case, with wildcards; resources as they are written."""
    allow = {"Effect": "Allow", "Action": "SQS:Send*", "Resource": "arn:aws:sqs:*:*:jobs"}
    assert _verdict(allow) is Verdict.ALLOWED
    assert _verdict(allow, action="sqs:ReceiveMessage") is Verdict.NOT_ALLOWED
    assert _verdict(allow | {"Resource": "arn:aws:sqs:*:*:JOBS"}) is Verdict.NOT_ALLOWED
    assert _verdict({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}) is Verdict.ALLOWED


def test_a_denial_has_the_last_word() -> None:
    """Wherever it stands."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": SQS}
    assert _verdict(allow, deny) is _verdict(deny, allow) is Verdict.DENIED


def test_conditions_count_where_they_can_be_answered() -> None:
    """On what nobody here knows, an allowance is believed and a denial is not."""
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    network = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    assert _verdict(allow | {"Condition": elsewhere}) is Verdict.NOT_ALLOWED
    assert _verdict(allow | {"Condition": network}) is Verdict.ALLOWED
    assert _verdict(allow, allow | {"Effect": "Deny", "Condition": network}) is Verdict.ALLOWED
