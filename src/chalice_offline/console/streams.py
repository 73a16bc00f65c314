"""Streams: their shards, the latest records, and putting one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.names import nearest
from chalice_offline.services.kinesis.inspection import latest_records
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.services.kinesis.state import KinesisState

RECORDS_SHOWN = 100


class Streams:
    """The Kinesis streams of this account and region."""

    def __init__(self, session: Session, kinesis: KinesisState) -> None:
        self._session = session
        self._kinesis = kinesis

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "streams", self.all),
            Door("GET", "streams/{name}/records", self.records),
            Door("POST", "streams/{name}/put", self.put),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every stream."""
        return {"streams": [self.described(name) for name in self.names()]}

    def names(self) -> list[str]:
        """Return the names of all streams."""
        found = self._session.read_all("kinesis", "ListStreams", "StreamNames")
        return [str(name) for name in found]

    def described(self, name: str) -> dict[str, Any]:
        """Return one stream."""
        found = self._session.read("kinesis", "DescribeStreamSummary", StreamName=name)
        summary = found["StreamDescriptionSummary"]
        return {
            "name": name,
            "arn": summary["StreamARN"],
            "status": summary["StreamStatus"],
            "shards": summary["OpenShardCount"],
            "retention_hours": summary["RetentionPeriodHours"],
        }

    def records(self, asked: Asked) -> dict[str, Any]:
        """Answer the latest records of a stream; nobody's iterator moves."""
        limit = asked.count("limit", RECORDS_SHOWN, 1_000)
        with self._session.emulator.lock:
            name = self._find(asked.name("name"))
            found = latest_records(self._kinesis, self._session.context, name, limit)
        return {"records": [{**one, "data": _text(one["data"])} for one in found]}

    def put(self, asked: Asked) -> Any:
        """Put a record: `data`, and a `key`."""
        request = {
            "StreamName": self._find(asked.name("name")),
            "PartitionKey": asked.text("key", "console"),
            "Data": asked.text("data"),
        }
        reply = self._session.done("kinesis", "PutRecord", request, asked.origin)
        if not isinstance(reply, dict):
            return reply
        return {"shard": reply["ShardId"], "sequence_number": reply["SequenceNumber"]}

    def _find(self, name: str) -> str:
        names = self.names()
        if name not in names:
            raise Refusal(f"There is no stream {name[:80]}.{nearest(name, names)}", 404)
        return name


def _text(data: bytes) -> str:
    return str(mask(data.decode("utf-8", "backslashreplace")))
