"""S3: buckets, objects, versions, multipart uploads and the notifications of all that happens."""

from chalice_offline.services.s3.operations import service

__all__ = ["service"]
