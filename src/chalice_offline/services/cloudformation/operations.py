"""CloudFormation: what each operation is done by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.cloudformation import (
    change_sets,
    descriptions,
    signals,
    stacks,
    templates,
)
from chalice_offline.services.cloudformation.callbacks import PATH, Callbacks
from chalice_offline.services.cloudformation.renewal import renewed
from chalice_offline.services.cloudformation.state import CloudFormationState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    "CancelUpdateStack": stacks.cancel_update_stack,
    "ContinueUpdateRollback": stacks.continue_update_rollback,
    "CreateChangeSet": change_sets.create_change_set,
    "CreateStack": stacks.create_stack,
    "DeleteChangeSet": change_sets.delete_change_set,
    "DeleteStack": stacks.delete_stack,
    "DescribeChangeSet": change_sets.describe_change_set,
    "DescribeStackEvents": descriptions.describe_stack_events,
    "DescribeStackResource": descriptions.describe_stack_resource,
    "DescribeStackResources": descriptions.describe_stack_resources,
    "DescribeStacks": descriptions.describe_stacks,
    "EstimateTemplateCost": templates.estimate_template_cost,
    "ExecuteChangeSet": change_sets.execute_change_set,
    "GetStackPolicy": stacks.get_stack_policy,
    "GetTemplate": templates.get_template,
    "GetTemplateSummary": templates.get_template_summary,
    "ListChangeSets": change_sets.list_change_sets,
    "ListExports": descriptions.list_exports,
    "ListImports": descriptions.list_imports,
    "ListStackResources": descriptions.list_stack_resources,
    "ListStacks": descriptions.list_stacks,
    "RollbackStack": stacks.rollback_stack,
    "SetStackPolicy": stacks.set_stack_policy,
    "SignalResource": signals.signal_resource,
    "UpdateStack": stacks.update_stack,
    "UpdateTerminationProtection": stacks.update_termination_protection,
    "ValidateTemplate": templates.validate_template,
}

# What AWS has no operation for. No client can call a service of this name: botocore has none.
OWN = "cloudformation-own"
OWN_OPERATIONS: Mapping[str, Operation] = {
    "DecideStack": stacks.decide_stack,
    "ForgetResources": stacks.forget_resources,
    "DescribeHeldStack": stacks.describe_held_stack,
    "ReceiveResponse": signals.receive_response,
}

# What a project's stack does goes on; what clients' stacks do is abandoned one by one.
_OUTLASTING = frozenset({"deployment", "callbacks", "stage"})


def services(kernel: Kernel) -> tuple[Service, Service]:
    """Return CloudFormation with the stacks that the storage knows, and its own operations."""
    state = CloudFormationState(kernel, Callbacks(kernel))
    own = Service(OWN, state, OWN_OPERATIONS, receivers={PATH: "ReceiveResponse"})
    return Service("cloudformation", state, OPERATIONS, renew=renewed, outlasting=_OUTLASTING), own
