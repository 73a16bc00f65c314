"""What happened to a stack, in the order in which it did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.stack import STACK_TYPE, StackEvent

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.cloudformation.stack import Stack, StackResource


class History:
    """Writes a stack's events, and with them the status of the stack and its resources."""

    def __init__(self, kernel: Kernel, stack: Stack, causes: tuple[int, ...]) -> None:
        self._kernel = kernel
        self._stack = stack
        self._causes = causes

    def _next_ms(self) -> int:
        """Return the instant of the next event: clients sort by it, so no two have the same."""
        events = self._stack.events
        return max(self._kernel.now_ms, events[-1].at_ms + 1 if events else 0)

    def stack_is(self, status: str, reason: str = "") -> None:
        """The stack has another status."""
        stack = self._stack
        stack.status, stack.reason = status, reason
        now_ms = self._next_ms()
        event_id = self._kernel.ids.uuid()
        stack.events.append(
            StackEvent(event_id, now_ms, stack.name, stack.id, STACK_TYPE, status, reason)
        )
        self._kernel.note(
            f"cloudformation stack {stack.name}", {"reason": reason}, self._causes, status
        )

    def resource_is(
        self,
        one: StackResource,
        status: str,
        reason: str = "",
        properties: dict[str, Any] | None = None,
    ) -> None:
        """One of its resources has another status."""
        one.status, one.reason, one.changed_ms = status, reason, self._next_ms()
        event_id = f"{one.name}-{status}-{self._kernel.ids.uuid()}"
        shown = json.dumps(properties if properties is not None else one.properties)
        self._stack.events.append(
            StackEvent(
                event_id, one.changed_ms, one.name, one.physical_id, one.kind, status, reason, shown
            )
        )
        if status.endswith("_FAILED"):
            subject = f"cloudformation {self._stack.name} {one.name} ({one.kind})"
            self._kernel.note(subject, {"reason": reason}, self._causes, status)
