"""DescribeLimits and DescribeEndpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalice_offline.services.dynamodb import limits

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState

_CACHE_MINUTES = 1440


def describe_limits(_dynamodb: DynamoDbState, _context: CallContext, _request: Request) -> Result:
    """Return how many units an account and a table may have."""
    return {
        "AccountMaxReadCapacityUnits": limits.ACCOUNT_UNITS,
        "AccountMaxWriteCapacityUnits": limits.ACCOUNT_UNITS,
        "TableMaxReadCapacityUnits": limits.TABLE_UNITS,
        "TableMaxWriteCapacityUnits": limits.TABLE_UNITS,
    }


def describe_endpoints(_dynamodb: DynamoDbState, context: CallContext, _request: Request) -> Result:
    """Return where to send requests: where this one was sent."""
    address = urlsplit(context.endpoint).netloc or f"dynamodb.{context.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": _CACHE_MINUTES}]}
