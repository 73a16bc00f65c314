"""How far a mapping has come in a stream, kept in storage.

Streams outlive the process (`--data`), mappings are made again by the next one. A mapping of the
same function, stream and starting position then goes on where the one before was when the process
ended: TRIM_HORIZON would handle everything once more, LATEST would lose what came in between. A
mapping that was deleted is forgotten, and one that is created after it begins anew, as on AWS.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.lambda_.event_source_mappings.progress import Progress

if TYPE_CHECKING:
    from chalice_offline.core.storage import Storage

_COLLECTION = "lambda/stream_positions"


class StoredProgress:
    """The stored places of one mapping, by shard."""

    def __init__(
        self, storage: Storage, function_arn: str, source_arn: str, begins: list[Any]
    ) -> None:
        """`begins` is what must be as before: the very stream, and the starting position."""
        self._places = storage.collection(_COLLECTION)
        self._prefix = f"{function_arn}\n{source_arn}\n"
        self._begins = begins
        self._kept: dict[str, tuple[str, bool]] = {}

    def load(self) -> dict[str, Progress]:
        """Return where to go on; nothing for a mapping that is to begin anew."""
        found = {}
        for key, value in self._stored():
            told = json.loads(value)
            if told.pop("begins") != self._begins:
                self.forget()
                return {}
            told["parents"] = tuple(told["parents"])
            shard_id = key.decode().removeprefix(self._prefix)
            found[shard_id] = progress = Progress(**told)
            self._kept[shard_id] = (progress.checkpoint, progress.finished)
        return found

    def keep(self, shard_id: str, progress: Progress) -> None:
        """Store a shard's place, if it is news."""
        place = (progress.checkpoint, progress.finished)
        if self._kept.get(shard_id) == place:
            return
        self._kept[shard_id] = place
        told = {
            "begins": self._begins,
            "parents": progress.parents,
            "position": progress.position,
            "position_seconds": progress.position_seconds,
            "checkpoint": progress.checkpoint,
            "finished": progress.finished,
        }
        self._places.put(self._key(shard_id), json.dumps(told, separators=(",", ":")).encode())

    def drop(self, shard_id: str) -> None:
        """Forget a shard that has expired."""
        self._kept.pop(shard_id, None)
        self._places.delete(self._key(shard_id))

    def forget(self) -> None:
        """Forget all: the mapping or its stream is gone."""
        self._kept.clear()
        for key, _ in list(self._stored()):
            self._places.delete(key)

    def _key(self, shard_id: str) -> bytes:
        return f"{self._prefix}{shard_id}".encode()

    def _stored(self) -> list[tuple[bytes, bytes]]:
        prefix = self._prefix.encode()
        return list(self._places.items(prefix, prefix[:-1] + b"\x0b"))
