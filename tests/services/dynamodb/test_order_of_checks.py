"""What of a request is refused first: AWS looks at the request alone before it looks for its table.

The order is that of dynalite's tests, recorded from AWS.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_KEY = {"a": {"S": "a"}}
_MIXED = (
    "Can not use both expression and non-expression parameters in the same request: "
    "Non-expression parameters: {%s} Expression parameters: {%s}"
)


def refusal(client: Any, operation: str, request: dict[str, Any]) -> tuple[str, str]:
    """Return code and text of the error that an operation on no table answers."""
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("operation", "parameters", "text"),
    [
        (
            "get_item",
            {"Key": {"a": {}}, "AttributesToGet": ["a"], "ProjectionExpression": ""},
            _MIXED % ("AttributesToGet", "ProjectionExpression"),
        ),
        (
            "get_item",
            {"Key": {"a": {}}, "ProjectionExpression": "", "ExpressionAttributeNames": {}},
            _EMPTY,
        ),
        (
            "get_item",
            {"Key": {}, "ProjectionExpression": "", "ExpressionAttributeNames": {}},
            "ExpressionAttributeNames must not be empty",
        ),
        ("put_item", {"Item": {"a": {}}, "ReturnValues": "ALL_NEW"}, _EMPTY),
        (
            "put_item",
            {"Item": _KEY, "ReturnValues": "ALL_NEW", "ConditionExpression": ""},
            "ReturnValues can only be ALL_OLD or NONE",
        ),
        ("delete_item", {"Key": {"a": {"L": [{}]}}, "ConditionExpression": ""}, _EMPTY),
        (
            "update_item",
            {"Key": _KEY, "UpdateExpression": ""},
            "Invalid UpdateExpression: The expression can not be empty;",
        ),
        (
            "query",
            {"ExclusiveStartKey": {"a": {}}},
            f"The provided starting key is invalid: {_EMPTY}",
        ),
        (
            "query",
            {"ExclusiveStartKey": {"a": {"N": ""}}},
            "The parameter cannot be converted to a numeric value",
        ),
        (
            "query",
            {
                "AttributesToGet": ["a"],
                "ProjectionExpression": "",
                "FilterExpression": "",
                "KeyConditionExpression": "",
            },
            _MIXED
            % ("AttributesToGet", "ProjectionExpression, FilterExpression, KeyConditionExpression"),
        ),
        (
            "query",
            {"KeyConditionExpression": "a.b = c", "FilterExpression": ""},
            "Invalid FilterExpression: The expression can not be empty;",
        ),
        (
            "query",
            {"KeyConditionExpression": "a.b = c"},
            "KeyConditionExpressions cannot have conditions on nested attributes",
        ),
        (
            "query",
            {"KeyConditionExpression": "a = size(b)"},
            "KeyConditionExpressions cannot contain nested operations",
        ),
        (
            "query",
            {"KeyConditionExpression": "", "FilterExpression": ""},
            "Invalid KeyConditionExpression: The expression can not be empty;",
        ),
        ("query", {"KeyConditions": {}}, "Conditions can be of length 1 or 2 only"),
        (
            "scan",
            {"Segment": 1, "FilterExpression": ""},
            (
                "The TotalSegments parameter is required but was not present in the request when "
                "Segment parameter is present"
            ),
        ),
    ],
)
def test_requests_are_refused_before_their_table_is_looked_for(
    aws: Any, operation: str, parameters: dict[str, Any], text: str
) -> None:
    """No table has this name; what is wrong with the rest of the request is said all the same."""
    request = {"TableName": "absent", **parameters}
    assert refusal(aws.client("dynamodb"), operation, request) == ("ValidationException", text)


def test_batches_are_refused_before_their_tables_are_looked_for(aws: Any) -> None:
    """So it is for entries of batches and actions of transactions."""
    client = aws.client("dynamodb")
    twice = {"RequestItems": {"absent": {"Keys": [_KEY, _KEY]}}}
    text = "Provided list of item keys contains duplicates"
    assert refusal(client, "batch_get_item", twice) == ("ValidationException", text)
    put = {"PutRequest": {"Item": {"a": {"NULL": False}}}}
    text = (
        "One or more parameter values were invalid: "
        "Null attribute value types must have the value of true"
    )
    refused = refusal(client, "batch_write_item", {"RequestItems": {"absent": [put]}})
    assert refused == ("ValidationException", text)
    action = {"Put": {"TableName": "absent", "Item": {"a": {"NULL": False}}}}
    refused = refusal(client, "transact_write_items", {"TransactItems": [action]})
    assert refused == ("ValidationException", text)
    whole = {"TransactItems": [{"Put": {"TableName": "absent", "Item": _KEY}}]}
    assert refusal(client, "transact_write_items", whole)[0] == "ResourceNotFoundException"
