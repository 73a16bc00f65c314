"""What CloudFormation holds: stacks and change sets of all accounts and regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.pending import Pending
from chalice_offline.services.cloudformation.conformed import conformed
from chalice_offline.services.cloudformation.errors import (
    change_set_not_found,
    stack_not_found,
    validation_error,
)
from chalice_offline.services.cloudformation.inputs import Inputs
from chalice_offline.services.cloudformation.macros import MacroRunner, Macros
from chalice_offline.services.cloudformation.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Kernel, Reply
    from chalice_offline.services.cloudformation.callbacks import Callbacks
    from chalice_offline.services.cloudformation.change_set import ChangeSet
    from chalice_offline.services.cloudformation.deployment import Deployment
    from chalice_offline.services.cloudformation.stack import Stack

PRINCIPAL = "cloudformation.amazonaws.com"


class CloudFormationState:
    """All stacks, deleted ones included, in the order in which they were created."""

    def __init__(self, kernel: Kernel, callbacks: Callbacks) -> None:
        self.kernel = kernel
        self.callbacks = callbacks
        self.stacks: dict[str, Stack] = {}
        self.change_sets: dict[str, ChangeSet] = {}
        self.executed: dict[str, ChangeSet] = {}  # still described by their ARNs
        self.deployments: dict[str, Deployment] = {}  # those under way, by stack id
        self.macros = Macros()
        self.record = Record(kernel.storage.collection("cloudformation/stacks"))
        for stack in self.record.stacks():
            self.stacks[stack.id] = stack

    # ---- looking up ------------------------------------------------------------------------------

    def find_stack_or_none(self, context: CallContext, name: str) -> Stack | None:
        """Return a stack by its ARN, or one that is not deleted by its name."""
        home = (context.account_id, context.region)
        if name.startswith("arn:"):
            found = self.stacks.get(name)
            if found is None or (found.account_id, found.region) != home:
                return None
            return found
        for stack in reversed(self.stacks.values()):
            if stack.name == name and (stack.account_id, stack.region) == home:
                return None if stack.is_deleted else stack
        return None

    def find_stack(
        self,
        context: CallContext,
        name: str,
        otherwise: Callable[[str], AwsError] = stack_not_found,
    ) -> Stack:
        """Return a stack; raises ValidationError, in the words of `otherwise`."""
        found = self.find_stack_or_none(context, name)
        if found is None:
            raise otherwise(name)
        return found

    def find_stacks(self, context: CallContext) -> list[Stack]:
        """Return the caller's stacks, deleted ones included, the latest first."""
        home = (context.account_id, context.region)
        return [s for s in reversed(self.stacks.values()) if (s.account_id, s.region) == home]

    def find_change_set(self, context: CallContext, name: str, stack_name: str) -> ChangeSet:
        """Return a change set by its ARN, or by its name and its stack's."""
        if name.startswith("arn:"):
            found = self.change_sets.get(name) or self.executed.get(name)
            if found is None:
                raise change_set_not_found(name)
            return found
        if not stack_name:
            raise validation_error(
                "StackName must be specified if ChangeSetName is not specified as an ARN."
            )
        stack = self.find_stack(
            context, stack_name, lambda n: validation_error(f"Stack [{n}] does not exist")
        )
        for change_set in self.change_sets.values():
            if change_set.stack is stack and change_set.name == name:
                return change_set
        raise change_set_not_found(name)

    def forget_change_sets(self, stack: Stack) -> None:
        """Drop the change sets of a stack: they go with it, and with the first that is executed."""
        for one in [c for c in self.change_sets.values() if c.stack is stack]:
            del self.change_sets[one.id]

    def outdate_change_sets(self, stack: Stack) -> None:
        """Mark the change sets of a stack: it is no longer what they were made for."""
        for one in self.change_sets.values():
            if one.stack is stack and one.execution == "AVAILABLE":
                one.execution = "OBSOLETE"

    def exports(self, account_id: str, region: str) -> dict[str, tuple[Stack, str]]:
        """Return what stacks of a region export: the stack and the value, by the export's name."""
        return {
            name: (stack, value)
            for stack in self.stacks.values()
            if (stack.account_id, stack.region) == (account_id, region) and not stack.is_deleted
            for name, value in stack.exports().items()
        }

    # ---- calling ---------------------------------------------------------------------------------

    def caller(self, stack: Stack, causes: tuple[int, ...], endpoint: str) -> Caller:
        """Return how AWS is called on behalf of a stack."""
        return Caller(self.kernel, stack.account_id, stack.region, causes, endpoint)

    def macro_runner(self, stack: Stack, call: Caller, values: Mapping[str, Any]) -> MacroRunner:
        """Return what runs macros for a template of a stack."""
        request_id = self.kernel.ids.uuid()
        return MacroRunner(
            self.macros, call.ask, stack.account_id, stack.region, request_id, values
        )

    def inputs(
        self, stack: Stack, parameters: dict[str, Any], notification_arns: tuple[str, ...] = ()
    ) -> Inputs:
        """Return what the functions of a stack's template may ask for."""
        imported: set[str] = set()

        def exported(name: str) -> str | None:
            found = self.exports(stack.account_id, stack.region).get(name)
            if found is None:
                return None
            imported.add(name)
            return found[1]

        return Inputs(
            stack.name,
            stack.id,
            stack.account_id,
            stack.region,
            {name: value.reference for name, value in parameters.items()},
            notification_arns,
            exported,
            imported,
        )


class Caller:
    """Calls AWS as CloudFormation does for a stack."""

    def __init__(
        self,
        kernel: Kernel,
        account_id: str,
        region: str,
        causes: tuple[int, ...],
        endpoint: str,
    ) -> None:
        self._kernel = kernel
        self._account_id = account_id
        self._region = region
        self._causes = causes
        self._endpoint = "" if ".amazonaws.com" in endpoint else endpoint

    def in_region(self, region: str) -> Caller:
        """Return how the same is called in another region."""
        return Caller(self._kernel, self._account_id, region, self._causes, self._endpoint)

    def ask(self, service: str, operation: str, request: dict[str, Any]) -> Reply:
        """Call an operation whose answer may come later. Raises AwsError."""
        return self._kernel.deliver(
            service,
            operation,
            conformed(service, operation, request),
            account_id=self._account_id,
            region=self._region,
            causes=self._causes,
            principal=PRINCIPAL,
            endpoint=self._endpoint,
        )

    def __call__(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call an operation; texts become what its model asks for. Raises AwsError."""
        reply = self.ask(service, operation, request)
        if isinstance(reply, Pending):
            raise EmulatorBug(f"{service}.{operation} did not answer at once")
        return reply
