"""The stack that a resource is made in, for types that take their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.cloudformation.macros import Macro

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel, Reply
    from chalice_offline.services.cloudformation.callbacks import Callbacks
    from chalice_offline.services.cloudformation.macros import Macros
    from chalice_offline.services.cloudformation.resource_types.base import Ids
    from chalice_offline.services.cloudformation.stack import Stack

_ENDED_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
_DOING = {"CreateStack": "created", "UpdateStack": "updated", "DeleteStack": "deleted"}


class StackStage:
    """One resource's place in one stack."""

    def __init__(
        self,
        kernel: Kernel,
        callbacks: Callbacks,
        macros: Macros,
        stack: Stack,
        logical_id: str,
        base: str,
        deliver: Callable[[str, dict[str, Any]], Reply],
    ) -> None:
        """Prepare; `base` is where URLs lead, `deliver` calls CloudFormation itself."""
        self.stack_id = stack.id
        self.stack_name = stack.name
        self.logical_id = logical_id
        self.ids: Ids = kernel.ids
        self._kernel = kernel
        self._callbacks = callbacks
        self._macros = macros
        self._stack = stack
        self._base = base
        self._deliver = deliver

    @property
    def kind(self) -> str:
        """The resource's type, by the name the template gives it."""
        return self._stack.resources[self.logical_id].kind

    def expect(self, timeout_seconds: int) -> tuple[str, Pending[dict[str, Any]]]:
        """Return a URL, and what is sent to it."""
        return self._callbacks.expect(self._base, timeout_seconds)

    def handle(self) -> str:
        """Return a URL that signals are sent to."""
        return self._callbacks.handle(self._base)

    def signals(self, handle: str, count: int, timeout_seconds: int) -> Pending[dict[str, Any]]:
        """Return the data of `count` signals sent to a handle."""
        return self._callbacks.signals(handle, count, timeout_seconds)

    def define_macro(self, name: str, function: str) -> None:
        """Define a macro of the stack's account and region, or change it; AwsError if taken."""
        self._macros.define(self._macro(name, function))

    def drop_macro(self, name: str) -> None:
        """Forget a macro that the stack has defined."""
        self._macros.drop(self._macro(name, ""))

    def _macro(self, name: str, function: str) -> Macro:
        stack = self._stack
        return Macro(stack.account_id, stack.region, name, function, stack.id)

    def soon(self) -> Pending[dict[str, Any]]:
        """Return what is settled once all that is due at this instant has happened."""
        happened: Pending[dict[str, Any]] = Pending()
        self._kernel.at(self._kernel.now_ms, lambda: happened.resolve({}))
        return happened

    def nested(self, operation: str, request: dict[str, Any]) -> Pending[dict[str, Any]]:
        """Create, update or delete a nested stack; returns its description in the end."""
        ended: Pending[dict[str, Any]] = Pending()
        stack_id = str(request["StackName"])
        if operation != "CreateStack":  # once it is deleted, only its id tells how it ended
            stack_id = str(self._description(stack_id)["StackId"])
        try:
            reply = self._deliver(operation, request | {"ParentId": self.stack_id})
        except AwsError as error:
            if "No updates are to be performed" not in error.message:
                raise
        else:
            assert isinstance(reply, dict)
            stack_id = str(reply.get("StackId", stack_id))

        def look() -> None:
            description = self._description(stack_id)
            status = str(description["StackStatus"])
            if status.endswith("_IN_PROGRESS"):
                return
            if watching:
                watching.clear()
                self._kernel.unwatch(stack_id, look)
            if status in _ENDED_WELL:
                ended.resolve(description)
            else:
                ended.fail(_embedded(operation, stack_id, description))

        watching = [True]
        self._kernel.watch(stack_id, look)
        look()
        return ended

    def _description(self, stack_id: str) -> dict[str, Any]:
        reply = self._deliver("DescribeStacks", {"StackName": stack_id})
        assert isinstance(reply, dict)
        described: dict[str, Any] = reply["Stacks"][0]
        return described


def _embedded(operation: str, stack_id: str, description: dict[str, Any]) -> AwsError:
    reason = description.get("StackStatusReason", "")
    done = _DOING[operation]
    return AwsError(
        "NestedStackFailed",
        f"Embedded stack {stack_id} was not successfully {done}: {reason}",
    )
