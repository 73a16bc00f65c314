"""What a stack has made, kept where the resources are kept: the next process goes on from there."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.cloudformation.plan import Applied
from chalice_offline.chalice_app.cloudformation.resource_types import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.storage import Collection

# The types whose resources are still there when a file of storage is opened again. All others are
# made anew by the next start.
_LASTING = frozenset({"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Kinesis::Stream"})


class Record:
    """The lasting resources of one stack, in a collection of the storage."""

    def __init__(self, collection: Collection, stack: str) -> None:
        self._collection = collection
        self._key = stack.encode()

    def read(self) -> dict[str, Applied]:
        """Return what was there when the storage was last written, by logical name."""
        kept = self._collection.get(self._key)
        found: dict[str, dict[str, Any]] = {} if kept is None else json.loads(kept)
        return {
            name: Applied(**(one | {"resource": Resource(**one["resource"])}))
            for name, one in found.items()
        }

    def write(self, applied: Mapping[str, Applied]) -> None:
        """Keep what there is now."""
        lasting = {name: asdict(one) for name, one in applied.items() if one.kind in _LASTING}
        self._collection.put(self._key, json.dumps(lasting).encode())
