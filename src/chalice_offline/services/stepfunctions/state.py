"""What Step Functions holds, of all accounts and regions, and how it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.child_executions import ChildExecutions
from chalice_offline.services.stepfunctions.errors import (
    activity_not_found,
    execution_not_found,
    invalid_arn,
    resource_not_found,
    state_machine_not_found,
)
from chalice_offline.services.stepfunctions.execution_log import ExecutionLogs
from chalice_offline.services.stepfunctions.launch import Launch
from chalice_offline.services.stepfunctions.status_events import StatusEvents
from chalice_offline.services.stepfunctions.surroundings import Surroundings

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.stepfunctions.activity import Activity
    from chalice_offline.services.stepfunctions.execution.execution import Execution
    from chalice_offline.services.stepfunctions.map_run import MapRun
    from chalice_offline.services.stepfunctions.state_machine import (
        Alias,
        Revision,
        StateMachine,
        Version,
    )

_PARTS = 6


class StepFunctionsState:
    """State machines, executions and activities by ARN."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.surroundings = Surroundings(kernel)
        self.launch = Launch(kernel, self.surroundings, ExecutionLogs(kernel), StatusEvents(kernel))
        self.machines: dict[str, StateMachine] = {}
        self.executions: dict[str, Execution] = {}
        self.children = ChildExecutions(kernel, self.launch, self.executions)
        self.surroundings.children = self.children
        self.executions_of: dict[str, dict[str, Execution]] = {}

    def find_machine(self, arn: str) -> StateMachine:
        """Return a state machine; raises StateMachineDoesNotExist."""
        check_arn(arn)
        found = self.machines.get(arn)
        if found is None:
            raise state_machine_not_found(arn)
        return found

    def find_machine_of(self, arn: str) -> StateMachine:
        """Return the state machine of its own, a version's or an alias's ARN."""
        check_arn(arn)
        found = self.machines.get(arn) or self.machines.get(arn.rpartition(":")[0])
        if found is None:
            raise state_machine_not_found(arn)
        return found

    def find_version_or_none(self, arn: str) -> Version | None:
        """Return a version of a state machine, or None."""
        machine_arn, _, number = arn.rpartition(":")
        machine = self.machines.get(machine_arn)
        return machine.versions.get(int(number)) if machine and number.isdigit() else None

    def find_alias(self, arn: str) -> tuple[StateMachine, Alias]:
        """Return an alias and its state machine; raises ResourceNotFound."""
        check_arn(arn)
        machine_arn, _, name = arn.rpartition(":")
        machine = self.machines.get(machine_arn)
        alias = machine.aliases.get(name) if machine else None
        if machine is None or alias is None:
            raise resource_not_found()
        return machine, alias

    def find_revision(self, arn: str) -> tuple[Revision, str]:
        """Return what an execution of a machine, version or alias runs, and the version's ARN."""
        machine = self.machines.get(arn)
        if machine is not None:
            return machine.revision, ""
        version = self.find_version_or_none(arn)
        if version is not None:
            return version.revision, version.arn
        machine_arn, _, name = arn.rpartition(":")
        machine = self.machines.get(machine_arn)
        alias = machine.aliases.get(name) if machine else None
        if alias is None:
            check_arn(arn)
            raise state_machine_not_found(arn)
        routed = self.find_version_or_none(self.route(alias))
        if routed is None:
            raise state_machine_not_found(arn)
        return routed.revision, routed.arn

    def route(self, alias: Alias) -> str:
        """Return the version that an alias chooses for one execution, by the weights."""
        point = self.kernel.ids.integer(0, 99) if len(alias.routes) > 1 else 0
        for route in alias.routes:
            point -= route["weight"]
            if point < 0:
                break
        arn: str = route["stateMachineVersionArn"]
        return arn

    def find_execution(self, arn: str) -> Execution:
        """Return an execution; raises ExecutionDoesNotExist."""
        parts = check_arn(arn)
        if len(parts) > _PARTS - 1 and parts[5] == "express":
            raise invalid_arn("Resource type not valid in this context: express")
        found = self.executions.get(arn)
        if found is None:
            raise execution_not_found(arn)
        return found

    def find_activity(self, arn: str) -> Activity:
        """Return an activity; raises ActivityDoesNotExist."""
        check_arn(arn)
        found = self.surroundings.activities.get(arn)
        if found is None:
            raise activity_not_found(arn)
        return found

    def find_map_run(self, arn: str) -> MapRun:
        """Return a map run; raises ResourceNotFound."""
        check_arn(arn)
        found = self.surroundings.map_runs.get(arn)
        if found is None:
            raise resource_not_found(arn)
        return found

    def keep_execution(self, execution: Execution) -> None:
        """Remember an execution under its ARN and its state machine's."""
        self.executions[execution.arn] = execution
        of_machine = self.executions_of.setdefault(execution.revision.machine_arn, {})
        of_machine[execution.arn] = execution


def check_arn(arn: str) -> list[str]:
    """Return the parts of an ARN; raises InvalidArn when it is none."""
    if not arn.startswith("arn:"):
        raise invalid_arn(f"Invalid ARN prefix: {arn}")
    parts = arn.split(":")
    if len(parts) < _PARTS:
        raise invalid_arn(f"Invalid ARN: {arn}")
    return parts


def is_home(context: CallContext, arn: str) -> bool:
    """Whether an ARN is of the caller's account and region."""
    return arn.split(":")[3:5] == [context.region, context.account_id]
