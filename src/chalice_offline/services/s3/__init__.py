"""S3: the event notifications of buckets. The objects are kept by what S3 is delegated to."""

from chalice_offline.services.s3.service import S3

__all__ = ["S3"]
