"""PartiQL for DynamoDB: statements as the tables, keys, conditions and updates they stand for.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
An operation calls `parse_statement`, looks which of the statements it got, asks its `Where` for the
key or the plan that the table's schema allows, and executes that as it would the plain operation.
"""

from __future__ import annotations

from chalice_offline.services.dynamodb.partiql.binding import checked_parameters, parse_statement
from chalice_offline.services.dynamodb.partiql.select_plan import SelectPlan, select_plan
from chalice_offline.services.dynamodb.partiql.statements import (
    Delete,
    Exists,
    Insert,
    Select,
    Statement,
    UpdateItem,
)
from chalice_offline.services.dynamodb.partiql.where import Where

__all__ = [
    "Delete",
    "Exists",
    "Insert",
    "Select",
    "SelectPlan",
    "Statement",
    "UpdateItem",
    "Where",
    "checked_parameters",
    "parse_statement",
    "select_plan",
]
