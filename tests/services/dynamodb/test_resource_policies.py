"""Policies of tables: revisions, and who expects another one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.dynamodb.conftest import ARN

if TYPE_CHECKING:
    from tests.services.dynamodb.conftest import Orders

_MISSING = "Resource-based policy not found for the provided ResourceArn: "


def policy(action: str) -> dict[str, Any]:
    """Return a request's policy that lets everybody do one thing."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return {
        "ResourceArn": ARN,
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }


@pytest.fixture
def revision(orders: Orders) -> str:
    """The first policy of a table."""
    orders.create()
    put = orders.client.put_resource_policy(**policy("dynamodb:GetItem"))
    return str(put["RevisionId"])


def test_the_same_policy_is_no_new_revision(orders: Orders, revision: str) -> None:
    """Another one is, and a later one, even in the same millisecond."""
    put = orders.client.put_resource_policy
    assert put(**policy("dynamodb:GetItem"))["RevisionId"] == revision
    newer = put(**policy("dynamodb:PutItem"), ExpectedRevisionId=revision)["RevisionId"]
    assert newer > revision
    found = orders.client.get_resource_policy(ResourceArn=ARN)
    assert (found["RevisionId"], "dynamodb:PutItem" in found["Policy"]) == (newer, True)


@pytest.mark.parametrize("operation", ["put_resource_policy", "delete_resource_policy"])
def test_who_expects_another_revision_is_told_which_it_is(
    orders: Orders, revision: str, operation: str
) -> None:
    """Nothing is changed then."""
    change = policy("dynamodb:PutItem")
    if operation == "delete_resource_policy":
        del change["Policy"]
    assert orders.refused(operation, **change, ExpectedRevisionId="old") == (
        "PolicyNotFoundException",
        (
            f"{_MISSING}Requested update for policy with revision id old, but the policy "
            f"associated to target table orders has revision id {revision}."
        ),
    )
    assert orders.refused(operation, **change, ExpectedRevisionId="NO_POLICY") == (
        "PolicyNotFoundException",
        (
            f"{_MISSING}Requested policy update expecting none to be present for table orders, "
            f"but a policy exists with revision id {revision}."
        ),
    )
    assert orders.client.get_resource_policy(ResourceArn=ARN)["RevisionId"] == revision


def test_a_policy_of_no_table_names_the_table(orders: Orders) -> None:
    """And of a table without one its ARN."""
    assert orders.refused("get_resource_policy", ResourceArn=ARN) == (
        "ResourceNotFoundException",
        "Requested resource not found: Table: orders not found",
    )
    orders.create()
    assert orders.refused("get_resource_policy", ResourceArn=ARN) == (
        "PolicyNotFoundException",
        f"{_MISSING}{ARN}",
    )
