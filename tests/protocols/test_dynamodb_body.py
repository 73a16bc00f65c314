"""DynamoDB's words for values of the wrong type, as dynalite's tests recorded them from AWS."""

from __future__ import annotations

import json

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, parse, serialize_error

_PACKAGE = "com.amazonaws.dynamodb.v20120810"
_CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
    "java.lang.Class are in module java.base of loader 'bootstrap')"
)
_STRUCTURE_OR_MAP = "Start of structure or map found where not expected"


def parsed(operation, document):
    """Return what the protocol makes of a JSON body."""
    target = Target("dynamodb", operation, "json")
    return parse(target, HttpRequest("POST", "/", Headers(), json.dumps(document).encode()))


def put(value):
    """Return a PutItem with this as the attribute's value."""
    return {"TableName": "abc", "Item": {"a": value}}


@pytest.mark.parametrize(
    ("operation", "document", "text"),
    [
        ("PutItem", {"TableName": 23}, "NUMBER_VALUE cannot be converted to String"),
        ("PutItem", {"TableName": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
        ("PutItem", {"TableName": True}, "TRUE_VALUE cannot be converted to String"),
        (
            "PutItem",
            {"TableName": []},
            "Unrecognized collection type class java.lang.String",
        ),
        ("PutItem", {"TableName": {}}, _STRUCTURE_OR_MAP),
        ("PutItem", {"Item": "a"}, "Unexpected field type"),
        (
            "PutItem",
            {"Item": []},
            (
                "Unrecognized collection type java.util.Map<java.lang.String, "
                f"{_PACKAGE}.AttributeValue>"
            ),
        ),
        ("PutItem", put("a"), "Unexpected value type in payload"),
        ("PutItem", put([]), f"Unrecognized collection type class {_PACKAGE}.AttributeValue"),
        ("PutItem", put({"L": ["a"]}), "Unexpected value type in payload"),
        ("PutItem", put({"SS": "a"}), "Unexpected field type"),
        ("PutItem", put({"SS": {}}), _STRUCTURE_OR_MAP),
        ("PutItem", put({"B": 1}), "only base-64-encoded strings are convertible to bytes"),
        (
            "PutItem",
            put({"B": "23456"}),
            "Base64 encoded length is expected a multiple of 4 bytes but found: 5",
        ),
        ("PutItem", put({"B": "=+/="}), "Invalid last non-pad Base64 character dectected"),
        ("PutItem", put({"BOOL": "23"}), "Unexpected token received from parser"),
        ("Query", {"Limit": "23"}, "STRING_VALUE cannot be converted to Integer"),
        ("Query", {"Limit": 10**400}, "NUMBER_VALUE cannot be converted to Integer"),
        (
            "BatchWriteItem",
            {"RequestItems": []},
            (
                "Unrecognized collection type java.util.Map<java.lang.String, "
                f"java.util.List<{_PACKAGE}.WriteRequest>>"
            ),
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"abc": "a"}},
            _CAST,
        ),
    ],
)
def test_wrong_types_are_refused_in_dynamodbs_words(operation, document, text):
    """A SerializationException says what was found, and what was wanted instead."""
    with pytest.raises(AwsError) as caught:
        parsed(operation, document)
    assert (caught.value.code, caught.value.message) == ("SerializationException", text)


def test_strings_may_stand_for_booleans_and_fractions_for_whole_numbers():
    """AWS takes "yes" for true and cuts a fraction off."""
    request = {"TableName": "abc", "Key": {"a": {"S": "b"}}, "ConsistentRead": "Yes"}
    assert parsed("GetItem", request)["ConsistentRead"] is True
    assert parsed("Query", {"TableName": "abc", "Limit": 2.9})["Limit"] == 2


@pytest.mark.parametrize("service", ["dynamodb", "dynamodbstreams"])
def test_refused_parameters_carry_the_validators_name(service):
    """`__type` of a ValidationException names AWS's validator, not DynamoDB."""
    reply = serialize_error(
        Target(service, None, "json"), AwsError("ValidationException", "No."), "r"
    )
    assert json.loads(reply.body) == {
        "__type": "com.amazon.coral.validate#ValidationException",
        "message": "No.",
    }


@pytest.mark.parametrize("operation", ["DescribeTable", "DeleteTable", "DescribeTimeToLive"])
def test_operations_on_tables_look_at_the_name_first(operation):
    """They say in words of their own that it is missing, or too short or too long."""
    for document, text in (
        ({}, "The parameter 'TableName' is required but was not present in the request"),
        (
            {"TableName": "a;"},
            "TableName must be at least 3 characters long and at most 255 characters long",
        ),
    ):
        with pytest.raises(AwsError) as caught:
            parsed(operation, document)
        assert (caught.value.code, caught.value.message) == ("ValidationException", text)


def test_a_name_is_held_to_the_limits_of_names_and_an_arn_is_not():
    """The model's own limits are those of an ARN; broken ones are told with all others."""
    shown = "Value 'a;' at 'tableName' failed to satisfy constraint: Member must"
    with pytest.raises(AwsError) as caught:
        parsed("GetItem", {"TableName": "a;"})
    assert caught.value.message.startswith("3 validation errors detected: ")
    assert f"{shown} satisfy regular expression pattern: [a-zA-Z0-9_.-]+" in caught.value.message
    assert f"{shown} have length greater than or equal to 3" in caught.value.message
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/" + "a" * 255
    assert parsed("GetItem", {"TableName": arn, "Key": {}})["TableName"] == arn
    with pytest.raises(AwsError, match="Map keys must satisfy constraint: "):
        parsed("BatchGetItem", {"RequestItems": {"a;": {"Keys": [{}]}}})
