"""Amazon SQS: standard and FIFO queues."""

from chalice_offline.services.sqs.operations import service

__all__ = ["service"]
