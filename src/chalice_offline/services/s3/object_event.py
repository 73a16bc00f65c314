"""What happened to one object, before it is told to anybody in anybody's form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """One event on one object.

    `name` is S3's ("s3:ObjectCreated:Put"). `etag` is without quotes; empty strings and None stand
    for what this kind of event does not tell. `sequencer` grows with every event.
    `restored_until_ms` and `storage_class` belong to restorations, `destination_class` to
    transitions. `is_internal`: S3 itself did
    it, not the caller.
    """

    name: str
    key: str
    etag: str = ""
    size: int | None = None
    version_id: str = ""
    sequencer: str = ""
    reason: str = ""
    storage_class: str = ""
    destination_class: str = ""
    restored_until_ms: int | None = None
    is_internal: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """The call that an event follows from: when, whose, and the ids of its reply."""

    at_ms: int
    account_id: str
    request_id: str
    host_id: str
    entry: int
    trace_header: str = ""
