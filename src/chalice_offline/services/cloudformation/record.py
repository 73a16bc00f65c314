"""What stacks have made, kept where the resources are kept: the next process goes on from there."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.parameters import ParameterValue
from chalice_offline.services.cloudformation.resource import Resource
from chalice_offline.services.cloudformation.stack import Stack, StackResource, TemplateVersion
from chalice_offline.services.cloudformation.template import Template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.storage import Collection

# The types whose resources are still there when a file of storage is opened again. All others are
# made anew by the next update.
_LASTING = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::Kinesis::Stream",
        "AWS::S3::Bucket",
    }
)


class Record:
    """The stacks that have lasting resources, in a collection of the storage."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def stacks(self) -> Iterator[Stack]:
        """Give the stacks as they were when the storage was last written."""
        for _, value in self._collection.items():  # noqa: PERF102 - not a dict: it has no values()
            yield _stack(json.loads(value))

    def forget(self, stack: Stack) -> None:
        """Keep nothing of a stack."""
        self._collection.delete(stack.id.encode())

    def write(self, stack: Stack) -> None:
        """Keep what there is now of a stack; forget it when nothing of it lasts."""
        key = stack.id.encode()
        lasting = {n: asdict(one) for n, one in stack.resources.items() if one.kind in _LASTING}
        if stack.is_deleted or not lasting or stack.version is None:
            self.forget(stack)
            return
        version = stack.version
        kept = {
            "stack": {
                name: getattr(stack, name)
                for name in (
                    "name", "account_id", "region", "uuid", "created_ms", "status", "updated_ms",
                    "disable_rollback", "is_protected", "policy",
                )
            },
            "resources": lasting,
            "original": version.original,
            "template": version.template.content,
            "parameters": {n: asdict(p) for n, p in version.parameters.items() if not p.is_hidden},
            "tags": version.tags,
        }  # fmt: skip
        self._collection.put(key, json.dumps(kept).encode())


def _stack(kept: dict[str, Any]) -> Stack:
    stack = Stack(**kept["stack"])
    stack.resources = {
        name: StackResource(**(one | {"resource": Resource(**one["resource"])}))
        for name, one in kept["resources"].items()
    }
    parameters = {name: ParameterValue(**one) for name, one in kept["parameters"].items()}
    stack.version = TemplateVersion(
        kept["original"], Template(kept["template"]), parameters, kept["tags"]
    )
    return stack
