"""What a distributed Map knows of the executions it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.stepfunctions.map_run import MapRun
    from chalice_offline.services.stepfunctions.state_machine import Revision


class Child(Protocol):
    """An execution that a Map has started."""

    arn: str
    name: str
    status: str
    input_text: str
    output_text: str | None
    error: str | None
    cause: str | None
    item_count: int

    def stop(self, error: str | None, cause: str | None) -> None:
        """End it."""
        ...

    def redrive(self, entry: int) -> None:
        """Go on with it."""
        ...


class Children(Protocol):
    """Where the executions of Map Runs are made and found."""

    def start(
        self,
        map_run: MapRun,
        revision: Revision,
        machine: Mapping[str, Any],
        data: Any,
        count: int,
        cause: int,
        ended: Callable[[Child], None],
    ) -> Child:
        """Start an execution for `count` items; `ended` is told each of its ends."""
        ...

    def find_or_none(self, arn: str) -> Child | None:
        """Return one that is kept, or None."""
        ...
