"""Step Functions: what each operation is done by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.stepfunctions import (
    activities,
    aliases,
    callbacks,
    execution_views,
    executions,
    map_runs,
    state_machines,
    tags,
    test_state,
    versions,
)
from chalice_offline.services.stepfunctions.renewal import renewed
from chalice_offline.services.stepfunctions.state import StepFunctionsState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    "CreateStateMachine": state_machines.create_state_machine,
    "UpdateStateMachine": state_machines.update_state_machine,
    "DeleteStateMachine": state_machines.delete_state_machine,
    "DescribeStateMachine": state_machines.describe_state_machine,
    "ListStateMachines": state_machines.list_state_machines,
    "ValidateStateMachineDefinition": state_machines.validate_state_machine_definition,
    "PublishStateMachineVersion": versions.publish_state_machine_version,
    "DeleteStateMachineVersion": versions.delete_state_machine_version,
    "ListStateMachineVersions": versions.list_state_machine_versions,
    "CreateStateMachineAlias": aliases.create_state_machine_alias,
    "UpdateStateMachineAlias": aliases.update_state_machine_alias,
    "DescribeStateMachineAlias": aliases.describe_state_machine_alias,
    "DeleteStateMachineAlias": aliases.delete_state_machine_alias,
    "ListStateMachineAliases": aliases.list_state_machine_aliases,
    "StartExecution": executions.start_execution,
    "StartSyncExecution": executions.start_sync_execution,
    "StopExecution": executions.stop_execution,
    "RedriveExecution": executions.redrive_execution,
    "DescribeExecution": execution_views.describe_execution,
    "DescribeStateMachineForExecution": execution_views.describe_state_machine_for_execution,
    "GetExecutionHistory": execution_views.get_execution_history,
    "ListExecutions": execution_views.list_executions,
    "CreateActivity": activities.create_activity,
    "DescribeActivity": activities.describe_activity,
    "DeleteActivity": activities.delete_activity,
    "ListActivities": activities.list_activities,
    "GetActivityTask": activities.get_activity_task,
    "SendTaskSuccess": callbacks.send_task_success,
    "SendTaskFailure": callbacks.send_task_failure,
    "SendTaskHeartbeat": callbacks.send_task_heartbeat,
    "DescribeMapRun": map_runs.describe_map_run,
    "UpdateMapRun": map_runs.update_map_run,
    "ListMapRuns": map_runs.list_map_runs,
    "TestState": test_state.test_state,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
}


def service(kernel: Kernel) -> Service:
    """Return Step Functions without state machines."""
    return Service("stepfunctions", StepFunctionsState(kernel), OPERATIONS, renew=renewed)
