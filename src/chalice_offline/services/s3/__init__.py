"""S3 event notifications: what moto stored, told to queues, topics, functions and EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.s3.service import S3

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel

__all__ = ["service"]


def service(kernel: Kernel) -> Service:
    """Return S3 without notifications."""
    state = S3(kernel)
    return Service("s3", state, S3.operations, observers={"s3": state.observe}, rest_delegated=True)
