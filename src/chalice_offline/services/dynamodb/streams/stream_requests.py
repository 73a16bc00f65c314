"""What requests of DynamoDB Streams have in common: an ARN, and a Limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Request


def check_limit(request: Request, most: int) -> None:
    """Refuse a Limit above what AWS takes; the model has only the lower bound."""
    limit = request.get("Limit")
    if limit is not None and limit > most:
        raise validation(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy "
            f"constraint: Member must have value less than or equal to {most}"
        )


def check_stream_arn(arn: str) -> None:
    """Refuse what is no ARN of a stream."""
    if not arn.startswith("arn:") or "/stream/" not in arn:
        raise validation(f"Invalid StreamArn: {arn}")
