"""Amazon DynamoDB and DynamoDB Streams."""

from __future__ import annotations

from chalice_offline.services.dynamodb.operations import service, streams_service

__all__ = ["service", "streams_service"]
