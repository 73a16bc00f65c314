"""A reset of Kinesis: no stream is left, in storage neither."""

from __future__ import annotations

from chalice_offline.services.kinesis.state import KinesisState


def renewed(kinesis: KinesisState) -> KinesisState:
    """Return Kinesis without streams; who is subscribed to a shard hears that it is over."""
    for subscription in list(kinesis.subscriptions.values()):
        subscription.end()
    storage = kinesis.kernel.storage
    for name in storage.names("kinesis/"):
        storage.drop(name)
    return KinesisState(kinesis.kernel)
