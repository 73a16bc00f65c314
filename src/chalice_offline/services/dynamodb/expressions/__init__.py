"""Expressions of DynamoDB, and the parameters that came before them, as functions of items.

An operation makes the request's `Placeholders` with `placeholders_of`, parses each expression with
them, calls `check_all_used`, and then evaluates or applies what it got as often as it likes.
"""

from __future__ import annotations

from chalice_offline.services.dynamodb.expressions.conditions import Condition, parse_condition
from chalice_offline.services.dynamodb.expressions.key_conditions import (
    AttributeCondition,
    KeyAttribute,
    KeyCondition,
    key_condition,
    parse_key_condition,
    range_within,
)
from chalice_offline.services.dynamodb.expressions.legacy_conditions import (
    check_conditional_operator,
    expected_condition,
    filter_condition,
    key_conditions,
)
from chalice_offline.services.dynamodb.expressions.legacy_updates import attribute_updates
from chalice_offline.services.dynamodb.expressions.parameters import (
    check_parameters,
    placeholders_of,
    placeholders_within,
)
from chalice_offline.services.dynamodb.expressions.placeholders import Placeholders
from chalice_offline.services.dynamodb.expressions.projections import (
    Projection,
    attributes_to_get,
    parse_projection,
    projection_of,
)
from chalice_offline.services.dynamodb.expressions.syntax import Path
from chalice_offline.services.dynamodb.expressions.updates import Update, Updated, parse_update

__all__ = [
    "AttributeCondition",
    "Condition",
    "KeyAttribute",
    "KeyCondition",
    "Path",
    "Placeholders",
    "Projection",
    "Update",
    "Updated",
    "attribute_updates",
    "attributes_to_get",
    "check_conditional_operator",
    "check_parameters",
    "expected_condition",
    "filter_condition",
    "key_condition",
    "key_conditions",
    "parse_condition",
    "parse_key_condition",
    "parse_projection",
    "parse_update",
    "placeholders_of",
    "placeholders_within",
    "projection_of",
    "range_within",
]
