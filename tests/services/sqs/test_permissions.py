"""AddPermission and RemovePermission write the queue's policy."""

from __future__ import annotations

import json

import pytest

ARN = "arn:aws:sqs:us-east-1:000000000000:orders"


def test_permissions_are_statements_by_label(each_sqs, error_of):
    """One account and one action stand alone, several in lists (recorded)."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]

    def policy() -> dict[str, object] | None:
        reply = each_sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        return json.loads(reply["Attributes"]["Policy"]) if "Attributes" in reply else None

    def add(label: str, accounts: list[str], actions: list[str]) -> None:
        each_sqs.add_permission(QueueUrl=url, Label=label, AWSAccountIds=accounts, Actions=actions)

    add("one", ["1" * 12], ["ReceiveMessage"])
    add("many", ["1" * 12, "2" * 12], ["SendMessage", "*"])
    one = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "SQS:ReceiveMessage",
        "Resource": ARN,
    }
    many = {
        "Sid": "many",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
        "Action": ["SQS:SendMessage", "SQS:*"],
        "Resource": ARN,
    }
    head = {"Version": "2008-10-17", "Id": f"{ARN}/SQSDefaultPolicy"}
    assert policy() == {**head, "Statement": [one, many]}
    request = {"AWSAccountIds": ["1" * 12], "Actions": ["SendMessage"], "Label": "one"}
    assert error_of(each_sqs.add_permission, QueueUrl=url, **request) == (
        "InvalidParameterValue",
        "Value one for parameter Label is invalid. Reason: Already exists.",
    )
    each_sqs.remove_permission(QueueUrl=url, Label="one")
    assert policy() == {**head, "Statement": [many]}
    each_sqs.remove_permission(QueueUrl=url, Label="many")
    assert policy() is None
    assert error_of(each_sqs.remove_permission, QueueUrl=url, Label="many") == (
        "InvalidParameterValue",
        "Value many for parameter Label is invalid. Reason: can't find label.",
    )


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        (
            {"Actions": ["CreateQueue"]},
            "InvalidParameterValue",
            "Only the queue owner is allowed to invoke this action.",
        ),
        ({"Actions": ["SendMessageBatch"]}, "InvalidParameterValue", "list of valid actions"),
        ({"Actions": ["SendMessage"] * 8}, "OverLimit", "8 Actions were found"),
        ({"AWSAccountIds": ["12"]}, "InvalidParameterValue", "Unable to verify."),
        ({"AWSAccountIds": []}, "InvalidParameterValue", "Unable to verify."),
        ({"Label": "with space"}, "InvalidParameterValue", "Label"),
    ],
)
def test_add_permission_checks_its_parameters(sqs, queue, error_of, changes, code, text):
    """Actions, accounts and labels that cannot be."""
    request = {"Label": "a", "AWSAccountIds": ["1" * 12], "Actions": ["SendMessage"], **changes}
    error = error_of(sqs.add_permission, QueueUrl=queue, **request)
    assert error[0] == code
    assert text in error[1]


def test_permissions_join_a_policy_set_before(sqs, queue):
    """A statement of one's own stays, also when it stands alone."""
    statement = {"Sid": "own", "Effect": "Deny"}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": text})
    request = {"Label": "a", "AWSAccountIds": ["1" * 12], "Actions": ["SendMessage"]}
    sqs.add_permission(QueueUrl=queue, **request)
    reply = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])
    policy = json.loads(reply["Attributes"]["Policy"])
    assert policy["Version"] == "2012-10-17"
    assert [one["Sid"] for one in policy["Statement"]] == ["own", "a"]
