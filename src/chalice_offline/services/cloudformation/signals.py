"""SignalResource, and what is sent to the URLs that stacks have given out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation.errors import validation_error

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.cloudformation.state import CloudFormationState


def signal_resource(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Send a signal to a wait condition of a stack."""
    stack = cloudformation.find_stack(context, request["StackName"])
    name = request["LogicalResourceId"]
    one = stack.resources.get(name)
    if one is None:
        raise validation_error(f"Resource {name} does not exist for stack {stack.name}")
    status = "SUCCESS" if request["Status"] == "SUCCESS" else "FAILURE"
    handle = str(one.properties.get("Handle", one.physical_id))
    told = {"Status": status, "UniqueId": request["UniqueId"], "Reason": "", "Data": ""}
    cloudformation.callbacks.signalled(handle, told)
    return {}


def receive_response(
    cloudformation: CloudFormationState, _context: CallContext, request: Request
) -> Result:
    """Take the answer of a custom resource, or a signal. No operation of AWS: there it is S3's."""
    problem = cloudformation.callbacks.arrived(request["Query"], request["Body"])
    if problem:
        raise validation_error(problem)
    return {}
