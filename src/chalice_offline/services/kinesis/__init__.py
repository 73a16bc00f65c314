"""Kinesis Data Streams: streams, shards, records, enhanced fan-out."""

from chalice_offline.services.kinesis.operations import service

__all__ = ["service"]
