"""Amazon SQS: standard and FIFO queues."""

from chalice_offline.services.sqs.service import INERT, Sqs

__all__ = ["INERT", "Sqs"]
