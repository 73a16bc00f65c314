"""TagResource, UntagResource, ListTagsOfResource. Tables have tags, their parts have none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.errors import resource_missing, validation
from chalice_offline.services.dynamodb.tables.names import key_of_arn
from chalice_offline.services.dynamodb.tables.tag_lists import check_tags, tags_given

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table

_ACCOUNT = re.compile(r"\d{12}")


def tag_resource(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Add tags to a table, or change them."""
    table = tagged_table(dynamodb, context, request["ResourceArn"])
    if not request["Tags"]:
        raise validation("Atleast one Tag needs to be provided as Input.")
    tags = {**table.tags, **tags_given(request["Tags"])}
    check_tags(tags)
    table.tags = tags
    dynamodb.save_table(table)
    return {}


def untag_resource(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Take tags from a table; those it has not are no error."""
    table = tagged_table(dynamodb, context, request["ResourceArn"])
    if not request["TagKeys"]:
        raise validation("Atleast one Tag Key needs to be provided as Input.")
    for name in request["TagKeys"]:
        table.tags.pop(name, None)
    dynamodb.save_table(table)
    return {}


def list_tags_of_resource(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """List a table's tags."""
    table = tagged_table(dynamodb, context, request["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.tags.items()]}


def tagged_table(dynamodb: DynamoDbState, context: CallContext, arn: str) -> Table:
    """Return the table an ARN names; an ARN of an index or a stream is refused."""
    if not arn.startswith("arn:"):
        raise validation(f"Invalid ResourceArn: ARNs must start with 'arn:': {arn}")
    parts = arn.split(":", 5)
    resource = parts[-1].split("/")
    if len(parts) != 6 or parts[2] != "dynamodb" or resource[0] != "table":
        raise validation(f"Invalid ResourceArn provided as input {arn}")
    if len(resource) != 2:
        raise validation(f"Invalid ResourceArn provided as input {arn}: it names no table")
    if parts[4] != context.account_id and _ACCOUNT.fullmatch(parts[4]):
        raise AwsError(
            "AccessDeniedException",
            f"User: arn:aws:iam::{context.account_id}:root is not authorized to perform this "
            f"action on resource: {arn}",
        )
    found = dynamodb.find_table_or_none(key_of_arn(arn))
    if found is None:
        raise resource_missing(f"ResourcArn: {arn} not found")
    return found
