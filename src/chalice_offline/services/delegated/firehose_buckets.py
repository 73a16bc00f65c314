"""Where moto's Firehose puts its records: into the buckets of this emulator, as S3's client.

Left alone, moto would put them into buckets of its own, which nobody can see.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply

PRINCIPAL = "firehose.amazonaws.com"


class FirehoseBuckets:
    """Stands where moto's Firehose looks for moto's S3: `[account][partition].put_object(…)`."""

    # The call that moto is answering, and how its emulator calls a service.
    present: ClassVar[tuple[CallContext, Callable[..., Reply]] | None] = None

    def __init__(self, account_id: str = "") -> None:
        self._account_id = account_id

    @classmethod
    @contextmanager
    def reached_by(cls, context: CallContext, deliver: Callable[..., Reply]) -> Iterator[None]:
        """Put records into the buckets of an emulator that has moto answer a call, meanwhile."""
        before, cls.present = cls.present, (context, deliver)
        try:
            yield
        finally:
            cls.present = before

    def __getitem__(self, key: str) -> FirehoseBuckets:
        return self if self._account_id else FirehoseBuckets(key)

    def put_object(self, bucket_name: str, key: str, data: bytes) -> None:
        """Put the records into a bucket; raises AwsError."""
        assert FirehoseBuckets.present is not None, "moto's Firehose acts only when it is called"
        context, deliver = FirehoseBuckets.present
        deliver(
            "s3",
            "PutObject",
            {"Bucket": bucket_name, "Key": key, "Body": data},
            account_id=self._account_id,
            region=context.region,
            causes=(context.entry,),
            principal=PRINCIPAL,
        )


def install() -> None:
    """Give moto's Firehose these buckets."""
    from moto.firehose import models

    there: Any = models
    there.s3_backends = FirehoseBuckets()
